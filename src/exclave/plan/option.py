"""The OPTIONS clause of CREATE and ALTER."""

from __future__ import annotations

from exclave.errors import PlanError
from exclave.objects.options import Options, OptionValue
from exclave.objects.quoting import quote_identifier, quote_literal
from exclave.objects.secret import Hidden
from exclave.plan.statement import Fragment


def options_clause(options: Options | Hidden) -> list[Fragment]:
    """Write `` OPTIONS (name 'value', …)`` for CREATE, or nothing when there are none.

    Raises
    ------
    PlanError
        When the options, or one of them, are hidden and so cannot be written.
    """
    if isinstance(options, Hidden):
        raise PlanError("Options that the database would not show cannot be written again.")
    return _clause([[f"{quote_identifier(name)} ", value] for name, value in options.items()])


def alter_options_clause(before: Options | Hidden, after: Options | Hidden) -> list[Fragment]:
    """Write `` OPTIONS (ADD …, SET …, DROP …)``, or nothing when there is no difference.

    Raises
    ------
    PlanError
        When an option must be set to a value that is hidden.
    """
    if before == after:
        return []
    if isinstance(before, Hidden) or isinstance(after, Hidden):
        raise PlanError(
            "Options that the database would not show cannot be altered. Ask for the rights "
            "of the server's owner, or of the mapped role with USAGE on the server."
        )
    items: list[list[Fragment | Hidden]] = [
        [f"DROP {quote_identifier(name)}"] for name in before if name not in after
    ]
    for name, value in after.items():
        if name not in before:
            items.append([f"ADD {quote_identifier(name)} ", value])
        elif before[name] != value:
            items.append([f"SET {quote_identifier(name)} ", value])
    return _clause(items)


def _clause(items: list[list[Fragment | Hidden]]) -> list[Fragment]:
    if not items:
        return []
    fragments: list[Fragment] = [" OPTIONS ("]
    for index, (head, *value) in enumerate(items):
        fragments.append((", " if index else "") + str(head))
        fragments.extend(_constant(each) for each in value)
    return [*fragments, ")"]


def _constant(value: OptionValue) -> Fragment:
    if isinstance(value, Hidden):
        raise PlanError("An option that the database would not show cannot be written again.")
    return quote_literal(value) if isinstance(value, str) else value
