"""``exclave apply``: make the database as declared."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from exclave.cli.exit import DIFFERENCES
from exclave.cli.planning import Cascade, Choices, HiddenOptions, Schemas, Unmanaged, make_plan
from exclave.cli.run import Run
from exclave.errors import ProjectError


def apply(
    run: Run,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan only.")] = False,
    lock_timeout: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long to wait for each lock, such as 10s; default: the role's lock_timeout.",
        ),
    ] = None,
    unmanaged: Unmanaged = None,
    cascade: Cascade = None,
    hidden: HiddenOptions = None,
    schema: Schemas = None,
) -> None:
    """Show what would make the database as declared, ask, and do it in one transaction.

    Exit status: 0 done, or nothing to do; 2 not done (--dry-run, or the answer was no); 1 error,
    and nothing was changed.
    """
    project = run.project()
    with run.connected(project) as connection:
        if lock_timeout is not None:
            connection.execute("SELECT set_config('lock_timeout', %s, false)", [lock_timeout])
        made = make_plan(project, connection, Choices(unmanaged, cascade, hidden, schema))
        if not run.as_json:
            run.show(made, end="")
        agreed = bool(made) and not dry_run and (yes or _asked(run))
        done = agreed and made.apply(connection, waiting=_waiting(run))
    if run.as_json:
        run.show_json({**made.to_dict(), "applied": done})
    elif done:
        run.show("Done.", style="green")
    elif agreed:
        run.show("Nothing was left to do: another program has applied the same changes.")
    if made and not agreed:
        raise typer.Exit(DIFFERENCES)


def _asked(run: Run) -> bool:
    if run.as_json or run.quiet or not sys.stdin.isatty():
        raise ProjectError("There is nobody to ask. Nothing was changed; --yes applies the plan.")
    if typer.confirm("Apply this?", err=True):
        return True
    run.show("Nothing was changed.")
    return False


@contextmanager
def _waiting(run: Run) -> Generator[None]:
    """Say that another program has the lock, while it has it."""
    message = "Waiting for another program that applies a plan to this database …"
    if run.asides.is_terminal:
        with run.asides.status(message):
            yield
    else:
        run.tell(message)
        yield
