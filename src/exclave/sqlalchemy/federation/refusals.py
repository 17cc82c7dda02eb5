"""Statements that PostgreSQL takes for joined tables and that would not do what they say.

`SELECT … FOR UPDATE` on a view over foreign tables locks nothing at the members, and ON CONFLICT
is not sent to them. Both are refused when they are compiled, whoever built the statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors

from exclave.sqlalchemy.declaration import is_federated


@compiles(sa.Table, "postgresql")
def _table(element: sa.Table, compiler: Any, **more: Any) -> str:
    if is_federated(element):
        for entry in compiler.stack:
            _check_lock(entry.get("selectable"), element)
    return compiler.visit_table(element, **more)


@compiles(OnConflictDoNothing, "postgresql")
def _do_nothing(element: Any, compiler: Any, **more: Any) -> str:
    _check_conflict(compiler)
    return compiler.visit_on_conflict_do_nothing(element, **more)


@compiles(OnConflictDoUpdate, "postgresql")
def _do_update(element: Any, compiler: Any, **more: Any) -> str:
    _check_conflict(compiler)
    return compiler.visit_on_conflict_do_update(element, **more)


def _check_conflict(compiler: Any) -> None:
    table = compiler.stack[-1]["selectable"].table
    if is_federated(table):
        raise CompileError(
            f'"{table.fullname}" is a table of a federation, to whose members ON CONFLICT is not '
            "sent. Look for the row first, or catch the IntegrityError of the INSERT."
        )


def _check_lock(statement: Any, table: sa.Table) -> None:
    """Refuse a SELECT that would lock rows of a table."""
    if not isinstance(statement, sa.Select):
        return
    lock = cast("Any", statement)._for_update_arg
    if lock is None:
        return
    froms = statement.get_final_froms() if lock.of is None else _tables(lock.of)
    if any(found is table or found == table for found in _locked(froms)):
        raise CompileError(
            f'"{table.fullname}" is a table of a federation, whose rows FOR UPDATE does not lock '
            "at their members. Leave with_for_update() out, or name other tables with of=."
        )


def _tables(columns: Iterable[Any]) -> Iterator[Any]:
    """Give what the elements of ``of=`` belong to: they are tables, or columns of theirs."""
    for each in columns:
        yield getattr(each, "table", each)


def _locked(froms: Iterable[Any]) -> Iterator[Any]:
    """Give the tables whose rows a SELECT locks: those below subqueries and joins too."""
    for each in froms:
        if isinstance(each, sa.CTE):
            continue
        if isinstance(each, sa.Table):
            yield each
        elif isinstance(each, sa.Join):
            yield from _locked((each.left, each.right))
        elif isinstance(each, sa.Select):
            yield from _locked(cast("Any", each).get_final_froms())
        elif (inner := getattr(each, "element", None)) is not None:
            yield from _locked((inner,))
        else:
            yield from (found for found in visitors.iterate(each) if isinstance(found, sa.Table))
