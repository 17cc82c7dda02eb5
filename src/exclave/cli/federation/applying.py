"""``exclave fed apply``: finishing what is begun, and joining tables as declared."""

from __future__ import annotations

from typing import Annotated

import typer

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
