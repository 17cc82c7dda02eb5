"""The one SELECT that DuckDB is sent: columns, conditions, order, limit, aggregates."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exclave.fdw import Aggregate, Condition, ScanRequest, SortKey
from exclave.wrappers.files.agreement import ORDERED_COLLATION
from exclave.wrappers.files.columns import SourceColumn
from exclave.wrappers.files.filters import Filter, translate
from exclave.wrappers.files.values import Values

_MOST_SUMMED = 28
"""Digits of decimals whose sum fits into 38 for ten billion rows."""

_RESULTS = {"smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT", "numeric": ""}


@dataclass(frozen=True)
class Pushed:
    """What of a request DuckDB does; it is kept in plans, as JSON.

    Parameters
    ----------
    where
        Places in the request's conditions, each with whether DuckDB is exact about it.
    sort
        Column, whether descending, whether NULLs come first.
    limit
        At most so many rows.
    group_by
        Columns.
    aggregates
        Name, function, column and type, and whether equal values count once.
    """

    where: tuple[tuple[int, bool], ...] = ()
    sort: tuple[tuple[str, bool, bool], ...] = ()
    limit: int | None = None
    group_by: tuple[str, ...] = ()
    aggregates: tuple[tuple[str, str, str | None, str, bool], ...] = ()

    @property
    def aggregated(self) -> bool:
        """Whether rows are groups."""
        return bool(self.group_by or self.aggregates)


@dataclass(frozen=True)
class Statement:
    """SQL with the values of its placeholders."""

    sql: str
    values: list[object] = field(default_factory=list[object])


def decide(request: ScanRequest, columns: Mapping[str, SourceColumn]) -> Pushed:
    """Say what of a request DuckDB can do just as PostgreSQL would."""
    filters = [translate(each, columns, Values()) for each in request.conditions]
    where = tuple((number, each.exact) for number, each in enumerate(filters) if each is not None)
    exact = all(each is not None and each.exact for each in filters)
    asked = bool(request.group_by or request.aggregates)
    aggregated = asked and exact and _groups(request, columns)
    sort: tuple[tuple[str, bool, bool], ...] = ()
    if (not asked or aggregated) and all(_sorts(key, columns, request) for key in request.sort):
        sort = tuple((key.column, key.descending, key.nulls_first) for key in request.sort)
    ordered = len(sort) == len(request.sort)
    limited = exact and ordered and (not asked or aggregated)
    return Pushed(
        where,
        sort,
        request.limit if limited else None,
        request.group_by if aggregated else (),
        tuple(
            (each.name, each.function, each.column, each.type, each.distinct)
            for each in request.aggregates
        )
        if aggregated
        else (),
    )


def _sorts(key: SortKey, columns: Mapping[str, SourceColumn], request: ScanRequest) -> bool:
    column = columns.get(key.column)
    if column is None:
        return False  # the value of an aggregate
    if column.kind == "text" and key.collation != ORDERED_COLLATION:
        return False
    return column.agreement.sort


def _groups(request: ScanRequest, columns: Mapping[str, SourceColumn]) -> bool:
    return all(columns[name].agreement.group for name in request.group_by) and all(
        _aggregates(each, columns) for each in request.aggregates
    )


def _aggregates(aggregate: Aggregate, columns: Mapping[str, SourceColumn]) -> bool:
    if aggregate.column is None:
        return aggregate.function == "count"
    column = columns[aggregate.column]
    if aggregate.distinct and not column.agreement.group:
        return False
    match aggregate.function:
        case "count":
            return True
        case "min" | "max":
            return column.agreement.extremes
        case "bool_and" | "bool_or":
            return column.kind == "boolean"
        case "sum":
            few = column.kind == "integer" or (
                column.kind == "decimal" and column.digits[0] <= _MOST_SUMMED
            )
            return column.agreement.sum and few and aggregate.type in _RESULTS
        case _:
            return False


def otherwise(pushed: Pushed, columns: Mapping[str, SourceColumn]) -> str | None:
    """Name what DuckDB was to do and would now do otherwise than PostgreSQL, if there is such.

    The types in the files may have changed since the plan was made, and a plan is kept.
    """
    for name, _, _ in pushed.sort:
        if not columns[name].agreement.sort:
            return f"ORDER BY {name}"
    for name in pushed.group_by:
        if not columns[name].agreement.group:
            return f"GROUP BY {name}"
    for each in itertools.starmap(Aggregate, pushed.aggregates):
        if not _aggregates(each, columns):
            return f"{each.function}({each.column})"
    return None


def write(
    pushed: Pushed,
    source: str,
    columns: Mapping[str, SourceColumn],
    conditions: Sequence[Condition],
    wanted: Sequence[str],
) -> tuple[Statement, list[int]]:
    """Write the statement; gives also the places of exact conditions that were not written.

    Parameters
    ----------
    pushed
        What was decided in planning.
    source
        The FROM clause.
    columns
        Of the table, by name.
    conditions
        Those of the request, with the values that they have now.
    wanted
        Names of the columns of a row, in their order; of aggregates too.
    """
    values = Values()
    filters: list[Filter] = []
    missing: list[int] = []
    for number, exact in pushed.where:
        made = translate(conditions[number], columns, values)
        if made is not None:
            filters.append(made)
        if exact and (made is None or not made.exact):
            missing.append(number)
    aggregates = {each[0]: each for each in pushed.aggregates}
    selected = [
        _aggregate(aggregates[name], columns) if name in aggregates else columns[name].expression
        for name in wanted
    ]
    parts = [f"SELECT {', '.join(selected) or 'TRUE'}", f"FROM {source}"]
    if filters:
        parts.append("WHERE " + " AND ".join(each.sql for each in filters))
    if pushed.group_by:
        grouped = ", ".join(columns[name].expression for name in pushed.group_by)
        parts.append(f"GROUP BY {grouped}")
    if pushed.sort:
        parts.append("ORDER BY " + ", ".join(_key(key, columns) for key in pushed.sort))
    if pushed.limit is not None:
        parts.append(f"LIMIT {pushed.limit}")
    return Statement(" ".join(parts), values.given), missing


def _key(key: tuple[str, bool, bool], columns: Mapping[str, SourceColumn]) -> str:
    name, descending, nulls_first = key
    direction = "DESC" if descending else "ASC"
    nulls = "FIRST" if nulls_first else "LAST"
    return f"{columns[name].expression} {direction} NULLS {nulls}"


def _aggregate(
    aggregate: tuple[str, str, str | None, str, bool], columns: Mapping[str, SourceColumn]
) -> str:
    _, function, name, type_name, distinct = aggregate
    if name is None:
        return "count(*)"
    call = f"{function}({'DISTINCT ' if distinct else ''}{columns[name].expression})"
    if function != "sum":
        return call
    if columns[name].kind == "decimal":
        return call
    return f"CAST({call} AS {_RESULTS[type_name] or 'DECIMAL(38,0)'})"


def kept(pushed: Pushed) -> dict[str, Any]:
    """Give what a plan keeps, as JSON's types."""
    return {
        "where": [list(each) for each in pushed.where],
        "sort": [list(each) for each in pushed.sort],
        "limit": pushed.limit,
        "group_by": list(pushed.group_by),
        "aggregates": [list(each) for each in pushed.aggregates],
    }


def read(remote: Mapping[str, Any]) -> Pushed:
    """Read what `kept` gave."""
    return Pushed(
        tuple((number, exact) for number, exact in remote["where"]),
        tuple((column, descending, first) for column, descending, first in remote["sort"]),
        remote["limit"],
        tuple(remote["group_by"]),
        tuple(
            (name, function, column, kind, distinct)
            for name, function, column, kind, distinct in remote["aggregates"]
        ),
    )
