"""A wrapper that imports nothing: tuples of a generator, from rows made in the first scan."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from exclave.fdw import ForeignDataWrapper, Options, ScanContext, ScanPlan

START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

made: dict[int, list[tuple[Any, ...]]] = {}


class Rows(ForeignDataWrapper):
    """The narrow table, row by row."""

    class TableOptions(Options):
        rows: int

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        options: Any = context.table.options
        if options.rows not in made:
            made[options.rows] = [
                (i, i % 1000, i / 7, f"label {i}", START + datetime.timedelta(seconds=i))
                for i in range(1, options.rows + 1)
            ]
        for one in made[options.rows]:
            yield tuple([value for value in one])  # noqa: C416
