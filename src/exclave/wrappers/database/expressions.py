"""Conditions as expressions of SQLAlchemy's Core, for a dialect, with values as parameters."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa

from exclave.fdw import (
    And,
    AnyOf,
    Column,
    ColumnReference,
    Comparison,
    Condition,
    IsNull,
    Not,
    Or,
    Parameter,
    Table,
)
from exclave.wrappers.database.exactness import fit
from exclave.wrappers.database.families import Family, family
from exclave.wrappers.database.tables import column_named, pushes_down, remote_name
from exclave.wrappers.database.values import placeholder, sent

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "~~": lambda left, right: left.like(right),
    "!~~": lambda left, right: left.not_like(right),
}


_FLOAT4 = 700
_CASTS_ALL = frozenset({"postgresql", "duckdb"})
"""Databases in which values of all types can be cast to text."""

_NO_INFINITY = "an infinite date or timestamp cannot be read"

_BINARY = {"sqlite": "BINARY", "postgresql": "C", "mysql": "utf8mb4_nopad_bin"}
"""The collation that compares texts byte by byte; others do so anyway."""


@dataclass
class Expressions:
    """Makes expressions over one foreign table, and keeps the values of their parameters.

    Parameters
    ----------
    table
        The foreign table.
    remote
        The table that it stands for.
    backend
        A row of `exactness.EXACT`.
    typed
        See `values.placeholder`.
    """

    table: Table
    remote: sa.FromClause
    backend: str
    typed: bool

    def __post_init__(self) -> None:
        self.values: dict[str, object] = {}
        self._numbers = count(1)

    def column(self, name: str) -> sa.ColumnElement[Any]:
        """Give the column of the other database that a column stands for."""
        return self.remote.c[remote_name(column_named(self.table, name))]

    def alike(self, name: str, *, ordered: bool = False) -> sa.ColumnElement[Any]:
        """Give a column so that it is compared, grouped and ordered as in PostgreSQL."""
        column = self.column(name)
        if family(column_named(self.table, name)) is not Family.TEXT:
            return column
        if self.backend == "mysql":
            column = sa.func.convert(column.op("USING")(sa.literal_column("utf8mb4")))
        elif self.backend == "postgresql" and not ordered:
            return column
        collation = _BINARY.get(self.backend)
        return column.collate(collation) if collation else column

    def fetched(self, name: str) -> sa.ColumnElement[Any]:
        """Give a column as it is selected, so that nothing of its values is lost on the way."""
        return fetched(
            self.column(name), column_named(self.table, name), self.backend, typed=self.typed
        )

    def condition(self, condition: Condition) -> sa.ColumnElement[bool]:
        """Give the expression of a condition that fits.

        What of an AND does not fit is left out, also amid an OR: more rows arrive. `fit` lets no
        NOT be above it.
        """
        match condition:
            case Comparison():
                return self._comparison(condition)
            case AnyOf():
                return self._any_of(condition)
            case IsNull():
                column = self.column(condition.column)
                return column.is_not(None) if condition.negated else column.is_(None)
            case And():
                fitting = [
                    each for each in condition.conditions if fit(each, self.table, self.backend)
                ]
                return sa.and_(*map(self.condition, fitting))
            case Or():
                return sa.or_(*map(self.condition, condition.conditions))
            case Not():
                return sa.not_(self.condition(condition.condition))

    def parameter(self, value: object, column: Column) -> sa.ColumnElement[Any]:
        """Give a parameter for a value, which is kept; one that is not known yet is a gap."""
        name = f"p{next(self._numbers)}"
        known = value if not isinstance(value, Parameter) else None
        self.values[name] = sent(known, column, self.backend)
        return placeholder(name, column, self.backend, typed=self.typed)

    def _comparison(self, condition: Comparison) -> sa.ColumnElement[bool]:
        compare = _COMPARE[condition.operator]
        value = condition.value
        if isinstance(value, ColumnReference):
            return compare(self.column(condition.column), self.column(value.column))
        column = column_named(self.table, condition.column)
        ordered = condition.operator in ("<", "<=", ">", ">=")
        exact = compare(
            self.alike(condition.column, ordered=ordered), self.parameter(value, column)
        )
        if condition.operator == "=" and self._needs_index(column, (value,)):
            return sa.and_(self.column(condition.column) == self.parameter(value, column), exact)
        return exact

    def _any_of(self, condition: AnyOf) -> sa.ColumnElement[bool]:
        assert condition.operator == ("<>" if condition.every else "=")
        column = column_named(self.table, condition.column)
        values: Any = condition.values
        if isinstance(values, Parameter):
            values = (values,)
        alike = self.alike(condition.column)
        if condition.every:
            return alike.not_in(self._parameters(values, column))
        exact = alike.in_(self._parameters(values, column))
        if self._needs_index(column, values):
            plain = self.column(condition.column)
            return sa.and_(plain.in_(self._parameters(values, column)), exact)
        return exact

    def _parameters(self, values: Iterable[object], column: Column) -> list[Any]:
        return [sa.null() if value is None else self.parameter(value, column) for value in values]

    def _needs_index(self, column: Column, values: Iterable[object]) -> bool:
        """Tell whether the exact comparison hides the column from its index.

        A value that the character set of the column may not have is an error when compared.
        """
        known = all(value.isascii() for value in values if isinstance(value, str))
        return self.backend == "mysql" and family(column) is Family.TEXT and known


def fetched(
    expression: sa.ColumnElement[Any], column: Column, backend: str, *, typed: bool
) -> sa.ColumnElement[Any]:
    """Give what is selected for a column.

    What IMPORT has no type for, such as a domain or a STRUCT, is a text here that is made there.
    MariaDB shows six digits of a FLOAT. Arrow has no infinity in a date: DuckDB's would become
    another day. PostgreSQL's ADBC driver knows no arrays of several dimensions.
    """
    kind = family(column)
    if kind is Family.TEXT and not pushes_down(column) and backend in _CASTS_ALL:
        return sa.cast(expression, sa.Text)
    if backend == "mysql" and column.type_oid == _FLOAT4:
        return sa.cast(expression, sa.Double)
    if backend == "duckdb" and kind in (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ):
        refuse = sa.func.error(sa.literal_column(f"'{_NO_INFINITY}'"))
        return sa.case((sa.func.isinf(expression), refuse), else_=expression)
    if backend == "postgresql" and typed and kind in (Family.OTHER, Family.TIME, Family.UUID):
        return sa.cast(expression, sa.Text)
    return expression
