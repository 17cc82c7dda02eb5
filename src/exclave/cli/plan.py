"""``exclave plan``: what would make the database as declared."""

from __future__ import annotations

from typing import Annotated

import typer

from exclave.cli.exit import DIFFERENCES
from exclave.cli.planning import Cascade, Choices, HiddenOptions, Schemas, Unmanaged, make_plan
from exclave.cli.run import Run


def plan(
    run: Run,
    as_sql: Annotated[
        bool,
        typer.Option("--sql", help="Print the statements; a psql variable stands for a secret."),
    ] = False,
    unmanaged: Unmanaged = None,
    cascade: Cascade = None,
    hidden: HiddenOptions = None,
    schema: Schemas = None,
) -> None:
    """Show what would make the database as declared. Nothing is changed.

    Exit status: 0 nothing to do, 2 differences, 1 error.
    """
    project = run.project()
    with run.connected(project) as connection:
        made = make_plan(project, connection, Choices(unmanaged, cascade, hidden, schema))
    if run.as_json:
        run.show_json(made.to_dict())
    elif as_sql:
        run.show(made.sql(), end="")
        run.tell_notes(made.notes)
    else:
        run.show(made, end="")
    if made:
        raise typer.Exit(DIFFERENCES)
