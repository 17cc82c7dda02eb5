"""What a hub knows of its members' health, and the sessions by which it finds out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from exclave.catalog import Connection
from exclave.errors import DeclarationError
from exclave.federation.connectable import Connectable
from exclave.federation.health.probe import Progress, probe_at_once, probe_one_by_one
from exclave.federation.health.sessions import Sessions
from exclave.federation.health.standing import Standing, standings
from exclave.federation.health.state import Health, not_tried
from exclave.federation.health.touch import Depth, routes
from exclave.federation.registry import telling_moved
from exclave.federation.shape import Federation

_NO_WAY = "no table of it on the hub can be read by this role, or it has none yet"


@dataclass(frozen=True, slots=True)
class _Known:
    health: Health
    at: float


class Watch:
    """What is known of members' health, since when, and how more is found out.

    Parameters
    ----------
    connectable
        What gives sessions on the hub.
    """

    def __init__(self, connectable: Connectable) -> None:
        self.sessions = Sessions(connectable)
        self._connectable = connectable
        self._lock = threading.RLock()
        self._known: dict[tuple[str, str], _Known] = {}
        self._standings: dict[str, tuple[dict[str, Standing], float]] = {}
        self._federations: tuple[list[Federation], float] = ([], float("-inf"))
        self._search_path: tuple[str, ...] | None = None

    @property
    def shared(self) -> bool:
        """Whether there is only the caller's session, so that one member is touched at a time."""
        return self._connectable.shared

    def probe(
        self,
        federation: Federation,
        members: Sequence[str] | None = None,
        timeout_seconds: float = 5.0,
        depth: Depth = "connect",
        progress: Progress = lambda done, total, slug: None,
    ) -> dict[str, Health]:
        """Touch members, and keep in mind what came of it.

        Parameters
        ----------
        federation
            The federation.
        members
            Slugs; ``None`` is all.
        timeout_seconds
            How long it may take in all; over a session of the caller's, each member.
        depth
            How far each is touched.
        progress
            Called for each member.

        Raises
        ------
        Exception
            The driver's, when the hub itself fails.
        """
        with self.session() as connection, telling_moved(connection):
            ways = routes(connection, federation, members)
        known = [way for way in ways.values() if way is not None]
        if self.shared:
            with self.session() as connection:
                seen = probe_one_by_one(connection, known, timeout_seconds, depth, progress)
        else:
            seen = probe_at_once(self.sessions, known, timeout_seconds, depth, progress)
        found = {slug: seen.get(slug) or not_tried(slug, _NO_WAY) for slug in ways}
        self.learn(federation.name, found.values())
        return found

    def learn(self, federation: str, healths: Iterable[Health]) -> None:
        """Keep in mind what was found out."""
        now = time.monotonic()
        with self._lock:
            for health in healths:
                self._known[federation, health.slug] = _Known(health, now)

    def forget(self, federation: str) -> None:
        """Know nothing any more of a federation's members."""
        with self._lock:
            self._standings.pop(federation, None)
            for key in [key for key in self._known if key[0] == federation]:
                del self._known[key]

    def health(
        self,
        federation: Federation,
        members: Collection[str],
        timeout_seconds: float,
        remember_seconds: float,
    ) -> dict[str, Health]:
        """Give the health of members: what is in mind, and for the others what a probe says.

        Parameters
        ----------
        federation
            The federation.
        members
            Slugs.
        timeout_seconds
            How long a probe may take.
        remember_seconds
            How old what is in mind may be.
        """
        with self._lock:  # who asks while another probes waits for what that one finds out
            since = time.monotonic() - remember_seconds
            found: dict[str, Health] = {}
            for slug in members:
                known = self._known.get((federation.name, slug))
                if known is not None and known.at > since:
                    found[slug] = known.health
            unknown = [slug for slug in members if slug not in found]
            if unknown:
                found |= self.probe(federation, unknown, timeout_seconds)
            return found

    def standings(self, federation: Federation, remember_seconds: float) -> dict[str, Standing]:
        """Give what the registry says of the joined members, as it was not long ago."""
        with self._lock:
            known = self._standings.get(federation.name)
            if known is None or known[1] <= time.monotonic() - remember_seconds:
                with self.session() as connection:
                    known = (standings(connection, federation.name), time.monotonic())
                self._standings[federation.name] = known
            return known[0]

    def federations(self, remember_seconds: float) -> list[Federation]:
        """Give all federations of the hub, as they were not long ago."""
        with self._lock:
            if self._federations[1] <= time.monotonic() - remember_seconds:
                with self.session() as connection:
                    rows = _shapes(connection)
                shapes = [Federation.from_dict(json.loads(shape)) for (shape,) in rows]
                self._federations = (shapes, time.monotonic())
            return self._federations[0]

    def search_path(self) -> tuple[str, ...]:
        """Give the schemas in which a session on the hub looks up names without a schema."""
        if self._search_path is None or self.shared:
            with self.session() as connection:
                [(schemas,)] = connection.fetch("SELECT pg_catalog.current_schemas(false)::text[]")
            self._search_path = tuple(schemas)
        return self._search_path

    @contextmanager
    def session(self, limit_seconds: float | None = None) -> Generator[Connection]:
        """Give a session on the hub: the caller's, or one of those that are kept open.

        Parameters
        ----------
        limit_seconds
            How long a statement may take in one of those; ``None`` sets no limit.
        """
        if self.shared:
            with self._connectable.opened() as connection:
                yield connection
            return
        session = self.sessions.take_anyway()
        usable = False
        try:
            session.become("none")
            session.limit(limit_seconds)
            yield session.connection
            usable = True
        finally:
            self.sessions.give_back(session, usable=usable)

    def close(self) -> None:
        """Close the sessions that are kept open."""
        self.sessions.close()


def _shapes(connection: Connection) -> Sequence[Sequence[str]]:
    text = "SELECT pg_catalog.has_column_privilege('exclave.federation', 'shape', 'SELECT')"
    [(may,)] = connection.fetch(text)
    if not may:
        raise DeclarationError(
            "The session's role may not read the shapes of federations from the registry; say "
            "with federation= whose tables the statement reads."
        )
    return connection.fetch("SELECT shape::text FROM exclave.federation")
