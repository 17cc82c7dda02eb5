"""A database that is there for a test run: the hub's, or a member's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from exclave.testing.place import Place

if TYPE_CHECKING:
    import psycopg

    from exclave.federation import Hub
    from exclave.testing.member import MemberDatabase


class RunDatabase:
    """A database that is made for a test run and dropped at its end.

    Parameters
    ----------
    name
        The database's name.
    place
        The server it is on.
    """

    def __init__(self, name: str, place: Place) -> None:
        self.name = name
        self._place = place

    @property
    def dsn(self) -> str:
        """The libpq connection string of an administrator; it holds the password."""
        return self._place.dsn_of(self.name)

    def url(self, driver: str | None = "psycopg") -> str:
        """Give the administrator's URL, as SQLAlchemy takes it; it holds the password.

        Parameters
        ----------
        driver
            SQLAlchemy's name of it: ``"psycopg"``, ``"psycopg2"``, ``"asyncpg"``; None leaves it
            out, as libpq wants it.
        """
        return self._place.url_of(self.name, driver)

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Connect with psycopg as an administrator; nothing rolls back what is done there.

        Parameters
        ----------
        autocommit
            Whether each statement is a transaction of its own.
        """
        return self._place.connect(self.name, autocommit=autocommit)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class HubDatabase(RunDatabase):
    """The hub's database.

    Parameters
    ----------
    name, place
        As of `RunDatabase`.
    members
        The members' databases by slug.
    owner
        The role that owns what exclave makes there.
    """

    def __init__(
        self, name: str, place: Place, members: Mapping[str, MemberDatabase], owner: str
    ) -> None:
        super().__init__(name, place)
        self.members: Mapping[str, MemberDatabase] = MappingProxyType(dict(members))
        self.owner = owner

    def hub(self, connectable: object = None) -> Hub:
        """Give the hub of the federation.

        Parameters
        ----------
        connectable
            What to reach it by, for instance the connection of a test; None opens connections
            of its own, and nothing rolls back what is done there.
        """
        from exclave.federation import Hub

        return Hub(self.dsn if connectable is None else connectable, owner=self.owner)

    def heal(self) -> None:
        """Put right all that was broken about members."""
        for member in self.members.values():
            member.heal()
