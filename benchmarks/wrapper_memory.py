"""Claim: a backend that scans foreign tables in Python does not grow.

Its resident memory (what it does not share) grows by less than 64 MB over a scan of 50M rows, and
by nothing measurable over 100,000 small scans in one connection.

``EXCLAVE_BENCH_PG`` names the major version, ``EXCLAVE_BENCH_MANY`` and ``EXCLAVE_BENCH_SCANS`` how
many rows and scans there are.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import psycopg
from _host import host_cluster, say
from wrapper_scan import MODULES, NARROW, TABLES

MANY = int(os.environ.get("EXCLAVE_BENCH_MANY", "50000000"))
SCANS = int(os.environ.get("EXCLAVE_BENCH_SCANS", "100000"))
COLUMNS = "id bigint, small int, ratio float8, label text, moment timestamptz"
LOOP = "DO $$ BEGIN FOR i IN 1..{} LOOP PERFORM * FROM {}; END LOOP; END $$"


def resident(pid: int) -> int:
    """Give the resident memory of a process in KiB, without what it shares."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1])


def peak_of(connection: psycopg.Connection, query: str) -> int:
    """Run a query, and give the most that was resident meanwhile, looked at ten times a second."""
    pid = connection.info.backend_pid
    seen = [resident(pid)]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            seen.append(resident(pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        connection.execute(query)
    finally:
        done.set()
        watcher.join()
    return max(seen)


def measure(connection: psycopg.Connection, source: str, first: str, query: str) -> None:
    """Print how much more is resident during and after the query than before, after a first one."""
    connection.execute(first)
    before = resident(connection.info.backend_pid)
    peak = peak_of(connection, query)
    after = resident(connection.info.backend_pid)
    say(f"wrapper_memory.{source}.growth", (after - before) / 1024, "MiB")
    say(f"wrapper_memory.{source}.peak_growth", (peak - before) / 1024, "MiB")


def main() -> None:
    """Measure, and print one JSON object a line."""
    with host_cluster(MODULES) as cluster:
        with cluster.connect() as connection:
            connection.execute("CREATE EXTENSION exclave_fdw")
            connection.execute(TABLES)
            connection.execute("SELECT exclave.create_wrapper('again', 'bench_arrow:Forever')")
            connection.execute("CREATE SERVER again FOREIGN DATA WRAPPER again")
            for name, server, rows in [
                ("fewer", "again", MANY // 100), ("many", "again", MANY),
                ("few_arrow", "arrow", 10), ("few_rows", "rows", 10),
            ]:  # fmt: skip
                connection.execute(
                    f"CREATE FOREIGN TABLE {name} ({COLUMNS}) SERVER {server}"
                    f" OPTIONS (rows '{rows}')"
                )
            measure(
                connection, f"scan_of_{MANY}_rows", NARROW.format("fewer"), NARROW.format("many")
            )
        for table in ("few_arrow", "few_rows"):
            with cluster.connect() as connection:
                few, many = (LOOP.format(scans, table) for scans in (SCANS // 10, SCANS))
                measure(connection, f"{SCANS}_scans_of_{table}", few, many)


if __name__ == "__main__":
    main()
