"""Minor versions of PostgreSQL with fixes that matter to foreign data and are not installed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub, is_on, option_of


@dataclass(frozen=True, slots=True)
class Fix:
    """A fault that a minor version put right.

    Parameters
    ----------
    fault
        What happens without it.
    needs
        Who is concerned: ``postgres_fdw``, ``async_capable`` or ``partitions``.
    released
        When the minor versions with the fix came out.
    fixed
        For each major version that had the fault, the first minor version without it.
    """

    fault: str
    needs: str
    released: date
    fixed: Mapping[int, int]


@cache
def fixes() -> tuple[Fix, ...]:
    """Give all fixes that are known, as ``minor_versions.toml`` lists them."""
    source = files("exclave.doctor.checks").joinpath("minor_versions.toml")
    data: dict[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))
    return tuple(
        Fix(
            fault=fix["fault"],
            needs=fix["needs"],
            released=fix["released"],
            fixed={int(major): minor for major, minor in fix["fixed"].items()},
        )
        for fix in data["fix"]
    )


def missing(version: int, concerned: frozenset[str]) -> tuple[Fix, ...]:
    """Give the fixes that a version lacks.

    Parameters
    ----------
    version
        PostgreSQL's ``server_version_num``, such as 180001.
    concerned
        What is in use; see `Fix`.
    """
    major, minor = divmod(version, 10000)
    return tuple(
        fix for fix in fixes() if fix.needs in concerned and minor < fix.fixed.get(major, 0)
    )


def findings(hub: Hub) -> Iterator[Finding]:
    """Find out whether the hub lacks fixes of what it uses."""
    version = hub.snapshot.version
    lacking = missing(version, _in_use(hub))
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
