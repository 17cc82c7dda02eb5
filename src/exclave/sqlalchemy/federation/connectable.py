"""SQLAlchemy's engines and connections as ways to a hub; `exclave.Hub` finds this by itself."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from exclave.errors import CatalogError
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.federation.execution import INTERNAL


class EngineSessions:
    """Sessions of its own for each use, from an engine's pool.

    Parameters
    ----------
    engine
        An engine of PostgreSQL, with any driver that `SqlalchemyConnection` takes.
    """

    shared = False

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @contextmanager
    def opened(self) -> Generator[SqlalchemyConnection]:
        """Give a session, which goes back to the pool in the end."""
        with self._engine.connect() as connection:
            yield SqlalchemyConnection(
                connection.execution_options(isolation_level="AUTOCOMMIT", **{INTERNAL: True})
            )

    @contextmanager
    def kept(self) -> Generator[SqlalchemyConnection]:
        """Give a session that leaves the pool, to be kept for long; it is closed in the end."""
        with self._engine.connect() as connection:
            own = connection.execution_options(isolation_level="AUTOCOMMIT")
            own.detach()
            yield SqlalchemyConnection(own)


class ConnectionSession:
    """The caller's own session, with the transaction that the caller has open.

    Parameters
    ----------
    value
        An open connection, or an ORM session; it stays the caller's to commit and close.
    """

    shared = True

    def __init__(self, value: sa.Connection | Session) -> None:
        self._value = value

    @contextmanager
    def opened(self) -> Generator[SqlalchemyConnection]:
        """Give the caller's session, which stays open."""
        value = self._value
        yield SqlalchemyConnection(value.connection() if isinstance(value, Session) else value)


def connectable(value: object) -> EngineSessions | ConnectionSession:
    """Tell how an engine or a connection leads to a hub.

    Parameters
    ----------
    value
        An `Engine`, a `Connection`, or an ORM `Session`, whose connection is then used. In an
        asynchronous program make the hub within ``await connection.run_sync(…)``.

    Raises
    ------
    CatalogError
        For anything else of SQLAlchemy's, and for a database that is not PostgreSQL.
    """
    if isinstance(value, sa.Connection | Session):
        return ConnectionSession(value)
    if isinstance(value, sa.Engine):
        if value.dialect.name != "postgresql":
            raise CatalogError(
                f"The engine is one of {value.dialect.name}; a hub is a PostgreSQL database."
            )
        return EngineSessions(value)
    raise CatalogError(
        f"{type(value).__name__} leads to no hub; give an Engine or a Connection, and in an "
        "asynchronous program use await connection.run_sync(…)."
    )
