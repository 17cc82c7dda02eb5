"""The order of a plan's changes beside those that another tool makes to ordinary tables.

Foreign tables may have ordinary tables as parents and use types that come and go with them. So
drops, servers and schemas go before what the other tool does, and new and altered foreign tables
and materialized views after it. Undone in reverse, that is the right order too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from exclave.objects import (
    ForeignTable,
    MaterializedView,
    QualifiedName,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.plan.change import Change
from exclave.plan.state import key_of

Touched = Callable[[QualifiedName], bool]
"""Tells whether the other tool alters or drops an ordinary table."""


def around_others(
    changes: Iterable[Change], touched: Touched = lambda _: False
) -> tuple[list[Change], list[Change]]:
    """Split a plan's changes into those before and those after the other tool's.

    A foreign table whose parent the other tool alters or drops is detached from it before and,
    if it stays a child, attached again after, with its own changes made in between.

    Parameters
    ----------
    changes
        The changes of a plan.
    touched
        Tells which ordinary tables the other tool alters or drops.

    Returns
    -------
    list of Change, list of Change
        No replacement is among them: each is a drop and a creation.
    """
    single = _steps(list(changes))
    at = _boundary(single)
    before = single[:at]
    after: list[Change] = []
    for change in single[at:]:
        detached = _detached(change, touched)
        if detached is not None:
            before.append(Change(change.before, detached))
            change = replace(change, before=detached)
        if change.before != change.after:
            after.append(change)
    return before, after


def _steps(changes: list[Change]) -> list[Change]:
    """Give replacements as two; servers go while their wrappers are still as they know them."""
    drops = [
        Change(change.before, None, cascade=change.cascade, granted=change.granted)
        for change in changes
        if _takes_server(change)
    ]
    at = max((place + 1 for place, change in enumerate(changes) if _is_early(change)), default=0)
    rest = [
        Change(None, change.after, granted=change.granted) if change.action == "replace" else change
        for change in changes[at:]
        if change.action == "replace" or not _takes_server(change)
    ]
    return [*changes[:at], *drops, *rest]


def _takes_server(change: Change) -> bool:
    gone = change.after is None and isinstance(change.before, Server | Wrapper)
    return gone or change.action == "replace"


def _is_early(change: Change) -> bool:
    """Tell whether a change must be made before servers are dropped."""
    if change.after is None:
        return isinstance(change.before, ForeignTable | UserMapping | MaterializedView)
    return isinstance(change.subject, Server | Wrapper) and _is_renamed(change)


def _boundary(changes: list[Change]) -> int:
    """Find where the changes begin of which none must come before the other tool's."""
    last = {key_of(change.subject): place for place, change in enumerate(changes)}
    at = 0
    for place, change in enumerate(changes):
        if not _may_wait(change) or last[key_of(change.subject)] != place:
            at = place + 1
    return at


def _may_wait(change: Change) -> bool:
    if change.after is None:
        return False
    renamed_table = isinstance(change.after, ForeignTable) and _is_renamed(change)
    return isinstance(change.after, ForeignTable | MaterializedView) and not renamed_table


def _is_renamed(change: Change) -> bool:
    return change.before is not None and change.before.key != change.subject.key


def _detached(change: Change, touched: Touched) -> ForeignTable | None:
    """Give an altered table without the parents that the other tool touches, if it has such."""
    table = change.before
    if not isinstance(table, ForeignTable):
        return None
    parents = {parent for parent in table.inherits if touched(parent)}
    partition = table.partition_of
    leaves = partition is not None and touched(partition.parent)
    if not parents and not leaves:
        return None
    return replace(
        table,
        inherits=table.inherits - parents,
        partition_of=None if leaves else partition,
    )
