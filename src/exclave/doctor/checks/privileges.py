"""Foreign tables that the current role may not read."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub
from exclave.objects import Server
from exclave.objects.quoting import quote_identifier


def findings(hub: Hub, server: Server) -> Iterator[Finding]:
    """Find tables on which a role that is mapped on their server has no SELECT.

    It is a warning if there is none that it may read, and advice otherwise: it may be meant so.
    """
    tables = [table for table in hub.tables_of(server) if table.key in hub.unreadable]
    if not tables or (hub.is_postgres(server) and hub.mapping_of(server) is None):
        return
    role = quote_identifier(hub.role)
    names = ", ".join(str(table.qualified_name) for table in tables)
    closed = sorted({table.schema for table in tables} & hub.closed_schemas)
    yield Finding(
        "table-not-readable",
        server,
        f'The role "{hub.role}" may not read {len(tables)} of its '
        f"{len(hub.tables_of(server))} foreign tables: {names}.",
        on(
            "hub",
            *(f"GRANT USAGE ON SCHEMA {quote_identifier(name)} TO {role};" for name in closed),
            f"GRANT SELECT ON {names} TO {role};",
        ),
        severity="warning" if len(tables) == len(hub.tables_of(server)) else "advice",
    )
