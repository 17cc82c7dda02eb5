"""Claim: a foreign table whose rows come from Python scans as fast as a heap table.

One aggregate over all columns of (bigint, int, float8, text, timestamptz), warm, single process,
runs of all sources in turn: Arrow batches at most 1.1 times the heap, tuples of a generator at most
6 times.

EXCLAVE_PG_CONFIG names the pg_config of a PostgreSQL into which the host is installed
(``make -C extension install``); its Python needs exclave and pyarrow.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import sysconfig
import time
from pathlib import Path

import psycopg

from exclave.cluster import Cluster, installations

ROWS = int(os.environ.get("EXCLAVE_BENCH_ROWS", "1000000"))
RUNS = 9
COLUMNS = "id bigint, small int, ratio float8, label text, moment timestamptz"
AGGREGATE = "SELECT count(id), sum(small), sum(ratio), max(length(label)), max(moment) FROM {}"
HEAP = """
INSERT INTO heap
SELECT i, i % 1000, i / 7.0, 'label ' || i, timestamptz '2024-01-01 00:00:00+00' + i * interval '1s'
  FROM generate_series(1, {}) AS i
"""
WRAPPERS = '''
import datetime
import pyarrow as pa
from exclave.fdw import ForeignDataWrapper, Options

START = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
made = {}

class TableOptions(Options):
    rows: int

def row(i):
    return (i, i % 1000, i / 7, f"label {i}", START + datetime.timedelta(seconds=i))

def batch(start, stop):
    numbers = range(start, stop)
    return pa.record_batch({
        "id": pa.array(numbers, pa.int64()),
        "small": pa.array([i % 1000 for i in numbers], pa.int32()),
        "ratio": pa.array([i / 7 for i in numbers], pa.float64()),
        "label": pa.array([f"label {i}" for i in numbers], pa.string()),
        "moment": pa.array([START + datetime.timedelta(seconds=i) for i in numbers],
                           pa.timestamp("us", tz="UTC")),
    })

class Arrow(ForeignDataWrapper):
    """The batches, made in the first scan: what is timed is the way into PostgreSQL."""
    TableOptions = TableOptions
    def scan(self, plan, context):
        rows = context.table.options.rows
        if rows not in made:
            made[rows] = [batch(i, min(i + 8192, rows + 1)) for i in range(1, rows + 1, 8192)]
        return pa.RecordBatchReader.from_batches(made[rows][0].schema, made[rows])

class Rows(ForeignDataWrapper):
    """Tuples of a generator, from rows made in the first scan."""
    TableOptions = TableOptions
    def scan(self, plan, context):
        rows = context.table.options.rows
        key = "rows", rows
        if key not in made:
            made[key] = [row(i) for i in range(1, rows + 1)]
        for one in made[key]:
            yield tuple([value for value in one])
'''


def timed(connection: psycopg.Connection, table: str) -> tuple[float, object]:
    """Give the milliseconds of the aggregate, and its answer."""
    began = time.perf_counter()
    answer = connection.execute(AGGREGATE.format(table)).fetchone()
    return (time.perf_counter() - began) * 1000, answer


def main() -> None:
    """Measure, and print one JSON object a line."""
    wanted = Path(os.environ["EXCLAVE_PG_CONFIG"]).parent.resolve()
    os.environ["EXCLAVE_PG"] = str(wanted)
    installation = next(iter(installations()))
    with (
        Cluster(
            installation=installation,
            settings={
                "exclave_fdw.python": sys.prefix,
                "max_parallel_workers_per_gather": 0,
                "shared_buffers": "256MB",
            },
        ) as cluster,
        cluster.connect() as connection,
    ):
        folder = cluster.data_dir / "wrappers"
        folder.mkdir()
        (folder / "bench_wrappers.py").write_text(WRAPPERS, encoding="utf-8")
        # the wrappers of this benchmark, for this run only
        pth = Path(sysconfig.get_path("purelib")) / "exclave_bench_wrappers.pth"
        pth.write_text(str(folder), encoding="utf-8")
        try:
            measure(connection, installation.version)
        finally:
            pth.unlink()


def measure(connection: psycopg.Connection, version: str) -> None:
    """Make the tables and time them in turn."""
    connection.execute("CREATE EXTENSION exclave_fdw")
    connection.execute(f"CREATE TABLE heap ({COLUMNS})")
    connection.execute(HEAP.format(ROWS))
    connection.execute("VACUUM (ANALYZE, FREEZE) heap")
    for name in ("arrow", "rows"):
        connection.execute(
            f"SELECT exclave.create_wrapper('{name}', 'bench_wrappers:{name.title()}')"
        )
        connection.execute(f"CREATE SERVER {name} FOREIGN DATA WRAPPER {name}")
        connection.execute(
            f"CREATE FOREIGN TABLE {name}_table ({COLUMNS}) SERVER {name} OPTIONS (rows '{ROWS}')"
        )
    tables = ("heap", "arrow_table", "rows_table")
    answers = {table: timed(connection, table)[1] for table in tables}
    assert len(set(answers.values())) == 1, answers
    times: dict[str, list[float]] = {table: [] for table in tables}
    for _ in range(RUNS):
        for table in tables:
            times[table].append(timed(connection, table)[0])
    heap = statistics.median(times["heap"])
    for table in tables:
        median = statistics.median(times[table])
        print(  # noqa: T201
            json.dumps(
                {
                    "postgresql": version,
                    "rows": ROWS,
                    "source": table,
                    "median_ms": round(median, 1),
                    "best_ms": round(min(times[table]), 1),
                    "times_heap": round(median / heap, 2),
                }
            )
        )


if __name__ == "__main__":
    main()
