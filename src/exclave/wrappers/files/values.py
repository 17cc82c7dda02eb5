"""Values of conditions, written for a comparison with a column of one type."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Context, Decimal
from uuid import UUID

from exclave.fdw import Unrepresentable
from exclave.wrappers.files.columns import SourceColumn

_SPECIAL = {
    "date": ("date", "DATE"),
    "time without time zone": ("time", "TIME"),
    "timestamp without time zone": ("timestamp", "TIMESTAMP"),
    "timestamp with time zone": ("timestamptz", "TIMESTAMP WITH TIME ZONE"),
}
"""Types that have values which Python has not, with kind and type in DuckDB."""

_BEFORE_LAST, _AFTER_LAST = (12, "294247-01-09"), (12, "294247-01-11")
"""Lengths and texts of the days around DuckDB's last timestamp; PostgreSQL's is 29 years later."""

_EXACT = Context(prec=200_000)


class NotAsked(Exception):  # noqa: N818
    """DuckDB cannot be asked for this, or could answer differently."""


@dataclass
class Values:
    """The values of a statement, in the order of its placeholders."""

    given: list[object] = field(default_factory=list[object])

    def place(self, value: object, type_name: str) -> str:
        """Keep a value and give what stands for it."""
        self.given.append(value)
        return f"CAST(${len(self.given)} AS {type_name})"


def compared(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    """Write ``column operator value``.

    Raises
    ------
    NotAsked
        If the value is of a type that PostgreSQL compares in another way with this column.
    """
    if isinstance(value, Unrepresentable):
        return _special(column, operator, value, values)
    write = _WRITERS.get(column.kind)
    if write is None:
        raise NotAsked
    return write(column, operator, value, values)


def _of(
    types: type | tuple[type, ...], type_name: str | None = None, but: type | None = None
) -> Callable[[SourceColumn, str, object, Values], str]:
    def write(column: SourceColumn, operator: str, value: object, values: Values) -> str:
        if not isinstance(value, types) or (but is not None and isinstance(value, but)):
            raise NotAsked
        placed = values.place(value, type_name or column.type)
        return f"{column.expression} {operator} {placed}"

    return write


def _integer(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotAsked
    return f"{column.expression} {operator} {values.place(value, 'BIGINT')}"


def _float(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    if not isinstance(value, float) or value != value:
        raise NotAsked
    return f"{column.expression} {operator} {values.place(value, 'DOUBLE')}"


def _decimal(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    """Compare with the next decimal of the column's scale where the value has more digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise NotAsked
    precision, scale = column.digits
    limit = Decimal(10) ** (precision - scale)
    if value.is_nan() or value >= limit:  # NaN is greater than all
        return _constant(column, operator in ("<", "<=", "<>"))
    if value <= -limit:
        return _constant(column, operator in (">", ">=", "<>"))
    floor = value.quantize(Decimal(1).scaleb(-scale), ROUND_FLOOR, _EXACT)
    if floor != value:
        if operator in ("=", "<>"):
            return _constant(column, operator == "<>")
        if floor <= -limit:
            return _constant(column, operator in (">", ">="))
        operator = "<=" if operator in ("<", "<=") else ">"
    return f"{column.expression} {operator} {values.place(str(floor), column.type)}"


def _constant(column: SourceColumn, holds: bool) -> str:
    """Write what is true, or false, for all values, and NULL for NULL."""
    if holds:
        return f"({column.expression} IS NOT NULL OR NULL)"
    return f"({column.expression} IS NULL AND NULL)"


def _date(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    if isinstance(value, datetime.datetime):
        return _timestamp(column, operator, value, values)
    if not isinstance(value, datetime.date):
        raise NotAsked
    return f"{column.expression} {operator} {values.place(value, 'DATE')}"


def _timestamp(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            raise NotAsked  # depends on the time zone of the session
        return f"{column.expression} {operator} {values.place(value, 'TIMESTAMP')}"
    return _date(column, operator, value, values)


def _instant(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    if not isinstance(value, datetime.datetime) or value.tzinfo is None:
        raise NotAsked
    return f"{column.expression} {operator} {values.place(value, column.type)}"


def _special(column: SourceColumn, operator: str, value: Unrepresentable, values: Values) -> str:
    """Write infinity, a year before Christ or after 9999, or 24 o'clock, as DuckDB reads it."""
    kind, type_name = _SPECIAL.get(value.type, ("other", ""))
    local = {"date", "timestamp"}
    if kind == "other" or (column.kind != kind and not {column.kind, kind} <= local):
        raise NotAsked
    text = value.text
    if "timestamp" in column.kind and _is_late(text):
        if operator in ("=", "<>"):
            return _constant(column, operator == "<>")
        operator, text = "<" if operator in ("<", "<=") else ">=", "infinity"
    if text.endswith(" BC"):
        day, _, rest = text.removesuffix(" BC").partition(" ")
        text = f"{day} (BC) {rest}".strip()
    return f"{column.expression} {operator} {values.place(text, type_name)}"


def _is_late(text: str) -> bool:
    """Tell whether a day comes after all timestamps that DuckDB has but infinity."""
    day = text.partition(" ")[0]
    place = (len(day), "" if text.endswith(" BC") else day)
    if _BEFORE_LAST <= place <= _AFTER_LAST:
        raise NotAsked  # one or the other, by the hour and the time zone
    return place > _AFTER_LAST


def sample(declared: str) -> object:
    """Give any value of a type, for planning with a parameter whose value comes later.

    Raises
    ------
    NotAsked
        If values of the type cannot be asked for.
    """
    for name, value in _SAMPLES.items():
        if declared == name or declared.startswith(f"{name}("):
            return value
    raise NotAsked


_MOMENT = datetime.datetime(2000, 1, 1)

_SAMPLES: dict[str, object] = {
    "boolean": True,
    "smallint": 0,
    "integer": 0,
    "bigint": 0,
    "numeric": Decimal(0),
    "real": 0.0,
    "double precision": 0.0,
    "text": "",
    "character varying": "",
    "bytea": b"",
    "date": _MOMENT.date(),
    "time without time zone": datetime.time(),
    "timestamp without time zone": _MOMENT,
    "timestamp with time zone": _MOMENT.replace(tzinfo=datetime.UTC),
    "uuid": UUID(int=0),
}

_WRITERS: dict[str, Callable[[SourceColumn, str, object, Values], str]] = {
    "boolean": _of(bool),
    "integer": _integer,
    "decimal": _decimal,
    "float": _float,
    "text": _of(str),
    "bytes": _of(bytes),
    "date": _date,
    "time": _of(datetime.time),
    "timestamp": _timestamp,
    "timestamptz": _instant,
    "uuid": _of(UUID),
}
