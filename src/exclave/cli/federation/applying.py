"""``exclave fed plan`` and ``apply``: joining tables as declared, and what that would do."""

from __future__ import annotations

from typing import Annotated

import typer

from exclave.cli.exit import DIFFERENCES
from exclave.cli.federation.opened import FederationOption, OwnerOption, opened
from exclave.cli.federation.progress import shown_progress
from exclave.cli.run import Run

Rebuild = Annotated[
    bool,
    typer.Option(
        "--rebuild",
        help="Drop others' views that stand on a joined table, and put them back, where "
        "PostgreSQL allows no other way.",
    ),
]


def plan(run: Run, federation: FederationOption = None, owner: OwnerOption = None) -> None:
    """Show what apply would do. Nothing is changed, and no member is asked.

    Exit status: 0 nothing to do, 2 differences, 1 error.
    """
    with opened(run, owner) as at:
        made = at.hub.plan(at.federation(federation))
    if run.as_json:
        run.show_json(made.to_dict())
    elif made:
        for step in made.steps:
            run.show(f"{_SIGNS[step.kind.split()[0]]} {step}", style=_style(step.kind))
    else:
        run.show(str(made))
    if made:
        raise typer.Exit(DIFFERENCES)


_SIGNS = {"create": "+", "add": "+", "grant": "+", "change": "~", "drop": "-", "revoke": "-"}
_STYLES = {"+": "green", "~": "yellow", "-": "red"}


def _style(kind: str) -> str:
    return _STYLES[_SIGNS[kind.split()[0]]]


def apply(
    run: Run,
    rebuild: Rebuild = False,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Join the tables of members that were added, and make joined tables as they are declared.

    What was interrupted before is finished.

    Exit status: 0 done, or nothing to do; 1 error: what was joined before is as it was.
    """
    with opened(run, owner) as at, shown_progress(run) as progress:
        done = at.hub.apply(at.federation(federation), rebuild=rebuild, progress=progress)
    joining = done.joining
    if run.as_json:
        run.show_json(
            {
                "added": list(joining.added),
                "removed": list(joining.removed),
                "tables": list(joining.tables),
            }
        )
        return
    for word, names in (("Joined", joining.added), ("Removed", joining.removed)):
        if names:
            run.show(f"{word}: {', '.join(names)}.")
    if joining.tables:
        run.show(f"Joined tables that changed: {', '.join(joining.tables)}.")
    if not joining:
        run.show("There was nothing to do.")
