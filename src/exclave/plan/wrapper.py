"""Foreign-data wrappers: CREATE, ALTER, RENAME, OWNER, privileges, comment, DROP."""

from __future__ import annotations

from dataclasses import replace

from exclave.objects import Wrapper
from exclave.objects.grant import Grants
from exclave.objects.names import QualifiedName, quote_role
from exclave.objects.quoting import quote_identifier
from exclave.plan.comment import comment_statements
from exclave.plan.grant import grant_statements, merged_grants, without_owner
from exclave.plan.option import alter_options_clause, options_clause
from exclave.plan.statement import Statement


def merge(actual: Wrapper, desired: Wrapper) -> Wrapper:
    """Fill what a declaration leaves open with what is there.

    A wrapper that belongs to an extension keeps that extension's functions and comment.
    """
    merged = replace(
        desired,
        owner=desired.owner or actual.owner,
        grants=merged_grants(actual.grants, desired.grants, desired.owner),
        extension=actual.extension,
    )
    if actual.extension is None:
        return merged
    return replace(
        merged,
        handler=actual.handler,
        validator=actual.validator,
        comment=desired.comment or actual.comment,
    )


def replaced_because(before: Wrapper, after: Wrapper) -> str | None:
    """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
    del before, after
    return None


def create(wrapper: Wrapper, granted: Grants = frozenset()) -> list[Statement]:
    """Give the statements that create a wrapper; its extension creates one that has one."""
    del granted  # no default privileges here
    bare = Wrapper(
        wrapper.name,
        handler=wrapper.handler,
        validator=wrapper.validator,
        options={} if wrapper.extension else wrapper.options,
        grants={},
        comment=wrapper.comment if wrapper.extension else None,
    )
    if wrapper.extension:
        return alter(bare, wrapper)
    head = f"CREATE FOREIGN DATA WRAPPER {quote_identifier(wrapper.name)}"
    functions = "".join(
        f" {word} {function}"
        for word, function in (("HANDLER", wrapper.handler), ("VALIDATOR", wrapper.validator))
        if function is not None
    )
    return [
        Statement.of(head, functions, options_clause(wrapper.options)),
        *alter(bare, wrapper),
    ]


def alter(before: Wrapper, after: Wrapper) -> list[Statement]:
    """Give the statements that turn one wrapper into another."""
    target = f"FOREIGN DATA WRAPPER {quote_identifier(after.name)}"
    statements: list[Statement] = []
    if before.name != after.name:
        statements.append(
            Statement.of(
                f"ALTER FOREIGN DATA WRAPPER {quote_identifier(before.name)} "
                f"RENAME TO {quote_identifier(after.name)}"
            )
        )
    functions = _function("HANDLER", before.handler, after.handler)
    functions += _function("VALIDATOR", before.validator, after.validator)
    options = alter_options_clause(before.options, after.options)
    if functions or options:
        statements.append(Statement.of(f"ALTER {target}{functions}", options))
    statements += comment_statements(before.comment, after.comment, target)
    if after.owner is not None and before.owner != after.owner:
        statements.append(Statement.of(f"ALTER {target} OWNER TO {quote_role(after.owner)}"))
    had = without_owner(before.grants or frozenset(), after.owner)
    return [*statements, *grant_statements(had, after.grants, target)]


def drop(wrapper: Wrapper, *, cascade: bool = False) -> list[Statement]:
    """Give the statements that drop a wrapper; its extension drops one that has one."""
    if wrapper.extension:
        return []
    end = " CASCADE" if cascade else ""
    return [Statement.of(f"DROP FOREIGN DATA WRAPPER {quote_identifier(wrapper.name)}{end}")]


def _function(word: str, before: QualifiedName | None, after: QualifiedName | None) -> str:
    if before == after:
        return ""
    return f" NO {word}" if after is None else f" {word} {after}"
