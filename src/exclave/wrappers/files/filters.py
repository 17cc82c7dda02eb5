"""Conditions as DuckDB's SQL, where it decides as PostgreSQL does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from exclave.fdw import (
    And,
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    IsNull,
    Not,
    Or,
    Parameter,
)
from exclave.wrappers.files.agreement import FLOAT_LOSES, ORDERED_COLLATION, Trust
from exclave.wrappers.files.columns import SourceColumn
from exclave.wrappers.files.values import NotAsked, Values, compared, sample

_ORDER = frozenset({"<", "<=", ">", ">="})
_EQUAL = frozenset({"=", "<>"})
_LIKE = {"~~": "LIKE", "!~~": "NOT LIKE"}


@dataclass(frozen=True)
class Filter:
    """A condition in SQL.

    Parameters
    ----------
    sql
        With placeholders for values.
    exact
        Whether DuckDB leaves the same rows as PostgreSQL would, instead of perhaps more.
    """

    sql: str
    exact: bool = True


def translate(
    condition: Condition, columns: Mapping[str, SourceColumn], values: Values
) -> Filter | None:
    """Write a condition in SQL; None if DuckDB cannot be asked for it.

    Parameters
    ----------
    columns
        Of the table, by name.
    values
        Where its values are kept; none are added for what cannot be asked.
    """
    kept = len(values.given)
    try:
        return _written(condition, columns, values)
    except NotAsked:
        del values.given[kept:]
        return None


def _written(condition: Condition, columns: Mapping[str, SourceColumn], values: Values) -> Filter:
    match condition:
        case Comparison():
            return _comparison(condition, columns, values)
        case AnyOf():
            return _any_of(condition, columns, values)
        case IsNull(name, negated):
            return Filter(f"{columns[name].expression} IS {'NOT ' if negated else ''}NULL")
        case Not(inner):
            made = _written(inner, columns, values)
            if not made.exact:
                raise NotAsked  # what leaves more rows would leave fewer
            return Filter(f"NOT ({made.sql})")
        case And(parts) | Or(parts):
            word = " AND " if isinstance(condition, And) else " OR "
            several = [_written(part, columns, values) for part in parts]
            sql = word.join(part.sql for part in several)
            return Filter(f"({sql})", all(part.exact for part in several))


def _trust(column: SourceColumn, operator: str, collation: str | None) -> Trust:
    if operator in _LIKE:
        return "exact" if column.kind == "text" else "no"
    if operator in _EQUAL:
        trust = column.agreement.equal
    elif operator in _ORDER:
        trust = column.agreement.order
        if column.kind == "text" and collation != ORDERED_COLLATION:
            return "no"
    else:
        return "no"
    return "no" if column.kind == "float" and operator in FLOAT_LOSES else trust


def _comparison(
    condition: Comparison, columns: Mapping[str, SourceColumn], values: Values
) -> Filter:
    column, operator = columns[condition.column], condition.operator
    trust = _trust(column, operator, condition.collation)
    if trust == "no":
        raise NotAsked
    exact = trust == "exact"
    if isinstance(condition.value, ColumnReference):
        other = columns[condition.value.column]
        if other.kind != column.kind or operator in _LIKE:
            raise NotAsked
        return Filter(f"{column.expression} {operator} {other.expression}", exact)
    return Filter(_against(column, operator, condition.value, values), exact)


def _against(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    if isinstance(value, Parameter):
        value = sample(value.type)
    if operator in _LIKE:
        return _like(column, _LIKE[operator], value, values)
    return compared(column, operator, value, values)


def _like(column: SourceColumn, operator: str, pattern: object, values: Values) -> str:
    if not isinstance(pattern, str):
        raise NotAsked
    if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
        raise NotAsked  # an error, but only where the rest of the pattern matches
    placed = values.place(pattern, "VARCHAR")
    return f"{column.expression} {operator} {placed} ESCAPE '\\'"


def _any_of(condition: AnyOf, columns: Mapping[str, SourceColumn], values: Values) -> Filter:
    column, operator = columns[condition.column], condition.operator
    trust = _trust(column, operator, condition.collation)
    if trust == "no":
        raise NotAsked
    given = condition.values
    if isinstance(given, Parameter):
        given = (sample(given.type.removesuffix("[]")),)
    elements = cast("Sequence[object]", given)
    parts = [_element(column, operator, value, values) for value in elements]
    if not parts:
        return Filter("TRUE" if condition.every else "FALSE")
    word = " AND " if condition.every else " OR "
    return Filter(f"({word.join(parts)})", trust == "exact")


def _element(column: SourceColumn, operator: str, value: object, values: Values) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        raise NotAsked
    return _against(column, operator, value, values)
