"""Conditions as parameters of a URL: only values that have one spelling, as servers compare texts.

A value of the condition need not be spelled as the column's are: ``id = 2.0`` asks for the integer
2. And a type that rounds what it reads hides how the server spells it: 0.1000001 and 0.1 are one
``real``. What is not sent costs requests; what is sent in another spelling would lose rows.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from uuid import UUID

from exclave.fdw import (
    Column,
    ColumnReference,
    Comparison,
    Condition,
    Parameter,
    ScanContext,
    Table,
    Unrepresentable,
)
from exclave.wrappers.http.options import ColumnOptions

_FIRST_OWN = 16384
"""The OID from which on types are not PostgreSQL's own: enums and domains, for instance."""

_BENEATH = files("exclave.wrappers.http").joinpath("beneath.sql").read_text(encoding="utf-8")

_CHARACTER = re.compile(r"character\((\d+)\)")
_LARGEST = 2**63
_LONGEST = 100
"""Digits of a number that a URL is burdened with."""

_PLAIN_FLOATS = range(-7, 21)
"""Exponents of the numbers that no program writes with one."""


def name(column: Column, operator: str) -> str | None:
    """Give the parameter that asks for what an operator does with a column, if there is one."""
    assert isinstance(column.options, ColumnOptions)
    writer = _writer(column, operator)
    asks = writer is not None and column.options.operator == operator
    return column.options.parameter if asks else None


def chosen(table: Table, conditions: tuple[Condition, ...]) -> Iterator[tuple[str, int]]:
    """Give parameters with the places of the conditions that they stand for, one each."""
    columns = {column.name: column for column in table.columns}
    taken: set[str] = set()
    for number, condition in enumerate(conditions):
        if not isinstance(condition, Comparison):
            continue
        column = columns[condition.column]
        found = name(column, condition.operator)
        known = not isinstance(condition.value, Parameter)
        if found is None or found in taken or (known and text(column, condition) is None):
            continue
        taken.add(found)
        yield found, number


def given(context: ScanContext, places: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Give the parameters of a scan with their texts, by those that were chosen for it."""
    columns = {column.name: column for column in context.table.columns}
    for found, number in places.items():
        condition = context.conditions[number]
        assert isinstance(condition, Comparison)
        written = text(_beneath(columns[condition.column], context), condition)
        if written is not None:
            yield found, written


def _beneath(column: Column, context: ScanContext) -> Column:
    """Give the column with the type beneath a domain, or text for an enum."""
    if column.type_oid < _FIRST_OWN:
        return column
    found = context.spi.execute(_BENEATH, column.type_oid).rows
    return replace(column, type=found[0][0] if found else "", type_oid=0)


def text(column: Column, condition: Comparison) -> str | None:
    """Write the value of a condition as the server has it; None if it may have another spelling."""
    writer = _writer(column, condition.operator)
    return None if writer is None else writer(condition.value)


def _writer(column: Column, operator: str) -> Callable[[object], str | None] | None:
    if column.type_oid >= _FIRST_OWN:
        return _some  # a scan knows what is beneath the type
    fixed = _CHARACTER.fullmatch(column.type)
    if fixed:
        return lambda value: _full(value, int(fixed[1]))
    if column.type in _MOMENTS:
        return None if operator == "=" else _moment
    return _WRITERS.get(column.type.partition("(")[0] if "char" in column.type else column.type)


def _some(value: object) -> str | None:
    return None if isinstance(value, ColumnReference | Unrepresentable) else str(value)


def _full(value: object, length: int) -> str | None:
    """Write a text that fills its ``char(n)``: of others it is not known whether blanks follow."""
    written = _text(value)
    return None if written is None or len(written.rstrip(" ")) != length else written[:length]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(value: object) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None


def _integer(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if value != value or not -_LARGEST <= value < _LARGEST or value != int(value):
        return None
    return str(int(value))


def _number(value: object) -> str | None:
    """Write all digits of a number, but no zeros at the end and no exponent."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    if number == 0:
        return "0"
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST:
        return None
    written = format(number, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return written if len(written) <= _LONGEST else None


def _float(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(repr(value))
    plain = number.is_finite() and (number == 0 or number.adjusted() in _PLAIN_FLOATS)
    return _number(number) if plain else None


def _date(value: object) -> str | None:
    return value.isoformat() if type(value) is datetime.date else None


def _moment(value: object) -> str | None:
    """Write a time, which a server that is asked for what is later has to understand."""
    return value.isoformat() if isinstance(value, datetime.datetime | datetime.time) else None


def _uuid(value: object) -> str | None:
    return str(value) if isinstance(value, UUID) else None


_MOMENTS = frozenset(
    {"timestamp with time zone", "timestamp without time zone", "time without time zone"}
)
"""Texts of times differ in zone and fractions, so none is asked for by ``=``."""

_WRITERS: dict[str, Callable[[object], str | None]] = {
    "boolean": _boolean,
    "smallint": _integer,
    "integer": _integer,
    "bigint": _integer,
    "numeric": _number,
    "double precision": _float,
    "text": _text,
    "character varying": _text,
    "date": _date,
    "uuid": _uuid,
}
"""By types that hold what they read: neither ``real`` nor ``numeric(p, s)``, which round."""
