"""Databases that the wrapper reads and writes, as tests see them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql
from tests.wrappers.database.mariadb import MariaDB

from exclave.cluster import Database


@dataclass(frozen=True)
class Remote:
    """A database, with what the test runs in it directly.

    Parameters
    ----------
    kind
        ``sqlite``, ``mariadb``, ``postgresql`` or ``duckdb``.
    server, mapping
        Options.
    schema
        What IMPORT FOREIGN SCHEMA names.
    rows
        Runs SQL, and gives the rows.
    """

    kind: str
    server: Mapping[str, str]
    schema: str
    rows: Callable[[str], list[tuple[Any, ...]]]
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def types(self) -> Mapping[str, str]:
        """Names of types that differ from PostgreSQL's."""
        return TYPES.get(self.kind, {})

    def create(self, table: str, columns: Mapping[str, str]) -> None:
        """Make a table anew; types are PostgreSQL's, and become those of the database."""
        quote = "`" if self.kind == "mariadb" else '"'
        listed = ", ".join(
            f"{quote}{name}{quote} {self.types.get(kind, kind)}" for name, kind in columns.items()
        )
        self.rows(f"DROP TABLE IF EXISTS {quote}{table}{quote}")
        self.rows(f"CREATE TABLE {quote}{table}{quote} ({listed})")

    def connect(self, connection: psycopg.Connection, name: str = "other", **more: str) -> None:
        """Make the foreign server and a mapping for the current user."""
        server = {**self.server, **more}
        connection.execute(
            sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER database {}").format(
                sql.Identifier(name), options(server)
            )
        )
        if self.mapping:
            connection.execute(
                sql.SQL("CREATE USER MAPPING FOR CURRENT_USER SERVER {} {}").format(
                    sql.Identifier(name), options(self.mapping)
                )
            )

    @classmethod
    def of_sqlite(cls, path: Path, *, adbc: bool) -> Remote:
        """A file of SQLite."""

        def rows(statement: str) -> list[tuple[Any, ...]]:
            with closing(sqlite3.connect(path, isolation_level=None)) as made:
                return made.execute(statement).fetchall()

        driver = {"driver": "adbc_driver_sqlite"} if adbc else {}
        return cls("sqlite", {"url": f"sqlite:///{path}", **driver}, "main", rows)

    @classmethod
    def of_mariadb(cls, server: MariaDB, password: str) -> Remote:
        """The database shop of MariaDB."""
        mapping = {"user": "shop", "password": password}
        return cls("mariadb", {"url": server.url}, "shop", _ran(server), mapping)

    @classmethod
    def of_postgresql(cls, database: Database, *, adbc: bool) -> Remote:
        """A database of a cluster that trusts everybody."""

        def rows(statement: str) -> list[tuple[Any, ...]]:
            with database.connect() as made:
                found = made.execute(statement.encode())
                return found.fetchall() if found.description else []

        url = f"postgresql+psycopg://127.0.0.1:{database.cluster.port}/{database.name}"
        driver = {"driver": "adbc_driver_postgresql"} if adbc else {}
        user = database.cluster.superuser
        return cls("postgresql", {"url": url, **driver}, "public", rows, {"user": user})

    @classmethod
    def of_duckdb(cls, path: Path) -> Remote:
        """A file of DuckDB, which one process opens at a time."""

        def rows(statement: str) -> list[tuple[Any, ...]]:
            with closing(duckdb.connect(path)) as made:
                return made.execute(statement).fetchall()

        rows("SELECT 1")
        server = {"url": f"duckdb:///{path}", "driver": "adbc_driver_duckdb"}
        return cls("duckdb", server, "main", rows)


def _ran(server: MariaDB) -> Callable[[str], list[tuple[Any, ...]]]:
    return server.rows


def options(given: Mapping[str, str]) -> sql.Composable:
    """Write OPTIONS."""
    pairs = [sql.SQL("{} {}").format(sql.Identifier(name), text) for name, text in given.items()]
    return sql.SQL("OPTIONS ({})").format(sql.SQL(", ").join(pairs))


TYPES = {
    "sqlite": {"timestamptz": "text", "uuid": "text"},
    "mariadb": {
        "text": "varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        "timestamp": "datetime(6)",
        "timestamptz": "timestamp(6) NULL",
        "numeric(20,4)": "decimal(20,4)",
        "double precision": "double",
        "bytea": "varbinary(200)",
        "uuid": "char(36)",
        "key": "bigint AUTO_INCREMENT PRIMARY KEY",
    },
    "duckdb": {"bytea": "blob"},
}
