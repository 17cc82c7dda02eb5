"""Schemas: CREATE, OWNER, privileges, comment, DROP."""

from __future__ import annotations

from exclave.objects import Schema
from exclave.objects.grant import Grants
from exclave.objects.names import quote_role
from exclave.objects.quoting import quote_identifier
from exclave.plan.comment import comment_statements
from exclave.plan.copies import filled
from exclave.plan.grant import grant_statements, merged_grants, without_owner
from exclave.plan.statement import Statement


def merge(actual: Schema, desired: Schema) -> Schema:
    """Fill what a declaration leaves open with what is there."""
    return filled(
        actual,
        desired,
        owner=desired.owner or actual.owner,
        grants=merged_grants(actual.grants, desired.grants, desired.owner),
    )


def replaced_because(before: Schema, after: Schema) -> str | None:
    """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
    del before, after
    return None


def create(schema: Schema, granted: Grants = frozenset()) -> list[Statement]:
    """Give the statements that create a schema, which default privileges grant on."""
    bare = Schema(schema.name, grants=granted)
    return [
        Statement.of(f"CREATE SCHEMA {quote_identifier(schema.name)}"),
        *alter(bare, schema),
    ]


def alter(before: Schema, after: Schema) -> list[Statement]:
    """Give the statements that turn one schema into another."""
    target = f"SCHEMA {quote_identifier(after.name)}"
    statements = comment_statements(before.comment, after.comment, target)
    if after.owner is not None and before.owner != after.owner:
        statements.append(Statement.of(f"ALTER {target} OWNER TO {quote_role(after.owner)}"))
    had = without_owner(before.grants or frozenset(), after.owner)
    return [*statements, *grant_statements(had, after.grants, target)]


def drop(schema: Schema, *, cascade: bool = False) -> list[Statement]:
    """Give the statements that drop a schema."""
    end = " CASCADE" if cascade else ""
    return [Statement.of(f"DROP SCHEMA {quote_identifier(schema.name)}{end}")]
