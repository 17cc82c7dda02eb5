"""Claim: a foreign table whose rows come from Python scans as fast as a heap table.

An aggregate over all columns of 1M rows, warm, single process, all sources in turn. For (bigint,
int, float8, text, timestamptz): Arrow batches at most 1.1 times the heap, tuples of a generator at
most 6 times, mufdw at most 4 times. For 20 columns of mixed types, two of them jsonb: at most 2
times. Other producers of Arrow, file_fdw and postgres_fdw run beside them. The first scan in a new
connection is printed.

Milliseconds of processor are those of the backend alone, so that other work on the machine does
not count (nor does that of the server behind postgres_fdw). ``EXCLAVE_BENCH_PG`` names the major
version, ``EXCLAVE_BENCH_ROWS`` and ``EXCLAVE_BENCH_RUNS`` how much is measured.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import psycopg
from _host import host_cluster, say

from exclave.cluster import Cluster

ROWS = int(os.environ.get("EXCLAVE_BENCH_ROWS", "1000000"))
RUNS = int(os.environ.get("EXCLAVE_BENCH_RUNS", "7"))
NARROW = "SELECT count(id), sum(small), sum(ratio), max(length(label)), max(moment) FROM {}"


SCANNED = Path(__file__).parent / "scanned"
MODULES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SCANNED.glob("*.py"))}
TABLES = (SCANNED / "tables.sql").read_text(encoding="utf-8")


def processor(connection: psycopg.Connection) -> float:
    """Give the milliseconds of processor that the backend has used."""
    said = Path(f"/proc/{connection.info.backend_pid}/schedstat").read_text(encoding="utf-8")
    return int(said.split()[0]) / 1e6


def timed(connection: psycopg.Connection, query: str) -> tuple[float, float, object]:
    """Give the milliseconds of a query, by the clock and of the processor, and its answer."""
    before = processor(connection)
    began = time.perf_counter()
    answer = connection.execute(query).fetchone()
    clock = (time.perf_counter() - began) * 1000
    return clock, processor(connection) - before, answer


def make_narrow(connection: psycopg.Connection, cluster: Cluster) -> list[str]:
    """Make the narrow tables, all with the same rows; give their names, the heap's first."""
    columns = "id bigint, small int, ratio float8, label text, moment timestamptz"
    tables = ["heap", "arrow", "rows"]
    for name, server, options in [
        ("arrow", "arrow", ""), ("rows", "rows", ""),
        *((by, "arrow", f", by '{by}'") for by in ("polars", "duckdb", "nanoarrow")),
    ]:  # fmt: skip
        connection.execute(
            f"CREATE FOREIGN TABLE {name} ({columns}) SERVER {server}"
            f" OPTIONS (rows '{ROWS}'{options})"
        )
    tables += ["polars", "duckdb", "nanoarrow"]
    connection.execute("INSERT INTO heap SELECT * FROM arrow")
    connection.execute("VACUUM (ANALYZE, FREEZE) heap")
    csv = cluster.data_dir / "heap.csv"
    connection.execute(f"COPY heap TO '{csv}' (FORMAT csv)")
    connection.execute("CREATE EXTENSION file_fdw; CREATE EXTENSION postgres_fdw")
    connection.execute("CREATE SERVER files FOREIGN DATA WRAPPER file_fdw")
    connection.execute(
        f"CREATE FOREIGN TABLE file_fdw ({columns}) SERVER files"
        f" OPTIONS (filename '{csv}', format 'csv')"
    )
    where = f"host '127.0.0.1', port '{cluster.port}', dbname 'postgres', fetch_size '10000'"
    connection.execute(f"CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({where})")
    connection.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS (user 'postgres')")
    connection.execute(
        f"CREATE FOREIGN TABLE postgres_fdw ({columns}) SERVER loop OPTIONS (table_name 'heap')"
    )
    return [
        *tables,
        "file_fdw",
        "(SELECT * FROM postgres_fdw OFFSET 0) AS postgres_fdw",  # not the aggregate, as others
        *make_mufdw(connection, columns),
    ]


def make_mufdw(connection: psycopg.Connection, columns: str) -> list[str]:
    """Make the table of mufdw, which is no part of every installation of the host."""
    known = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'mufdw'")
    if known.fetchone() is None:
        return []
    connection.execute("CREATE EXTENSION mufdw; CREATE SERVER mu FOREIGN DATA WRAPPER mufdw")
    connection.execute("CREATE USER MAPPING FOR CURRENT_USER SERVER mu")
    connection.execute(
        f"CREATE FOREIGN TABLE mufdw ({columns}) SERVER mu"
        " OPTIONS (schema_name 'public', table_name 'heap')"
    )
    return ["mufdw"]


def make_wide(connection: psycopg.Connection) -> str:
    """Make the tables of 20 columns; give the query of all of them."""
    names = connection.execute(
        "SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', '"
        " ORDER BY attnum), string_agg(format('count(%I)', attname), ', ' ORDER BY attnum)"
        " FROM pg_attribute WHERE attrelid = 'heap_wide'::regclass AND attnum > 0"
    ).fetchone()
    assert names is not None
    columns, counts = names
    connection.execute(
        f"CREATE FOREIGN TABLE arrow_wide ({columns}) SERVER arrow"
        f" OPTIONS (rows '{ROWS}', columns 'wide')"
    )
    connection.execute("INSERT INTO heap_wide SELECT * FROM arrow_wide")
    connection.execute("VACUUM (ANALYZE, FREEZE) heap_wide")
    return "SELECT " + counts + " FROM {}"  # noqa: S608


def compare(connection: psycopg.Connection, query: str, tables: list[str]) -> None:
    """Time the query on all tables in turn, and print each as a ratio to the first."""
    answers = {table: timed(connection, query.format(table))[-1] for table in tables}
    assert len(set(map(str, answers.values()))) == 1, answers
    clocks: dict[str, list[float]] = {table: [] for table in tables}
    processors: dict[str, list[float]] = {table: [] for table in tables}
    for _ in range(RUNS):
        for table in tables:
            clock, used, _ = timed(connection, query.format(table))
            clocks[table].append(clock)
            processors[table].append(used)
    heap, heap_used = (statistics.median(of[tables[0]]) for of in (clocks, processors))
    for table in tables:
        median = statistics.median(clocks[table])
        used = statistics.median(processors[table])
        name = f"wrapper_scan.{table.split()[-1]}"
        say(name, median, "ms")
        say(f"{name}.ratio", median / heap, "x heap")
        say(f"{name}.processor_ratio", used / heap_used, "x heap")


def first_scans(cluster: Cluster) -> None:
    """Print what the first scan of a connection costs: Python starts, and imports."""
    for table in ("first_rows", "first_arrow"):
        with cluster.connect() as connection:
            first, *_ = timed(connection, f"TABLE {table}")
            second, *_ = timed(connection, f"TABLE {table}")
        say(f"wrapper_scan.{table}.first_scan", first, "ms")
        say(f"wrapper_scan.{table}.second_scan", second, "ms")


def main() -> None:
    """Measure, and print one JSON object a line."""
    settings = {"shared_buffers": "1GB", "jit": "off"}
    with host_cluster(MODULES, **settings) as cluster, cluster.connect() as connection:
        connection.prepare_threshold = None
        connection.execute("CREATE EXTENSION exclave_fdw")
        connection.execute(TABLES)
        for by in ("rows", "arrow"):
            connection.execute(
                f"CREATE FOREIGN TABLE first_{by} (id bigint, small int, ratio float8, label text,"
                f" moment timestamptz) SERVER {by} OPTIONS (rows '1')"
            )
        first_scans(cluster)
        compare(connection, make_wide(connection), ["heap_wide", "arrow_wide"])
        compare(connection, NARROW, make_narrow(connection, cluster))


if __name__ == "__main__":
    main()
