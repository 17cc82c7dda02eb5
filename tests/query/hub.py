"""A federation of three members to query, and the same one without some of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from exclave.objects import QualifiedName
from exclave.query import JoinedName

FOLDER = Path(__file__).parent
MEMBERS = ("m1", "m2", "m3")

USERS = JoinedName(
    "fed",
    "users",
    stale=QualifiedName("users@stale", "fed_private"),
    columns=("member", "id", "name", "age", "boss"),
)
ORDERS = JoinedName("fed", "orders", stale=QualifiedName("orders@stale", "fed_private"))
JOINED = [USERS, ORDERS]
COLUMNS = {
    "users": {"member": "text", "id": "int", "name": "text", "age": "int", "boss": "int"},
    "orders": {
        "member": "text", "id": "int", "user_id": "int", "amount": "numeric", "placed": "date"
    },
}  # fmt: skip
"""The columns of the joined tables and their types."""


def statements(file: str) -> list[str]:
    """Give the statements of a file."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    return [part.strip("\n") for part in text.split("\n\n") if not part.startswith("-- ")]


@contextmanager
def undone(connection: psycopg.Connection) -> Iterator[None]:
    """Undo what is done within."""
    with connection.transaction(force_rollback=True):
        yield


def replacements(without: Collection[str], stale: Collection[str] = ()) -> list[str]:
    """Write the joined tables anew: without some members, or with last known rows of some."""
    written: list[str] = []
    for table, columns in COLUMNS.items():
        names = ", ".join(columns)
        nothing = ", ".join(f"NULL::{columns[name]} AS {name}" for name in columns)
        branches = [f"SELECT {nothing} WHERE false"]
        for member in sorted({*MEMBERS} - {*without}):
            source = f'fed_private."{table}@stale"' if member in stale else f"fed_private.{table}"
            branches.append(f"SELECT {names} FROM {source} WHERE member = '{member}'")  # noqa: S608
        written.append(f"CREATE OR REPLACE VIEW fed.{table} AS {' UNION ALL '.join(branches)}")
    return written


def rows(connection: psycopg.Connection, sql: str, parameters: Any = None) -> list[str]:
    """Give the rows of a statement, in no order; the number of rows where it gives none."""
    cursor = connection.execute(sql.encode(), parameters)
    if cursor.description is None:
        return [str(cursor.rowcount)]
    return sorted(map(repr, cursor.fetchall()))


def scanned(connection: psycopg.Connection, sql: str, parameters: Any = None) -> set[str]:
    """Give the schemas of the tables that a plan of a statement scans."""
    explained = connection.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}".encode(), parameters)
    found: set[str] = set()

    def look(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                look(each)
        elif isinstance(node, dict):
            if "Relation Name" in node and "Scan" in node["Node Type"]:
                found.add(node["Schema"])
            for each in node.values():
                look(each)

    plans = explained.fetchone()
    assert plans is not None
    look(plans[0] if not isinstance(plans[0], str) else json.loads(plans[0]))
    return found
