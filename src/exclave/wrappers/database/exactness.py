"""Which conditions another database applies just as PostgreSQL would: one table."""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum
from typing import cast

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
    Unrepresentable,
)
from exclave.wrappers.database.families import (
    Family,
    family,
    family_of_name,
    family_of_value,
    is_finite,
)
from exclave.wrappers.database.tables import pushes_down


class Fit(IntEnum):
    """How the other database's answer to a condition fits PostgreSQL's."""

    NONE = 0
    """It may lack rows, or the condition cannot be said there: not sent."""
    WIDER = 1
    """It has all the rows and perhaps more: sent, and PostgreSQL checks again."""
    EXACT = 2
    """The same rows."""


_EQUAL = frozenset({"=", "<>"})
_ORDER = _EQUAL | {"<", "<=", ">", ">="}
_LIKE = frozenset({"~~", "!~~"})

EXACT: dict[str, dict[Family, frozenset[str]]] = {
    # Columns may hold values of any type, numerics are floats, and dates are text of any format.
    "sqlite": {
        Family.INTEGER: _ORDER,
        Family.BOOLEAN: _EQUAL,
        Family.TEXT: _EQUAL,  # COLLATE BINARY is written
        Family.FLOAT: _ORDER,
        Family.BYTES: _EQUAL,
    },
    # Collations ignore case and trailing blanks, so a binary one is written. FLOAT is shown with
    # six digits and compared with all, so only DOUBLE is here, see _single().
    "mysql": {
        Family.INTEGER: _ORDER,
        Family.BOOLEAN: _EQUAL,
        Family.TEXT: _ORDER,
        Family.FLOAT: _ORDER,
        Family.NUMERIC: _ORDER,
        Family.DATE: _ORDER,
        Family.TIMESTAMP: _ORDER,
        Family.TIMESTAMPTZ: _ORDER,
        Family.BYTES: _EQUAL,
    },
    "duckdb": {
        Family.INTEGER: _ORDER,
        Family.BOOLEAN: _EQUAL,
        Family.TEXT: _ORDER | _LIKE,
        Family.FLOAT: _ORDER,
        Family.NUMERIC: _ORDER,
        Family.DATE: _ORDER,
        Family.TIME: _ORDER,
        Family.TIMESTAMP: _ORDER,
        Family.TIMESTAMPTZ: _ORDER,
        Family.UUID: _EQUAL,
        Family.BYTES: _EQUAL,
    },
    "postgresql": {
        **{kind: _ORDER for kind in Family if kind is not Family.OTHER},
        Family.TEXT: _ORDER | _LIKE,
    },
    "other": {Family.INTEGER: _ORDER},
}
"""Operators by backend and family. Texts are ordered only under the collation ``C``."""

_ANY_VALUE: dict[str, frozenset[Family]] = {
    "postgresql": frozenset(Family) - {Family.OTHER},
    "other": frozenset({Family.INTEGER}),
}
_ANY_VALUE_ELSEWHERE = frozenset({Family.INTEGER, Family.BOOLEAN, Family.TEXT, Family.BYTES})
"""Families whose every value the other database has, so that a parameter may be anything."""

_RECHECKED = frozenset({Family.DATE, Family.TIME, Family.TIMESTAMP, Family.TIMESTAMPTZ})
"""Families in which what another database has not is `Unrepresentable`: the host checks again."""

_BINARY = frozenset({"C", "POSIX", "ucs_basic", "pg_c_utf8"})
_DETERMINISTIC = _BINARY | {"default", None}
_FLOAT4 = 700
MOST_VALUES = 1_000
_MOST_DIGITS = 30


def backend_of(name: str) -> str:
    """Give the row of the table that a backend, as a URL names it, is in."""
    if name in ("mariadb", "mysql"):
        return "mysql"
    return name if name in EXACT else "other"


def fit(condition: Condition, table: Table, backend: str) -> Fit:
    """Tell how a condition fits; a `Parameter` stands for any value of its type."""
    match condition:
        case Comparison():
            return _comparison(condition, table, backend)
        case AnyOf():
            return _any_of(condition, table, backend)
        case IsNull():
            column = _column(table, condition.column)
            return Fit.NONE if column is None or not pushes_down(column) else Fit.EXACT
        case And():
            found = {fit(each, table, backend) for each in condition.conditions}
            return Fit.EXACT if found == {Fit.EXACT} else min(Fit.WIDER, max(found))
        case Or():
            return min(fit(each, table, backend) for each in condition.conditions)
        case Not():
            inner = fit(condition.condition, table, backend)
            return inner if inner is Fit.EXACT else Fit.NONE


def is_settled(condition: Condition, table: Table, backend: str) -> bool:
    """Tell whether a condition is exact whatever its parameters are.

    If it is not, the host may have to check rows again, so they must all arrive: without LIMIT,
    and not as aggregates.
    """
    match condition:
        case Comparison(value=Parameter() as parameter):
            kind = family_of_name(parameter.type)
            return kind in _ANY_VALUE.get(backend, _ANY_VALUE_ELSEWHERE)
        case And() | Or():
            return all(is_settled(each, table, backend) for each in condition.conditions)
        case Not():
            return is_settled(condition.condition, table, backend)
        case _:
            return True


def sorts_alike(column: Column, collation: str | None, backend: str) -> bool:
    """Tell whether the other database orders a column's values as PostgreSQL does."""
    kind = family(column)
    if kind is Family.TEXT and collation not in _BINARY:
        return False
    return pushes_down(column) and "<" in _operators(column, backend)


def groups_alike(column: Column, backend: str) -> bool:
    """Tell whether the other database holds the same values of a column for equal."""
    return pushes_down(column) and "=" in _operators(column, backend)


def _column(table: Table, name: str) -> Column | None:
    return next((column for column in table.columns if column.name == name), None)


def _operators(column: Column, backend: str) -> frozenset[str]:
    if backend == "mysql" and column.type_oid == _FLOAT4:
        return frozenset()
    return EXACT[backend].get(family(column), frozenset())


def _comparison(condition: Comparison, table: Table, backend: str) -> Fit:
    column = _column(table, condition.column)
    if column is None or not pushes_down(column):
        return Fit.NONE
    operator, value = condition.operator, condition.value
    if isinstance(value, ColumnReference):
        other = _column(table, value.column)
        whole = {_operators(each, backend) and family(each) for each in (column, other) if each}
        return Fit.EXACT if whole == {Family.INTEGER} and operator in _ORDER else Fit.NONE
    if backend == "sqlite" and operator == "~~" and _is_pattern(value):
        return Fit.WIDER if family(column) is Family.TEXT else Fit.NONE  # ignores case
    if operator not in _operators(column, backend):
        return Fit.NONE
    if family(column) is Family.TEXT and not _same_text(condition, backend):
        return Fit.NONE
    return _value(value, column, backend)


def _any_of(condition: AnyOf, table: Table, backend: str) -> Fit:
    if (condition.operator, condition.every) not in (("=", False), ("<>", True)):
        return Fit.NONE
    values = condition.values
    if isinstance(values, Parameter):
        element = Parameter(values.number, values.type.removesuffix("[]"))
        same = Comparison(condition.column, "=", element, condition.collation)
        return min(Fit.WIDER, _comparison(same, table, backend))
    if not isinstance(values, tuple | list):
        return Fit.NONE
    known = cast("tuple[object, ...]", values)
    if len(known) > MOST_VALUES:
        return Fit.NONE
    each = [
        Comparison(condition.column, condition.operator, value, condition.collation)
        for value in known
        if value is not None
    ]
    found = [_comparison(one, table, backend) for one in each]
    return min([*found, fit(IsNull(condition.column), table, backend)])


def _same_text(condition: Comparison, backend: str) -> bool:
    """Tell whether texts compare alike, as far as collations and patterns go."""
    if condition.operator in _EQUAL:
        return condition.collation in _DETERMINISTIC
    if condition.operator in _LIKE:
        escapes = backend == "postgresql" or _is_pattern(condition.value)
        return condition.collation in _DETERMINISTIC and escapes
    return condition.collation in _BINARY


def _is_pattern(value: object) -> bool:
    """Tell whether a pattern of LIKE means the same without an escape character."""
    return isinstance(value, str) and "\\" not in value


def _value(value: object, column: Column, backend: str) -> Fit:
    wanted = family(column)
    if isinstance(value, Parameter):
        if family_of_name(value.type) is not wanted:
            return Fit.NONE
        known = _ANY_VALUE.get(backend, _ANY_VALUE_ELSEWHERE) | _RECHECKED
        return Fit.EXACT if wanted in known else Fit.WIDER
    if isinstance(value, Unrepresentable):
        same = backend == "postgresql" and family_of_name(value.type) is wanted
        return Fit.EXACT if same else Fit.NONE
    if family_of_value(value) is not wanted:
        return Fit.NONE
    if backend == "postgresql":
        return Fit.EXACT
    return Fit.EXACT if is_finite(value) and _fits(value) else Fit.NONE


def _fits(value: object) -> bool:
    if not isinstance(value, Decimal):
        return True
    _, digits, exponent = value.as_tuple()
    return len(digits) <= _MOST_DIGITS and -_MOST_DIGITS <= int(exponent) <= 0
