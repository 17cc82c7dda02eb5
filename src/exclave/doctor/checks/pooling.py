"""Poolers that give each transaction another session."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.doctor.checks.option import setting
from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub
from exclave.doctor.remote import Look


def findings(hub: Hub, look: Look) -> Iterator[Finding]:
    """Find a remote whose sessions are shared out by transaction."""
    if look.remote is None or not look.remote.pooled:
        return
    server = look.server
    port = str(server.options.get("port", "5432"))
    yield Finding(
        "transaction-pooling",
        server,
        "Two sessions of the hub, each with a connection of its own, were served by one process "
        "of the remote: a pooler (such as PgBouncer with pool_mode = transaction) is between "
        "them. postgres_fdw sets search_path = pg_catalog, the time zone and more once a "
        "connection; here they reach the sessions of others, and its own may lack them.",
        on("pgbouncer.ini", "pool_mode = session"),
        *setting(server, port=f"<PostgreSQL's own, not {port}>"),
    )
