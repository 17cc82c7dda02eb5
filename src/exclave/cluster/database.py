"""One database of a cluster, and databases that live as long as a test."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exclave.cluster.server import Cluster

if TYPE_CHECKING:
    import psycopg

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """A database by its name, and the cluster that holds it."""

    cluster: Cluster
    name: str

    @property
    def dsn(self) -> str:
        """The libpq connection string of the superuser over the Unix socket."""
        return self.cluster.dsn(self.name)

    def url(
        self,
        *,
        driver: str | None = "psycopg",
        user: str | None = None,
        password: str | None = None,
    ) -> str:
        """Give a URL over TCP; the parameters are those of `Cluster.url`."""
        return self.cluster.url(self.name, driver=driver, user=user, password=password)

    def connect(self, *, autocommit: bool = True, **options: Any) -> psycopg.Connection:
        """Connect with psycopg; the parameters are those of `Cluster.connect`."""
        return self.cluster.connect(self.name, autocommit=autocommit, **options)


@contextmanager
def fresh_database(
    cluster: Cluster, *, template: str | None = None, prefix: str = "db"
) -> Generator[Database]:
    """Make a database of its own name, and drop it in the end, whoever is still connected.

    Parameters
    ----------
    cluster
        A running cluster.
    template
        The database to copy, which nobody may be connected to; None gives an empty one.
    prefix
        The beginning of its name; a number follows.

    Yields
    ------
    Database
        The new database.
    """
    database = Database(cluster, f"{prefix}_{next(_numbers)}")
    cluster.create_database(database.name, template=template)
    try:
        yield database
    finally:
        if cluster.running:
            cluster.drop_database(database.name)
