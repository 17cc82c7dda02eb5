"""The order of a plan's changes beside those that another tool makes to ordinary tables.

Foreign tables may have ordinary tables as parents and use types that come and go with them. So
drops, servers and schemas go before what the other tool does, and new and altered foreign tables
and materialized views after it. Undone in reverse, that is the right order too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from exclave.objects import ForeignTable, MaterializedView, QualifiedName, Server, Wrapper
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
    single = [step for change in changes for step in _steps(change)]
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


def _steps(change: Change) -> Iterator[Change]:
    if change.action != "replace":
        yield change
        return
    yield Change(change.before, None, cascade=change.cascade, granted=change.granted)
    yield Change(None, change.after, granted=change.granted)


def _boundary(changes: list[Change]) -> int:
    """Find where the changes begin of which none must come before the other tool's."""
    last = {key_of(change.subject): place for place, change in enumerate(changes)}
    at = 0
    for place, change in enumerate(changes):
        if not _may_wait(change) or last[key_of(change.subject)] != place:
            at = place + 1
    return at


def _may_wait(change: Change) -> bool:
    match change.subject:
        case ForeignTable():
            renamed = change.before is not None and change.before.key != change.subject.key
            return change.after is not None and not renamed
        case MaterializedView():
            return change.after is not None
        case Server() | Wrapper():
            return change.after is None
        case _:
            return False


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
