"""Finding out which members answer: all silent ones at the same time, over several sessions."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from exclave.catalog import Connection
from exclave.federation.health.sessions import Session, Sessions
from exclave.federation.health.state import Health, not_tried, silent
from exclave.federation.health.touch import Depth, Route, touch, touch_within

Progress = Callable[[int, int, str], None]
"""Told how many members are done, of how many, and which was the last."""

_AT_FIRST = 4
"""How many sessions a probe begins with; as long as members wait it takes further ones."""

_PATIENCE_SECONDS = 0.1
"""How long members wait before a further session is taken."""

_GRACE_SECONDS = 0.3
"""How long the hub has to end a statement after its time."""


def probe_at_once(
    sessions: Sessions,
    routes: Sequence[Route],
    timeout_seconds: float,
    depth: Depth = "connect",
    progress: Progress = lambda done, total, slug: None,
) -> dict[str, Health]:
    """Touch members over several sessions, which stay open afterwards.

    It takes no longer than the timeout and a little. A touch that the hub does not end in time is
    given up; its session is of use again when the hub has ended it.

    Parameters
    ----------
    sessions
        Where sessions are taken from.
    routes
        How the members are touched.
    timeout_seconds
        How long all of it may take.
    depth
        How far each is touched.
    progress
        Called in this thread for each member.

    Raises
    ------
    Exception
        The driver's, when no session on the hub can be opened or all are lost.

    Notes
    -----
    Tried on 15 and 18: what a silent member holds up is ended by ``statement_timeout`` alone on
    18, and while the hub connects on 15 by the server's ``connect_timeout`` alone.
    """
    return _Probe(sessions, routes, timeout_seconds, depth).run(progress) if routes else {}


class _Probe:
    """Members still to be touched, and the threads that do it."""

    def __init__(
        self, sessions: Sessions, routes: Sequence[Route], timeout_seconds: float, depth: Depth
    ) -> None:
        self._sessions = sessions
        self._routes = routes
        self._timeout = timeout_seconds
        self._depth: Depth = depth
        self._deadline = time.monotonic() + timeout_seconds
        self._lock = threading.Lock()
        self._waiting = deque(routes)
        self._begun: set[str] = set()
        self._claimed: dict[tuple[str, str], Session] = {}
        self._workers = 0
        self._over = False
        self._results: queue.SimpleQueue[Health | Exception | None] = queue.SimpleQueue()

    def run(self, progress: Progress) -> dict[str, Health]:
        """Touch all, and give what came of it."""
        found: dict[str, Health] = {}
        failure: Exception | None = None
        for _ in range(min(_AT_FIRST, len(self._routes))):
            failure = self._start() or failure
        while len(found) < len(self._routes):
            if not self._workers and failure:
                self._over = True
                raise failure
            match self._next():
                case Health() as health:
                    found[health.slug] = health
                    progress(len(found), len(self._routes), health.slug)
                case Exception() as error:
                    failure = error
                case None:
                    if time.monotonic() > self._deadline + _GRACE_SECONDS:
                        break
                    if self._waiting:
                        self._claimed.clear()
                        self._start()
        self._over = True
        for route in self._routes:
            if route.slug not in found:
                found[route.slug] = self._given_up(route)
                progress(len(found), len(self._routes), route.slug)
        return {route.slug: found[route.slug] for route in self._routes}

    def _next(self) -> Health | Exception | None:
        left = self._deadline + _GRACE_SECONDS - time.monotonic()
        try:
            found = self._results.get(timeout=max(0.0, min(left, _PATIENCE_SECONDS)))
        except queue.Empty:
            return None
        if not isinstance(found, Health):
            self._workers -= 1
        return found

    def _given_up(self, route: Route) -> Health:
        if route.slug in self._begun:
            return silent(route.slug, self._timeout)
        why = "no session on the hub was free to try it: all waited for silent members"
        return not_tried(route.slug, why)

    def _start(self) -> Exception | None:
        """Take a further session if there may be one; give why there is none."""
        try:
            session = self._sessions.take({route.member for route in self._waiting})
        except Exception as error:  # noqa: BLE001 - those that there are go on
            return error
        if session is None:
            return None
        self._workers += 1
        with self._lock:
            self._claimed |= dict.fromkeys(session.connected, session)
        threading.Thread(target=self._work, args=(session,), daemon=True).start()
        return None

    def _task(self, session: Session) -> Route | None:
        """Give the next member to touch, unless another session that works is connected to it."""
        with self._lock:
            if self._over or time.monotonic() > self._deadline:
                return None
            mine = (route for route in self._waiting if route.member in session.connected)
            free = (
                route
                for route in self._waiting
                if self._claimed.get(route.member, session) is session
            )
            route = next(mine, None) or next(free, None)
            if route is not None:
                self._waiting.remove(route)
                self._begun.add(route.slug)
            return route

    def _work(self, session: Session) -> None:
        usable = False
        ended: Exception | None = None
        try:
            while (route := self._task(session)) is not None:
                session.limit(self._timeout)
                session.become(route.role)
                health = touch(session.connection, route, self._depth, self._timeout)
                if health.reason == "busy" and session.connected:
                    session.disconnect()  # many members may be on one server
                    health = touch(session.connection, route, self._depth, self._timeout)
                if health.reachable:
                    session.connected.add(route.member)
                self._results.put(health)
            usable = True
        except Exception as error:  # noqa: BLE001 - it is raised by the thread that waits
            ended = error
        finally:
            with self._lock:
                for member in session.connected:
                    self._claimed.pop(member, None)
            self._sessions.give_back(session, usable=usable)
            self._results.put(ended)


def probe_one_by_one(
    connection: Connection,
    routes: Sequence[Route],
    timeout_seconds: float,
    depth: Depth = "connect",
    progress: Progress = lambda done, total, slug: None,
) -> dict[str, Health]:
    """Touch members over one session of the caller's, one after the other.

    Parameters
    ----------
    connection
        The session; its transaction, if there is one, goes on as it was.
    routes
        How the members are touched.
    timeout_seconds
        How long each may take: several silent ones take as often as long.
    depth
        How far each is touched.
    progress
        Called for each member.
    """
    found: dict[str, Health] = {}
    for route in routes:
        found[route.slug] = touch_within(connection, route, depth, timeout_seconds)
        progress(len(found), len(routes), route.slug)
    return found
