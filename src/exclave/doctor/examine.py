"""Examining a hub: read it, look at its remotes, and let every check say what it finds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

from exclave.catalog import Connection, connection_of
from exclave.doctor import checks
from exclave.doctor.checks import declared
from exclave.doctor.finding import Finding
from exclave.doctor.hub import Hub, read_hub
from exclave.doctor.looks import NoSessionError, Progress, look_at_once, look_one_by_one
from exclave.doctor.remote import Look
from exclave.doctor.report import Report, report
from exclave.doctor.sessions import Connect, by_dsn, opened
from exclave.errors import DeclarationError
from exclave.objects import Catalog, ForeignObject, Server

DEFAULT_TIMEOUT_SECONDS = 5.0


def examine(
    hub: object,
    desired: Catalog | Iterable[ForeignObject] | None = None,
    *,
    servers: Collection[str] | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    connect: Connect | None = None,
    progress: Progress = lambda done, count, server: None,
) -> Report:
    """Look for what is wrong with a hub and its remotes, as the current role sees them.

    Remotes are reached through the hub alone, with its own user mappings: by temporary foreign
    tables over the remote's catalogs, in transactions that are rolled back. Nothing is written on
    a remote, and nothing stays on the hub.

    Parameters
    ----------
    hub
        A libpq connection string, a psycopg 3 connection, or a `Connection`. With a string the
        examination opens sessions of its own, and looks at several servers at once.
    desired
        Declarations to compare with.
    servers
        The names of the foreign servers to look at; `None` takes all that the role has to do
        with: by USAGE, by a user mapping of its own, or by a foreign table that it may read.
    timeout_seconds
        How long a remote may take for one answer.
    connect
        Opens another connection to the same hub, for the same role. Without it (and without a
        string) servers are looked at one after the other, and a pooler in front of one is not
        noticed.
    progress
        Called after each server.

    Returns
    -------
    Report
        What was found; it holds no value of a secret.

    Raises
    ------
    CatalogError
        When the hub cannot be reached or read.
    DeclarationError
        When `servers` names one that is not there, or a declaration cannot be.
    """
    if isinstance(hub, str):
        connect = connect or by_dsn(hub)
        with opened(connect) as connection:
            return _examine(connection, desired, servers, timeout_seconds, connect, progress)
    connection = connection_of(hub)
    return _examine(connection, desired, servers, timeout_seconds, connect, progress)


def _examine(
    connection: Connection,
    desired: Catalog | Iterable[ForeignObject] | None,
    names: Collection[str] | None,
    timeout_seconds: float,
    connect: Connect | None,
    progress: Progress,
) -> Report:
    hub = read_hub(connection)
    servers = _chosen(hub, names)
    others = len(hub.snapshot.catalog.servers) - len(servers) if names is None else 0
    tried = [server for server in servers if _is_to_be_tried(hub, server)]
    looks = _looks(connection, hub, tried, timeout_seconds, connect, progress)
    findings = list(_findings(connection, hub, servers, looks, desired))
    notes = list(_notes(looks))
    if others:
        which = "1 other is" if others == 1 else f"{others} others are"
        notes.append(f'{which} on the hub, with which the role "{hub.role}" has nothing to do.')
    return report(findings, [server.name for server in servers], notes)


def _looks(
    connection: Connection,
    hub: Hub,
    servers: list[Server],
    timeout_seconds: float,
    connect: Connect | None,
    progress: Progress,
) -> list[Look]:
    if connect is not None:
        with suppress(NoSessionError):
            return look_at_once(connect, hub, servers, timeout_seconds, progress)
    return look_one_by_one(connection, hub, servers, timeout_seconds, progress)


def _chosen(hub: Hub, names: Collection[str] | None) -> list[Server]:
    there = hub.snapshot.catalog.servers
    if names is None:
        return [server for server in there.values() if hub.is_concerned(server)]
    unknown = sorted(set(names) - there.keys())
    if unknown:
        raise DeclarationError(
            f"There is no foreign server {', '.join(map(repr, unknown))} on the hub; "
            f"it has {', '.join(map(repr, sorted(there))) or 'none'}."
        )
    return [there[name] for name in dict.fromkeys(names)]


def _is_to_be_tried(hub: Hub, server: Server) -> bool:
    if hub.is_postgres(server):
        return hub.mapping_of(server) is not None
    wrapper = hub.snapshot.catalog.wrappers.get(server.wrapper)
    return wrapper is not None and wrapper.handler is not None


def _findings(
    connection: Connection,
    hub: Hub,
    servers: list[Server],
    looks: list[Look],
    desired: Catalog | Iterable[ForeignObject] | None,
) -> Iterator[Finding]:
    for check in checks.OF_HUB:
        yield from check(hub)
    for server in servers:
        for check in checks.OF_SERVER:
            yield from check(hub, server)
    for look in looks:
        for check in checks.OF_REMOTE:
            yield from check(hub, look)
    for check in checks.OF_REMOTES:
        yield from check(hub, looks)
    if desired is not None:
        wanted = desired if isinstance(desired, Catalog) else Catalog(desired)
        yield from declared.findings(connection, hub, wanted)


def _notes(looks: list[Look]) -> Iterator[str]:
    for look in looks:
        yield from look.notes
    if any(look.remote is not None and look.remote.pooled is None for look in looks):
        yield (
            "Not all remotes were tried for a pooler in front of them: that takes two sessions "
            "of the examination's own, and servers that keep their connections."
        )
