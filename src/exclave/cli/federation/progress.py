"""How far something is that takes longer than a moment, shown in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from exclave.cli.run import Run

Progress = Callable[[str, int, int, str], None]
"""Told what is being done, how many are done, of how many, and which was the last."""

_WORDS = {
    "read": "Reading members' tables",
    "make": "Making members' tables",
    "remove": "Removing members",
    "probe": "Asking members",
    "compare": "Comparing members' tables",
    "refresh": "Keeping members' rows",
}


@contextmanager
def shown_progress(run: Run) -> Generator[Progress]:
    """Show how far something is, on standard error and only where that is a terminal.

    Parameters
    ----------
    run
        Where it is printed.
    """
    if not run.asides.is_terminal:
        yield lambda what, done, total, last: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[last]}", markup=False),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=run.asides, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int, last: str) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(_WORDS.get(what, what), total=total, last=last)
            bars.update(tasks[what], completed=done, total=total, last=last)

        yield show
