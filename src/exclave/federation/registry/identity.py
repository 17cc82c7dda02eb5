"""Which database a hub is, so that a copy of it elsewhere is told from the hub itself."""

from __future__ import annotations

from dataclasses import dataclass

from exclave.catalog import Connection
from exclave.federation.registry.query import query
from exclave.objects.quoting import quote_literal

_OF_DATABASE = "database "


@dataclass(frozen=True, slots=True)
class Identity:
    """Which database a hub is.

    Parameters
    ----------
    system
        The cluster's system identifier, or where the role may not read that, the numbers that
        PostgreSQL gave to the database and to the registry.
    database
        The database's name.

    Notes
    -----
    PostgreSQL documentation, "System Information Functions", pg_control_system. A physical copy
    of a cluster has the same identifier; a dump that is restored in another cluster has another.
    """

    system: str
    database: str

    @classmethod
    def of(cls, connection: Connection, like: str | None = None) -> Identity:
        """Find out which database a session is on.

        Parameters
        ----------
        connection
            A session on the hub.
        like
            What is kept of the hub's; the same is looked at then. ``None`` takes the best.
        """
        if like is None:
            [(may,)] = connection.fetch(query("may_identify"))
            kind = "cluster" if may else "database"
        else:
            kind = "database" if like.startswith(_OF_DATABASE) else "cluster"
        text = f"SELECT ({query(f'identity_of_{kind}')}), pg_catalog.current_database()::text"
        [(system, database)] = connection.fetch(text)
        return cls(system, database)

    @property
    def function(self) -> str:
        """The statement that makes the function ``exclave.at_home`` for this database."""
        kind = "database" if self.system.startswith(_OF_DATABASE) else "cluster"
        return (
            query("at_home")
            .replace("/* quoted */", quote_literal(f'"{self.database}"'))
            .replace("/* database */", quote_literal(self.database))
            .replace("/* identity */", query(f"identity_of_{kind}"))
            .replace("/* identifier */", quote_literal(self.system))
        )

    def __str__(self) -> str:
        where = self.system if self.system.startswith(_OF_DATABASE) else f"cluster {self.system}"
        return f'database "{self.database}" ({where})'
