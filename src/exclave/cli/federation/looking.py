"""``exclave fed status`` and ``history``: what the hub is, and what was done on it."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from exclave.cli.federation.opened import FederationOption, OwnerOption, opened
from exclave.cli.run import Run
from exclave.federation import Federation, MemberState


def status(run: Run, owner: OwnerOption = None) -> None:
    """Show the hub and its federations: tables, and how many members are in which state.

    Exit status: 0 done, 1 error.
    """
    with opened(run, owner) as at:
        registry = at.hub.installed()
        kept = at.hub.federations()
        members = {each.name: at.hub.members(each) for each in kept}
        declared = at.declared()
    if run.as_json:
        run.show_json(
            {
                "owner": registry.owner,
                "version": registry.version,
                "home": str(registry.home),
                "installed": registry.installed.isoformat(),
                "federations": [_data(each, members[each.name]) for each in kept],
            }
        )
        return
    run.show(
        f"A hub since {registry.installed:%Y-%m-%d}: the {registry.home}, "
        f'owner "{registry.owner}", registry version {registry.version}.'
    )
    if not kept:
        run.show("There is no federation on it yet.")
        return
    table = Table("federation", "layout", "tables", "members", "", box=None, pad_edge=False)
    for each in kept:
        shape = declared.get(each.name)
        remark = ""
        if shape is not None and shape.federation != each:
            remark = f"{shape.declared} declares another shape: exclave fed apply"
        table.add_row(
            each.name,
            each.layout,
            str(len(each.tables)),
            _counted(members[each.name]),
            remark,
        )
    run.show_table(table)


def _states(members: list[MemberState]) -> Counter[str]:
    return Counter("suspended" if each.suspended else each.state for each in members)


def _counted(members: list[MemberState]) -> str:
    counted = _states(members)
    return ", ".join(f"{number} {state}" for state, number in sorted(counted.items())) or "none"


def _data(federation: Federation, members: list[MemberState]) -> dict[str, object]:
    return {
        "name": federation.name,
        "layout": federation.layout,
        "tables": [table.name for table in federation.tables],
        "members": dict(_states(members)),
    }


def history(
    run: Run,
    member: Annotated[
        str | None, typer.Option(metavar="MEMBER", help="Only what was done with this member.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Show what was done on the hub, when and by whom, the last first.

    Exit status: 0 done, 1 error.
    """
    with opened(run, owner) as at:
        of = None if federation is None else at.federation(federation).name
        events = at.hub.history(of, member, limit)
    if run.as_json:
        run.show_json({"events": [each.to_dict() for each in events]})
        return
    table = Table("when", "who", "what", "federation", "member", "", box=None, pad_edge=False)
    for each in events:
        detail = (f"{name}: {value}" for name, value in each.detail.items() if value)
        table.add_row(
            f"{each.at:%Y-%m-%d %H:%M:%S%z}",
            each.role,
            each.action,
            each.federation or "",
            each.slug or "",
            "; ".join(detail),
        )
    run.show_table(table)
