"""Materialized views: CREATE, RENAME, indexes, OWNER, privileges, comments, DROP."""

from __future__ import annotations

from dataclasses import replace

from exclave.objects import MaterializedView, QualifiedName, ViewColumn
from exclave.objects.grant import Grants
from exclave.objects.names import quote_role
from exclave.objects.quoting import quote_identifier
from exclave.plan import column as columns
from exclave.plan.comment import comment_statements
from exclave.plan.grant import grant_statements, merged_grants, without_owner
from exclave.plan.index import index_statements
from exclave.plan.statement import Statement

_MEANWHILE = "exclave renaming"


def merge(actual: MaterializedView, desired: MaterializedView) -> MaterializedView:
    """Fill what a declaration leaves open with what is there.

    Another query has other columns: of those only what is declared is known.
    """
    declared = {column.name: column for column in desired.columns}
    merged = desired.columns
    if desired.query == actual.query:
        merged = [
            _merge_column(column, declared.pop(column.name, None), desired.owner)
            for column in actual.columns
        ]
        merged += declared.values()
    return replace(
        desired,
        columns=merged,
        uses=desired.uses or actual.uses,
        owner=desired.owner or actual.owner,
        grants=merged_grants(actual.grants, desired.grants, desired.owner),
        extension=actual.extension,
    )


def _merge_column(actual: ViewColumn, desired: ViewColumn | None, owner: str | None) -> ViewColumn:
    grants = merged_grants(actual.grants, desired.grants if desired else None, owner)
    if desired is None:
        return replace(actual, grants=grants)
    return replace(desired, type=actual.type, grants=grants)


def replaced_because(before: MaterializedView, after: MaterializedView) -> str | None:
    """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
    return None if before.query == after.query else "its query changes"


def create(view: MaterializedView, granted: Grants = frozenset()) -> list[Statement]:
    """Give the statements that create a materialized view and its indexes.

    Parameters
    ----------
    view
        The materialized view.
    granted
        What the default privileges of its creator will grant on it.
    """
    data = "DATA" if view.with_data else "NO DATA"
    head = f"CREATE MATERIALIZED VIEW {view.qualified_name} AS\n"
    bare = replace(
        view,
        columns=[ViewColumn(column.name, grants=()) for column in view.columns],
        indexes=(),
        owner=None,
        grants=granted,
        comment=None,
    )
    return [Statement.of(head, view.query, f"\nWITH {data}"), *alter(bare, view)]


def alter(before: MaterializedView, after: MaterializedView) -> list[Statement]:
    """Give the statements that turn one materialized view into another with the same query."""
    target = f"MATERIALIZED VIEW {after.qualified_name}"
    statements = [
        *_rename(before, after),
        *index_statements(before.indexes, after.indexes, after.qualified_name),
        *comment_statements(before.comment, after.comment, target),
    ]
    if after.owner is not None and before.owner != after.owner:
        statements.append(Statement.of(f"ALTER {target} OWNER TO {quote_role(after.owner)}"))
    had = without_owner(before.grants or frozenset(), after.owner)
    name = str(after.qualified_name)
    statements += grant_statements(had, after.grants, f"TABLE {name}")
    wanted = had if after.grants is None else after.grants
    revoked = {(grant.role, grant.privilege) for grant in had}
    revoked -= {(grant.role, grant.privilege) for grant in wanted}
    old = {column.name: column for column in before.columns}
    for column in after.columns:
        statements += columns.comment_and_grant_statements(
            old.get(column.name), column, name, after.owner, frozenset(revoked)
        )
    return statements


def drop(view: MaterializedView, *, cascade: bool = False) -> list[Statement]:
    """Give the statements that drop a materialized view."""
    end = " CASCADE" if cascade else ""
    return [Statement.of(f"DROP MATERIALIZED VIEW {view.qualified_name}{end}")]


def _rename(before: MaterializedView, after: MaterializedView) -> list[Statement]:
    """Change schema and name, by way of a name that nothing else has where both change."""
    name = before.qualified_name
    statements: list[Statement] = []
    if before.schema != after.schema:
        if before.name != after.name:
            name = _name(statements, name, _MEANWHILE)
        schema = quote_identifier(after.schema)
        statements.append(Statement.of(f"ALTER MATERIALIZED VIEW {name} SET SCHEMA {schema}"))
        name = replace(name, schema=after.schema)
    if name.name != after.name:
        _name(statements, name, after.name)
    return statements


def _name(statements: list[Statement], name: QualifiedName, becomes: str) -> QualifiedName:
    statements.append(
        Statement.of(f"ALTER MATERIALIZED VIEW {name} RENAME TO {quote_identifier(becomes)}")
    )
    return replace(name, name=becomes)
