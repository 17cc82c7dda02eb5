"""Wrappers that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub
from exclave.objects import Server
from exclave.objects.quoting import quote_identifier


def findings(hub: Hub, server: Server) -> Iterator[Finding]:
    """Find a server whose wrapper has no handler."""
    wrapper = hub.snapshot.catalog.wrappers.get(server.wrapper)
    if wrapper is None or wrapper.handler is not None or not hub.tables_of(server):
        return
    yield Finding(
        "wrapper-without-handler",
        server,
        f"Its {wrapper} has no handler, so its foreign tables cannot be read.",
        on(
            "hub",
            f"ALTER FOREIGN DATA WRAPPER {quote_identifier(wrapper.name)} HANDLER <its function>;",
        ),
    )
