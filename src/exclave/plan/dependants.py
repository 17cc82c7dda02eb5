"""What would be lost when a foreign table or materialized view is dropped to be created anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

from exclave.catalog import Connection
from exclave.errors import PlanError
from exclave.objects import ForeignTable, MaterializedView
from exclave.plan.change import Change
from exclave.plan.query import query

_RELATIONS = (ForeignTable, MaterializedView)
Relation = ForeignTable | MaterializedView
Key = tuple[str, str]


def dependants_of_rebuilt(connection: Connection, changes: Iterable[Change]) -> list[str]:
    """Find what depends on the relations that changes drop and create again.

    Parameters
    ----------
    connection
        A session on the hub.
    changes
        The changes of a plan.

    Returns
    -------
    list of str
        Such as ``view erp.open_orders depends on foreign table "erp"."orders"``; what
        depends on a dependant is among them. What the plan itself drops is not, nor are foreign
        tables that it takes from their parents before.
    """
    rebuilt: dict[Key, Relation] = {}
    spared: list[Key] = []
    changes = list(changes)
    created = {
        change.after.key
        for change in changes
        if isinstance(change.after, _RELATIONS) and change.before is None
    }
    for change, name in _with_live_names(changes):
        if change.after is None:
            spared.append(name)
            if change.reason is not None or change.subject.key in created:
                rebuilt[name] = cast("Relation", change.before)
        elif _detaches(change):
            spared.append(name)
    if not rebuilt:
        return []
    rows = connection.fetch(query("dependants"), [*_transposed(rebuilt), *_transposed(spared)])
    return [
        f"{described} depends on {needed or rebuilt[schema, name]}"
        for schema, name, described, needed in rows
    ]


def _with_live_names(changes: Iterable[Change]) -> Iterator[tuple[Change, Key]]:
    """Give the changes of relations that are there, each with the name before all changes."""
    names: dict[Key, Key] = {}
    for change in changes:
        if not isinstance(change.before, _RELATIONS):
            continue
        name = names.pop(change.before.key, change.before.key)
        if isinstance(change.after, _RELATIONS):
            names[change.after.key] = name
        yield change, name


def _detaches(change: Change) -> bool:
    """Tell whether a change takes a foreign table from a parent, and does nothing else."""
    match change.before, change.after:
        case ForeignTable() as before, ForeignTable() as after if before != after:
            return after == replace(
                before,
                inherits=before.inherits & after.inherits,
                partition_of=before.partition_of if after.partition_of else None,
            )
        case _:
            return False


def _transposed(names: Iterable[Key]) -> list[list[str]]:
    schemas_and_names = list(zip(*names, strict=True))
    return [list(each) for each in schemas_and_names]


def refuse(dependants: list[str], *, cascade: bool) -> None:
    """Raise when something would be lost and nobody allowed that.

    Raises
    ------
    PlanError
        Naming each dependant.
    """
    if dependants and not cascade:
        lines = "\n".join(f"    {line}" for line in dependants)
        raise PlanError(
            f"Something must be dropped and created anew, and would take along:\n{lines}\n"
            "Drop these first and create them again after, or allow their loss with "
            "Policy(cascade=True)."
        )
