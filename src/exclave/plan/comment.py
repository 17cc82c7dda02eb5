"""COMMENT ON: every kind of object but the user mapping has one."""

from __future__ import annotations

from exclave.objects.quoting import quote_literal
from exclave.plan.statement import Statement


def comment_statements(before: str | None, after: str | None, target: str) -> list[Statement]:
    """Give the statement that turns one comment into another, if they differ.

    Parameters
    ----------
    before, after
        The comments; ``None`` for none.
    target
        The object as SQL, such as ``SERVER accounts``.
    """
    if before == after:
        return []
    text = "NULL" if after is None else quote_literal(after)
    return [Statement.of(f"COMMENT ON {target} IS {text}")]
