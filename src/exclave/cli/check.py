"""``exclave check``: whether the database is as declared, for a pipeline."""

from __future__ import annotations

import typer

from exclave.cli.exit import DIFFERENCES
from exclave.cli.planning import Cascade, Choices, HiddenOptions, Schemas, Unmanaged, make_plan
from exclave.cli.run import Run


def check(
    run: Run,
    unmanaged: Unmanaged = None,
    cascade: Cascade = None,
    hidden: HiddenOptions = None,
    schema: Schemas = None,
) -> None:
    """Tell whether the database is as declared, a line a difference. Nothing is changed.

    Exit status: 0 it is, 2 it differs, 1 error.
    """
    project = run.project()
    with run.connected(project) as connection:
        made = make_plan(project, connection, Choices(unmanaged, cascade, hidden, schema))
    differences = [str(change) for change in made]
    if run.as_json:
        run.show_json({"differences": [*differences], "notes": [*made.notes]})
    else:
        for line in differences or ["The database is as declared."]:
            run.show(line)
        run.tell_notes(made.notes)
    if made:
        raise typer.Exit(DIFFERENCES)
