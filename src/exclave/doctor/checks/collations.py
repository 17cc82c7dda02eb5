"""Hub and remote that sort text differently."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub
from exclave.doctor.remote import Look


def findings(hub: Hub, look: Look) -> Iterator[Finding]:
    """Compare the default collations of the two databases.

    Notes
    -----
    PostgreSQL documentation, "postgres_fdw": a column without a collation of its own is taken
    to be sorted and compared on the remote as on the hub.
    """
    there = look.remote.collation if look.remote else None
    if there is None or there == hub.collation:
        return
    yield Finding(
        "collation-differs",
        look.server,
        f"The hub's database sorts text by {hub.collation.shown}, the remote's by {there.shown}. "
        "ORDER BY, < and merge joins on text that are run there give another order than here, "
        "and so wrong results where both meet.",
        on("code", 'Column("name", "text", collation="C")  # for the columns that are sorted by'),
        on("remote", "CREATE DATABASE … LOCALE …;  -- the hub's, with the data restored into it"),
    )
