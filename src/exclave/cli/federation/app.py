"""The commands of ``exclave fed``, gathered."""

from __future__ import annotations

import typer

from exclave.cli.command import command
from exclave.cli.federation import (
    applying,
    differences,
    health,
    looking,
    members,
    query,
    setup,
    tables,
    upkeep,
)

app = typer.Typer(
    help="Many databases that hold the same tables, read and written as one.",
    no_args_is_help=True,
)
table = typer.Typer(help="The tables of a federation.", no_args_is_help=True)

command(app, setup.init)
command(app, members.add)
command(app, members.remove)
app.add_typer(table, name="table")
command(table, tables.add)
command(table, tables.remove)
command(table, tables.listed, "list")
command(app, members.listed, "list")
command(app, looking.status)
command(app, applying.plan)
command(app, applying.apply)
command(app, health.probe)
command(app, differences.drift)
command(app, differences.sync)
command(app, health.refresh)
command(app, health.suspend)
command(app, health.resume)
command(app, query.query)
command(app, looking.history)
command(app, upkeep.adopt)
command(app, upkeep.upgrade)
command(app, upkeep.uninstall)
