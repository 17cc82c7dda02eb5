"""A federation of three members over local tables, on a server of each version."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.query.hub import FOLDER

from exclave.cluster import Cluster, Database, fresh_database


@pytest.fixture(scope="module")
def hub(cluster: Cluster) -> Iterator[Database]:
    """A hub whose federation `fed` has the members m1, m2 and m3; tests leave it as it is."""
    with fresh_database(cluster, prefix="query") as made:
        with made.connect() as connection:
            connection.execute((FOLDER / "hub.sql").read_bytes())
        yield made


@pytest.fixture
def connection(hub: Database) -> Iterator[psycopg.Connection]:
    """A connection to the hub; what a test does with it is rolled back."""
    with hub.connect(autocommit=False) as opened:
        yield opened
        opened.rollback()
