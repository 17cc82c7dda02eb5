"""Settings that cost speed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exclave.doctor.checks.option import setting
from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub, is_on, option_of
from exclave.objects import ForeignTable, Server

FETCH_SIZE = "10000"
"""What to advise: 1,000,000 narrow rows take half the time that they take at 100."""


def findings(hub: Hub, server: Server) -> Iterator[Finding]:
    """Find options of a server of postgres_fdw, and statistics, that could be better."""
    tables = hub.tables_of(server)
    if not hub.is_postgres(server) or not tables:
        return
    slow = [table for table in tables if option_of("fetch_size", table, server) is None]
    if slow:
        yield Finding(
            "default-fetch-size",
            server,
            f"Rows of {_some(slow, tables)} are fetched 100 at a time, the default of fetch_size, "
            "with a round trip each. More at a time take more memory on the hub.",
            *setting(server, fetch_size=FETCH_SIZE),
        )
    guessed = [
        table for table in tables if not is_on(option_of("use_remote_estimate", table, server))
    ]
    if len(guessed) > 1:
        yield Finding(
            "no-remote-estimate",
            server,
            f"use_remote_estimate is off for {_some(guessed, tables)}, so the hub fetches their "
            "rows and joins them itself. With it, planning costs a round trip a table and more.",
            *setting(server, use_remote_estimate="true"),
        )
    unknown = [table for table in guessed if table.key in hub.unanalyzed]
    if unknown:
        yield Finding(
            "never-analyzed",
            server,
            f"The hub has no statistics of {_some(unknown, tables)}, and plans queries by "
            "guesses. Autovacuum does not analyze foreign tables.",
            on("hub", f"ANALYZE {', '.join(str(table.qualified_name) for table in unknown)};"),
        )


def _some(some: Sequence[ForeignTable], every: Sequence[ForeignTable]) -> str:
    if len(some) == len(every):
        return "all its foreign tables" if len(every) > 1 else "its foreign table"
    return ", ".join(str(table.qualified_name) for table in some)
