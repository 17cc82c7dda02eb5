"""``exclave doctor``: what is wrong with a hub and its remotes, and what to do about it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer

from exclave.cli.run import Run
from exclave.doctor import Progress, examine
from exclave.doctor.examine import DEFAULT_TIMEOUT_SECONDS


def doctor(
    run: Run,
    server: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Look at this foreign server only; may be repeated. Default: all."
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(min=0.1, metavar="SECONDS", help="How long a remote may take for an answer."),
    ] = DEFAULT_TIMEOUT_SECONDS,
) -> None:
    """Find out what is wrong with the hub and its remotes, and how to put it right.

    Nothing is changed, on the hub or on a remote. What the project declares, if it declares
    anything, is compared too.

    Exit status: 0 nothing is graver than advice, 2 there are errors or warnings, 1 the hub cannot
    be examined.
    """
    project = run.project()
    with run.connected(project) as connection, _shown_progress(run) as progress:
        report = examine(
            connection,
            project.desired(connection) if project.declares else None,
            servers=server or None,
            timeout_seconds=timeout,
            connect=project.database.connect,
            progress=progress,
        )
    if run.as_json:
        run.show_json(report.to_dict())
    else:
        run.show(report, end="")
    if report.exit_code:
        raise typer.Exit(report.exit_code)


@contextmanager
def _shown_progress(run: Run) -> Generator[Progress]:
    """Show in a terminal how many servers have been looked at."""
    if not run.asides.is_terminal:
        yield lambda done, count, server: None
        return
    with run.asides.status("Reading the hub …") as status:
        yield lambda done, count, server: status.update(f"Looked at {done} of {count} servers …")
