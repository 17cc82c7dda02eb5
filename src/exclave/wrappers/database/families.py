"""Families of PostgreSQL's types: those whose values behave alike in another database."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from enum import Enum
from uuid import UUID

from exclave.fdw import Column


class Family(Enum):
    """What a column of a foreign table holds."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    FLOAT = "float"
    NUMERIC = "numeric"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    UUID = "uuid"
    BYTES = "bytes"
    OTHER = "other"


_BY_OID = {
    20: Family.INTEGER, 21: Family.INTEGER, 23: Family.INTEGER, 16: Family.BOOLEAN,
    25: Family.TEXT, 1043: Family.TEXT, 700: Family.FLOAT, 701: Family.FLOAT,
    1700: Family.NUMERIC, 1082: Family.DATE, 1083: Family.TIME, 1114: Family.TIMESTAMP,
    1184: Family.TIMESTAMPTZ, 2950: Family.UUID, 17: Family.BYTES,
}  # fmt: skip

_BY_NAME = {
    "bigint": Family.INTEGER, "smallint": Family.INTEGER, "integer": Family.INTEGER,
    "boolean": Family.BOOLEAN, "text": Family.TEXT, "character varying": Family.TEXT,
    "real": Family.FLOAT, "double precision": Family.FLOAT, "numeric": Family.NUMERIC,
    "date": Family.DATE, "time without time zone": Family.TIME,
    "timestamp without time zone": Family.TIMESTAMP,
    "timestamp with time zone": Family.TIMESTAMPTZ, "uuid": Family.UUID, "bytea": Family.BYTES,
}  # fmt: skip


def family(column: Column) -> Family:
    """Give the family of a column's type."""
    return _BY_OID.get(column.type_oid, Family.OTHER)


def family_of_name(name: str) -> Family:
    """Give the family of a type by its name, as `Parameter` and `Unrepresentable` have it."""
    return _BY_NAME.get(name, Family.OTHER)


def family_of_value(value: object) -> Family:
    """Give the family of types that a value in Python is of."""
    match value:
        case bool():
            return Family.BOOLEAN
        case int():
            return Family.INTEGER
        case float():
            return Family.FLOAT
        case str():
            return Family.TEXT
        case Decimal():
            return Family.NUMERIC
        case datetime.datetime():
            return Family.TIMESTAMP if value.tzinfo is None else Family.TIMESTAMPTZ
        case datetime.date():
            return Family.DATE
        case datetime.time():
            return Family.TIME if value.tzinfo is None else Family.OTHER
        case UUID():
            return Family.UUID
        case bytes():
            return Family.BYTES
        case _:
            return Family.OTHER


def is_finite(value: object) -> bool:
    """Tell whether a value is no NaN and no infinity."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return not isinstance(value, float) or math.isfinite(value)
