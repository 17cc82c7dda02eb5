"""A hub by itself, whoever its members are: its sessions, and the registry on it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from exclave.catalog import Connection
from exclave.federation import registry
from exclave.federation.connectable import connectable_of
from exclave.federation.naming import check_federation
from exclave.federation.registry import rows
from exclave.federation.registry.install import WRAPPERS
from exclave.federation.shape import Federation

DEFAULT_OWNER = "exclave_owner"
"""The role that owns what exclave makes for federations, unless another is named."""


class Home:
    """What a `Hub` is without its members; the parameters are those of `Hub`."""

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
        with self._connectable.opened() as connection, registry.telling_moved(connection):
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
            with registry.acting_as(connection, self._owner):
                yield connection  # the caller's transaction may go on afterwards

    def install(self, wrappers: Sequence[str] = WRAPPERS) -> bool:
        """Make the database a hub; see `exclave.federation.registry.install`.

        Parameters
        ----------
        wrappers
            The foreign-data wrappers that members are to be reached by.

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
            return registry.install(connection, self._owner, wrappers)

    def upgrade(self) -> bool:
        """Bring the registry to this library's version; tell whether it was of an older one."""
        with self.session() as connection:
            return registry.upgrade(connection, self._owner)

    def adopt(self) -> bool:
        """Say of a copied or renamed hub that it is to use the members; tell whether it was one."""
        with self.session() as connection:
            return registry.adopt(connection, self._owner)

    def uninstall(self, *, cascade: bool = False, drop_owner: bool = True) -> registry.Uninstalled:
        """Remove all that was made for federations; nothing is changed at the members.

        Parameters
        ----------
        cascade
            Whether what others made upon it is dropped along.
        drop_owner
            Whether the owner role goes too, where `install` made it and nothing else needs it.

        Returns
        -------
        Uninstalled
            What was dropped, and what remains for an administrator.

        Raises
        ------
        DependentsError
            When something of others depends on what was to be removed; nothing is removed then.
        """
        with self.session() as connection:
            return registry.uninstall(
                connection, self._owner, cascade=cascade, drop_owner=drop_owner
            )

    def history(
        self, federation: str | None = None, slug: str | None = None, limit: int | None = None
    ) -> list[registry.Event]:
        """Give what was done on the hub, the last first; see `exclave.federation.registry`."""
        with self.transaction() as connection:
            return registry.history(connection, federation, slug, limit)

    def installed(self) -> registry.Registry:
        """Give what the registry says of itself: its version, its owner, its database."""
        with self.session() as connection, connection.transaction():
            return registry.open_registry(connection, self._owner)

    def register(self, federation: Federation) -> bool:
        """Keep a federation's shape on the hub, so that others find it there by its name.

        `add_member` and `apply` do this too.

        Parameters
        ----------
        federation
            The federation.

        Returns
        -------
        bool
            Whether it is new, or had another shape.

        Raises
        ------
        DeclarationError
            When a name that it leads to is impossible.
        """
        check_federation(federation)
        with self.transaction() as connection:
            if rows.load_federation(connection, federation.name) == federation:
                return False
            rows.save_federation(connection, federation)
            registry.record(connection, "register", federation.name)
            return True

    def federations(self) -> list[Federation]:
        """Give the federations of the hub, as they are kept there, by name; to readers too."""
        with (
            self.session() as connection,
            connection.transaction(),
            registry.reading(connection, self._owner),
        ):
            return rows.load_federations(connection)
