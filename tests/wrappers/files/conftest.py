"""A wrapper of files in PostgreSQL, and a server for a folder."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg import sql


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.SQL(query)).fetchall()


def make(connection: psycopg.Connection, name: str, columns: str, **options: str) -> None:
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(key), sql.Literal(value))
        for key, value in options.items()
    )
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE {} ({}) SERVER files OPTIONS ({})").format(
            sql.Identifier(name), sql.SQL(columns), listed
        )
    )


@pytest.fixture
def files(connection: psycopg.Connection, folder: Path) -> psycopg.Connection:
    """A connection to a database with a wrapper of files and a server for `folder`."""
    connection.execute("SELECT exclave.create_wrapper('files', 'exclave.wrappers.files:Files')")
    connection.execute(
        sql.SQL("CREATE SERVER files FOREIGN DATA WRAPPER files OPTIONS (root {})").format(
            sql.Literal(str(folder))
        )
    )
    return connection
