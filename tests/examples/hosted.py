"""Running the SQL of an example in a database with the host."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_script(
    connection: psycopg.Connection, script: str, replaced: dict[str, str] | None = None
) -> None:
    """Run a script of the examples, with other places than it names."""
    text = (EXAMPLES / script).read_text(encoding="utf-8")
    for place, other in (replaced or {}).items():
        assert place in text
        text = text.replace(place, other)
    connection.execute(sql.SQL(text))


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    """Give the rows of a query."""
    return connection.execute(sql.SQL(query)).fetchall()
