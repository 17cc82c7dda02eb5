"""The little that the engine asks of a connection, and how psycopg gives it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

from exclave.errors import CatalogError, SecretError

if TYPE_CHECKING:
    import psycopg

Row = Sequence[Any]

UNSENDABLE_SECRET = (
    "A secret has a character that the session's client_encoding does not have. "
    "Run SET client_encoding = 'UTF8' first."
)
"""What to say instead of what a driver says, which shows the character or all of the secret."""


@contextmanager
def sendable() -> Generator[None]:
    """Say of a query whose parameters cannot be sent, such as names, what can be done.

    Raises
    ------
    CatalogError
        Instead of the driver's exception.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise CatalogError(
            f"{error.object[error.start]!r} is no character of the session's client_encoding. "
            "Run SET client_encoding = 'UTF8' first."
        ) from None


class Connection(Protocol):
    """A session on the hub, whatever the driver.

    Statements are written for PostgreSQL itself: parameters are ``$1``, ``$2`` …, and a percent
    sign or a colon means nothing more than it does there.
    """

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query and give all of its rows."""
        ...

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[tuple[str, ...], list[Row]]:
        """Run any statement and give the names of its columns, and its rows; both may be none."""
        ...

    def execute(self, sql: str) -> None:
        """Run a statement that has no parameters and gives no rows."""
        ...

    def execute_secret(self, sql: str, value: str) -> None:
        """Run a statement with a secret as its parameter ``$1``, unseen by the client's logs."""
        ...

    def transaction(self) -> AbstractContextManager[object]:
        """Open a transaction, or a savepoint within the one that is open.

        Leaving the context without an exception commits or releases; with one it rolls back.
        """
        ...

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open, which may have written."""
        ...

    def sqlstate(self, error: Exception) -> str | None:
        """Give the SQLSTATE of an exception of the driver, or ``None`` for any other exception."""
        ...

    def message(self, error: Exception) -> str:
        """Give PostgreSQL's own message of a driver's exception, without the statement."""
        ...

    def context(self, error: Exception) -> str:
        """Give where PostgreSQL was, such as in which remote command; empty if it did not say."""
        ...


class PsycopgConnection:
    """A psycopg 3 connection, seen as a `Connection`.

    Parameters
    ----------
    connection
        An open connection, in any transaction state; it stays the caller's to close.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        import psycopg

        self._psycopg = psycopg
        self._connection = connection

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a query and give all of its rows."""
        from psycopg.rows import tuple_row  # the connection's own may give anything

        raw = self._psycopg.RawCursor(self._connection, row_factory=tuple_row)
        with sendable(), raw as cursor:
            cursor.execute(cast("Any", sql), parameters or None)
            return cast("list[Row]", cursor.fetchall())

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[tuple[str, ...], list[Row]]:
        """Run any statement and give the names of its columns, and its rows; both may be none."""
        from psycopg.rows import tuple_row

        raw = self._psycopg.RawCursor(self._connection, row_factory=tuple_row)
        with sendable(), raw as cursor:
            cursor.execute(cast("Any", sql), parameters or None)
            if cursor.description is None:
                return (), []
            names = tuple(column.name for column in cursor.description)
            return names, cast("list[Row]", cursor.fetchall())

    def execute(self, sql: str) -> None:
        """Run a statement that has no parameters and gives no rows."""
        with self._psycopg.RawCursor(self._connection) as cursor:
            cursor.execute(cast("Any", sql))

    def execute_secret(self, sql: str, value: str) -> None:
        """Run a statement with a secret as its parameter ``$1``.

        Raises
        ------
        SecretError
            When the value cannot be sent; psycopg's own exception would hold it.
        """
        refused = False
        try:
            with self._psycopg.RawCursor(self._connection) as cursor:
                cursor.execute(cast("Any", sql), (value,))
        except UnicodeEncodeError:
            refused = True
        if refused:
            raise SecretError(UNSENDABLE_SECRET)

    def transaction(self) -> AbstractContextManager[object]:
        """Open a transaction, or a savepoint within the one that is open."""
        return self._connection.transaction()

    def in_transaction(self) -> bool:
        """Tell whether a transaction is open, which may have written."""
        status = self._connection.info.transaction_status
        return status != self._psycopg.pq.TransactionStatus.IDLE

    def sqlstate(self, error: Exception) -> str | None:
        """Give the SQLSTATE of an exception of psycopg."""
        return error.sqlstate if isinstance(error, self._psycopg.Error) else None

    def message(self, error: Exception) -> str:
        """Give PostgreSQL's message, detail and hint."""
        return self.told(error) if isinstance(error, self._psycopg.Error) else str(error)

    @staticmethod
    def told(error: psycopg.Error) -> str:
        """Give PostgreSQL's message, detail and hint, without the statement."""
        diagnostics = error.diag
        lines = [diagnostics.message_primary or str(error)]
        lines += [text for text in (diagnostics.message_detail, diagnostics.message_hint) if text]
        return "\n".join(lines)

    def context(self, error: Exception) -> str:
        """Give where PostgreSQL was, such as in which remote command; empty if it did not say."""
        return (error.diag.context or "") if isinstance(error, self._psycopg.Error) else ""


def connection_of(connection: object) -> Connection:
    """Give the engine's view of a connection.

    Parameters
    ----------
    connection
        A psycopg 3 connection, or anything that already has the methods of `Connection`.

    Raises
    ------
    CatalogError
        For anything else; a SQLAlchemy connection goes through `exclave.sqlalchemy`.
    """
    if all(hasattr(connection, name) for name in ("fetch", "execute", "execute_secret")):
        return cast("Connection", connection)
    import psycopg

    if isinstance(connection, psycopg.Connection):
        return PsycopgConnection(cast("psycopg.Connection[Any]", connection))
    raise CatalogError(
        f"{type(connection).__module__}.{type(connection).__qualname__} is no connection that "
        "exclave can use; give a psycopg 3 connection, or use the functions of "
        "exclave.sqlalchemy for SQLAlchemy's."
    )
