"""Claim: handing rows to a wrapper in Python takes a third of what postgres_fdw takes at most.

50,000 rows of (bigint, int, float8, text, timestamptz) by INSERT ... SELECT into a heap table,
through postgres_fdw with batch_size 1000 into a heap table of the same server, and into two classes
with batches of 1000: one that forgets the rows, so that only the way out of PostgreSQL is timed,
and one that writes them to a file of SQLite. Then 10,000 of the rows are changed, one by one.
"""

from __future__ import annotations

import statistics
import time

import psycopg
from _host import host_cluster, say

ROWS = 50_000
CHANGED = 10_000
RUNS = 7
COLUMNS = "id bigint, small int, ratio float8, label text, moment timestamptz"
COPY = "INSERT INTO {} SELECT * FROM given"
FILL = """
INSERT INTO given
SELECT i, i % 1000, i / 7.0, 'label ' || i, timestamptz '2024-01-01 00:00:00+00' + i * interval '1s'
  FROM generate_series(1, {}) AS i
"""
# a join, so that postgres_fdw cannot send the whole statement
CHANGE = "UPDATE {} AS t SET label = 'x' FROM given WHERE t.id = given.id AND given.id <= {}"
WRAPPERS = '''
import datetime
import sqlite3
from exclave.fdw import ForeignDataWrapper, Options, Session

class Writing(ForeignDataWrapper):
    def batch_size(self, table):
        return 1000
    def key_columns(self, table):
        return ["id"]

class Sink(Writing):
    """Forgets the rows, and shows as many as are to be changed."""
    def scan(self, plan, context):
        rest = (None,) * (len(plan.columns) - 1)
        return ((number, *rest) for number in range(1, 10_001))
    def insert(self, rows, context):
        return None
    def update(self, keys, rows, context):
        return None

class Connection(Session):
    def begin(self):
        self.connection = sqlite3.connect(self.server.options.file, isolation_level=None)
        self.connection.execute("BEGIN")
        self.connection.execute("CREATE TABLE t (id, small, ratio, label, moment)")
        self.connection.execute("CREATE INDEX of_t ON t (id)")
    def commit(self):
        self.connection.execute("COMMIT")
        self.connection.close()
    def abort(self):
        self.connection.close()

class SQLite(Writing):
    """A table of a file, whose moments are text."""
    class ServerOptions(Options):
        file: str
    Session = Connection
    def scan(self, plan, context):
        found = context.session.connection.execute("SELECT * FROM t")
        return ((*row[:4], datetime.datetime.fromisoformat(row[4])) for row in found)
    def insert(self, rows, context):
        marks = ", ".join("?" * len(context.columns))
        context.session.connection.executemany(
            f"INSERT INTO t ({', '.join(context.columns)}) VALUES ({marks})",
            [(*row[:4], row[4].isoformat()) for row in rows],
        )
    def update(self, keys, rows, context):
        context.session.connection.executemany(
            "UPDATE t SET label = ? WHERE id = ?", [(*row, *key) for row, key in zip(rows, keys)]
        )
'''


def prepare(connection: psycopg.Connection, file: str) -> None:
    """Make the rows, and the tables that they go to."""
    connection.execute("CREATE EXTENSION exclave_fdw; CREATE EXTENSION postgres_fdw")
    connection.execute(f"CREATE TABLE given ({COLUMNS})")
    connection.execute(FILL.format(ROWS))
    connection.execute(f"CREATE TABLE heap ({COLUMNS})")
    connection.execute(f"CREATE TABLE there ({COLUMNS})")
    connection.execute("CREATE INDEX ON heap (id); CREATE INDEX ON there (id)")
    info = connection.info
    connection.execute(
        "CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS "
        f"(host '{info.host}', port '{info.port}', dbname '{info.dbname}', batch_size '1000')"
    )
    connection.execute(
        "CREATE USER MAPPING FOR CURRENT_USER SERVER loopback OPTIONS "
        f"(user '{info.user}', password '{info.password}')"
    )
    there = "SERVER loopback OPTIONS (table_name 'there')"
    connection.execute(f"CREATE FOREIGN TABLE postgres_fdw ({COLUMNS}) {there}")
    for name in ("Sink", "SQLite"):
        connection.execute(f"SELECT exclave.create_wrapper('{name}', 'writes:{name}')")
    connection.execute('CREATE SERVER sink FOREIGN DATA WRAPPER "Sink"')
    connection.execute(
        f"CREATE SERVER sqlite FOREIGN DATA WRAPPER \"SQLite\" OPTIONS (file '{file}')"
    )
    for name in ("sink", "sqlite"):
        connection.execute(f"CREATE FOREIGN TABLE {name} ({COLUMNS}) SERVER {name}")
    connection.execute("VACUUM ANALYZE given")


def timed(connection: psycopg.Connection, statement: str, rows: int) -> float:
    """Run a statement, and give the milliseconds that it took."""
    began = time.perf_counter()
    done = connection.execute(statement)
    took = (time.perf_counter() - began) * 1000
    assert done.rowcount == rows, (statement, done.rowcount)
    return took


def measure(connection: psycopg.Connection, table: str) -> tuple[float, float]:
    """Give the milliseconds of the insert and of the change, which are undone."""
    with connection.transaction(force_rollback=True):
        insert = timed(connection, COPY.format(table), ROWS)
        change = timed(connection, CHANGE.format(table, CHANGED), CHANGED)
    return insert, change


def main() -> None:
    """Measure, and print one JSON object a line: metric, value, unit."""
    with host_cluster({"writes": WRAPPERS}) as cluster, cluster.connect() as connection:
        connection.execute("SELECT 1")
        file = cluster.data_dir / "writes.sqlite"
        prepare(connection, str(file))
        connection.execute("SET enable_nestloop = off")
        tables = ("heap", "postgres_fdw", "sink", "sqlite")
        times: dict[str, list[tuple[float, float]]] = {table: [] for table in tables}
        for run in range(RUNS + 1):
            for table in tables:
                took = measure(connection, table)
                if run:  # the first warms up
                    times[table].append(took)
        for place, what in enumerate(("insert", "update")):
            middle = {
                table: statistics.median(each[place] for each in times[table]) for table in tables
            }
            for table in tables:
                say(f"wrapper_writes.{what}.{table}", middle[table], "ms")
                say(f"wrapper_writes.{what}.{table}", middle[table] / middle["heap"], "times heap")
                say(
                    f"wrapper_writes.{what}.{table}",
                    middle[table] / middle["postgres_fdw"],
                    "times postgres_fdw",
                )


if __name__ == "__main__":
    main()
