"""Spellings of data types: `int4` and `integer` are one type, and have one spelling here."""

from __future__ import annotations

import re
from functools import lru_cache

from exclave.errors import DeclarationError
from exclave.objects.names import split_qualified
from exclave.objects.quoting import quote_identifier

# Words of SQL and names in pg_catalog, to what format_type() prints without a modifier.
_SQL_WORDS = {
    "bigint": "bigint",
    "bit varying": "bit varying",
    "bit": "bit",
    "bool": "boolean",
    "boolean": "boolean",
    "char varying": "character varying",
    "char": "character",
    "character varying": "character varying",
    "character": "character",
    "dec": "numeric",
    "decimal": "numeric",
    "double precision": "double precision",
    "float": "double precision",
    "float4": "real",
    "float8": "double precision",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "integer": "integer",
    "interval": "interval",
    "json": "json",
    "national char varying": "character varying",
    "national char": "character",
    "national character varying": "character varying",
    "national character": "character",
    "nchar varying": "character varying",
    "nchar": "character",
    "numeric": "numeric",
    "real": "real",
    "smallint": "smallint",
    "time": "time without time zone",
    "time with time zone": "time with time zone",
    "time without time zone": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamp with time zone": "timestamp with time zone",
    "timestamp without time zone": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "varbit": "bit varying",
    "varchar": "character varying",
}

# Names of pg_catalog.pg_type that format_type() prints as words of SQL.
_CATALOG_NAMES = {
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "interval": "interval",
    "json": "json",
    "numeric": "numeric",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "varbit": "bit varying",
    "varchar": "character varying",
}

_SERIALS = {"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}
_ARRAY = re.compile(r"(?:\s*\[\s*\d*\s*\]|\s+array(?:\s*\[\s*\d*\s*\])?)+\Z", re.IGNORECASE)
_MODIFIER = re.compile(r"\(([^()]*)\)")
_INTERVAL = re.compile(
    r"interval(?:\s+(year to month|day to hour|day to minute|day to second|hour to minute|"
    r"hour to second|minute to second|year|month|day|hour|minute|second))?(?:\s*\(\s*(\d+)\s*\))?\Z"
)


@lru_cache(maxsize=4096)
def canonical_type(text: str) -> str:
    """Spell a data type as PostgreSQL's `format_type` does.

    Parameters
    ----------
    text
        Any spelling, such as ``int4``, ``varchar(20)``, ``timestamptz(3)[]``, ``erp."Mood"``.
        A name without a schema stays so.

    Returns
    -------
    str
        The one spelling, such as ``integer``, ``character varying(20)``.

    Raises
    ------
    DeclarationError
        When it is empty, no type's spelling, or one of the serial types, which are no types.

    Notes
    -----
    PostgreSQL documentation, chapter "Data Types", and the function `format_type`.
    """
    if "\0" in text or not text.strip():
        raise DeclarationError(f"{text!r} is no data type; write one such as 'integer'.")
    array = _ARRAY.search(text)
    element = text[: array.start()] if array else text
    suffix = "[]" if array else ""
    return _element(element.strip(), text) + suffix


def _element(text: str, whole: str) -> str:
    words = " ".join(_MODIFIER.sub(" ", text).split()).lower()
    if '"' not in text and "." not in text:
        if words in _SERIALS:
            raise DeclarationError(
                f"{whole!r} is a shorthand and no data type; declare the integer type, and let the "
                "remote generate the value."
            )
        if words.startswith("interval"):
            return _interval(text, whole)
        if words in _SQL_WORDS:
            return _built_in(words, text, whole)
    return _named(text, whole)


def _built_in(words: str, text: str, whole: str) -> str:
    name = _SQL_WORDS[words]
    modifiers = _MODIFIER.findall(text)
    if len(modifiers) > 1:
        raise DeclarationError(f"{whole!r} has two modifiers; a data type takes one.")
    modifier = re.sub(r"\s+", "", modifiers[0]) if modifiers else ""
    if words == "float" and modifier:
        return _float(modifier, whole)
    if not modifier:
        return f"{name}(1)" if name in ("character", "bit") else name
    if name == "numeric" and "," not in modifier:
        modifier += ",0"
    head, separator, zone = name.partition(" with")
    if head in ("time", "timestamp"):
        return f"{head}({modifier}){separator}{zone}"
    return f"{name}({modifier})"


def _float(modifier: str, whole: str) -> str:
    if not modifier.isdigit() or not 1 <= int(modifier) <= 53:
        raise DeclarationError(f"{whole!r}: the precision of float is 1 to 53 bits.")
    return "real" if int(modifier) <= 24 else "double precision"


def _interval(text: str, whole: str) -> str:
    match = _INTERVAL.match(" ".join(text.lower().split()))
    if match is None:
        raise DeclarationError(f"{whole!r} is no interval type of PostgreSQL.")
    fields, precision = match.groups()
    return "interval" + (f" {fields}" if fields else "") + (f"({precision})" if precision else "")


def _named(text: str, whole: str) -> str:
    name, rest = _split_modifier(text)
    if rest and not re.fullmatch(r"\([^()]*\)\s*", rest):
        raise DeclarationError(f"{whole!r} is no data type; write name, name(modifier) or name[].")
    parts = split_qualified(name, "data type")
    if not 1 <= len(parts) <= 2:
        raise DeclarationError(f"{whole!r}: a data type has a schema and a name, no more.")
    modifier = re.sub(r"\s*,\s*", ",", rest.strip()[1:-1].strip())
    suffix = f"({modifier})" if modifier else ""
    catalog_name = parts[-1] if len(parts) == 1 or parts[0] == "pg_catalog" else None
    if catalog_name in ("bpchar", "bit") and modifier:
        return ("bit" if catalog_name == "bit" else "character") + suffix
    if catalog_name in _CATALOG_NAMES:
        return canonical_type(_CATALOG_NAMES[catalog_name] + suffix)
    if catalog_name is not None:
        return _quote_type(catalog_name) + suffix
    return ".".join(map(quote_identifier, parts)) + suffix


def _quote_type(name: str) -> str:
    # "char" is a type of its own, and no SQL word may be read into a quoted name.
    return f'"{name}"' if name in _SQL_WORDS else quote_identifier(name)


def _split_modifier(text: str) -> tuple[str, str]:
    inside = False
    for index, character in enumerate(text):
        if character == '"':
            inside = not inside
        elif character == "(" and not inside:
            return text[:index], text[index:]
    return text, ""


def split_type(canonical: str) -> tuple[str, str]:
    """Split a canonical spelling into the type's name and what stands behind it.

    Parameters
    ----------
    canonical
        What `canonical_type` gave.

    Returns
    -------
    tuple of str
        Such as ``('erp."Mood"', "(3)[]")``; a built-in type comes whole, as
        ``("numeric(10,2)[]", "")``.
    """
    if is_built_in(canonical):
        return canonical, ""
    name, rest = _split_modifier(canonical)
    if rest:
        return name, rest
    return (name[:-2], "[]") if name.endswith("[]") else (name, "")


def schema_of_type(name: str) -> str | None:
    """Give the schema that stands before a type's name, as `split_type` gives it; or none."""
    parts = split_qualified(name, "data type")
    return parts[0] if len(parts) == 2 else None


def is_built_in(canonical: str) -> bool:
    """Tell whether a canonical spelling is of a type that SQL has words for."""
    words = " ".join(_MODIFIER.sub(" ", canonical.removesuffix("[]")).split())
    return '"' not in canonical and (words in _BUILT_IN or words.startswith("interval"))


_BUILT_IN = frozenset(_SQL_WORDS.values())
