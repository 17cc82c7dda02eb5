"""A database for plans that are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exclave.cluster import Database

from .refusal import Connection, run


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """The superuser, in a database with postgres_fdw, a server and a foreign table on it."""
    with database.connect() as connection:
        run(
            connection,
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SCHEMA erp",
            "CREATE FOREIGN TABLE erp.orders (id int, note text) SERVER s",
        )
        yield connection
