"""The ``exclave`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; without the extra ``cli`` say what is missing."""
    try:
        import rich  # noqa: F401  # pyright: ignore[reportUnusedImport]
        import typer  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ModuleNotFoundError as error:
        sys.exit(
            f"The exclave command needs the package {error.name}, which is not installed. "
            'Install it with: pip install "exclave[cli]"'
        )
    from exclave.cli.app import app

    app()
