"""Asking PostgreSQL whether two SQL expressions mean the same, without creating anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exclave.catalog import Connection
from exclave.objects.quoting import quote_identifier


@dataclass(frozen=True, slots=True)
class Row:
    """What expressions read.

    Parameters
    ----------
    name
        The name of the table, which may stand before those of its columns, or for the whole row.
    columns
        The columns' names and types.
    """

    name: str
    columns: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Are two expressions of one type over some columns the same?

    Parameters
    ----------
    row
        What they read.
    type
        The type of both expressions.
    one, other
        The expressions.
    """

    row: Row
    type: str
    one: str
    other: str

    def select(self) -> str:
        """Give a query of one row that holds both."""
        nulls = ", ".join(
            f"NULL::{type_} AS {quote_identifier(name)}" for name, type_ in self.row.columns
        )
        pair = ", ".join(
            f"(({expression})::{self.type})::text" for expression in (self.one, self.other)
        )
        # OFFSET 0 keeps the planner from replacing the columns by NULL.
        row = f"(SELECT {nulls} OFFSET 0) AS {quote_identifier(self.row.name)}"
        return f"SELECT {pair} FROM {row}"  # noqa: S608 - DDL in any case


def answers(connection: Connection, questions: Sequence[Question]) -> list[bool]:
    """Ask all questions at once by EXPLAIN; when one of them is no SQL, find it by halves.

    Parameters
    ----------
    connection
        A session on the hub.
    questions
        At least one.

    Notes
    -----
    PostgreSQL documentation, "EXPLAIN", VERBOSE.
    """
    sql = " UNION ALL ".join(question.select() for question in questions)
    try:
        with connection.transaction():
            [(plan,)] = connection.fetch(f"EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {sql}")
    except Exception as error:
        if connection.sqlstate(error) is None:
            raise
        if len(questions) == 1:
            return [False]
        half = len(questions) // 2
        return answers(connection, questions[:half]) + answers(connection, questions[half:])
    tree: dict[str, Any] = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    nodes = tree["Plans"] if len(questions) > 1 else [tree]
    return [node["Output"][0] == node["Output"][1] for node in nodes]
