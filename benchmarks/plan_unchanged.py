"""Claim: a plan for 1,000 servers of 20 tables takes at most 1.5 times `pg_dump --schema-only`.

The hub is that of a federation: each of 1,000 members has a server, a user mapping and a schema
with the same 20 tables of 5 to 20 columns. In ``shared`` the declarations of all members use the
same `Column` values, as a loop over members makes them; in ``separate`` each table has its own.
The plans of the unchanged database and the dumps of it take turns, and medians are compared. Then
one member is declared besides: its plan is made and applied.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

import psycopg

from exclave.catalog import connection_of
from exclave.cluster import Cluster, Database, fresh_database
from exclave.objects import (
    Catalog,
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    Schema,
    Server,
    UserMapping,
)
from exclave.plan import create_statements, make

MEMBERS = 1_000
TABLES = 20
RUNS = 7
TYPES = (
    "bigint",
    "text",
    "varchar(40)",
    "numeric(12, 2)",
    "timestamptz",
    "bool",
    "int",
    "jsonb",
    "date",
    "uuid",
)


def main() -> None:
    """Measure, and print one JSON object a line: metric, value, unit."""
    with Cluster() as cluster, fresh_database(cluster) as database:
        shared = Catalog(declarations(MEMBERS, shared=True))
        build(database, shared)
        separate = Catalog(declarations(MEMBERS, shared=False))
        for name, declared in (("shared", shared), ("separate", separate)):
            planning, dumping = measure(database, declared)
            print_figure(f"plan {name}", planning, "s")
            print_figure(f"pg_dump --schema-only {name}", dumping, "s")
            print_figure(f"plan / pg_dump {name}", planning / dumping, "ratio")
        print_figure("plan memory", peak_memory(database, shared) / 2**20, "MiB")
        planning, applying = add_member(database, Catalog(declarations(MEMBERS + 1, shared=True)))
        print_figure("plan of one member more", planning, "s")
        print_figure("apply of one member more", applying, "s")


def declarations(members: int, *, shared: bool) -> Iterator[ForeignObject]:
    """Give the declarations of a hub."""
    yield Extension("postgres_fdw")
    tables = list(member_tables())
    for number in range(members):
        name = f"member_{number}"
        server = Server(name, options={"host": f"{name}.example", "dbname": "app"})
        yield server
        yield UserMapping(server, options={"user": "reader", "password": f"secret of {name}"})
        yield Schema(name)
        for table, columns in tables if shared else member_tables():
            yield ForeignTable(
                table,
                columns,
                server=server,
                schema=name,
                options={"schema_name": "public", "table_name": table},
            )


def member_tables() -> Iterator[tuple[str, list[Column]]]:
    """Give the tables of a member: their names and columns."""
    for table in range(TABLES):
        count = 5 + table * 16 // TABLES
        yield f"table_{table}", [column(table, index) for index in range(count)]


def column(table: int, index: int) -> Column:
    """Give one column: the first is a key, some are NOT NULL, one has another name there."""
    if index == 0:
        return Column("id", "bigint", not_null=True)
    name = f"column_{index}" if index < 4 else f"table_{table}_column_{index}"
    options = {"column_name": name.upper()} if index == 4 else {}
    return Column(name, TYPES[index % len(TYPES)], not_null=index % 3 == 0, options=options)


def build(database: Database, declared: Catalog) -> None:
    """Make what was declared, and let PostgreSQL settle.

    Each object is made in a transaction of its own: a new table is locked until the end of it, and
    the locks of 20,000 are more than PostgreSQL's settings hold room for.
    """
    with database.connect() as connection:
        hub = connection_of(connection)
        for value in declared:
            for statement in create_statements(value):
                statement.run(hub)
        connection.execute("VACUUM ANALYZE")


def measure(database: Database, declared: Catalog) -> tuple[float, float]:
    """Give the median seconds of a plan and of a dump, which take turns."""
    installation = database.cluster.installation
    dump = [str(installation.program("pg_dump")), "--schema-only", "--file=-", database.dsn]

    def run_dump() -> None:
        subprocess.run(dump, env=installation.environment(), stdout=subprocess.DEVNULL, check=True)

    def run_plan() -> None:
        with psycopg.connect(database.dsn) as connection:
            plan = make(connection, declared)
        if plan:
            raise SystemExit(f"There is something to do:\n{plan.text()}")

    pairs = [(seconds(run_plan), seconds(run_dump)) for _ in range(RUNS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def peak_memory(database: Database, declared: Catalog) -> int:
    """Give the bytes that Python takes at most during a plan, besides the declarations."""
    with psycopg.connect(database.dsn) as connection:
        tracemalloc.start()
        make(connection, declared)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return peak


def add_member(database: Database, declared: Catalog) -> tuple[float, float]:
    """Give the seconds of the plan and of its application when one member is new."""
    with psycopg.connect(database.dsn) as connection:
        start = time.perf_counter()
        plan = make(connection, declared)
        planned = time.perf_counter()
        plan.apply(connection)
        applied = time.perf_counter()
    if len(plan) != TABLES + 3:
        raise SystemExit(f"{len(plan)} changes for one member of {TABLES} tables")
    return planned - start, applied - planned


def seconds(run: Callable[[], None]) -> float:
    """Give how long a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def print_figure(metric: str, value: float, unit: str) -> None:
    """Print one figure as a JSON line."""
    sys.stdout.write(json.dumps({"metric": metric, "value": round(value, 3), "unit": unit}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
