"""A database with foreign tables whose classes group, and local tables with their rows."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from tests.fdw.upper.tables import COLUMNS, ROWS, declared, executed

from exclave.cluster import Cluster, fresh_database


@pytest.fixture(scope="module")
def tables(host_cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to foreign tables f and nothing, and local ones l and empty with their rows."""
    with fresh_database(host_cluster) as database, database.connect() as connection:
        executed(connection, "CREATE EXTENSION exclave_fdw")
        executed(connection, "CREATE COLLATION language (provider = libc, locale = 'C.UTF-8')")
        executed(connection, "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
        executed(connection, "CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
        for name in ("Counting", "Liar", "Modest", "Asking", "Quacking", "Parallel"):
            executed(
                connection,
                f"SELECT exclave.create_wrapper('{name}', 'counting_wrappers:{name}');"
                f'CREATE SERVER {name} FOREIGN DATA WRAPPER "{name}"',
            )
        executed(connection, declared("f", "counting", ROWS))
        executed(connection, declared("nothing", "counting", []))
        executed(connection, f"CREATE TABLE l ({COLUMNS})")
        executed(connection, "CREATE TABLE empty (LIKE l)")
        for row in ROWS:
            values = sql.SQL(", ").join(map(sql.Literal, row))
            connection.execute(sql.SQL("INSERT INTO l VALUES ({})").format(values))
        executed(connection, "ANALYZE l")
        executed(connection, declared("parent", "counting", ROWS[:2]))
        executed(connection, "CREATE TABLE child () INHERITS (parent)")
        executed(connection, "INSERT INTO child SELECT * FROM l OFFSET 2")
        executed(connection, "CREATE VIEW local_parent AS SELECT * FROM l")
        executed(connection, "CREATE SCHEMA other")
        executed(
            connection,
            "CREATE AGGREGATE other.sum(int) (SFUNC = int4larger, STYPE = int, INITCOND = 0)",
        )
        yield connection
