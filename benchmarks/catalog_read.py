"""Claim: reading 5,000 foreign tables of 20 columns takes no longer than `pg_dump --schema-only`.

Two databases are measured. In ``members`` the hub has 100 schemas with the same 50 tables, as for
a federation; in ``distinct`` no two of the 100,000 columns have the same name.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psycopg

from exclave.catalog import read
from exclave.cluster import Cluster, Database, fresh_database

TABLES = 5_000
COLUMNS = 20
MEMBERS = 100
RUNS = 7
TYPES = (
    "integer",
    "text",
    "character varying(40)",
    "numeric(12,2)",
    "timestamp with time zone",
    "boolean",
    "bigint",
    "jsonb",
    "date",
    "uuid",
)


def main() -> None:
    """Measure, and print one JSON object a line: metric, value, unit."""
    with Cluster() as cluster:
        for name, tables in (("members", repeated_tables), ("distinct", distinct_tables)):
            with fresh_database(cluster) as database:
                build(database, tables())
                reading, dumping = measure(database)
            print_figure(f"catalog.read {name}", reading, "s")
            print_figure(f"pg_dump --schema-only {name}", dumping, "s")
            print_figure(f"catalog.read / pg_dump {name}", reading / dumping, "ratio")


def repeated_tables() -> Iterator[str]:
    """Give the statements for the same tables in each member's schema."""
    for member in range(MEMBERS):
        yield f"CREATE SCHEMA member_{member}"
        for table in range(TABLES // MEMBERS):
            yield create_table(f"member_{member}.table_{table}", f"column_{table}")


def distinct_tables() -> Iterator[str]:
    """Give the statements for tables whose columns all have names of their own."""
    for table in range(TABLES):
        yield create_table(f"table_{table}", f"column_{table}")


def create_table(name: str, prefix: str) -> str:
    """Give the statement for one foreign table."""
    columns = (column(f"{prefix}_{index}", index) for index in range(COLUMNS))
    return (
        f"CREATE FOREIGN TABLE {name} ({', '.join(columns)}) SERVER remote "
        f"OPTIONS (schema_name 'public', table_name '{name}')"
    )


def column(name: str, index: int) -> str:
    """Give one column: some have an option, some are NOT NULL."""
    options = f" OPTIONS (column_name '{name.upper()}')" if index % 4 == 0 else ""
    not_null = " NOT NULL" if index % 5 == 0 else ""
    return f"{name} {TYPES[index % len(TYPES)]}{options}{not_null}"


def build(database: Database, statements: Iterator[str]) -> None:
    """Make the foreign tables, and let PostgreSQL settle."""
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION postgres_fdw")
        connection.execute("CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw")
        with connection.transaction(), connection.pipeline():
            for statement in statements:
                connection.execute(statement.encode())
        connection.execute("VACUUM ANALYZE")


def measure(database: Database) -> tuple[float, float]:
    """Give the median seconds of a read and of a dump, which take turns."""
    installation = database.cluster.installation
    dump = [str(installation.program("pg_dump")), "--schema-only", "--file=-", database.dsn]

    def run_dump() -> None:
        subprocess.run(dump, env=installation.environment(), stdout=subprocess.DEVNULL, check=True)

    def run_read() -> None:
        with psycopg.connect(database.dsn) as connection:
            found = read(connection)
        if len(found.catalog.foreign_tables) != TABLES:
            raise SystemExit(f"{len(found.catalog.foreign_tables)} tables were read, not {TABLES}")

    pairs = [(seconds(run_read), seconds(run_dump)) for _ in range(RUNS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


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
