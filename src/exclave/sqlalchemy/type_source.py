"""Python source of the SQLAlchemy type for a data type of PostgreSQL's."""

from __future__ import annotations

import re

from exclave.objects import QualifiedName
from exclave.objects.data_type import is_built_in
from exclave.objects.python_format import Atom, Call, Node, call, string

_CLASSES = {
    "bigint": "sa.BigInteger",
    "boolean": "sa.Boolean",
    "bytea": "sa.LargeBinary",
    "date": "sa.Date",
    "double precision": "sa.Double",
    "integer": "sa.Integer",
    "json": "sa.JSON",
    "real": "sa.REAL",
    "smallint": "sa.SmallInteger",
    "uuid": "sa.Uuid",
    **{
        name: f"postgresql.{name.upper()}"
        for name in (
            "cidr", "datemultirange", "daterange", "inet", "int4multirange", "int4range",
            "int8multirange", "int8range", "jsonb", "macaddr", "macaddr8", "money",
            "nummultirange", "numrange", "oid", "regclass", "regconfig", "tsmultirange", "tsquery",
            "tsrange", "tstzmultirange", "tstzrange", "tsvector",
        )
    },
}  # fmt: skip
"""Types without modifiers."""

_TEXTS = {"text": "sa.Text", "character varying": "sa.String", "character": "sa.CHAR"}
_MODIFIED = re.compile(r"(?P<name>[a-z ]+?)(?:\((?P<numbers>[-\d, ]+)\))?(?P<zone> with.*)?")
_INTERVAL = re.compile(r"interval(?: (?P<fields>[a-z ]+))?(?:\((?P<precision>\d+)\))?")


def type_node(spelling: str, collation: QualifiedName | None) -> Call:
    """Make the tree of an expression that gives a column's type.

    Parameters
    ----------
    spelling
        The type as `exclave.objects.data_type.canonical_type` spells it.
    collation
        The column's collation where it is not the type's own.

    Returns
    -------
    Call
        Of a class of SQLAlchemy's, named as in ``sa`` or ``postgresql``, or of ``NamedType`` for
        a type that it has none for, such as an enumeration.
    """
    if collation is None:
        return _known(spelling) or call("NamedType", string(spelling))
    name = spelling.removesuffix("[]")
    known = _known(spelling)
    if known is None or not _is_text(name) or collation.schema not in (None, "pg_catalog"):
        return _named(spelling, collation)
    inner = _with_collation(_known(name) or known, collation.name)
    return call("postgresql.ARRAY", inner) if name != spelling else inner


def _named(spelling: str, collation: QualifiedName) -> Call:
    arguments = [string(collation.name)]
    if collation.schema is None:
        return call("NamedType", string(spelling), collation=arguments[0])
    name = call("xc.QualifiedName", *arguments, string(collation.schema))
    return call("NamedType", string(spelling), collation=name)


def _with_collation(made: Call, collation: str) -> Call:
    return Call(made.name, made.arguments, (*made.keywords, ("collation", string(collation))))


def _is_text(spelling: str) -> bool:
    return spelling.partition("(")[0] in _TEXTS


def _known(spelling: str) -> Call | None:
    if spelling.endswith("[]"):
        element = _known(spelling[:-2])
        return element and call("postgresql.ARRAY", element)
    if spelling in _CLASSES:
        return call(_CLASSES[spelling])
    if spelling == "text":
        return call("sa.Text")
    if not is_built_in(spelling):
        return None
    if spelling.startswith("interval"):
        return _interval(spelling)
    match = _MODIFIED.fullmatch(spelling)
    if match is None:
        return None
    numbers = [Atom(number.strip()) for number in (match["numbers"] or "").split(",") if number]
    return _modified(match["name"], numbers, match["zone"] == " with time zone")


def _modified(name: str, numbers: list[Atom], zone: bool) -> Call | None:
    with_zone: dict[str, Node] = {"timezone": Atom("True")} if zone else {}
    match name:
        case "character varying" | "character":
            return call(_TEXTS[name], *numbers)
        case "numeric":
            return call("sa.Numeric", *numbers)
        case "bit":
            return call("postgresql.BIT", *numbers)
        case "bit varying":
            return call("postgresql.BIT", *numbers, varying=Atom("True"))
        case "timestamp" | "time" if numbers:
            return call(f"postgresql.{name.upper()}", **with_zone, precision=numbers[0])
        case "timestamp":
            return call("sa.DateTime", **with_zone)
        case "time":
            return call("sa.Time", **with_zone)
        case _:
            return None


def _interval(spelling: str) -> Call | None:
    match = _INTERVAL.fullmatch(spelling)
    if match is None:
        return None
    fields, precision = match["fields"], match["precision"]
    if not fields and not precision:
        return call("sa.Interval")
    keywords: dict[str, Node] = {}
    if fields:
        keywords["fields"] = string(fields)
    if precision:
        keywords["precision"] = Atom(precision)
    return call("postgresql.INTERVAL", **keywords)
