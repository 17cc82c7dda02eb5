"""Looking at many servers: over one session one after the other, or over several at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import cast

from exclave.catalog import Connection
from exclave.doctor.hub import Hub, is_on, option_of
from exclave.doctor.look import look_at, may_hang, session_of
from exclave.doctor.remote import Failure, Look
from exclave.doctor.sessions import Connect, new_marker, opened
from exclave.objects import Server
from exclave.objects.quoting import quote_identifier

Progress = Callable[[int, int, str], None]
"""Told how many servers are done, of how many, and which was the last."""

_WORKERS = 4
_GRACE_SECONDS = 2.0
_ROUNDS = 2
TIMED_OUT = "57014"
"""The SQLSTATE of a statement that a timeout has ended."""


def look_one_by_one(
    connection: Connection,
    hub: Hub,
    servers: Sequence[Server],
    timeout_seconds: float,
    progress: Progress,
) -> list[Look]:
    """Look at servers over a session of the caller's.

    What the session did not have open before is closed again. A server at which it could hang for
    good is left out, with a note.
    """
    before = _connections(connection, hub)
    marker = new_marker()
    looks: list[Look] = []
    for number, server in enumerate(servers, 1):
        if may_hang(hub, server) and server.name not in hub.own_servers:
            looks.append(_left_out(server))
        else:
            looks.append(look_at(connection, hub, server, marker, timeout_seconds))
        if server.name not in before:
            _disconnect(connection, hub, server)
        progress(number, len(servers), server.name)
    return looks


def _left_out(server: Server) -> Look:
    note = (
        f"{server} was not tried: without connect_timeout, PostgreSQL 15 would wait for good for "
        "a remote that never answers. Set it, or let the examination open sessions of its own."
    )
    return Look(server, notes=(note,))


def _schema(hub: Hub) -> str | None:
    extension = hub.snapshot.catalog.extensions.get("postgres_fdw")
    return extension.schema if extension else None


def _connections(connection: Connection, hub: Hub) -> set[str]:
    """Give the servers to which a session of the hub has a connection."""
    schema = _schema(hub)
    if schema is None:
        return set()
    function = f"{quote_identifier(schema)}.postgres_fdw_get_connections()"
    rows = connection.fetch(f"SELECT server_name FROM {function}")  # noqa: S608 - quoted
    return {name for (name,) in rows if name is not None}


def _disconnect(connection: Connection, hub: Hub, server: Server) -> None:
    """Close what a session of the hub keeps open: many servers may lead to one remote."""
    schema = _schema(hub)
    if schema is not None and hub.is_postgres(server):
        function = f"{quote_identifier(schema)}.postgres_fdw_disconnect"
        connection.fetch(f"SELECT {function}($1::pg_catalog.text)", [server.name])


def look_at_once(
    connect: Connect,
    hub: Hub,
    servers: Sequence[Server],
    timeout_seconds: float,
    progress: Progress,
) -> list[Look]:
    """Look at servers over several sessions, which are opened and closed here.

    A look that nothing on the hub can end is given up after its time: its session is then left
    to the hub, which closes it when the remote answers or is given up by the network.

    Raises
    ------
    NoSessionError
        When no session can be opened. One less than wanted is no error.
    """
    work = _Work(connect, hub, servers, timeout_seconds)
    return work.done(progress)


@dataclass
class _Task:
    """A server that a worker looks at, and since when."""

    server: Server
    began: float = 0.0
    reached: bool = False
    given_up: bool = False


class NoSessionError(Exception):
    """No session of the examination's own could be opened; its cause says why."""


class _Work:
    """The servers still to be looked at, and the workers that do it."""

    def __init__(
        self, connect: Connect, hub: Hub, servers: Sequence[Server], timeout_seconds: float
    ) -> None:
        self._connect = connect
        self._hub = hub
        self._timeout = timeout_seconds
        self._tasks = [_Task(server) for server in servers]
        self._workers = 0
        self._waiting: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[_Task | None, Look | Exception]] = (
            queue.SimpleQueue()
        )
        for task in self._tasks:
            self._waiting.put(task)

    def done(self, progress: Progress) -> list[Look]:
        """Do all the work, and give its results in the order of the servers."""
        for _ in range(min(_WORKERS, len(self._tasks))):
            self._start()
        looks: dict[str, Look] = {}
        while len(looks) < len(self._tasks):
            for look in self._next():
                looks[look.server.name] = look
                progress(len(looks), len(self._tasks), look.server.name)
        return [looks[task.server.name] for task in self._tasks]

    def _start(self) -> None:
        self._workers += 1
        threading.Thread(target=self._run, daemon=True).start()

    def _next(self) -> list[Look]:
        try:
            task, result = self._results.get(timeout=_GRACE_SECONDS / 4)
        except queue.Empty:
            return [self._give_up(task) for task in self._tasks if self._is_overdue(task)]
        if task is None:
            self._workers -= 1
            if not self._workers:
                raise NoSessionError from cast("Exception", result)
        elif isinstance(result, Exception):
            raise result
        elif not task.given_up:
            return [result]
        return []

    def _is_overdue(self, task: _Task) -> bool:
        if task.given_up or task.reached or not task.began:
            return False
        late = time.monotonic() - task.began > self._timeout + _GRACE_SECONDS
        return late and may_hang(self._hub, task.server)

    def _give_up(self, task: _Task) -> Look:
        task.given_up = True
        self._workers -= 1
        self._start()
        message = f"nothing answered within {self._timeout:g} s"
        return Look(task.server, failure=Failure(TIMED_OUT, message))

    def _run(self) -> None:
        task: _Task | None = None
        try:
            with ExitStack() as stack:
                sessions = _Sessions(self._connect, stack)
                while True:
                    task = self._waiting.get_nowait()
                    look = self._look(sessions.first, task)
                    if look.remote is not None and self._keeps(task.server):
                        pooled = self._pools(sessions, task.server)
                        look = replace(look, remote=replace(look.remote, pooled=pooled))
                    sessions.disconnect(self._hub, task.server)
                    self._results.put((task, look))
                    if task.given_up:
                        return
        except queue.Empty:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised anew by the thread that waits
            self._results.put((task, error))

    def _look(self, session: _Session, task: _Task) -> Look:
        def reached() -> None:
            task.reached = True

        task.began = time.monotonic()
        look = look_at(
            session.connection, self._hub, task.server, session.marker, self._timeout, reached
        )
        task.reached = True
        return look

    def _keeps(self, server: Server) -> bool:
        return is_on(option_of("keep_connections", None, server), default=True)

    def _pools(self, sessions: _Sessions, server: Server) -> bool | None:
        """Tell whether a remote gives each transaction another session.

        Two sessions of the hub keep a connection each. If one process of the remote serves both,
        or each is served by several, then something between them shares the processes out.
        """
        second = sessions.second()
        if second is None:
            return None
        seen: tuple[set[object], set[object]] = (set(), set())
        for _ in range(_ROUNDS):
            for place, session in enumerate((sessions.first, second)):
                try:
                    found = session_of(session.connection, server, session.marker, self._timeout)
                except Exception as error:
                    if session.connection.sqlstate(error) is None:
                        raise
                    return None
                if found is None:
                    return None
                seen[place].add(found)
        return bool(seen[0] & seen[1]) or min(map(len, seen)) > 1


@dataclass(frozen=True)
class _Session:
    """A session on the hub, and the name by which it is known on a remote."""

    connection: Connection
    marker: str


class _Sessions:
    """A worker's session, and another where the hub has room for it."""

    def __init__(self, connect: Connect, stack: ExitStack) -> None:
        self._connect = connect
        self._stack = stack
        self._tried = False
        self._second: _Session | None = None
        self.first = self._open()

    def second(self) -> _Session | None:
        """Give the other session, opened the first time; `None` if that fails."""
        if not self._tried:
            self._tried = True
            with suppress(Exception):
                self._second = self._open()
        return self._second

    def disconnect(self, hub: Hub, server: Server) -> None:
        """Close what the sessions keep open to a server."""
        for session in (self.first, self._second):
            if session is not None:
                _disconnect(session.connection, hub, server)

    def _open(self) -> _Session:
        return _Session(self._stack.enter_context(opened(self._connect)), new_marker())
