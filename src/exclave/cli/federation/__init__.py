"""``exclave fed``: federations from a terminal."""

from exclave.cli.federation.app import app

__all__ = ["app"]
