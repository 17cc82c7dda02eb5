"""What each database and driver needs, so that all speak alike: time zone, values, transactions."""

from __future__ import annotations

import importlib
import sqlite3
from typing import Any
from urllib.parse import quote

from sqlalchemy.engine import URL, Dialect

POSTGRES = (
    "SET datestyle = 'ISO'",
    "SET intervalstyle = 'postgres'",
    "SET extra_float_digits = 3",
    "SET timezone = 'UTC'",
    "SET bytea_output = 'hex'",
)
"""So that values as text mean the same here: PostgreSQL documentation, postgres_fdw."""

_STEPS = 100_000
"""Of SQLite's machine, after which a cancel is looked for."""

_MYSQL = (
    "SET time_zone = '+00:00'",
    "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
)


def arguments_of(url: URL) -> dict[str, Any]:
    """Give the arguments with which a driver of SQLAlchemy's connects."""
    if url.drivername in ("mysql+pymysql", "mariadb+pymysql"):
        password = {"password": url.password.encode()} if url.password else {}  # else as Latin-1
        return {"charset": "utf8mb4", "conv": _pymysql_values(), "local_infile": False, **password}
    if url.get_backend_name() == "duckdb":  # whose tables may be names of files
        return {"config": {"enable_external_access": "false"}}
    return {}


def creator_of(url: URL, *, writes: bool) -> dict[str, Any]:
    """Give what makes SQLite open a file that is there, rather than make an empty one."""
    if url.get_backend_name() != "sqlite":
        return {}
    name = f"file:{quote(url.database or '')}?mode={'rw' if writes else 'ro'}"
    return {"creator": lambda: sqlite3.connect(name, uri=True, isolation_level=None)}


def _pymysql_values() -> dict[Any, Any]:
    """Leave dates and times as text: PostgreSQL reads it, and says what it cannot hold."""
    converters: Any = importlib.import_module("pymysql.converters")
    kinds: Any = importlib.import_module("pymysql.constants.FIELD_TYPE")
    values = dict(converters.conversions)
    for kind in (kinds.DATE, kinds.DATETIME, kinds.TIMESTAMP, kinds.TIME, kinds.NEWDATE):
        values.pop(kind, None)
    return values


def prepare_connection(connection: Any, dialect: Dialect) -> None:
    """Set up a connection of a driver's that was just made."""
    if dialect.name == "sqlite":
        # transactions are begun by hand, so savepoints work; Python looks for signals now and then
        connection.isolation_level = None
        connection.set_progress_handler(lambda: 0, _STEPS)
    elif dialect.name in ("mysql", "mariadb"):
        _execute(connection, _MYSQL)
    elif dialect.name == "postgresql":
        _execute(connection, POSTGRES)
        connection.commit()


def _execute(connection: Any, statements: tuple[str, ...]) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


_READ_BY_PSYCOPG = frozenset(
    {"bool", "int2", "int4", "int8", "oid", "float4", "float8", "text", "varchar", "bytea"}
)


def leave_text(connection: Any, dialect: Dialect) -> None:
    """Leave values of other types as text: Python has no infinity in a date, no year before 1.

    Not before reflection, for which SQLAlchemy reads JSON and arrays.
    """
    if dialect.driver != "psycopg":
        return
    strings: Any = importlib.import_module("psycopg.types.string")
    for kind in connection.adapters.types:
        if kind.name not in _READ_BY_PSYCOPG:
            connection.adapters.register_loader(kind.oid, strings.TextLoader)
            if kind.array_oid:
                connection.adapters.register_loader(kind.array_oid, strings.TextLoader)
    connection.adapters.register_loader(0, strings.TextLoader)
