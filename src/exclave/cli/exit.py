"""How a command ends: its exit status, and errors told without a traceback or a secret."""

from __future__ import annotations

import traceback
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from exclave.errors import ExclaveError

NOTHING_TO_DO = 0
FAILED = 1
DIFFERENCES = 2


class Group(TyperGroup):
    """Commands for which a wrong use ends with 1, because 2 says that there are differences."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command, and end the program."""
        try:
            return super().main(*args, **extra)
        except SystemExit as ended:
            if ended.code == DIFFERENCES and not isinstance(ended.__context__, typer.Exit):
                raise SystemExit(FAILED) from ended.__context__
            raise


@contextmanager
def told_errors(console: Console, *, with_traceback: bool) -> Generator[None]:
    """Show what goes wrong as a message, and end with status 1.

    Parameters
    ----------
    console
        Where to show it.
    with_traceback
        Whether to show where it went wrong too.
    """
    try:
        yield
    except typer.Exit:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, a person is to be told
        if with_traceback:
            console.print(Text("".join(traceback.format_exception(error))), soft_wrap=True)
        console.print(Text(_told(error), "red"), soft_wrap=True)
    else:
        return
    raise typer.Exit(FAILED)


def _told(error: Exception) -> str:
    if isinstance(error, ExclaveError):
        return str(error)
    return (
        f"This should not have happened: {type(error).__name__} (--traceback shows where). "
        "Please report it."
    )
