"""A superuser's connection to a database with the host, which most tests of it need."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from exclave.cluster import Cluster, Database, fresh_database


@pytest.fixture
def connection(host: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `host`."""
    with host.connect() as made:
        yield made


@pytest.fixture(scope="module")
def given(host_cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection, one for all tests of a module, to a server whose tables give an expression.

    Python starts once then, and imports what it needs once.
    """
    with fresh_database(host_cluster) as made, made.connect() as connection:
        connection.prepare_threshold = None  # the tables of one name differ
        connection.execute("CREATE EXTENSION exclave_fdw")
        connection.execute("SELECT exclave.create_wrapper('given', 'trial_wrappers:Given')")
        connection.execute("CREATE SERVER given FOREIGN DATA WRAPPER given")
        connection.execute("SET timezone = 'UTC'")
        yield connection
