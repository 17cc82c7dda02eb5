"""Players of one league: a foreign table over a query with a parameter."""

from __future__ import annotations

from typing import Any

from exclave.fdw import (
    Cursor,
    ForeignDataWrapper,
    Options,
    ScanContext,
    ScanPlan,
    identifier,
)

SIZE = 50
"""Points that a league spans."""


class Leagues(ForeignDataWrapper):
    """Foreign tables with columns of ``public.players``, of the players of one league."""

    class TableOptions(Options):
        league: int

    def scan(self, plan: ScanPlan, context: ScanContext) -> Cursor:
        options: Any = context.table.options
        columns = ", ".join(map(identifier, plan.columns))
        query = f"SELECT {columns} FROM public.players WHERE score >= $1 AND score < $1 + $2"  # noqa: S608
        return context.spi.cursor(query, options.league * SIZE, SIZE)
