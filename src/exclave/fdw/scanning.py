"""A scan: what a query asks for, what the wrapper plans to do, and what it knows as it does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exclave.fdw.conditions import Condition
from exclave.fdw.context import TableContext


@dataclass(frozen=True)
class SortKey:
    """One column of an ORDER BY.

    Parameters
    ----------
    column
        Name of the column.
    descending, nulls_first
        As in SQL; NULLs come last unless said.
    collation
        Of texts: the name of the collation, None where the type has none. A source's own order of
        texts is that of ``"C"`` at best.
    """

    column: str
    descending: bool = False
    nulls_first: bool = False
    collation: str | None = None


@dataclass(frozen=True)
class Aggregate:
    """One aggregate of a query.

    Parameters
    ----------
    name
        What the value is called among the columns of a row: ``plan.columns`` has it.
    function
        ``count``, ``sum``, ``min``, ``max``, ``bool_and``, ``bool_or``. For ``avg`` a class is
        asked for sum and count, and PostgreSQL divides.
    column
        The argument; None for ``count(*)``.
    type
        Of the result, as PostgreSQL writes it: the sum of integers is ``bigint`` or ``numeric``.
    distinct
        Whether equal arguments count once.
    collation
        Of ``min``, ``max`` and DISTINCT over texts: the name of the collation, ``"C"`` for all
        that compare bytes; None where the type has none.
    """

    name: str
    function: str
    column: str | None
    type: str
    distinct: bool = False
    collation: str | None = None


@dataclass(frozen=True)
class ScanRequest:
    """What a query needs of a foreign table.

    Parameters
    ----------
    columns
        Names of the columns that it reads; the others need not be fetched. With `group_by` or
        `aggregates`, those that are grouped by or are arguments.
    conditions
        Those of its conditions that a wrapper can be told of; all of them hold together. Values
        that are not known yet are `Parameter`.
    sort
        The order that would help; asked for only if ``pushdown`` of the class has ``"sort"``.
    limit
        How many rows are wanted at most, those of OFFSET included; only with ``"limit"``, and
        only if all conditions are ones that the class applies exactly.
    group_by, aggregates
        What is wanted instead of rows: one row a group, or one row without `group_by`; only with
        ``"aggregate"``, and only if all conditions are ones that the class applies exactly.
    """

    columns: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    group_by: tuple[str, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """What of "sort", "limit" and "aggregate" is asked for."""
        return _kinds(
            bool(self.sort), self.limit is not None, bool(self.group_by or self.aggregates)
        )


def _kinds(sort: bool, limit: bool, aggregate: bool) -> frozenset[str]:
    asked = {"sort": sort, "limit": limit, "aggregate": aggregate}
    return frozenset(kind for kind, wanted in asked.items() if wanted)


@dataclass(frozen=True)
class Lookup:
    """Columns by whose values rows are found cheaply, so that a nested loop may ask for each.

    Parameters
    ----------
    columns
        Names; all of them are compared with ``=``.
    rows
        How many rows have the same values, as an estimate.
    startup_cost, cost
        Of one such scan, in PostgreSQL's units; these count, not those of the `ScanPlan`.
    """

    columns: tuple[str, ...]
    rows: float = 1
    startup_cost: float = 10
    cost: float = 10


@dataclass(frozen=True)
class ScanPlan:
    """What a wrapper answers to a `ScanRequest`; PostgreSQL keeps it, also in cached plans.

    Parameters
    ----------
    remote
        Whatever the wrapper wants to find again in its scan: JSON's types only, and no secrets,
        as EXPLAIN (VERBOSE) shows it. Values of conditions are not kept in it: a scan finds them
        in ``context.conditions``.
    exact
        Those of the request's conditions that the source applies just as PostgreSQL would, so
        that it need not check them again. Others may be applied too, as long as no row that
        fulfils them is left out. `exclave.fdw.conditions` says what to know before.
    sorted, limited, aggregated
        Whether the rows come in the order that was asked for, are at most as many, are the
        aggregates. Only what was asked for can be promised.
    rows
        How many rows the scan gives, as an estimate, before conditions that are not exact. None:
        as many as ANALYZE counted, less those that exact conditions leave out by its statistics;
        1000 rows were there no ANALYZE.
    total
        How many rows the table has, where the class knows that but not `rows`: it then stands for
        what ANALYZE counted.
    width
        Bytes of an average row; 0 takes PostgreSQL's estimate.
    startup_cost, cost
        Of fetching the rows, in PostgreSQL's units (a page read in sequence is 1).
    lookups
        By what rows are found cheaply, for nested loops. Read only in the answer for a table; if
        PostgreSQL chooses one, the class is asked again, with the join's conditions.
    columns
        Names of the columns that a row has, in this order; set by the host.
    """

    remote: Mapping[str, Any] = field(default_factory=dict[str, Any])
    exact: Sequence[Condition] = ()
    sorted: bool = False
    limited: bool = False
    aggregated: bool = False
    rows: float | None = None
    total: float | None = None
    width: int = 0
    startup_cost: float = 10
    cost: float = 100
    lookups: Sequence[Lookup] = ()
    columns: tuple[str, ...] = ()

    @property
    def promised(self) -> frozenset[str]:
        """What of "sort", "limit" and "aggregate" is promised."""
        return _kinds(self.sorted, self.limited, self.aggregated)


@dataclass(frozen=True)
class ScanContext(TableContext):
    """What a wrapper knows while it scans.

    Parameters
    ----------
    conditions
        Those of the request, in their order, with the values of parameters filled in; a value that
        Python has not is `Unrepresentable`, and its condition may then be left out.
    """

    conditions: tuple[Condition, ...] = ()
