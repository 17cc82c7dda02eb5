"""What would be lost when a foreign table or materialized view is dropped to be created anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from exclave.catalog import Connection
from exclave.errors import PlanError
from exclave.objects import ForeignTable, MaterializedView
from exclave.plan.change import Change
from exclave.plan.query import query

_RELATIONS = (ForeignTable, MaterializedView)


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
    changes = list(changes)
    created = {
        change.after.key
        for change in changes
        if isinstance(change.after, _RELATIONS) and change.before is None
    }
    dropped = {
        change.before.key: change.before
        for change in changes
        if isinstance(change.before, _RELATIONS) and change.after is None
    }
    rebuilt = [key for key in dropped if key in created]
    if not rebuilt:
        return []
    spared = [*dropped, *_detached(changes)]
    rows = connection.fetch(query("dependants"), [*_transposed(rebuilt), *_transposed(spared)])
    return [
        f"{described} depends on {needed or dropped[schema, name]}"
        for schema, name, described, needed in rows
    ]


def _detached(changes: Iterable[Change]) -> Iterator[tuple[str, str]]:
    """Give the foreign tables that changes take from a parent, and do nothing else to."""
    for change in changes:
        match change.before, change.after:
            case ForeignTable() as before, ForeignTable() as after if before != after:
                alone = replace(
                    before,
                    inherits=before.inherits & after.inherits,
                    partition_of=before.partition_of if after.partition_of else None,
                )
                if after == alone:
                    yield after.key
            case _:
                pass


def _transposed(keys: Iterable[tuple[str, str]]) -> list[list[str]]:
    schemas_and_names = list(zip(*keys, strict=True))
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
