"""Wrappers that are told of conditions: one that says them again, and some that apply them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from applying_wrapper import holds

from exclave.fdw import ForeignDataWrapper, Lookup, Options, ScanContext, ScanPlan, ScanRequest
from exclave.fdw import Table as ForeignTable


class Told(ForeignDataWrapper):
    """Gives rows that its option has, and says in notices what conditions it is given."""

    pushdown = frozenset({"sort"})
    parallel_safe = True

    class TableOptions(Options):
        rows: str = "[]"
        exact: Literal["none", "filter", "foreign", "sort"] = "none"
        lookup: str | None = None
        estimate: int = 1000

    def plan_scan(self, table: ForeignTable, request: ScanRequest) -> ScanPlan:
        options: Any = table.options
        exact: Any = {
            "filter": request.conditions,
            "foreign": ["no condition"],
        }.get(options.exact, ())
        lookups = [Lookup(tuple(options.lookup.split(",")), rows=1)] if options.lookup else []
        return ScanPlan(
            remote={"told": [repr(condition) for condition in request.conditions],
                    "sort": [repr(key) for key in request.sort]},
            exact=exact, lookups=lookups, rows=options.estimate, cost=options.estimate,
            sorted=bool(request.sort) or options.exact == "sort",
        )  # fmt: skip

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[object, ...]]:
        context.notice(repr(context.conditions))
        options: Any = context.table.options
        names = [column.name for column in context.table.columns]
        rows: list[tuple[object, ...]] = eval(options.rows)
        kinds = {name: "int" if name in "ik" else "text" for name in names}
        for row in rows:
            wanted = (holds(condition, dict(zip(names, row, strict=True)), kinds)
                      for condition in context.conditions)  # fmt: skip
            if options.exact == "filter" and not all(wanted):
                continue
            yield tuple(row[names.index(column)] for column in plan.columns)
