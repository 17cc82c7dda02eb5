"""Whether two SQL expressions mean the same to PostgreSQL, without creating anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exclave.catalog import Connection
from exclave.objects import Catalog, Column, ForeignTable, Generated
from exclave.objects.quoting import quote_identifier


@dataclass(frozen=True, slots=True)
class _Question:
    """Are two expressions of one type over the columns of one table the same?"""

    columns: tuple[Column, ...]
    type: str
    one: str
    other: str

    def select(self) -> str:
        nulls = ", ".join(
            f"NULL::{column.type} AS {quote_identifier(column.name)}" for column in self.columns
        )
        pair = ", ".join(
            f"(({expression})::{self.type})::text" for expression in (self.one, self.other)
        )
        # OFFSET 0 keeps the planner from replacing the columns by NULL.
        return f"SELECT {pair} FROM (SELECT {nulls} OFFSET 0) AS columns"  # noqa: S608 - DDL in any case


def respell_expressions(connection: Connection, actual: Catalog, desired: Catalog) -> Catalog:
    """Give declarations whose expressions are spelled as PostgreSQL prints what is there.

    PostgreSQL keeps expressions as trees and prints ``'0'::bigint`` for a declared ``0``. Where
    the text of a default, generated column or CHECK differs from what is there, PostgreSQL is
    asked by EXPLAIN whether the two plan alike, which creates and runs nothing.

    Parameters
    ----------
    connection
        A session on the hub.
    actual
        What is there.
    desired
        The declarations, their names resolved.

    Notes
    -----
    PostgreSQL documentation, "EXPLAIN", VERBOSE.
    """
    pairs = {
        key: (actual.foreign_tables[key], table)
        for key, table in desired.foreign_tables.items()
        if key in actual.foreign_tables and _has_expressions(table)
    }
    questions = list(
        dict.fromkeys(question for pair in pairs.values() for question in _questions(*pair))
    )
    if not questions:
        return desired
    same = dict(zip(questions, _answers(connection, questions), strict=True))
    respelled = {key: _respelled(there, wanted, same) for key, (there, wanted) in pairs.items()}
    return Catalog(
        respelled.get(value.key, value) if isinstance(value, ForeignTable) else value
        for value in desired
    )


def _has_expressions(table: ForeignTable) -> bool:
    return bool(table.checks) or any(column.default or column.generated for column in table.columns)


def _questions(there: ForeignTable, wanted: ForeignTable) -> Iterator[_Question]:
    had = {column.name: column for column in there.columns}
    for column in wanted.columns:
        old = had.get(column.name)
        if old is not None:
            yield from _column_questions(old, column, wanted)
    checks = {check.name: check for check in there.checks}
    for check in wanted.checks:
        old_check = checks.get(check.name)
        if old_check is not None and old_check.expression != check.expression:
            yield _Question(wanted.columns, "boolean", old_check.expression, check.expression)


def _column_questions(old: Column, new: Column, table: ForeignTable) -> Iterator[_Question]:
    if old.default and new.default and old.default != new.default:
        yield _Question((), new.type, old.default, new.default)
    if old.generated and new.generated and old.generated != new.generated:
        pair = (old.generated.expression, new.generated.expression)
        yield _Question(table.columns, new.type, *pair)


def _respelled(
    there: ForeignTable, wanted: ForeignTable, same: dict[_Question, bool]
) -> ForeignTable:
    had = {column.name: column for column in there.columns}
    checks = {check.name: check for check in there.checks}
    columns: list[Column] = []
    for column in wanted.columns:
        old = had.get(column.name)
        spelled = column
        for question in _column_questions(old, column, wanted) if old else ():
            if same[question] and column.generated is None:
                spelled = replace(column, default=question.one)
            elif same[question] and column.generated is not None:
                generated = Generated(question.one, column.generated.stored)
                spelled = replace(column, generated=generated)
        columns.append(spelled)
    return replace(
        wanted,
        columns=columns,
        checks=[
            replace(check, expression=checks[check.name].expression)
            if check.name in checks
            and same.get(
                _Question(
                    wanted.columns, "boolean", checks[check.name].expression, check.expression
                )
            )
            else check
            for check in wanted.checks
        ],
    )


def _answers(connection: Connection, questions: Sequence[_Question]) -> list[bool]:
    """Ask all questions at once; when one of them is no SQL, find it by halves."""
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
        return _answers(connection, questions[:half]) + _answers(connection, questions[half:])
    tree: dict[str, Any] = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    nodes = tree["Plans"] if len(questions) > 1 else [tree]
    return [node["Output"][0] == node["Output"][1] for node in nodes]
