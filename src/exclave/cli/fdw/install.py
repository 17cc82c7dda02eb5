"""``exclave fdw install``: the host of wrappers, built and put into a PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from exclave.cli.exit import told_errors
from exclave.cli.fdw.asked import AsJson, NoColor, WithTraceback, errors
from exclave.cluster import Installation, find_installation, install_host
from exclave.cluster.host import unreadable_folder
from exclave.cluster.installation import installation_at, output_of
from exclave.errors import ClusterError


def install(
    pg_config: Annotated[
        Path | None,
        typer.Option(
            help="The pg_config of the PostgreSQL. Default: the first that "
            "`exclave cluster list` shows."
        ),
    ] = None,
    version: Annotated[
        int | None, typer.Option(help="PostgreSQL's major version, instead of --pg-config.")
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(
            help="The Python that runs wrappers: an interpreter or a virtual environment. "
            "Default: the one that runs this command."
        ),
    ] = None,
    as_json: AsJson = False,
    no_color: NoColor = False,
    with_traceback: WithTraceback = False,
) -> None:
    """Build the host of wrappers and install it into a PostgreSQL, as who may write there.

    Needs a C compiler, make, and the headers of PostgreSQL and Python.
    """
    with told_errors(errors(no_color), with_traceback=with_traceback):
        installation = _chosen(pg_config, version)
        found = install_host(installation, python)
        closed = unreadable_folder(found.setting)
        if as_json:
            said = {
                "version": installation.version,
                "bin_dir": str(installation.bin_dir),
                "python": found.setting,
                "unreadable": closed and str(closed),
            }
            typer.echo(json.dumps(said, indent=2, ensure_ascii=False))
            return
        typer.echo(
            f"PostgreSQL {installation.version} in {installation.bin_dir} can run wrappers in "
            f"Python {found.version[0]}.{found.version[1]} now.\n"
            "Set in its postgresql.conf:\n\n"
            f"    exclave_fdw.python = '{found.setting.replace(chr(39), chr(39) * 2)}'\n\n"
            "Then, in each database, as a superuser:\n\n"
            "    CREATE EXTENSION exclave_fdw;"
        )
        if closed is not None:
            typer.secho(
                f"{closed} is closed to other users: the user who runs PostgreSQL must be able to "
                "read the environment.",
                fg="yellow",
                err=True,
            )


def _chosen(pg_config: Path | None, version: int | None) -> Installation:
    if pg_config is None:
        return find_installation(version)
    if version is not None:
        raise ClusterError("give --pg-config or --version, not both")
    folders = output_of(str(pg_config), "--bindir", "--libdir").splitlines()
    if len(folders) != 2:
        raise ClusterError(f"{pg_config} is not a pg_config that runs")
    installation = installation_at(Path(folders[0]), Path(folders[1]), "pg_config")
    if installation is None:
        raise ClusterError(
            f"{pg_config} belongs to a PostgreSQL without a server in {folders[0]}; "
            "install the server first"
        )
    return installation
