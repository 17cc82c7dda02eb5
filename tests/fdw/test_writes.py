"""INSERT, UPDATE, DELETE and TRUNCATE through a wrapper."""

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


def table(connection: psycopg.Connection, name: str, columns: str, **options: str) -> None:
    given = {"store": name, **options}
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE {} ({}) SERVER store OPTIONS ({})").format(
            sql.Identifier(name),
            sql.SQL(columns),
            sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(key), value) for key, value in given.items()
            ),
        )
    )


def said(connection: psycopg.Connection) -> list[str]:
    return [each for (each,) in connection.execute("SELECT * FROM calls").fetchall()]


def test_rows_are_inserted_changed_and_removed(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", key="id")
    assert store.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, NULL)").rowcount == 3
    assert store.execute("UPDATE t SET label = upper(label) WHERE id < 3").rowcount == 2
    assert store.execute("DELETE FROM t WHERE label IS NULL").rowcount == 1
    assert store.execute("SELECT * FROM t ORDER BY id").fetchall() == [(1, "A"), (2, "B")]
    assert said(store) == [
        "insert | id label |  |  | 3",
        "update | label | id |  | 1",
        "update | label | id |  | 1",
        "delete |  | id |  | 1",
    ]


def test_truncate_empties_tables(store: psycopg.Connection) -> None:
    table(store, "t", "id int, label text", serial="id")
    table(store, "u", "id int, label text")
    store.execute("INSERT INTO t (label) VALUES ('a')")
    store.execute("TRUNCATE t, u RESTART IDENTITY CASCADE")
    assert said(store)[1:] == ["truncate | t u | True | True"]
