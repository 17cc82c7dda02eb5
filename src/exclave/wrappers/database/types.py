"""Types of other databases as types of PostgreSQL: one table, by the names that they have there."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"\s*([^(\[]*)\s*(\([^)]*\))?\s*([^\[]*?)\s*((?:\[\d*\])*)\s*$", re.DOTALL)

_EVERYWHERE = {
    "SMALLINT": "smallint", "INT2": "smallint", "INTEGER": "integer", "INT": "integer",
    "INT4": "integer", "BIGINT": "bigint", "INT8": "bigint", "BOOLEAN": "boolean",
    "BOOL": "boolean", "NUMERIC": "numeric", "DECIMAL": "numeric", "REAL": "real",
    "FLOAT4": "real", "FLOAT": "double precision", "FLOAT8": "double precision",
    "DOUBLE": "double precision", "DOUBLE PRECISION": "double precision",
    "DOUBLE_PRECISION": "double precision", "VARCHAR": "text", "CHARACTER VARYING": "text",
    "CHAR": "text", "CHARACTER": "text", "BPCHAR": "text", "NCHAR": "text", "NVARCHAR": "text",
    "TEXT": "text", "STRING": "text", "CLOB": "text", "BLOB": "bytea", "BINARY": "bytea",
    "VARBINARY": "bytea", "BYTEA": "bytea", "DATE": "date", "TIME": "time",
    "TIME WITHOUT TIME ZONE": "time", "DATETIME": "timestamp", "TIMESTAMP": "timestamp",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMPTZ": "timestamptz", "INTERVAL": "interval", "UUID": "uuid", "JSON": "json",
}  # fmt: skip

_BY_BACKEND = {
    # any column may hold 64 bits, and lengths are not kept
    "sqlite": {
        **dict.fromkeys(
            ("INTEGER", "INT", "SMALLINT", "INT2", "INT8", "TINYINT", "MEDIUMINT"), "bigint"
        ),
        "REAL": "double precision",
    },
    "mysql": {
        "TINYINT": "smallint", "TINYINT UNSIGNED": "smallint", "SMALLINT UNSIGNED": "integer",
        "MEDIUMINT": "integer", "MEDIUMINT UNSIGNED": "integer", "INTEGER UNSIGNED": "bigint",
        "INT UNSIGNED": "bigint", "BIGINT UNSIGNED": "numeric", "FLOAT": "real",
        "TIMESTAMP": "timestamptz", "YEAR": "smallint", "TINYTEXT": "text", "MEDIUMTEXT": "text",
        "LONGTEXT": "text", "TINYBLOB": "bytea", "MEDIUMBLOB": "bytea", "LONGBLOB": "bytea",
        "ENUM": "text", "SET": "text",
    },
    "duckdb": {
        "TINYINT": "smallint", "UTINYINT": "smallint", "USMALLINT": "integer",
        "UINTEGER": "bigint", "UBIGINT": "numeric", "HUGEINT": "numeric", "UHUGEINT": "numeric",
        "FLOAT": "real", "TIMESTAMP_S": "timestamp", "TIMESTAMP_MS": "timestamp",
    },
    "postgresql": {
        name.upper(): name
        for name in (
            "jsonb", "xml", "inet", "cidr", "macaddr", "macaddr8", "money", "bit", "bit varying",
            "time with time zone", "int4range", "int8range", "numrange", "tsrange", "tstzrange",
            "daterange", "tsvector", "tsquery", "point", "line", "lseg", "box", "path", "polygon",
            "circle", "oid",
        )
    },
}  # fmt: skip

_UNLIKE: dict[str, dict[str, str]] = {
    "mysql": {"BIT": "bytea"},
    "duckdb": {"TIMESTAMP_NS": "timestamp"},  # with three digits more
    "postgresql": dict.fromkeys(("CHAR", "CHARACTER", "BPCHAR"), "text"),  # without its blanks
}
"""Types whose values arrive as another type, as which they are not compared there."""

_WITH_PRECISION = frozenset({"NUMERIC", "DECIMAL"})
_ROUNDED = {"sqlite"}
"""Databases that keep no precision."""


@dataclass(frozen=True)
class LocalType:
    """What a column is declared as on the hub.

    Parameters
    ----------
    name
        Of the type.
    alike
        Whether the type there is the same, so that conditions may be sent.
    """

    name: str
    alike: bool = True


def local_type(remote: str, backend: str) -> LocalType:
    """Give PostgreSQL's type for a type of another database; text where there is none.

    Parameters
    ----------
    remote
        As that database writes it: ``DECIMAL(10, 2)``, ``INTEGER(11) UNSIGNED``, ``TEXT[]``.
    backend
        A row of `exactness.EXACT`.
    """
    match = _NAME.match(remote.upper())
    if match is None:
        return LocalType("text", alike=False)
    name, precision, rest, dimensions = match.groups()
    name = name.strip()
    rest = re.sub(r"\s*(COLLATE|CHARACTER SET)\s+\S+", "", rest).strip()
    whole = f"{name} {rest}".strip()
    if name in _UNLIKE.get(backend, {}):
        return LocalType(_UNLIKE[backend][name] + ("[]" if dimensions else ""), alike=False)
    known = {**_EVERYWHERE, **_BY_BACKEND.get(backend, {})}
    found = known.get(whole) or known.get(name)
    if found is None or (rest and whole not in known and backend not in ("mysql", "sqlite")):
        return LocalType("text", alike=False)
    if name in _WITH_PRECISION and precision and backend not in _ROUNDED:
        found += precision.replace(" ", "")
    if dimensions:
        return LocalType(found + "[]")
    return LocalType(found)
