"""Whether two SQL expressions mean the same to PostgreSQL, without creating anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from exclave.catalog import Connection
from exclave.objects import Catalog, Column, ForeignTable, Generated
from exclave.plan.question import Question, Row, answers


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
    nulls = any(_is_null(column) for _, wanted in pairs.values() for column in wanted.columns)
    if not questions and not nulls:
        return desired
    answered = answers(connection, questions) if questions else []
    same = dict(zip(questions, answered, strict=True))
    respelled = {key: _respelled(there, wanted, same) for key, (there, wanted) in pairs.items()}
    return Catalog(
        respelled.get(value.key, value) if isinstance(value, ForeignTable) else value
        for value in desired
    )


def _has_expressions(table: ForeignTable) -> bool:
    return bool(table.checks) or any(column.default or column.generated for column in table.columns)


def _questions(there: ForeignTable, wanted: ForeignTable) -> Iterator[Question]:
    had = {column.name: column for column in there.columns}
    retyped = _is_retyped(there, wanted)
    for column in wanted.columns:
        old = had.get(column.name)
        if old is not None:
            yield from _column_questions(old, column, wanted, retyped=retyped)
    checks = {check.name: check for check in there.checks}
    for check in wanted.checks:
        old_check = checks.get(check.name)
        if old_check is not None and old_check.expression != check.expression:
            yield Question(_row(wanted), "boolean", old_check.expression, check.expression)


def _is_null(column: Column) -> bool:
    """Tell whether a default is what PostgreSQL takes for none, but for domains."""
    return column.default is not None and column.default.strip().upper() == "NULL"


def _row(table: ForeignTable) -> Row:
    return Row(table.name, tuple((column.name, column.type) for column in table.columns))


def _is_retyped(there: ForeignTable, wanted: ForeignTable) -> bool:
    types = dict(_row(there).columns)
    return any(types.get(name, type_) != type_ for name, type_ in _row(wanted).columns)


def _column_questions(
    old: Column, new: Column, table: ForeignTable, *, retyped: bool
) -> Iterator[Question]:
    # what PostgreSQL prints says the type: '{}'::text is no default of a column that was text
    # and is to be jsonb, although '{}' is; and so for what reads a column of another type
    if old.default and new.default and old.default != new.default and old.type == new.type:
        yield Question(Row(table.name), new.type, old.default, new.default)
    if old.generated and new.generated and old.generated != new.generated and not retyped:
        pair = (old.generated.expression, new.generated.expression)
        yield Question(_row(table), new.type, *pair)


def _respelled(
    there: ForeignTable, wanted: ForeignTable, same: dict[Question, bool]
) -> ForeignTable:
    had = {column.name: column for column in there.columns}
    checks = {check.name: check for check in there.checks}
    retyped = _is_retyped(there, wanted)
    columns: list[Column] = []
    for column in wanted.columns:
        old = had.get(column.name)
        spelled = column
        if old is not None and old.default is None and _is_null(column):
            spelled = replace(column, default=None)
        asked = _column_questions(old, column, wanted, retyped=retyped) if old else ()
        for question in asked:
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
                Question(_row(wanted), "boolean", checks[check.name].expression, check.expression)
            )
            else check
            for check in wanted.checks
        ],
    )
