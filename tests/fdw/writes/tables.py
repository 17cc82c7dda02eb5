"""Foreign tables over a store of Python objects that tells what it was asked for."""

from __future__ import annotations

import psycopg
from psycopg import sql


def options(name: str, **given: str) -> sql.Composed:
    """Write the options of a table, which keeps its rows under its own name."""
    return sql.SQL("OPTIONS ({})").format(
        sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(key), value)
            for key, value in {"store": name, **given}.items()
        )
    )


def table(connection: psycopg.Connection, name: str, columns: str, **given: str) -> None:
    """Make a foreign table over the store."""
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE {} ({}) SERVER store {}").format(
            sql.Identifier(name), sql.SQL(columns), options(name, **given)
        )
    )


def partition(connection: psycopg.Connection, name: str, of: str, **given: str) -> None:
    """Make a foreign table over the store that is a partition: ``parent FOR VALUES …``."""
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE {} PARTITION OF {} SERVER store {}").format(
            sql.Identifier(name), sql.SQL(of), options(name, **given)
        )
    )


def said(connection: psycopg.Connection) -> list[str]:
    """Give what the store was asked since the last time, one line a call."""
    return [each for (each,) in connection.execute("SELECT * FROM calls").fetchall()]


def rows(connection: psycopg.Connection, statement: str) -> list[tuple[object, ...]]:
    """Give the rows of a statement."""
    return connection.execute(statement).fetchall()
