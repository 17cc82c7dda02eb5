"""Foreign servers: CREATE, ALTER, RENAME, OWNER, privileges, comment, DROP."""

from __future__ import annotations

from dataclasses import replace

from exclave.objects import Server
from exclave.objects.grant import Grants
from exclave.objects.names import quote_role
from exclave.objects.quoting import quote_identifier, quote_literal
from exclave.plan.comment import comment_statements
from exclave.plan.copies import filled
from exclave.plan.grant import grant_statements, merged_grants, without_owner
from exclave.plan.option import alter_options_clause, options_clause
from exclave.plan.statement import Statement


def merge(actual: Server, desired: Server) -> Server:
    """Fill what a declaration leaves open with what is there."""
    return filled(
        actual,
        desired,
        owner=desired.owner or actual.owner,
        grants=merged_grants(actual.grants, desired.grants, desired.owner),
        extension=actual.extension,
    )


def replaced_because(before: Server, after: Server) -> str | None:
    """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
    if before.wrapper != after.wrapper:
        return f'its wrapper changes from "{before.wrapper}" to "{after.wrapper}"'
    if before.type != after.type:
        return f"its type changes from {before.type!r} to {after.type!r}"
    return None


def create(server: Server, granted: Grants = frozenset()) -> list[Statement]:
    """Give the statements that create a server."""
    del granted  # no default privileges here
    kind = "" if server.type is None else f" TYPE {quote_literal(server.type)}"
    version = "" if server.version is None else f" VERSION {quote_literal(server.version)}"
    return [
        Statement.of(
            f"CREATE SERVER {quote_identifier(server.name)}{kind}{version} "
            f"FOREIGN DATA WRAPPER {quote_identifier(server.wrapper)}",
            options_clause(server.options),
        ),
        *alter(replace(server, owner=None, grants=frozenset(), comment=None), server),
    ]


def alter(before: Server, after: Server) -> list[Statement]:
    """Give the statements that turn one server into another."""
    name = quote_identifier(after.name)
    statements: list[Statement] = []
    if before.name != after.name:
        statements.append(
            Statement.of(f"ALTER SERVER {quote_identifier(before.name)} RENAME TO {name}")
        )
    version = ""
    if before.version != after.version:
        version = " VERSION " + ("NULL" if after.version is None else quote_literal(after.version))
    options = alter_options_clause(before.options, after.options)
    if version or options:
        statements.append(Statement.of(f"ALTER SERVER {name}{version}", options))
    statements += comment_statements(before.comment, after.comment, f"SERVER {name}")
    if after.owner is not None and before.owner != after.owner:
        statements.append(Statement.of(f"ALTER SERVER {name} OWNER TO {quote_role(after.owner)}"))
    had = without_owner(before.grants or frozenset(), after.owner)
    return [*statements, *grant_statements(had, after.grants, f"FOREIGN SERVER {name}")]


def drop(server: Server, *, cascade: bool = False) -> list[Statement]:
    """Give the statements that drop a server."""
    end = " CASCADE" if cascade else ""
    return [Statement.of(f"DROP SERVER {quote_identifier(server.name)}{end}")]
