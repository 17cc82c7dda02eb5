"""Foreign tables whose scan is a piece of code, and what queries on them give."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql


def table(connection: psycopg.Connection, columns: str, code: str, name: str = "f") -> None:
    """Make a foreign table whose scan is the body of a function."""
    connection.execute(sql.SQL("DROP FOREIGN TABLE IF EXISTS {}").format(sql.Identifier(name)))
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE {} ({}) SERVER coded OPTIONS (code {})").format(
            sql.Identifier(name), sql.SQL(columns), code
        )
    )


def shown(connection: psycopg.Connection, name: str = "f") -> None:
    """Make a foreign table that shows players."""
    table(
        connection,
        "id int, nick text, score int",
        "return spi.cursor(f'SELECT {\", \".join(plan.columns)} FROM public.players')",
        name,
    )


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql.SQL(query), prepare=False).fetchall()


def fails(connection: psycopg.Connection, state: str, query: str = "SELECT * FROM f") -> str:
    """Give the message of the error, with its context, that a query gives."""
    with pytest.raises(psycopg.Error) as error:
        connection.execute(sql.SQL(query), prepare=False)
    assert error.value.sqlstate == state, error.value
    return f"{error.value} {error.value.diag.context}"
