"""What the commands share: the options that say which project, and how to show the outcome."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from exclave.cli.exit import told_errors
from exclave.cli.run import Run

P = ParamSpec("P")


def _shared(
    *,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="EXCLAVE_CONFIG",
            help="The settings: an exclave.toml, a pyproject.toml or a folder with one. "
            "Default: the first one found here or above.",
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="What Python declares, such as app.models:Base; several are joined.",
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="EXCLAVE_DATABASE",
            help="The database: a URL, or a connection string such as service=shop. "
            "Default: the settings', then PGHOST, PGDATABASE and so on.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")
    ] = False,
    with_traceback: Annotated[
        bool,
        typer.Option("--traceback", envvar="EXCLAVE_DEBUG", help="Show where an error comes from."),
    ] = False,
) -> Run:
    return Run(
        config=config,
        target=tuple(target or ()),
        database=database,
        as_json=as_json,
        quiet=quiet,
        no_color=no_color,
        with_traceback=with_traceback,
    )


def command(
    app: typer.Typer, function: Callable[Concatenate[Run, P], None], name: str | None = None
) -> None:
    """Add a command to an app, with the shared options besides its own.

    Parameters
    ----------
    app
        The app.
    function
        The command: a `Run`, then its own arguments and options. An `ExclaveError` that it raises
        is told without a traceback, with exit status 1.
    name
        How it is called; ``None`` takes the function's name.
    """
    _, *own = inspect.signature(function, eval_str=True).parameters.values()
    shared = inspect.signature(_shared, eval_str=True).parameters

    def call(**given: Any) -> None:
        run = _shared(**{name: given.pop(name) for name in shared})
        with told_errors(run.err, with_traceback=run.with_traceback):
            function(run, **given)  # pyright: ignore[reportCallIssue]

    parameters = [*own, *shared.values()]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    call.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__doc__ = function.__doc__
    app.command(name or function.__name__)(call)
