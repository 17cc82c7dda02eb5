"""A superuser's connection to a database with the host, in which wrappers are tried."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from exclave.cluster import Database


@pytest.fixture
def connection(host: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `host`."""
    with host.connect() as made:
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server can read, whoever it runs as."""
    with tempfile.TemporaryDirectory(prefix="exclave-files-") as made:
        Path(made).chmod(0o755)
        yield Path(made)
