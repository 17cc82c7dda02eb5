"""Keeping the last known rows of members on the hub, for when they are down."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from exclave.catalog import Connection
from exclave.errors import DeclarationError
from exclave.federation.health.query import query
from exclave.federation.health.stale_tables import (
    forget_member,
    keep_in_shape,
    keep_rows,
    make_stale_table,
)
from exclave.federation.health.standing import standings
from exclave.federation.health.watch import Watch
from exclave.federation.registry import (
    acting_as,
    load_joined,
    load_member_tables,
    open_registry,
    record,
)
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable

Progress = Callable[[int, int, str], None]
"""Told how many members are done, of how many, and which was the last."""

_AT_ONCE = 4
"""How many members are copied at the same time."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a refresh did with one member.

    Parameters
    ----------
    slug
        The member.
    rows
        How many rows are kept of each table; empty when the refresh failed, which leaves what was
        kept before.
    seconds
        How long it took.
    failure
        Why it failed; ``None`` when it did not.
    """

    slug: str
    rows: dict[str, int]
    seconds: float = 0.0
    failure: str | None = None

    @property
    def ok(self) -> bool:
        """Whether its rows are kept as they were a moment ago."""
        return self.failure is None

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON."""
        data = {name: getattr(self, name) for name in self.__slots__}
        return {**data, "ok": self.ok}


def refresh(
    watch: Watch,
    owner: str,
    federation: Federation,
    members: Sequence[str] | None = None,
    timeout_seconds: float = 5.0,
    limit_seconds: float | None = None,
    progress: Progress = lambda done, total, slug: None,
) -> dict[str, Kept]:
    """Keep the rows that members have now of the tables that have ``stale=True``.

    All tables of a member are read in one transaction, so as they were at one moment. What was
    kept before can be read meanwhile, and stays where a member fails.

    Parameters
    ----------
    watch
        What is known of members; its sessions are used.
    owner
        The owner role.
    federation
        The federation.
    members
        Slugs; ``None`` is all that are joined.
    timeout_seconds
        How long a member may stay silent before it is begun with.
    limit_seconds
        How long a table of a member may take; ``None`` sets no limit.
    progress
        Called in this thread for each member.

    Returns
    -------
    dict
        By slug.

    Raises
    ------
    DeclarationError
        When no table has ``stale=True``, or no such member is joined.
    """
    with watch.session() as connection, connection.transaction():
        open_registry(connection, owner)
        with acting_as(connection, owner):
            tables = _prepared(connection, federation)
            there = standings(connection, federation.name)
    wanted = list(there) if members is None else list(members)
    if unknown := [slug for slug in wanted if slug not in there]:
        raise DeclarationError(
            f"{federation} has no joined member {', '.join(unknown)}; it has {', '.join(there)}."
        )
    done = {
        slug: Kept(slug, {}, failure=str(there[slug].health))
        for slug in wanted
        if there[slug].suspended is not None
    }
    others = [slug for slug in wanted if slug not in done]
    for slug, health in watch.probe(federation, others, timeout_seconds).items():
        if not health.reachable:
            done[slug] = Kept(slug, {}, failure=str(health))
    for number, slug in enumerate(done, 1):
        progress(number, len(wanted), slug)

    def keep(slug: str) -> Kept:
        return _keep(watch, owner, federation, tables, slug, limit_seconds)

    left = [slug for slug in others if slug not in done]
    for kept in map(keep, left) if watch.shared else _at_once(keep, left):
        done[kept.slug] = kept
        progress(len(done), len(wanted), kept.slug)
    watch.forget(federation.name)
    return {slug: done[slug] for slug in wanted}


def _at_once(keep: Callable[[str], Kept], slugs: Sequence[str]) -> Iterator[Kept]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in as_completed([pool.submit(keep, slug) for slug in slugs]):
            yield done.result()


def _prepared(connection: Connection, federation: Federation) -> list[JoinedTable]:
    """Make the tables that keep rows as they are to be, and drop those that are none any more."""
    joined = load_joined(connection, federation.name)
    wanted = [table.name for table in federation.tables if table.stale and table.name in joined]
    keep_in_shape(connection, federation, ())
    if not wanted:
        raise DeclarationError(
            f"No joined table of {federation} keeps last known rows; give those that are to "
            "stale=True, and apply the federation."
        )
    for name in wanted:
        make_stale_table(connection, federation, joined[name])
    return [joined[name] for name in wanted]


def _keep(
    watch: Watch,
    owner: str,
    federation: Federation,
    tables: Collection[JoinedTable],
    slug: str,
    limit_seconds: float | None,
) -> Kept:
    """Keep a member's rows, in one transaction here and so in one there."""
    began = time.monotonic()
    with watch.session(limit_seconds) as connection:
        try:
            with connection.transaction(), acting_as(connection, owner):
                connection.fetch(query("stale_lock"), [federation.name, slug])
                own = {
                    each.table: each
                    for each in load_member_tables(connection, federation.name, [slug])
                }
                rows: dict[str, int] = {}
                for table in tables:
                    if table.name in own:
                        rows[table.name] = keep_rows(connection, federation, table, own[table.name])
                    else:
                        forget_member(connection, federation, slug, [table.name])
                connection.fetch(query("stale_kept"), [federation.name, slug, list(rows)])
                record(connection, "refresh", federation.name, slug, rows=rows)
        except Exception as error:
            if connection.sqlstate(error) is None:
                raise
            return Kept(slug, {}, time.monotonic() - began, connection.message(error))
    return Kept(slug, rows, time.monotonic() - began)
