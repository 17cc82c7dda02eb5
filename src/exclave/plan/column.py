"""Columns of a foreign table: their definitions, and ALTER COLUMN."""

from __future__ import annotations

from dataclasses import replace

from exclave.objects import Column, Generated, ViewColumn
from exclave.objects.quoting import quote_identifier
from exclave.plan.comment import comment_statements
from exclave.plan.grant import grant_statements, without_owner
from exclave.plan.option import alter_options_clause, options_clause
from exclave.plan.statement import Fragment, Statement


def definition(column: Column) -> list[Fragment]:
    """Write a column as CREATE FOREIGN TABLE and ADD COLUMN take it."""
    return [
        f"{quote_identifier(column.name)} {column.type}",
        *options_clause(column.options),
        "" if column.collation is None else f" COLLATE {column.collation}",
        " NOT NULL" if column.not_null else "",
        "" if column.default is None else f" DEFAULT {column.default}",
        "" if column.generated is None else _generated(column.generated),
        "" if column.identity is None else f" GENERATED {column.identity} AS IDENTITY",
    ]


def _generated(generated: Generated) -> str:
    kind = "STORED" if generated.stored else "VIRTUAL"
    return f" GENERATED ALWAYS AS ({generated.expression}) {kind}"


def alter_statements(before: Column, after: Column, table: str) -> list[Statement]:
    """Turn one column into another of the same name, but for generated, comment and grants.

    Parameters
    ----------
    before, after
        The column as it is and as it is to be.
    table
        The table as SQL, such as ``FOREIGN TABLE erp.orders``.
    """
    head = f"ALTER {table} ALTER COLUMN {quote_identifier(after.name)}"
    retyped = (before.type, before.collation) != (after.type, after.collation)
    actions: list[Fragment | list[Fragment]] = []
    if before.default is not None and (retyped or after.default is None):
        actions.append(" DROP DEFAULT")
    if before.identity is not None and after.identity is None:
        actions.append(" DROP IDENTITY")
    if retyped:
        collation = "" if after.collation is None else f" COLLATE {after.collation}"
        actions.append(f" TYPE {after.type}{collation}")
    if after.not_null and not before.not_null:
        actions.append(" SET NOT NULL")
    if before.not_null and not after.not_null:
        actions.append(" DROP NOT NULL")
    if after.default is not None and (retyped or before.default != after.default):
        actions.append(f" SET DEFAULT {after.default}")
    if after.identity is not None and before.identity != after.identity:
        verb = "ADD" if before.identity is None else "SET"
        words = f" {verb} GENERATED {after.identity}"
        actions.append(words + (" AS IDENTITY" if verb == "ADD" else ""))
    if before.effective_options != after.effective_options:
        actions.append(alter_options_clause(before.options, after.options))
    return [Statement.of(head, action) for action in actions if action]


def comment_and_grant_statements(
    before: Column | ViewColumn | None,
    after: Column | ViewColumn,
    table: str,
    owner: str | None,
    revoked: frozenset[tuple[str, str]],
) -> list[Statement]:
    """Turn a column's comment and privileges into others.

    Parameters
    ----------
    before
        The column as it is, or ``None`` for a new one.
    after
        The column as it is to be.
    table
        The table's qualified name as SQL.
    owner
        The table's owner as it is to be: what was granted to it is part of its rights then.
    revoked
        Role and privilege pairs just revoked on the whole table: PostgreSQL revokes them on
        its columns along with it.
    """
    name = quote_identifier(after.name)
    had = without_owner((before.grants if before else None) or frozenset(), owner)
    had = frozenset(grant for grant in had if (grant.role, grant.privilege) not in revoked)
    return [
        *comment_statements(
            before.comment if before else None, after.comment, f"COLUMN {table}.{name}"
        ),
        *grant_statements(had, after.grants, f"TABLE {table}", column=name),
    ]


def renamed(column: Column, name: str) -> Column:
    """Give a column under another name; an option that repeated the old name now says more."""
    return replace(column, name=name)


def is_replaced(before: Column, after: Column, *, retyped: bool) -> bool:
    """Tell whether a column must be dropped and added again.

    PostgreSQL cannot change what a stored generated column is computed from, nor the type of a
    column that one is computed from.

    Parameters
    ----------
    before, after
        The column as it is and as it is to be.
    retyped
        Whether the type of any column of the table changes.
    """
    if before.generated is None and after.generated is None:
        return False
    return retyped or before.generated != after.generated or before.type != after.type
