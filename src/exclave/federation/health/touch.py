"""Touching a member: a query over the hub that needs it, and gives no rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from exclave.catalog import Connection
from exclave.federation.health.failure import TIMED_OUT, health_of_failure
from exclave.federation.health.query import query
from exclave.federation.health.state import Health, silent, well
from exclave.federation.shape import Federation
from exclave.objects import QualifiedName
from exclave.objects.quoting import quote_identifier, quote_literal

Depth = Literal["connect", "read"]
"""How far a member is touched: that it opens a transaction, or that its table can be read."""

_UNREAD = "pg_catalog.random() >= 0"
"""A condition that is not sent, so that the limit is not either and nothing is asked for."""


class _Undone(Exception):  # noqa: N818 - it is no error
    """Ends a transaction that leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a member can be touched.

    Parameters
    ----------
    federation, slug
        The member.
    table
        What is read: a view that leads to the member alone, its foreign table, or a joined table.
    role
        As whom; ``"none"`` is the session's own role.
    condition
        What leaves only the member in a joined table; empty for the others.
    """

    federation: str
    slug: str
    table: QualifiedName
    role: str = "none"
    condition: str = ""

    @property
    def member(self) -> tuple[str, str]:
        """The federation and the slug."""
        return self.federation, self.slug

    def sql(self, depth: Depth) -> str:
        """Write the query."""
        conditions = [self.condition] if self.condition else []
        if depth == "connect":
            conditions.append(_UNREAD)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT FROM {self.table}{where} LIMIT 0"


def routes(
    connection: Connection, federation: Federation, slugs: Sequence[str] | None = None
) -> dict[str, Route | None]:
    """Find out how the session's role can touch members.

    Parameters
    ----------
    connection
        A session on the hub.
    federation
        Whose members.
    slugs
        Which; ``None`` is all.

    Returns
    -------
    dict
        By slug; ``None`` for a member that has no table yet that the role may read.
    """
    found: dict[str, Route | None] = {}
    wanted = None if slugs is None else list(slugs)
    joined = connection.fetch(query("readable"), [federation.name])
    name = joined[0][0] if joined else next((table.name for table in federation.tables), "")
    for slug, kind, schema, owner in connection.fetch(
        query("routes"), [federation.name, wanted, name]
    ):
        if kind is None:
            found[slug] = None
            continue
        condition = ""
        if kind == "joined":
            condition = f"{quote_identifier(federation.member_column)} = {quote_literal(slug)}"
        role = owner if kind == "foreign" else "none"
        found[slug] = Route(federation.name, slug, QualifiedName(name, schema), role, condition)
    return found


def touch(connection: Connection, route: Route, depth: Depth, timeout_seconds: float) -> Health:
    """Touch a member in a session whose role and timeout are set.

    Parameters
    ----------
    connection
        The session; outside of a transaction, what is opened at the member is closed at once.
    route
        How.
    depth
        ``"connect"`` costs a warm connection two round trips, ``"read"`` five.
    timeout_seconds
        The time that was set, for the message.

    Raises
    ------
    Exception
        The driver's, when the session on the hub itself is lost.
    """
    began = time.monotonic()
    try:
        connection.fetch(route.sql(depth))
    except Exception as error:
        if connection.sqlstate(error) is None:
            raise
        if connection.sqlstate(error) == TIMED_OUT:
            return silent(route.slug, timeout_seconds, TIMED_OUT)
        health = health_of_failure(route.slug, connection, error)
        if health.reason == "broken":
            _check_hub(connection)
        return health
    return well(route.slug, (time.monotonic() - began) * 1000)


def _check_hub(connection: Connection) -> None:
    """Raise what the driver does if it was the session on the hub that broke."""
    try:
        connection.fetch("SELECT 1")
    except Exception as error:
        if connection.sqlstate(error) != "25P02":  # which an open transaction gives after a failure
            raise


def touch_within(
    connection: Connection, route: Route, depth: Depth, timeout_seconds: float
) -> Health:
    """Touch a member in a session of the caller's, which is then as it was.

    Its transaction, if one is open, goes on; the member's part of it stays open until its end.
    """
    found: list[Health] = []
    with suppress(_Undone), connection.transaction():
        milliseconds = str(max(1, round(timeout_seconds * 1000)))
        connection.fetch(
            "SELECT pg_catalog.set_config('statement_timeout', $1, true)", [milliseconds]
        )
        if route.role != "none":
            connection.fetch("SELECT pg_catalog.set_config('role', $1, true)", [route.role])
        found.append(touch(connection, route, depth, timeout_seconds))
        raise _Undone
    return found[0]
