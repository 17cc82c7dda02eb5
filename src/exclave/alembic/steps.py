"""From the changes of a plan to operations that are short to read and hold no secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from exclave import plan
from exclave.alembic.operations import ForeignOperation
from exclave.alembic.operations.operation import operation_of
from exclave.alembic.references import References
from exclave.objects import (
    Catalog,
    Column,
    ForeignObject,
    ForeignTable,
    MaterializedView,
    UserMapping,
    ViewColumn,
)
from exclave.objects.names import ROLE_KEYWORDS
from exclave.plan import Change
from exclave.plan.foreign_table import paired_columns
from exclave.plan.state import key_of


def operations_of(
    changes: Iterable[Change], declared: Catalog, role: str
) -> list[ForeignOperation]:
    """Give the operations that make some changes.

    Parameters
    ----------
    changes
        The changes, none of them a replacement.
    declared
        The declarations as they were written: where they say ``CURRENT_USER``, operations do.
    role
        The role that makes them: what it creates is its own without a word.
    """
    changes = list(changes)
    created = {key_of(change.subject) for change in changes if change.before is None}
    references = References()
    operations: list[ForeignOperation] = []
    for change in changes:
        again = change.after is None and key_of(change.subject) in created
        written = (_as_written(value, declared, role) for value in (change.before, change.after))
        before, after = references.pair(*written, again=again)
        if before is not None and after is not None:
            before, after = _without_empty_grants(before, after)
            shorter = plan.reduced(replace(change, before=before, after=after))
            before, after = _owned(shorter.before, role), shorter.after
        else:
            before = before and _as_created(before, change, role)
            after = after and _as_created(after, change, role)
        operations.append(
            operation_of(
                before,
                after,
                notes=references.notes(after),
                notes_of_reverse=references.notes(before),
            )
        )
    return operations


def _as_written(value: ForeignObject | None, declared: Catalog, role: str) -> ForeignObject | None:
    """Give a user mapping for the session's role under the word that it was declared with."""
    mappings = declared.user_mappings
    if not isinstance(value, UserMapping) or value.role != role or value.key in mappings:
        return value
    words = [word for word in sorted(ROLE_KEYWORDS) if (value.server, word) in mappings]
    return replace(value, role=words[0]) if words else value


def _as_created(value: ForeignObject, change: Change, role: str) -> ForeignObject:
    """Leave out what an object has without a word when the role creates it."""
    changes: dict[str, Any] = {}
    if getattr(value, "owner", None) == role:
        changes["owner"] = None
    if getattr(value, "grants", None) == change.granted:
        changes["grants"] = None
    if isinstance(value, ForeignTable):
        changes["columns"] = [_with_grants(column, column.grants) for column in value.columns]
    if isinstance(value, MaterializedView):
        changes["columns"] = _described(value.columns)
        changes["uses"] = ()
    return replace(cast("Any", value), **changes) if changes else value


def _described(columns: Iterable[ViewColumn]) -> list[ViewColumn]:
    """Leave out the columns of which nothing is said but that they are there."""
    said = [
        ViewColumn(column.name, comment=column.comment, grants=column.grants or None)
        for column in columns
    ]
    return [column for column in said if column.comment or column.grants]


def _owned(value: Any, role: str) -> Any:
    """Say ``CURRENT_USER`` of what the role owned: where it is undone, another may have made it."""
    return replace(value, owner="CURRENT_USER") if getattr(value, "owner", 0) == role else value


def _without_empty_grants(before: Any, after: Any) -> tuple[Any, Any]:
    """Leave out the empty privileges of columns that have none on either side."""
    if not isinstance(after, ForeignTable):
        return before, after
    pairs = paired_columns(before, after)
    granted = {old.name for old, new in pairs.values() if old.grants or new.grants}
    granted_new = {new.name for old, new in pairs.values() if old.grants or new.grants}
    return (
        replace(
            before, columns=[c if c.name in granted else _with_grants(c) for c in before.columns]
        ),
        replace(
            after, columns=[c if c.name in granted_new else _with_grants(c) for c in after.columns]
        ),
    )


def _with_grants(column: Column, grants: Any = None) -> Column:
    grants = grants or column.grants or None
    return column if column.grants == grants else replace(column, grants=grants)
