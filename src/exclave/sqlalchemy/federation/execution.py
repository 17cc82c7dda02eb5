"""How statements are sent to a hub's engine while members may be down."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any, TypeVar, cast
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.util import await_only

from exclave.errors import DeclarationError
from exclave.federation import Federation, Hub
from exclave.federation.health import Policy, Prepared, Statement
from exclave.federation.health.policy import joined_names
from exclave.query import Style
from exclave.query.joined_name import possibly_named
from exclave.sqlalchemy.connection import SqlalchemyConnection

T = TypeVar("T")

DOWN = "exclave_down"
"""The execution option by which a statement, connection or engine chooses."""

SESSION_DOWN = "exclave_session_down"
"""The execution option by which sessions of a `sessionmaker` choose."""

INTERNAL = "exclave_internal"
"""The execution option of the engine's own sessions, whose statements are sent as they are."""

COMPLETENESS = "exclave_completeness"
"""Where an execution context keeps whose rows the result holds, or what tells that."""

_READS = re.compile(
    r"\s*(SELECT|SHOW|SET|RESET|VALUES|TABLE|FETCH|BEGIN|SAVEPOINT|RELEASE|ROLLBACK)\b", re.I
)
_MAY_READ = re.compile(r"\s*(WITH|EXPLAIN)\b", re.I)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|INTO)\b", re.I)
_SAVEPOINT = "exclave_retry"
_WRITTEN = files("exclave.sqlalchemy.federation").joinpath("sql", "has_written.sql")
_prepared: WeakSet[sa.Engine] = WeakSet()


class Execution:
    """Sends an engine's statements.

    Parameters
    ----------
    hub
        By which is found out who is down.
    federations
        Whose tables the statements may read; ``None`` for all of the hub.
    policy
        What becomes of statements that do not choose.
    """

    def __init__(self, hub: Hub, federations: Sequence[Federation] | None, policy: Policy) -> None:
        self._hub = hub
        self._federations = federations
        self._policy = policy
        self._writing: WeakSet[sa.Connection] = WeakSet()

    @staticmethod
    def is_prepared(engine: sa.Engine) -> bool:
        """Tell whether an engine's statements are sent by one of these."""
        return engine in _prepared

    def listen(self, engine: sa.Engine) -> None:
        """Send an engine's statements from now on.

        Raises
        ------
        DeclarationError
            When the engine is prepared already.
        """
        if engine in _prepared:
            raise DeclarationError("The engine was given to federate() before; do it once.")
        _prepared.add(engine)
        event.listen(engine, "begin", self._writing.discard)
        event.listen(engine, "before_cursor_execute", self._note)
        event.listen(engine, "do_execute", self._do_execute)
        event.listen(engine, "do_execute_no_params", self._do_execute_no_params)

    def _note(self, connection: sa.Connection, cursor: Any, sql: str, *_: Any, **__: Any) -> None:
        """Keep in mind that a transaction may have written."""
        del cursor
        if not _only_reads(sql):
            self._writing.add(connection)

    def _do_execute(self, cursor: Any, sql: str, parameters: Any, context: Any) -> bool:
        style: Style = (
            "pyformat" if context.dialect.paramstyle in ("format", "pyformat") else "native"
        )

        def send(text: str) -> None:
            context.dialect.do_execute(cursor, text, parameters, context)

        return self._send(send, sql, parameters, style, context)

    def _do_execute_no_params(self, cursor: Any, sql: str, context: Any) -> bool:
        def send(text: str) -> None:
            context.dialect.do_execute_no_params(cursor, text, context)

        return self._send(send, sql, None, "native", context)

    def _send(
        self,
        send: Callable[[str], None],
        sql: str,
        parameters: Any,
        style: Style,
        context: Any,
    ) -> bool:
        """Send a statement that names a joined table; tell whether there was one."""
        options = context.execution_options
        if options.get(INTERNAL) or not context.root_connection.in_transaction():
            return False  # SQLAlchemy's own, when it connects for the first time, are in none
        dialect = context.dialect
        federations = self._federations
        if federations is None:
            remember = self._policy.remember_seconds
            federations = _beside(dialect, lambda: self._hub.watch.federations(remember))
        names = [name for each in federations for name in joined_names(each)]
        if not possibly_named(sql, names):
            return False
        policy, asked = self._chosen(context)
        statement = Statement(
            self._hub.watch,
            federations,
            sql,
            policy,
            style=style,
            parameters=parameters,
            asked=asked,
        )
        attempt = _Attempt(self._hub, context, statement, self._may_have_written(context))
        if policy.down == "raise" or (context.is_crud and not asked):
            setattr(context, COMPLETENESS, lambda: attempt.prepare().completeness)
            attempt.name_who_is_down(lambda: send(sql))
        else:
            prepared = attempt.run(send)
            setattr(context, COMPLETENESS, prepared.completeness)
        return True

    def _chosen(self, context: Any) -> tuple[Policy, bool]:
        """Give what becomes of a statement, and whether it was chosen for it alone."""
        options = context.execution_options
        given = options.get(DOWN)
        lasting = context.root_connection.get_execution_options().get(DOWN)
        chosen = given or options.get(SESSION_DOWN)
        return self._policy.changed(chosen), given is not None and given != lasting

    def _may_have_written(self, context: Any) -> bool:
        return context.root_connection in self._writing


class _Attempt:
    """A statement that is sent, and sent again where that is allowed."""

    def __init__(self, hub: Hub, context: Any, statement: Statement, written: bool) -> None:
        self._hub = hub
        self._connection: sa.Connection = context.root_connection
        self._dialect = context.dialect
        self._statement = statement
        self._written = written

    def prepare(self) -> Prepared:
        """Find out which members are down, and give the text to send."""
        return _beside(self._dialect, self._statement.prepare)

    def name_who_is_down(self, send: Callable[[], None]) -> None:
        """Send it as it is; where a member is down, the error says which."""
        try:
            with self._watched():
                send()
        except Exception as error:
            self._again(error, may_retry=False)
            raise

    def run(self, send: Callable[[str], None]) -> Prepared:
        """Send it without the members that are down."""
        prepared = self.prepare()
        begins = self._is_idle()
        while True:
            saved = not begins and not self._written
            if saved:
                self._cursor(f"SAVEPOINT {_SAVEPOINT}")
            try:
                with self._watched():
                    send(prepared.sql)
            except Exception as error:  # noqa: BLE001 - it is raised again where nothing explains it
                if saved:
                    self._cursor(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
                    self._cursor(f"RELEASE SAVEPOINT {_SAVEPOINT}")
                elif begins:
                    cast("Any", self._connection.connection.dbapi_connection).rollback()
                may_retry = begins or (saved and not self._cursor(_WRITTEN.read_text("utf-8")))
                prepared = self._again(error, may_retry=may_retry)
            else:
                if saved:
                    self._cursor(f"RELEASE SAVEPOINT {_SAVEPOINT}")
                return prepared

    def _again(self, error: Exception, *, may_retry: bool) -> Prepared:
        session = SqlalchemyConnection(self._connection)
        sqlstate, message = session.sqlstate(error), session.message(error)
        return _beside(
            self._dialect,
            lambda: self._statement.again(sqlstate, message, may_retry=may_retry, cause=error),
        )

    def _cursor(self, sql: str) -> Any:
        """Run a statement of our own in the transaction; give the first value of its row."""
        cursor = self._connection.connection.cursor()
        try:
            cursor.execute(sql)
            row = cursor.fetchone() if cursor.description else None
            return None if row is None else row[0]
        finally:
            cursor.close()

    def _is_idle(self) -> bool:
        """Tell whether the statement is the first of its transaction, whoever sent others."""
        driver: Any = self._connection.connection.driver_connection
        if hasattr(driver, "is_in_transaction"):
            return not driver.is_in_transaction()
        return driver.info.transaction_status == 0

    def _process(self) -> int:
        driver: Any = self._connection.connection.driver_connection
        if hasattr(driver, "get_server_pid"):
            return driver.get_server_pid()
        return driver.info.backend_pid

    @contextmanager
    def _watched(self) -> Generator[None]:
        """Cancel a statement that waits for a member which is down."""
        if self._hub.watch.shared:
            yield  # there is no other session by which to look
            return
        done = threading.Event()
        seconds = self._statement.policy.timeout_seconds
        arguments = (self._hub, self._statement, self._process(), done)
        timer = threading.Timer(seconds, _cancel_when_held_up, arguments)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            done.set()
            timer.cancel()


def _only_reads(sql: str) -> bool:
    """Tell, with caution, that a statement's text says nothing of writing."""
    return bool(_READS.match(sql) or (_MAY_READ.match(sql) and not _WRITES.search(sql)))


def _cancel_when_held_up(
    hub: Hub, statement: Statement, process: int, done: threading.Event
) -> None:
    with suppress(Exception):  # the statement goes on, and ends by a timeout of the server's
        while not done.is_set():
            if statement.is_held_up() and not done.is_set():
                with hub.watch.session() as connection:
                    connection.fetch("SELECT pg_catalog.pg_cancel_backend($1)", [process])
                return
            done.wait(statement.policy.timeout_seconds)


def _beside(dialect: sa.Dialect, work: Callable[[], T]) -> T:
    """Call what may wait; in a thread where an event loop must go on meanwhile."""
    if not dialect.is_async:
        return work()
    return await_only(asyncio.get_running_loop().run_in_executor(None, work))
