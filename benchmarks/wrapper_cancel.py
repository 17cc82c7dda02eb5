"""Claim: a cancel ends a scan within 0.3 s, whatever Python does at the moment.

``statement_timeout = '1s'`` and pg_cancel_backend after a second, while the class loops, catches
every exception, sleeps, or waits on a socket; the connection goes on afterwards. Multicorn2 took
31 s to end after a timeout of one.
"""

from __future__ import annotations

import threading
import time

import psycopg
from _host import host_cluster, say

WRAPPERS = '''
import socket
import time
from exclave.fdw import ForeignDataWrapper, Options

class Endless(ForeignDataWrapper):
    """Never gives a row."""

    class TableOptions(Options):
        kind: str

    def scan(self, plan, context):
        kind = context.table.options.kind
        while kind == "loop":
            pass
        while kind == "stubborn":
            try:
                time.sleep(60)
            except BaseException:
                pass
        if kind == "sleep":
            time.sleep(60)
        if kind == "socket":
            ours, theirs = socket.socketpair()
            ours.recv(1)
        return []
'''
KINDS = ("loop", "stubborn", "sleep", "socket")


def ended(connection: psycopg.Connection, kind: str) -> float:
    """Scan, be cancelled, and give the seconds that it took; the connection must go on."""
    began = time.perf_counter()
    try:
        connection.execute(f"TABLE {kind}")
    except psycopg.errors.QueryCanceled:
        seconds = time.perf_counter() - began
    else:
        raise AssertionError(f"{kind} ended by itself")
    assert connection.execute("SELECT 1").fetchone() == (1,)
    return seconds


def main() -> None:
    """Measure, and print one JSON object a line: metric, value, unit."""
    with (
        host_cluster({"endless": WRAPPERS}) as cluster,
        cluster.connect() as connection,
        cluster.connect() as other,
    ):
        connection.execute("CREATE EXTENSION exclave_fdw")
        connection.execute("SELECT exclave.create_wrapper('endless', 'endless:Endless')")
        connection.execute("CREATE SERVER endless FOREIGN DATA WRAPPER endless")
        for kind in KINDS:
            connection.execute(
                f"CREATE FOREIGN TABLE {kind} (x int) SERVER endless OPTIONS (kind '{kind}')"
            )
        connection.execute("SELECT exclave.python_version()")
        connection.execute("SET statement_timeout = '1s'")
        for kind in KINDS:
            say(f"wrapper_cancel.{kind}.timeout_of_1s", ended(connection, kind), "s")
        connection.execute("RESET statement_timeout")
        backend = connection.info.backend_pid
        for kind in KINDS:
            cancel = threading.Timer(1, other.execute, ["SELECT pg_cancel_backend(%s)", [backend]])
            cancel.start()
            say(f"wrapper_cancel.{kind}.cancelled_after_1s", ended(connection, kind), "s")
            cancel.join()


if __name__ == "__main__":
    main()
