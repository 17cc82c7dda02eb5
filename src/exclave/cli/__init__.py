"""The ``exclave`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; without the extra ``cli`` say what is missing."""
    try:
        import rich  # noqa: F401  # pyright: ignore[reportUnusedImport]
        import typer
    except ModuleNotFoundError as error:
        sys.exit(
            f"The exclave command needs the package {error.name}, which is not installed. "
            'Install it with: pip install "exclave[cli]"'
        )
    from exclave.cli import cluster

    app = typer.Typer(
        name="exclave", help="PostgreSQL foreign data for Python.", no_args_is_help=True
    )
    app.add_typer(cluster.app, name="cluster")
    app()
