"""A superuser's connection to a database with the host, in which wrappers are tried."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from exclave.cluster import Database


@pytest.fixture
def connection(host: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `host`."""
    with host.connect() as made:
        yield made
