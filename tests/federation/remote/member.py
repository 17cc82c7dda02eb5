"""A member and its hub, as tests prepare them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from exclave.catalog import PsycopgConnection
from exclave.cluster import Database
from exclave.federation.remote import RemoteDatabase, RemoteTable, read_remote

PASSWORD = "of the member: s3cret"


@dataclass(frozen=True)
class Member:
    """A hub and a member: the role `owner` of the hub logs in at the member as `reader`."""

    hub: Database
    remote: Database
    owner: str
    reader: str

    def on_hub(self, *statements: str) -> None:
        """Run statements on the hub as superuser."""
        _run(self.hub, statements)

    def on_remote(self, *statements: str) -> None:
        """Run statements at the member as superuser."""
        _run(self.remote, statements)

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection[Any]]:
        """Connect to the hub as the owner."""
        url = self.hub.url(driver=None, user=self.owner, password=PASSWORD)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def read(
        self,
        *tables: tuple[str, str],
        schema: str | None = None,
        server: str = "branch",
        timeout_seconds: float | None = None,
    ) -> RemoteDatabase:
        """Read tables, or a schema, as the owner."""
        given = tables if schema is None else None
        with self.session() as session:
            connection = PsycopgConnection(session)
            return read_remote(connection, server, given, schema, timeout_seconds=timeout_seconds)

    def table(self, name: str, schema: str = "public") -> RemoteTable:
        """Read one table as the owner."""
        return self.read((schema, name)).tables[schema, name]


def _run(database: Database, statements: tuple[str, ...]) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())
