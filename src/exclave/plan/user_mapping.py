"""User mappings: CREATE, ALTER, DROP; their secrets stay references until they are sent."""

from __future__ import annotations

from dataclasses import replace

from exclave.objects import Hidden, Options, UserMapping
from exclave.objects.grant import Grants
from exclave.objects.names import quote_role
from exclave.objects.quoting import quote_identifier
from exclave.plan.option import alter_options_clause, options_clause
from exclave.plan.statement import Statement


def merge(actual: UserMapping, desired: UserMapping) -> UserMapping:
    """Keep what the database would not show, unless it is known to be wrong."""
    if actual.options == desired.options:
        return actual
    if isinstance(actual.options, Hidden) or isinstance(desired.options, Hidden):
        return desired if actual.options == Hidden(changed=True) else actual
    kept = {
        name: value
        for name, value in actual.options.items()
        if value == Hidden() and name in desired.options
    }
    return replace(desired, options=Options({**desired.options, **kept}))


def replaced_because(before: UserMapping, after: UserMapping) -> str | None:
    """Tell why PostgreSQL cannot alter one into the other, if it cannot."""
    del before, after
    return None


def create(mapping: UserMapping, granted: Grants = frozenset()) -> list[Statement]:
    """Give the statements that create a user mapping."""
    del granted  # no default privileges here
    return [Statement.of(f"CREATE {_target(mapping)}", options_clause(mapping.options))]


def alter(before: UserMapping, after: UserMapping) -> list[Statement]:
    """Give the statements that turn one user mapping into another."""
    options = alter_options_clause(before.options, after.options)
    return [Statement.of(f"ALTER {_target(after)}", options)] if options else []


def drop(mapping: UserMapping, *, cascade: bool = False) -> list[Statement]:
    """Give the statements that drop a user mapping; nothing can depend on one."""
    del cascade
    return [Statement.of(f"DROP {_target(mapping)}")]


def _target(mapping: UserMapping) -> str:
    return f"USER MAPPING FOR {quote_role(mapping.role)} SERVER {quote_identifier(mapping.server)}"
