"""What would be lost when a foreign table or materialized view is dropped to be created anew."""

from __future__ import annotations

from collections.abc import Iterable

from exclave.catalog import Connection
from exclave.errors import PlanError
from exclave.objects import ForeignTable, MaterializedView
from exclave.plan.change import Change
from exclave.plan.query import query

_RELATIONS = (ForeignTable, MaterializedView)
_KINDS = {ForeignTable: "foreign table", MaterializedView: "materialized view"}


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
        depends on a dependant is among them, and what the plan itself drops is not.
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
    rebuilt = [value for key, value in dropped.items() if key in created]
    if not rebuilt:
        return []
    rows = connection.fetch(
        query("dependants"),
        [[each.schema for each in rebuilt], [each.name for each in rebuilt]],
    )
    gone = {f"{_KINDS[type(each)]} {each.qualified_name}" for each in dropped.values()}
    gone |= {f"{_KINDS[type(each)]} {each.name}" for each in dropped.values()}
    return [
        f"{described} depends on {needed or dropped[schema, name]}"
        for schema, name, described, needed in rows
        if described not in gone and needed not in gone
    ]


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
