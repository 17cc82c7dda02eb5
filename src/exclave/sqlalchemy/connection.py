"""A SQLAlchemy connection, seen as the engine sees connections."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine.interfaces import DBAPICursor

from exclave.catalog.connection import UNSENDABLE_SECRET, Row, sendable
from exclave.errors import ApplyError, CatalogError, ExclaveError, SecretError
from exclave.objects.secret import MASK
from exclave.sqlalchemy.placeholders import percent_style

_PLAIN = {"schema_translate_map": None}
"""Names in the engine's statements are final."""


class SqlalchemyConnection:
    """A SQLAlchemy `Connection` as the engine's `exclave.catalog.Connection`.

    Works with psycopg, psycopg2 and asyncpg, with the last one and psycopg's asynchronous side
    within `AsyncConnection.run_sync`, in a transaction or in isolation level ``AUTOCOMMIT``.

    Parameters
    ----------
    connection
        A connection to PostgreSQL; it stays the caller's to commit and close.

    Raises
    ------
    CatalogError
        When it is no connection of SQLAlchemy's, or not one to PostgreSQL.
    """

    def __init__(self, connection: sa.Connection) -> None:
        if not isinstance(connection, sa.Connection):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise CatalogError(
                f"{type(connection).__name__} is no connection of SQLAlchemy's; give what "
                "engine.connect() or engine.begin() gives, and within an asynchronous program "
                "use await connection.run_sync(…)."
            )
        if connection.dialect.name != "postgresql":
            raise CatalogError(
                f"The connection is one to {connection.dialect.name}; foreign data needs "
                "PostgreSQL."
            )
        self._connection = connection
        self._depth = 0

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query and give all of its rows.

        It goes past SQLAlchemy's log and events: with ``echo="debug"`` SQLAlchemy logs the rows
        of a result, and the options of user mappings are among those that the engine reads.
        """
        with sendable(), self._cursor() as cursor:
            if parameters:
                cursor.execute(*self._native(sql, parameters))
            else:
                cursor.execute(sql)
            return list(cursor.fetchall())

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[tuple[str, ...], list[Row]]:
        """Run any statement and give the names of its columns, and its rows; both may be none."""
        with sendable(), self._cursor() as cursor:
            if parameters:
                cursor.execute(*self._native(sql, parameters))
            else:
                cursor.execute(sql)
            if not cursor.description:
                return (), []
            return tuple(column[0] for column in cursor.description), list(cursor.fetchall())

    def execute(self, sql: str) -> None:
        """Run a statement that has no parameters and gives no rows."""
        self._connection.execute(sa.DDL(sql.replace("%", "%%")), execution_options=_PLAIN)

    def execute_secret(self, sql: str, value: str) -> None:
        """Run a statement with a secret as its parameter ``$1``, past SQLAlchemy's log and events.

        Raises
        ------
        ApplyError
            When it fails; the message holds no secret, and no other exception hangs on to it.
        SecretError
            When the session's encoding lacks a character of the value.
        """
        failure: ExclaveError | None = None
        try:
            with self._cursor() as cursor:
                cursor.execute(*self._native(sql, (value,)))
        except UnicodeEncodeError:
            failure = SecretError(UNSENDABLE_SECRET)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may quote the value
            text = self.message(error)
            failure = ApplyError(text.replace(value, MASK) if value else text, self.sqlstate(error))
        if failure is not None:
            raise failure

    def transaction(self) -> AbstractContextManager[object]:
        """Open a transaction, or a savepoint within the one that is open."""
        if self._autocommits():
            return self._spelled_out()
        if self._connection.in_transaction():
            return self._connection.begin_nested()
        return self._connection.begin()

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open, which may have written."""
        return self._depth > 0 if self._autocommits() else self._connection.in_transaction()

    def sqlstate(self, error: Exception) -> str | None:
        """Give the SQLSTATE of an exception of SQLAlchemy's or of the driver's."""
        if isinstance(error, ApplyError):
            return error.sqlstate
        original = _original(error)
        state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
        return state if isinstance(state, str) else None

    def message(self, error: Exception) -> str:
        """Give PostgreSQL's message, detail and hint."""
        original = _original(error)
        diagnostics = getattr(original, "diag", None)
        if diagnostics is not None:
            names = ("message_primary", "message_detail", "message_hint")
            lines = [getattr(diagnostics, name, None) for name in names]
        else:
            asyncpg = original.__cause__ or original
            lines = [getattr(asyncpg, name, None) for name in ("message", "detail", "hint")]
        if not lines[0]:
            return str(original)
        return "\n".join(str(line) for line in lines if line)

    def context(self, error: Exception) -> str:
        """Give where PostgreSQL was, such as in which remote command; empty if it did not say."""
        original = _original(error)
        diagnostics = getattr(original, "diag", None) or original.__cause__
        return str(getattr(diagnostics, "context", None) or "")

    @contextmanager
    def _cursor(self) -> Generator[DBAPICursor]:
        """Give a cursor of the driver's own, in the transaction that SQLAlchemy knows of."""
        if not self._connection.in_transaction():
            self._connection.begin()  # as SQLAlchemy does before a first statement
        cursor = self._connection.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _native(self, sql: str, parameters: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
        if self._connection.dialect.paramstyle in ("format", "pyformat"):
            return percent_style(sql, parameters)
        return sql, tuple(parameters)

    def _autocommits(self) -> bool:
        driver = self._connection.connection.dbapi_connection
        return bool(getattr(driver, "autocommit", False))

    @contextmanager
    def _spelled_out(self) -> Generator[None]:
        """In isolation level AUTOCOMMIT neither the driver nor SQLAlchemy sends BEGIN."""
        savepoint = f"exclave_{self._depth}"
        begin, commit, rollback = (
            (f"SAVEPOINT {savepoint}", f"RELEASE {savepoint}", f"ROLLBACK TO {savepoint}")
            if self._depth
            else ("BEGIN", "COMMIT", "ROLLBACK")
        )
        self.execute(begin)
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            self.execute(rollback)
            raise
        self._depth -= 1
        self.execute(commit)


def _original(error: Exception) -> BaseException:
    return (error.orig or error) if isinstance(error, exc.DBAPIError) else error
