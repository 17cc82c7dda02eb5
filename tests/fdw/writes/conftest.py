"""A database with a store that can be written, and that tells what it was asked for."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql


@pytest.fixture
def store(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with servers that keep rows, and tell what they were asked."""
    for name, kind in {"store": "Store", "calls": "Calls"}.items():
        connection.execute("SELECT exclave.create_wrapper(%s, %s)", [name, f"trial_writes:{kind}"])
        connection.execute(
            sql.SQL("CREATE SERVER {0} FOREIGN DATA WRAPPER {0}").format(sql.Identifier(name))
        )
    connection.execute("CREATE FOREIGN TABLE calls (said text) SERVER calls")
    return connection
