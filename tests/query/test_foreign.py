"""Over foreign tables: what is left is sent to members as on a hub without the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import psycopg
import pytest
from tests.query.hub import COLUMNS, JOINED, MEMBERS, statements, undone

from exclave.cluster import Cluster, Database, fresh_database
from exclave.query import restrict

QUERIES = [
    sql for sql in statements("queries.sql") if "local." not in sql and "WITH RECURSIVE" not in sql
]


def views(members: Collection[str]) -> list[str]:
    """Write the joined tables of some members over their foreign tables."""
    written: list[str] = []
    for table, columns in COLUMNS.items():
        rest = ", ".join(name for name in columns if name != "member")
        branches = [
            f"SELECT '{member}'::text AS member, {rest} FROM {member}.{table}"  # noqa: S608
            for member in members
        ]
        query = " UNION ALL ".join(branches)
        written.append(f"CREATE OR REPLACE VIEW fed.{table} AS {query}")
    return written


@pytest.fixture(scope="module")
def foreign(cluster: Cluster, hub: Database) -> Iterator[psycopg.Connection]:
    """A hub whose joined tables are over foreign tables, which are read asynchronously."""
    with (
        fresh_database(cluster, prefix="foreign") as made,
        made.connect(autocommit=False) as connection,
    ):
        connection.execute("CREATE EXTENSION postgres_fdw")
        connection.execute("CREATE SCHEMA fed")
        for member in MEMBERS:
            place = f"host '{cluster.host}', port '{cluster.port}', dbname '{hub.name}'"
            login = f"user '{cluster.superuser}', password '{cluster.password}'"
            for statement in (
                f"CREATE SERVER {member} FOREIGN DATA WRAPPER postgres_fdw "
                f"OPTIONS ({place}, async_capable 'true')",
                f"CREATE USER MAPPING FOR CURRENT_USER SERVER {member} OPTIONS ({login})",
                f"CREATE SCHEMA {member}",
                f"IMPORT FOREIGN SCHEMA {member} FROM SERVER {member} INTO {member}",
            ):
                connection.execute(statement.encode())
        for statement in views(MEMBERS):
            connection.execute(statement.encode())
        connection.commit()
        yield connection
        connection.rollback()


def remote(connection: psycopg.Connection, sql: str) -> list[str]:
    """Give what a statement sends to members, with what it is scanned by."""
    plan = connection.execute(f"EXPLAIN (VERBOSE, COSTS OFF) {sql}".encode()).fetchall()
    lines = [line.strip().removeprefix("->").strip() for (line,) in plan]
    scan = ""
    found: list[str] = []
    for line in lines:
        if "Foreign Scan" in line:
            scan = line.partition(" on ")[0]
        elif line.startswith("Remote SQL"):
            found.append(f"{scan}: {line}")
    return sorted(found)


@pytest.mark.parametrize("sql", QUERIES)
def test_members_get_the_same_statements_as_without_the_others(
    foreign: psycopg.Connection, sql: str
) -> None:
    with undone(foreign):
        sent = remote(foreign, restrict(sql, JOINED, without=["m2"], style="native"))
        for statement in views(["m1", "m3"]):
            foreign.execute(statement.encode())
        assert sent == remote(foreign, sql)


def test_what_is_left_is_scanned_asynchronously(foreign: psycopg.Connection) -> None:
    sql = "SELECT fed.users.name FROM fed.users WHERE fed.users.age > 30"
    found = remote(foreign, restrict(sql, JOINED, without=["m2"], style="native"))
    assert found == [
        f"Async Foreign Scan: Remote SQL: SELECT name FROM {member}.users WHERE ((age > 30))"  # noqa: S608
        for member in ("m1", "m3")
    ]
