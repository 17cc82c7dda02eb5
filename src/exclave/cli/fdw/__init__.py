"""``exclave fdw``: write, build and try foreign-data wrappers in Python."""

from __future__ import annotations

import typer

from exclave.cli.fdw.check import check
from exclave.cli.fdw.install import install
from exclave.cli.fdw.new import new

app = typer.Typer(help="Foreign-data wrappers written in Python.", no_args_is_help=True)
app.command()(new)
app.command()(install)
app.command()(check)
