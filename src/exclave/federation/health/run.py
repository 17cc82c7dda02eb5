"""Running a statement over joined tables for a program that has nothing but its text."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from exclave.catalog import Connection
from exclave.errors import RemoteError
from exclave.federation.health.completeness import Completeness
from exclave.federation.health.failure import LOST, reason_of
from exclave.federation.health.policy import Policy, Prepared, Statement
from exclave.federation.health.sessions import Session, Sessions
from exclave.federation.health.watch import Watch
from exclave.federation.shape import Federation
from exclave.query.placeholders import native

_PATIENCE_SECONDS = 0.5
"""How long a statement runs before its members are looked after for the first time."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows, and of whom they are.

    Parameters
    ----------
    columns
        The names of the columns; empty for a statement that gives no rows.
    rows
        The rows, as tuples.
    completeness
        Whose rows they are.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    completeness: Completeness

    def dicts(self) -> list[dict[str, Any]]:
        """Give the rows by the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def query(
    watch: Watch,
    sql: str,
    parameters: Sequence[Any] | Mapping[str, Any],
    federations: Iterable[Federation] | None,
    policy: Policy,
    asked: bool,
    limit_seconds: float | None = None,
) -> QueryResult:
    """Run a statement as `Hub.query` does, with the same parameters."""
    untouched = False
    if watch.shared:
        with watch.session() as connection:
            untouched = not connection.in_transaction()
    text = native(sql, "pyformat" if parameters else "native")
    values = [text.value(number, parameters) for number in range(1, len(text.keys) + 1)]
    statement = Statement(
        watch,
        watch.federations(policy.remember_seconds) if federations is None else federations,
        text.text,
        policy,
        style="native",
        parameters=values,
        search_path=watch.search_path(),
        asked=asked,
    )
    if watch.shared:
        with watch.session() as connection:
            return run_shared(connection, statement, values, untouched, limit_seconds)
    return run_apart(watch.sessions, statement, values, limit_seconds)


def run_shared(
    connection: Connection,
    statement: Statement,
    parameters: Sequence[Any],
    may_retry: bool,
    limit_seconds: float | None = None,
) -> QueryResult:
    """Run a statement in a session of the caller's, in its transaction.

    Parameters
    ----------
    connection
        The session.
    statement
        The statement, with placeholders such as ``$1``.
    parameters
        The values of the placeholders.
    may_retry
        Whether its transaction has written nothing.
    limit_seconds
        How long it may take; ``None`` leaves that to the session's own settings.
    """
    prepared = statement.prepare()
    while True:
        try:
            with connection.transaction(), _limited(connection, limit_seconds):
                columns, rows = connection.select(prepared.sql, parameters)
        except Exception as error:
            if connection.sqlstate(error) is None:
                raise
            prepared = statement.again(
                connection.sqlstate(error),
                connection.message(error),
                may_retry=may_retry,
                cause=error,
            )
        else:
            return QueryResult(columns, tuple(map(tuple, rows)), prepared.completeness)


@contextmanager
def _limited(connection: Connection, seconds: float | None) -> Generator[None]:
    """Let a statement take no longer; after an error the transaction's end undoes it."""
    if seconds is None:
        yield
        return
    [(former,)] = connection.fetch("SELECT pg_catalog.current_setting('statement_timeout')")
    setting = "SELECT pg_catalog.set_config('statement_timeout', $1, true)"
    connection.fetch(setting, [str(max(1, round(seconds * 1000)))])
    yield
    connection.fetch(setting, [former])


def run_apart(
    sessions: Sessions,
    statement: Statement,
    parameters: Sequence[Any],
    limit_seconds: float | None = None,
) -> QueryResult:
    """Run a statement in a session and transaction of its own.

    While it runs, its members are looked after: after half a second, and then as often as a member
    may stay silent, they are probed, and it is given up if one is down. One that writes is not
    given up.

    Parameters
    ----------
    sessions
        Where a session is taken from.
    statement, parameters, limit_seconds
        As of `run_shared`.

    Notes
    -----
    Where a member falls silent while rows are fetched, the hub does not end the statement at its
    timeout, for it tells the member first: on 15 it waits for good, on 18 for half a minute.
    """
    prepared = statement.prepare()
    full = False
    while True:
        said = _Attempt(sessions, prepared, parameters).run(statement, limit_seconds)
        if isinstance(said, QueryResult):
            return said
        if not full and reason_of(said.sqlstate, said.message) == "busy":
            sessions.disconnect()  # it may be what is kept open here that fills a server
            full = True
            continue
        prepared = statement.again(
            said.sqlstate, said.message, may_retry=not statement.writes, cause=said.cause
        )


@dataclass(frozen=True, slots=True)
class _Failure:
    sqlstate: str
    message: str
    cause: Exception


class _Attempt:
    """A statement that runs in a thread, so that it can be given up."""

    def __init__(self, sessions: Sessions, prepared: Prepared, parameters: Sequence[Any]) -> None:
        self._sessions = sessions
        self._prepared = prepared
        self._parameters = parameters
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._given_up = False
        self._outcome: QueryResult | Exception | None = None

    def run(self, statement: Statement, limit_seconds: float | None) -> QueryResult | _Failure:
        """Run it, and give its result or its failure."""
        session = self._sessions.take_anyway(statement.members)
        try:
            session.become("none")
            session.limit(limit_seconds)
            process = session.process
        except BaseException:
            self._sessions.give_back(session, usable=False)
            raise
        session.connected |= statement.members
        threading.Thread(target=self._work, args=(session,), daemon=True).start()
        try:
            patience = _PATIENCE_SECONDS
            while not self._done.wait(patience):
                patience = statement.policy.timeout_seconds
                if not statement.writes and statement.is_held_up():
                    self._give_up(process)
                    break
        except BaseException:
            self._give_up(process)
            raise
        return self._said(session.connection)

    def _said(self, connection: Connection) -> QueryResult | _Failure:
        if isinstance(self._outcome, QueryResult):
            return self._outcome
        if self._outcome is None or self._given_up:
            message = "The statement was given up, for a member that it reads stays silent."
            return _Failure(LOST, message, RemoteError(message, LOST))
        sqlstate = connection.sqlstate(self._outcome)
        if sqlstate is None:
            raise self._outcome
        return _Failure(sqlstate, connection.message(self._outcome), self._outcome)

    def _work(self, session: Session) -> None:
        outcome: QueryResult | Exception
        try:
            with session.connection.transaction():
                columns, rows = session.connection.select(self._prepared.sql, self._parameters)
            outcome = QueryResult(columns, tuple(map(tuple, rows)), self._prepared.completeness)
        except Exception as error:  # noqa: BLE001 - it is raised by the thread that waits
            outcome = error
        with self._lock:
            if not self._given_up:
                self._outcome = outcome
            usable = isinstance(outcome, QueryResult) and not self._given_up
        self._sessions.give_back(session, usable=usable)
        self._done.set()

    def _give_up(self, process: int) -> None:
        with self._lock:
            if self._outcome is not None:
                return
            self._given_up = True
        with suppress(Exception):  # nothing more can be done
            other = self._sessions.take_anyway()
            try:
                other.connection.fetch("SELECT pg_catalog.pg_cancel_backend($1)", [process])
            finally:
                self._sessions.give_back(other)
