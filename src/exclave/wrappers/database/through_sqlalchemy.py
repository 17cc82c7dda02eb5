"""A connection through SQLAlchemy: any database that it has a dialect for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import Executable

from exclave.wrappers.database.drivers import (
    arguments_of,
    creator_of,
    leave_text,
    prepare_connection,
)
from exclave.wrappers.database.exactness import backend_of
from exclave.wrappers.database.failures import told
from exclave.wrappers.database.results import OpenResults, Result


class SqlalchemyConnection:
    """A connection of SQLAlchemy's, in a transaction that the session begins and ends.

    Parameters
    ----------
    url
        With user and password.
    writes
        Whether it may write.
    """

    typed = False

    def __init__(self, url: URL, *, writes: bool) -> None:
        with told():
            self._engine = sa.create_engine(
                url,
                poolclass=NullPool,
                connect_args=arguments_of(url),
                hide_parameters=True,
                **creator_of(url, writes=writes),
            )
            self.dialect = self._engine.dialect
            event.listen(self._engine, "connect", self._prepare)
            self._connection = self._engine.connect()
        self.backend = backend_of(url.get_backend_name())
        self._open = OpenResults()
        self._prepared = False
        self._transaction: sa.RootTransaction | None = None

    def _prepare(self, connection: Any, _record: object) -> None:
        prepare_connection(connection, self._engine.dialect)

    @property
    def broken(self) -> bool:
        """Whether SQLAlchemy gave the connection up."""
        return self._connection.invalidated

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection."""
        return self._connection.connection.dbapi_connection

    @property
    def inspected(self) -> sa.Inspector:
        """SQLAlchemy's inspector."""
        return sa.inspect(self._connection)

    def begin(self) -> None:
        """Begin a transaction.

        Many drivers send BEGIN with the first statement, so a connection that was kept is asked
        before whether the other side is still there.
        """
        with told():
            if not self._prepared:
                leave_text(self.driver_connection, self.dialect)
                self._prepared = True
            else:
                self.dialect.do_ping(self.driver_connection)
            if self.dialect.name == "postgresql":
                self._connection.execution_options(isolation_level="REPEATABLE READ")
            self._transaction = self._connection.begin()
            if self.dialect.name == "sqlite":
                self._connection.exec_driver_sql("BEGIN")

    def scan(
        self, statement: Executable, values: Mapping[str, Any], size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Run a query, and give what it finds bit by bit."""
        self._open.free()
        with told():
            streaming = statement.execution_options(stream_results=True, max_row_buffer=size)
            result = self._connection.execute(streaming, values)
        opened: Result[list[Any]] = Result(_parts(result, size))
        self._open.add(opened)  # pyright: ignore[reportArgumentType]
        return _until_closed(opened)

    def returned(self, statement: Executable, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement, and give all rows that it returns."""
        return [tuple(row) for row in self._run(statement, values).fetchall()]

    def run(self, statement: Executable, values: Mapping[str, Any]) -> int:
        """Run a statement, and say how many rows it changed."""
        return self._run(statement, values).rowcount

    def run_each(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for each of many rows."""
        self._run(statement, list(rows))

    def _run(self, statement: Executable, values: Any) -> sa.CursorResult[Any]:
        self._open.free()
        with told():
            return self._connection.execute(statement, values)

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        self._end(sa.RootTransaction.commit)

    def rollback(self) -> None:
        """Roll the transaction back, if there is one."""
        self._end(sa.RootTransaction.rollback)

    def _end(self, how: Callable[[sa.RootTransaction], None]) -> None:
        self._open.close()
        if self._transaction is not None:
            with told():
                how(self._transaction)
            self._transaction = None

    def savepoint(self, name: str) -> None:
        """Set a savepoint."""
        self._execute(f"SAVEPOINT {name}")

    def release(self, name: str) -> None:
        """Release a savepoint."""
        self._execute(f"RELEASE SAVEPOINT {name}")

    def rollback_to(self, name: str) -> None:
        """Roll back to a savepoint, and release it."""
        self._open.close()
        self._execute(f"ROLLBACK TO SAVEPOINT {name}")
        self.release(name)

    def _execute(self, statement: str) -> None:
        self._open.free()
        with told():
            self._connection.exec_driver_sql(statement)

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._open.close()
        with told():
            self._connection.invalidate()
            self._connection.close()
            self._engine.dispose()


def _parts(result: sa.CursorResult[Any], size: int) -> Iterator[list[Any]]:
    """Fetch the driver's own rows, which are tuples: SQLAlchemy's would only wrap them."""
    source: Any = result.cursor_strategy
    try:
        while result.cursor is not None:  # as it is once nothing is left
            with told():
                rows = source.fetchmany(result, result.cursor, size)
            if not rows:
                return
            yield list(rows)
    finally:
        result.close()


def _until_closed(opened: Result[list[Any]]) -> Iterator[list[Any]]:
    try:
        yield from opened
    finally:
        opened.close()
