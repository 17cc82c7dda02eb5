"""Extensions: CREATE, UPDATE TO, SET SCHEMA, DROP."""

from __future__ import annotations

from dataclasses import replace

from exclave.objects import Extension
from exclave.objects.grant import Grants
from exclave.objects.quoting import quote_identifier
from exclave.plan.statement import Statement


def merge(actual: Extension, desired: Extension) -> Extension:
    """Fill what a declaration leaves open with what is there."""
    return replace(
        desired,
        schema=desired.schema or actual.schema,
        version=desired.version or actual.version,
    )


def replaced_because(before: Extension, after: Extension) -> str | None:
    """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
    del before, after
    return None


def create(extension: Extension, granted: Grants = frozenset()) -> list[Statement]:
    """Give the statements that create an extension."""
    del granted  # no default privileges here
    text = f"CREATE EXTENSION {quote_identifier(extension.name)}"
    if extension.schema is not None:
        text += f" SCHEMA {quote_identifier(extension.schema)}"
    if extension.version is not None:
        text += f" VERSION {quote_identifier(extension.version)}"
    return [Statement.of(text)]


def alter(before: Extension, after: Extension) -> list[Statement]:
    """Give the statements that turn one extension into another."""
    head = f"ALTER EXTENSION {quote_identifier(after.name)}"
    statements: list[Statement] = []
    if after.version is not None and before.version != after.version:
        statements.append(Statement.of(f"{head} UPDATE TO {quote_identifier(after.version)}"))
    if after.schema is not None and before.schema != after.schema:
        statements.append(Statement.of(f"{head} SET SCHEMA {quote_identifier(after.schema)}"))
    return statements


def drop(extension: Extension, *, cascade: bool = False) -> list[Statement]:
    """Give the statements that drop an extension."""
    end = " CASCADE" if cascade else ""
    return [Statement.of(f"DROP EXTENSION {quote_identifier(extension.name)}{end}")]
