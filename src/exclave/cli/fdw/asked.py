"""What the commands of ``exclave fdw`` share: options, and where they print."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")]
WithTraceback = Annotated[
    bool,
    typer.Option("--traceback", envvar="EXCLAVE_DEBUG", help="Show where an error comes from."),
]


def errors(no_color: bool) -> Console:
    """Give where errors are printed."""
    return Console(stderr=True, no_color=no_color or None)
