"""Minor versions of PostgreSQL with fixes that matter to foreign data and are not installed."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.catalog.minor_versions import missing_fixes
from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub, is_on, option_of


def findings(hub: Hub) -> Iterator[Finding]:
    """Find out whether the hub lacks fixes of what it uses."""
    version = hub.snapshot.version
    lacking = missing_fixes(version, _in_use(hub))
    if not lacking:
        return
    major, minor = divmod(version, 10000)
    newest = max(fix.fixed[major] for fix in lacking)
    yield Finding(
        "old-minor-version",
        f"PostgreSQL {major}.{minor} of the hub",
        f"{major}.{newest} and later have fixes that it lacks. Without them:\n"
        + "\n".join(f"- {fix.fault} (fixed in {major}.{fix.fixed[major]})" for fix in lacking),
        on("hub", f"install PostgreSQL {major}.{newest} or a later {major}, and restart it"),
    )


def _in_use(hub: Hub) -> frozenset[str]:
    used: set[str] = set()
    for server in hub.snapshot.catalog.servers.values():
        if not hub.is_postgres(server):
            continue
        used.add("postgres_fdw")
        for table in (None, *hub.tables_of(server)):
            if is_on(option_of("async_capable", table, server)):
                used.add("async_capable")
            if table is not None and table.partition_of is not None:
                used.add("partitions")
    return frozenset(used)
