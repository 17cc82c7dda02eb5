"""A database with a wrapper whose scans are code in the options of tables."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from exclave.cluster import Cluster


@pytest.fixture
def coded(connection: psycopg.Connection, host_cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to a database with ``players`` of ten rows, and `table` for tables with code."""
    before = len(host_cluster.log())
    connection.execute("SELECT exclave.create_wrapper('coded', 'spi_wrappers:Coded')")
    connection.execute("CREATE SERVER coded FOREIGN DATA WRAPPER coded")
    connection.execute("CREATE TABLE players (id int PRIMARY KEY, nick text, score int)")
    connection.execute(
        "INSERT INTO players SELECT i, 'nick_' || i, i * 10 FROM generate_series(1, 10) AS i"
    )
    yield connection
    log = host_cluster.log()[before:]
    for wrong in ("terminated by signal", "leak", "still referenced", "not closed", "PANIC"):
        assert wrong not in log
