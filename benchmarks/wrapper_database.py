"""Claim: another PostgreSQL is scanned faster through ADBC than through postgres_fdw.

An aggregate over all columns of 1M rows of (bigint, int, float8, text, timestamptz), which the hub
itself computes: from a heap table, through postgres_fdw with fetch_size 10000, and through the
wrapper `database` by ADBC and by SQLAlchemy with psycopg, all from another database of the same
server. A file of SQLite with the same rows is read by Python's driver and by ADBC. Warm, in turn.

``EXCLAVE_BENCH_ROWS`` says how many rows, ``EXCLAVE_BENCH_RUNS`` how often.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from _host import host_cluster, say
from psycopg import sql

ROWS = int(os.environ.get("EXCLAVE_BENCH_ROWS", "1000000"))
RUNS = int(os.environ.get("EXCLAVE_BENCH_RUNS", "5"))
COLUMNS = "id bigint, small int, ratio float8, label text, moment timestamptz"
FILL = """
CREATE TABLE given AS SELECT i::bigint AS id, i % 1000 AS small, i / 7.0::float8 AS ratio,
    'label ' || i AS label, timestamptz '2024-01-01 00:00:00+00' + i * interval '1s' AS moment
  FROM generate_series(1, {}) AS i
"""
# OFFSET 0 leaves the aggregates to the hub
QUERY = (
    "SELECT count(id), sum(small), sum(ratio), max(length(label)), max(moment)"
    " FROM (SELECT * FROM {} OFFSET 0) AS all_of_it"
)
SERVERS = {
    "adbc": ("postgresql+psycopg://127.0.0.1:{port}/away", "adbc_driver_postgresql"),
    "sqlalchemy": ("postgresql+psycopg://127.0.0.1:{port}/away", None),
    "sqlite": ("sqlite:///{file}", None),
    "sqlite_adbc": ("sqlite:///{file}", "adbc_driver_sqlite"),
}


def fill(connection: psycopg.Connection, file: Path) -> None:
    """Make the rows, in this database and in a file of SQLite."""
    connection.execute(FILL.format(ROWS))
    connection.execute("VACUUM ANALYZE given")
    with sqlite3.connect(file) as made:
        made.execute(
            "CREATE TABLE given (id integer, small integer, ratio real, label text, moment text)"
        )
        rows = connection.execute("SELECT id, small, ratio, label, moment::text FROM given")
        made.executemany("INSERT INTO given VALUES (?, ?, ?, ?, ?)", rows)


def declare(connection: psycopg.Connection, port: int, file: Path) -> list[str]:
    """Make the foreign tables, and name them."""
    connection.execute("CREATE EXTENSION exclave_fdw; CREATE EXTENSION postgres_fdw")
    connection.execute(
        "CREATE SERVER postgres_fdw FOREIGN DATA WRAPPER postgres_fdw OPTIONS"
        f" (host '127.0.0.1', port '{port}', dbname 'away', fetch_size '10000');"
        " CREATE USER MAPPING FOR CURRENT_USER SERVER postgres_fdw OPTIONS (user 'postgres');"
        f" CREATE FOREIGN TABLE postgres_fdw ({COLUMNS}) SERVER postgres_fdw"
        " OPTIONS (table_name 'given')"
    )
    connection.execute(
        "SELECT exclave.create_wrapper('database', 'exclave.wrappers.database:Database')"
    )
    connection.execute(
        "ALTER FOREIGN DATA WRAPPER database OPTIONS (ADD drivers"
        " 'postgresql+psycopg, adbc_driver_postgresql, sqlite, adbc_driver_sqlite',"
        f" ADD urls 'postgresql+psycopg://127.0.0.1 sqlite:///{file}')"
    )
    for name, (url, driver) in SERVERS.items():
        options = {
            "url": url.format(port=port, file=file),
            **({"driver": driver} if driver else {}),
        }
        pairs = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(key), value) for key, value in options.items()
        )
        server = sql.Identifier(name)
        connection.execute(
            sql.SQL("CREATE SERVER {} FOREIGN DATA WRAPPER database OPTIONS ({})").format(
                server, pairs
            )
        )
        connection.execute(
            sql.SQL(
                "CREATE USER MAPPING FOR CURRENT_USER SERVER {} OPTIONS (user 'postgres');"
                " CREATE FOREIGN TABLE {} (" + COLUMNS + ") SERVER {} OPTIONS (table_name 'given')"
            ).format(server, server, server)
        )
    return ["postgres_fdw", *SERVERS]


def timed(connection: psycopg.Connection, table: str) -> float:
    """Give the milliseconds of the query."""
    began = time.perf_counter()
    connection.execute(QUERY.format(table)).fetchone()
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure, and print figures and ratios."""
    with host_cluster({}, jit="off") as cluster, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "given.db"
        cluster.create_database("away")
        with cluster.connect("away") as connection:
            fill(connection, file)
        with cluster.connect() as connection:
            tables = declare(connection, cluster.port, file)
            connection.execute(FILL.format(ROWS))
            connection.execute("VACUUM ANALYZE given")
            tables.insert(0, "given")
            answers = {str(connection.execute(QUERY.format(table)).fetchone()) for table in tables}
            assert len(answers) == 1, answers
            times: dict[str, list[float]] = {table: [] for table in tables}
            for _ in range(RUNS):
                for table in tables:
                    times[table].append(timed(connection, table))
    figures = {table: statistics.median(found) for table, found in times.items()}
    for table, figure in figures.items():
        say(f"scan of {ROWS} rows: {'heap' if table == 'given' else table}", figure, "ms")
    for table in SERVERS:
        ratio = figures[table] / figures["postgres_fdw"]
        say(f"{table} relative to postgres_fdw", ratio, "times")


if __name__ == "__main__":
    main()
