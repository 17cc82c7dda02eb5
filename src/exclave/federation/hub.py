"""A hub: the database in which members' tables are joined, and what can be done with them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from exclave.catalog import Connection
from exclave.federation import registry
from exclave.federation.connectable import connectable_of

DEFAULT_OWNER = "exclave_owner"
"""The role that owns what exclave makes for federations, unless another is named."""


class Hub:
    """The database in which members' tables are joined.

    Parameters
    ----------
    connectable
        A libpq connection string or URI, an open psycopg connection, a SQLAlchemy engine or
        connection, one of Django's connections, or a function that gives a connection. What is
        done over an open connection is part of the caller's transaction.
    owner
        The role that owns what is made; the role of the session must be a member of it.

    Raises
    ------
    CatalogError
        When the connectable is none of these.
    """

    def __init__(self, connectable: object, owner: str = DEFAULT_OWNER) -> None:
        self._connectable = connectable_of(connectable)
        self._owner = owner

    @property
    def owner(self) -> str:
        """The role that owns what is made."""
        return self._owner

    @contextmanager
    def session(self) -> Generator[Connection]:
        """Give a session on the hub: a new one, or the caller's own."""
        with self._connectable.opened() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """Give a session in a transaction, or a savepoint of the caller's, as the owner role.

        Raises
        ------
        RegistryError
            When the database is no hub of this owner's and of this library's version.
        HubMovedError
            When it is a copy of another hub.
        """
        with self.session() as connection, connection.transaction():
            registry.open_registry(connection, self._owner)
            [(former,)] = connection.fetch("SELECT pg_catalog.current_setting('role')")
            with registry.acting_as(connection, self._owner, former):
                yield connection  # the caller's transaction may go on afterwards

    def install(self) -> bool:
        """Make the database a hub; see `exclave.federation.registry.install`.

        Returns
        -------
        bool
            Whether anything was made.

        Raises
        ------
        PrerequisiteError
            When the role may not do all of it, with the statements for an administrator.
        RegistryError
            When something stands in the way that is not exclave's, or another owner's.
        """
        with self.session() as connection:
            return registry.install(connection, self._owner)

    def history(
        self, federation: str | None = None, slug: str | None = None, limit: int | None = None
    ) -> list[registry.Event]:
        """Give what was done on the hub, the last first; see `exclave.federation.registry`."""
        with self.transaction() as connection:
            return registry.history(connection, federation, slug, limit)
