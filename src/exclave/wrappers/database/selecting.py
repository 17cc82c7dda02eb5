"""The SELECT of a scan: what of a request the other database does, and its statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from exclave.fdw import Aggregate, Condition, ScanRequest, SortKey, Table
from exclave.wrappers.database.exactness import (
    Fit,
    fit,
    groups_alike,
    is_settled,
    sorts_alike,
)
from exclave.wrappers.database.expressions import Expressions
from exclave.wrappers.database.families import Family, family, family_of_name
from exclave.wrappers.database.tables import column_named, labelled, remote_table

_INTEGERS_THAT_CAN_BE_SUMMED = (21, 23)
"""smallint and integer: a sum of bigint may be larger than what the other database counts with."""


@dataclass(frozen=True)
class Selection:
    """What the other database does for a scan.

    Parameters
    ----------
    sent
        Which of the request's conditions it is told of, by their place.
    exact
        Which of them it applies just as PostgreSQL would.
    sort, limit
        Its order and limit; empty and None leave them to PostgreSQL.
    group_by, aggregates
        Of a scan that aggregates.
    """

    sent: tuple[int, ...] = ()
    exact: tuple[int, ...] = ()
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    group_by: tuple[str, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()

    @property
    def aggregated(self) -> bool:
        """Whether groups are wanted instead of rows."""
        return bool(self.group_by or self.aggregates)


def select_for(request: ScanRequest, table: Table, backend: str) -> Selection:
    """Decide what of a request the other database does."""
    fits = [fit(condition, table, backend) for condition in request.conditions]
    exact = tuple(place for place, one in enumerate(fits) if one is Fit.EXACT)
    settled = len(exact) == len(fits) and all(
        is_settled(condition, table, backend) for condition in request.conditions
    )
    aggregated = settled and _aggregates(request, table, backend)
    sort = request.sort if _sorts(request, table, backend) else ()
    unsorted = bool(request.sort) and not sort
    wanted = bool(request.group_by or request.aggregates)
    return Selection(
        sent=tuple(place for place, one in enumerate(fits) if one),
        exact=exact,
        sort=sort if aggregated or not wanted else (),
        limit=request.limit if settled and not unsorted and aggregated == wanted else None,
        group_by=request.group_by if aggregated else (),
        aggregates=request.aggregates if aggregated else (),
    )


def _sorts(request: ScanRequest, table: Table, backend: str) -> bool:
    names = {column.name for column in table.columns}
    return all(
        key.column in names and sorts_alike(column_named(table, key.column), key.collation, backend)
        for key in request.sort
    )


def _aggregates(request: ScanRequest, table: Table, backend: str) -> bool:
    if not (request.group_by or request.aggregates):
        return False
    grouped = all(groups_alike(column_named(table, name), backend) for name in request.group_by)
    return grouped and all(_aggregate_fits(each, table, backend) for each in request.aggregates)


def _aggregate_fits(aggregate: Aggregate, table: Table, backend: str) -> bool:
    if aggregate.column is None:
        return aggregate.function == "count"
    column = column_named(table, aggregate.column)
    options: Any = column.options
    if not options.pushdown or (aggregate.distinct and not groups_alike(column, backend)):
        return False
    kind = family(column)
    match aggregate.function:
        case "count":
            return True
        case "min" | "max":
            return sorts_alike(column, aggregate.collation, backend)
        case "sum" if kind is Family.INTEGER:
            return column.type_oid in _INTEGERS_THAT_CAN_BE_SUMMED or backend == "postgresql"
        case "sum" | "avg":
            return backend == "postgresql" and kind in (Family.INTEGER, Family.NUMERIC)
        case "bool_and" | "bool_or":
            return backend in ("postgresql", "duckdb") and kind is Family.BOOLEAN
        case _:
            return False


def families_of(selection: Selection, names: Sequence[str], table: Table) -> list[Family]:
    """Give the families of what a scan gives, columns and aggregates."""
    kinds = {column.name: family(column) for column in table.columns}
    kinds |= {each.name: family_of_name(each.type) for each in selection.aggregates}
    return [kinds[name] for name in names]


def statement(
    selection: Selection,
    conditions: Sequence[Condition],
    columns: Sequence[str],
    table: Table,
    backend: str,
    *,
    typed: bool,
) -> tuple[sa.Select[Any], Mapping[str, object]]:
    """Write the SELECT, its columns named as those of the foreign table, and its parameters.

    Conditions that became unfit with the values that they have now are left out: PostgreSQL
    checks them again.
    """
    remote = remote_table(table)
    expressions = Expressions(table, remote, backend, typed)
    select = sa.select(*_columns(selection, columns, expressions)).select_from(remote)
    for place in selection.sent:
        if fit(conditions[place], table, backend):
            select = select.where(expressions.condition(conditions[place]))
    if selection.group_by:
        select = select.group_by(*map(expressions.alike, selection.group_by))
    for key in selection.sort:
        select = select.order_by(*_order(key, expressions, backend))
    if selection.limit is not None:
        select = select.limit(sa.literal_column(str(int(selection.limit))))
    return select, expressions.values


def _columns(
    selection: Selection, columns: Sequence[str], expressions: Expressions
) -> list[sa.ColumnElement[Any]]:
    if not columns:
        return [labelled(sa.literal_column("1"), "nothing")]
    aggregates = {each.name: each for each in selection.aggregates}
    found: list[sa.ColumnElement[Any]] = []
    for name in columns:
        if name in aggregates:
            found.append(labelled(_aggregate(aggregates[name], expressions), name))
        elif name in selection.group_by:
            found.append(labelled(expressions.alike(name), name))
        else:
            found.append(labelled(expressions.fetched(name), name))
    return found


def _aggregate(aggregate: Aggregate, expressions: Expressions) -> sa.ColumnElement[Any]:
    if aggregate.column is None:
        return sa.func.count()
    ordered = aggregate.function in ("min", "max")
    column = expressions.alike(aggregate.column, ordered=ordered)
    if ordered and expressions.backend == "duckdb":
        column = expressions.fetched(aggregate.column)
    made = getattr(sa.func, aggregate.function)(column.distinct() if aggregate.distinct else column)
    if expressions.backend == "duckdb" and aggregate.function == "sum":
        return sa.cast(made, sa.BigInteger)
    return made


def _order(key: SortKey, expressions: Expressions, backend: str) -> list[sa.ColumnElement[Any]]:
    column = expressions.alike(key.column, ordered=True)
    direction = column.desc() if key.descending else column.asc()
    if backend in ("sqlite", "postgresql", "duckdb"):
        return [direction.nulls_first() if key.nulls_first else direction.nulls_last()]
    is_null = sa.case((expressions.column(key.column).is_(None), 1), else_=0)
    return [is_null.desc() if key.nulls_first else is_null.asc(), direction]
