"""Sessions on the hub that are kept open, so that what each is connected to stays connected."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Collection
from contextlib import ExitStack, suppress
from typing import cast

from exclave.catalog import Connection
from exclave.federation.connectable import Connectable
from exclave.federation.health.query import query

MOST_SESSIONS = 24
"""How many sessions on the hub a program opens at most to touch members."""


MOST_IDLE = 8
"""How many of them stay open while nothing is touched."""


class Session:
    """A session on the hub, and what is known of it.

    Parameters
    ----------
    connectable
        What gives the session. Where it takes sessions from a pool, it has a method ``kept`` as
        well, which gives one that never comes back to the pool: its settings are changed here.
    """

    def __init__(self, connectable: Connectable) -> None:
        self._stack = ExitStack()
        opened = getattr(connectable, "kept", connectable.opened)
        self.connection: Connection = self._stack.enter_context(opened())
        self.connected: set[tuple[str, str]] = set()
        """The members to which the hub keeps a connection for it."""
        self._process: int | None = None
        self._timeout = ""
        self._role = "none"

    @property
    def process(self) -> int:
        """The process on the hub that serves it."""
        if self._process is None:
            [(self._process,)] = self.connection.fetch("SELECT pg_catalog.pg_backend_pid()")
        return cast("int", self._process)

    def limit(self, timeout_seconds: float | None) -> None:
        """Let no statement of it take longer; ``None`` leaves it as it was opened."""
        wanted = "" if timeout_seconds is None else str(max(1, round(timeout_seconds * 1000)))
        if wanted == self._timeout:
            return
        if wanted:
            self._set("statement_timeout", wanted)
        else:
            self.connection.execute("RESET statement_timeout")
        self._timeout = wanted

    def become(self, role: str) -> None:
        """Let it act as a role; ``"none"`` is its own."""
        if role == self._role:
            return
        if role == "none":
            self.connection.execute("RESET ROLE")
        else:
            self._set("role", role)
        self._role = role

    def disconnect(self) -> None:
        """Close what the hub has open to members for it."""
        for (statement,) in self.connection.fetch(query("disconnect")):
            self.connection.fetch(statement)
        self.connected.clear()

    def answers(self) -> bool:
        """Tell whether the hub still serves it."""
        try:
            self.connection.fetch("SELECT 1")
        except Exception:  # noqa: BLE001 - whatever it is, the session is of no use
            return False
        return True

    def _set(self, name: str, value: str) -> None:
        self.connection.fetch("SELECT pg_catalog.set_config($1, $2, false)", [name, value])

    def close(self) -> None:
        """Close it, if it can be closed."""
        with suppress(Exception):
            self._stack.close()


class Sessions:
    """Sessions that are kept open between uses, each used by one thread at a time.

    Parameters
    ----------
    connectable
        What gives sessions; it must give more than one.
    most
        How many there may be, those included that wait for a member that never answers.
    """

    def __init__(self, connectable: Connectable, most: int = MOST_SESSIONS) -> None:
        self._connectable = connectable
        self._most = most
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._idle: list[Session] = []
        self._former: list[Session] = []
        self._used = 0
        self._closed = False
        weakref.finalize(self, _close, self._idle, self._process)

    def _after_fork(self) -> None:
        """Leave the sessions to the process that this one was forked from."""
        self._process = os.getpid()
        self._former += self._idle
        self._idle.clear()
        self._used = 0
        weakref.finalize(self, _close, self._idle, self._process)

    def take(self, wanted: Collection[tuple[str, str]] = ()) -> Session | None:
        """Take a session: the one that is connected to most of what is wanted, or a new one.

        Parameters
        ----------
        wanted
            Members: the names of their federations, and their slugs.

        Returns
        -------
        Session or None
            ``None`` when there are as many as there may be.

        Raises
        ------
        Exception
            The driver's, when none can be opened.
        """
        while (idle := self._take_idle(wanted)) is not None:
            if idle.answers():
                return idle
            self.give_back(idle, usable=False)
        with self._lock:
            if self._used >= self._most:
                return None
            self._used += 1
        try:
            return Session(self._connectable)
        except BaseException:
            with self._lock:
                self._used -= 1
            raise

    def _take_idle(self, wanted: Collection[tuple[str, str]]) -> Session | None:
        with self._lock:
            if self._process != os.getpid():
                self._after_fork()
            if not self._idle:
                return None
            best = max(self._idle, key=lambda each: len(each.connected.intersection(wanted)))
            self._idle.remove(best)
            self._used += 1
            return best

    def take_anyway(self, wanted: Collection[tuple[str, str]] = ()) -> Session:
        """Take a session as `take` does, however many there are."""
        session = self.take(wanted)
        if session is None:
            session = Session(self._connectable)
            with self._lock:
                self._used += 1
        return session

    def give_back(self, session: Session, *, usable: bool = True) -> None:
        """Give a session back; one that is not usable is closed."""
        with self._lock:
            self._used -= 1
            if usable and not self._closed and len(self._idle) < MOST_IDLE:
                self._idle.append(session)
                return
        session.close()

    def disconnect(self) -> None:
        """Close what the hub has open to members for sessions that are idle."""
        with self._lock:
            idle = self._idle.copy()
            self._idle.clear()
            self._used += len(idle)
        for session in idle:
            usable = session.answers()
            if usable:
                session.disconnect()
            self.give_back(session, usable=usable)

    def close(self) -> None:
        """Close what is idle; what is used is closed when it is given back."""
        with self._lock:
            self._closed = True
            _close(self._idle, self._process)


def _close(sessions: list[Session], process: int) -> None:
    """Close sessions, unless they are another process's."""
    while sessions and process == os.getpid():
        sessions.pop().close()
