"""How DuckDB reads a column as the type that it is declared with in PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from exclave.fdw import Column
from exclave.wrappers.files.agreement import AGREEMENTS, Agreement, Kind
from exclave.wrappers.files.engine import quoted_name, quoted_text
from exclave.wrappers.files.macros import BY_TYPE

_KINDS: dict[str, tuple[Kind, str]] = {
    "boolean": ("boolean", "BOOLEAN"),
    "smallint": ("integer", "SMALLINT"),
    "integer": ("integer", "INTEGER"),
    "bigint": ("integer", "BIGINT"),
    "real": ("float", "FLOAT"),
    "double precision": ("float", "DOUBLE"),
    "text": ("text", "VARCHAR"),
    "character varying": ("text", "VARCHAR"),
    "bytea": ("bytes", "BLOB"),
    "date": ("date", "DATE"),
    "time without time zone": ("time", "TIME"),
    "timestamp without time zone": ("timestamp", "TIMESTAMP"),
    "timestamp with time zone": ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
    "uuid": ("uuid", "UUID"),
}

_INTEGERS = frozenset(
    {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")}
    | {"INTEGER", "UINTEGER"}
)
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")
_DECIMAL = re.compile(r"(?:numeric|DECIMAL)\((\d+),(-?\d+)\)")
_BRACKETS = re.compile(r"(\[\d*\])+$")
_SIZED = re.compile(r"\(\d+\)")

MOST_DIGITS = 38
"""Of DuckDB's decimals."""


@dataclass(frozen=True)
class SourceColumn:
    """A column of a foreign table, as DuckDB reads it from the files.

    Parameters
    ----------
    name
        On the hub.
    expression
        In DuckDB's SQL.
    kind
        How its values are compared.
    type
        What the expression is, in DuckDB.
    """

    name: str
    expression: str
    kind: Kind
    type: str

    @property
    def agreement(self) -> Agreement:
        """What DuckDB decides as PostgreSQL does."""
        return AGREEMENTS[self.kind]

    @property
    def digits(self) -> tuple[int, int]:
        """Precision and scale of a decimal."""
        found = _DECIMAL.fullmatch(self.type)
        assert found, f"{self.name} is no decimal"
        return int(found[1]), int(found[2])


def source_column(column: Column, found_name: str, found_type: str) -> SourceColumn:
    """Say how a column is read that the files have under a name and with a type of DuckDB's."""
    kind, wanted = _target(column.type, found_type)
    expression = quoted_name(found_name)
    if found_type == "VARCHAR" and (column.type == "bytea" or wanted in ("FLOAT", "DOUBLE")):
        kind, wanted = ("bytes", "BLOB") if column.type == "bytea" else (kind, wanted)
        read = f"{BY_TYPE[wanted]}({expression}, {quoted_text(found_name)})"
        return SourceColumn(column.name, read, kind, wanted)
    if wanted != found_type:
        inner = expression
        if found_type.startswith(_NESTED) or (found_type.endswith("]") and wanted == "VARCHAR"):
            inner = f"to_json({expression})"
        expression = f"CAST({inner} AS {wanted})"
    return SourceColumn(column.name, expression, kind, wanted)


def _target(declared: str, found: str) -> tuple[Kind, str]:
    if declared.endswith("[]"):
        return "other", _array(declared, found)
    if declared.startswith("numeric"):
        return _numeric(declared, found)
    plain = _SIZED.sub("", declared)
    if plain not in _KINDS:
        return "other", "VARCHAR"
    kind, wanted = _KINDS[plain]
    if kind == "bytes" and found != "BLOB":
        return "other", "VARCHAR"
    if plain != declared and kind != "text":
        return "other", wanted  # PostgreSQL rounds to the precision
    return kind, wanted


def _numeric(declared: str, found: str) -> tuple[Kind, str]:
    digits = _DECIMAL.fullmatch(declared)
    if digits:
        precision, scale = int(digits[1]), int(digits[2])
        fits = precision <= MOST_DIGITS and 0 <= scale <= precision
        if fits and (found in _INTEGERS or found == "VARCHAR" or found.startswith("DECIMAL")):
            return "decimal", f"DECIMAL({precision},{scale})"
        return "other", "VARCHAR"
    if found.startswith("DECIMAL"):
        return "decimal", found
    if found in _INTEGERS - {"UHUGEINT"}:
        return "decimal", f"DECIMAL({MOST_DIGITS},0)"
    return "other", "VARCHAR"


def _array(declared: str, found: str) -> str:
    if not found.endswith("]"):
        return "VARCHAR"
    brackets = _BRACKETS.search(found)
    assert brackets, "it ends with a bracket"
    kind, wanted = _target(declared.removesuffix("[]"), found[: brackets.start()])
    return (wanted if kind != "other" else "VARCHAR") + "[]" * brackets[0].count("[")


def requested_type(declared: str) -> str:
    """Give the type that DuckDB shall read JSON as, for a declared type."""
    if declared.endswith("[]"):
        return requested_type(declared.removesuffix("[]")) + "[]"
    if declared in ("json", "jsonb"):
        return "JSON"
    if declared == "bytea":
        return "VARCHAR"
    return _target(declared, "VARCHAR")[1]
