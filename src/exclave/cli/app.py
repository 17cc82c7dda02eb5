"""The commands of ``exclave``, gathered."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from exclave.cli import apply, check, cluster, doctor, fdw, federation, plan, pull, redact, refresh
from exclave.cli.command import command
from exclave.cli.exit import Group

app = typer.Typer(
    name="exclave",
    help="PostgreSQL foreign data for Python.",
    no_args_is_help=True,
    cls=Group,
    pretty_exceptions_enable=False,
)
command(app, plan.plan)
command(app, apply.apply)
command(app, check.check)
command(app, pull.pull)
command(app, doctor.doctor)
command(app, refresh.refresh)
app.command()(redact.redact)
app.add_typer(federation.app, name="fed")
app.add_typer(fdw.app, name="fdw")
app.add_typer(cluster.app, name="cluster")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"exclave {version('exclave')}")
        raise typer.Exit


@app.callback()
def _options(  # pyright: ignore[reportUnusedFunction]
    show_version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
) -> None:
    del show_version
