"""Databases of several kinds, and what the wrapper needs to reach them."""

from __future__ import annotations

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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where files that are databases may be."""
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="module")
def database(host_cluster: Cluster) -> Iterator[Database]:
    """A database with the wrapper, which may reach nothing yet."""
    with fresh_database(host_cluster) as made:
        with made.connect() as connection:
            connection.execute("CREATE EXTENSION exclave_fdw")
            connection.execute(
                "SELECT exclave.create_wrapper('database', 'exclave.wrappers.database:Database')"
            )
        yield made


@pytest.fixture(scope="module")
def wrapper(database: Database, folder: Path) -> Iterator[psycopg.Connection]:
    """A superuser's connection to a database with the wrapper, which may reach all that is here."""
    urls = (
        f"sqlite:///{folder} duckdb:///{folder} mysql+pymysql://127.0.0.1"
        " postgresql+psycopg://127.0.0.1"
    )
    allow = sql.SQL("ALTER FOREIGN DATA WRAPPER database OPTIONS (ADD drivers {}, ADD urls {})")
    with database.connect() as connection:
        connection.execute(allow.format(DRIVERS, urls))
        yield connection


@pytest.fixture(scope="module")
def other_postgresql(host_cluster: Cluster) -> Iterator[Database]:
    """Another database of the same cluster."""
    with fresh_database(host_cluster, prefix="other") as made:
        yield made


KINDS = ("sqlite", "sqlite-adbc", "mariadb", "postgresql", "postgresql-adbc", "duckdb")


@pytest.fixture(scope="module", params=KINDS)
def remote(request: pytest.FixtureRequest, folder: Path) -> Remote:
    """A database of each kind."""
    kind: str = request.param
    match kind.partition("-")[0]:
        case "sqlite":
            (folder / "shop.db").touch()
            return Remote.of_sqlite(folder / "shop.db", adbc=kind.endswith("adbc"))
        case "mariadb":
            return Remote.of_mariadb(request.getfixturevalue("mariadb"), PASSWORD)
        case "postgresql":
            database = request.getfixturevalue("other_postgresql")
            return Remote.of_postgresql(database, adbc=kind.endswith("adbc"))
        case _:
            return Remote.of_duckdb(folder / "shop.duckdb")
