"""One run of a command: its project, its database, and where it prints."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.table import Table

from exclave.project import Database, Place, Project, load

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Run:
    """What the shared options of a command say.

    Parameters
    ----------
    config
        The settings; ``None`` looks for them.
    target
        Targets, instead of those of the settings.
    database
        The database, instead of that of the settings.
    as_json, quiet, no_color
        How to print.
    with_traceback
        Whether errors show where they come from.
    """

    config: Path | None = None
    target: tuple[str, ...] = ()
    database: str | None = None
    as_json: bool = False
    quiet: bool = False
    no_color: bool = False
    with_traceback: bool = False

    @cached_property
    def out(self) -> Console:
        """Where the outcome is printed."""
        return Console(no_color=self.no_color or None, quiet=self.quiet)

    @cached_property
    def err(self) -> Console:
        """Where errors are printed."""
        return Console(no_color=self.no_color or None, stderr=True)

    @cached_property
    def asides(self) -> Console:
        """Where what is said besides is printed, such as what is waited for."""
        return Console(no_color=self.no_color or None, stderr=True, quiet=self.quiet)

    def show(self, value: RenderableType, *, end: str = "\n", style: str | None = None) -> None:
        """Print for a person, without breaking lines that a terminal will break."""
        _print(self.out, value, end, style)

    def tell(self, text: str, style: str | None = None) -> None:
        """Print for a person beside the outcome."""
        _print(self.asides, text, style=style)

    def tell_notes(self, notes: Sequence[str]) -> None:
        """Print the notes of a plan beside it."""
        for note in notes:
            self.tell(f"! {note}", "bold yellow")

    def show_table(self, table: Table) -> None:
        """Print a table, no wider than it must be and whole."""
        Console(
            no_color=self.no_color or None,
            quiet=self.quiet,
            width=1000,
            highlight=False,
            markup=False,
        ).print(table)

    def show_json(self, value: Mapping[str, object]) -> None:
        """Print for a program."""
        self.show(json.dumps(value, indent=2, ensure_ascii=False))

    def project(self) -> Project:
        """Give the project, as the settings and the options say."""
        project = load(self.config)
        if self.target:
            project = replace(project, targets=self.target)
        if self.database is not None:
            database = Database.read(self.database, Place("--database"))
            project = replace(project, database=database)
        return project

    @contextmanager
    def connected(self, project: Project) -> Generator[psycopg.Connection[Any]]:
        """Connect to the project's database."""
        project.prepare_imports()
        with project.database.connected() as connection:
            yield connection


def _print(
    console: Console, value: RenderableType, end: str = "\n", style: str | None = None
) -> None:
    console.print(value, end=end, style=style, soft_wrap=True, highlight=False, markup=False)
