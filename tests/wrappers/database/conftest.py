"""Databases of several kinds, and what the wrapper needs to reach them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.wrappers.database.mariadb import PASSWORD, MariaDB, started
from tests.wrappers.database.remotes import Remote

from exclave.cluster import Cluster, Database, fresh_database

DRIVERS = (
    "sqlite, mysql+pymysql, postgresql+psycopg, adbc_driver_sqlite, adbc_driver_postgresql,"
    " adbc_driver_duckdb"
)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A running MariaDB."""
    with started() as made:
        yield made


@pytest.fixture
def wrapper(connection: psycopg.Connection, tmp_path: Path) -> psycopg.Connection:
    """A superuser's connection to a database with the wrapper, whose tests may reach all here."""
    connection.execute(
        "SELECT exclave.create_wrapper('database', 'exclave.wrappers.database:Database')"
    )
    urls = (
        f"sqlite:///{tmp_path} duckdb:///{tmp_path} mysql+pymysql://127.0.0.1"
        " postgresql+psycopg://127.0.0.1"
    )
    connection.execute(
        sql.SQL("ALTER FOREIGN DATA WRAPPER database OPTIONS (ADD drivers {}, ADD urls {})").format(
            DRIVERS, urls
        )
    )
    return connection


@pytest.fixture
def other_postgresql(host_cluster: Cluster) -> Iterator[Database]:
    """Another database of the same cluster."""
    with fresh_database(host_cluster, prefix="other") as made:
        yield made


@pytest.fixture(
    params=["sqlite", "sqlite-adbc", "mariadb", "postgresql", "postgresql-adbc", "duckdb"]
)
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Remote:
    """A database of each kind."""
    kind: str = request.param
    match kind.partition("-")[0]:
        case "sqlite":
            path = tmp_path / "shop.db"
            sqlite3.connect(path).close()
            path.touch()
            return Remote.of_sqlite(path, adbc=kind.endswith("adbc"))
        case "mariadb":
            return Remote.of_mariadb(request.getfixturevalue("mariadb"), PASSWORD)
        case "postgresql":
            database = request.getfixturevalue("other_postgresql")
            return Remote.of_postgresql(database, adbc=kind.endswith("adbc"))
        case _:
            return Remote.of_duckdb(tmp_path / "shop.duckdb")
