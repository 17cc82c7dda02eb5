"""A session that scans for long does not grow."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

SCANS = int(os.environ.get("EXCLAVE_TEST_SCANS", "1000"))

pytestmark = pytest.mark.skipif(
    "EXCLAVE_HOST_SANITIZE" in os.environ, reason="the sanitizer keeps what was freed"
)


def resident(connection: psycopg.Connection) -> int:
    """Give the resident size of the backend in KiB, without what it shares."""
    status = Path(f"/proc/{connection.info.backend_pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1])


SOURCES = ["rows '[(1, ''a'')]'", "arrow 'pa.table({''a'': [1], ''b'': [''a'']})'"]
SCAN = "PERFORM * FROM g;"
FAIL = "BEGIN PERFORM b::int FROM g; EXCEPTION WHEN OTHERS THEN END;"
LOOP = "DO $$ BEGIN FOR i IN 1..{} LOOP {} END LOOP; END $$"


@pytest.mark.parametrize("source", SOURCES)
def test_small_scans(connection: psycopg.Connection, source: str) -> None:
    connection.execute("SELECT exclave.create_wrapper('given', 'trial_wrappers:Given')")
    connection.execute("CREATE SERVER given FOREIGN DATA WRAPPER given")
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE g (a bigint, b text) SERVER given OPTIONS ({})").format(
            sql.SQL(source)
        )
    )
    for statement in (SCAN, FAIL):
        many = sql.SQL(LOOP).format(sql.Literal(SCANS), sql.SQL(statement))
        connection.execute(many)
        before = resident(connection)
        connection.execute(many)
        assert resident(connection) - before < 1024


def test_a_large_scan(connection: psycopg.Connection) -> None:
    connection.execute("SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')")
    connection.execute("CREATE SERVER numbers FOREIGN DATA WRAPPER numbers")
    connection.execute(
        "CREATE FOREIGN TABLE n (id bigint, label text) SERVER numbers OPTIONS (count '300000')"
    )
    connection.execute("SELECT count(label) FROM n WHERE id < 5000")
    before = resident(connection)
    assert connection.execute("SELECT count(label) FROM n").fetchone() == (300000,)
    assert resident(connection) - before < 1024
