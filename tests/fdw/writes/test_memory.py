"""A session that writes for long does not grow."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

WRITES = int(os.environ.get("EXCLAVE_TEST_WRITES", "1000"))

pytestmark = pytest.mark.skipif(
    "EXCLAVE_HOST_SANITIZE" in os.environ, reason="the sanitizer keeps what was freed"
)


def resident(connection: psycopg.Connection) -> int:
    """Give the resident size of the backend in KiB, without what it shares."""
    status = Path(f"/proc/{connection.info.backend_pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1])


@pytest.fixture
def sink(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with a table that forgets what it is given."""
    connection.execute("SELECT exclave.create_wrapper('sink', 'trial_writes:Sink')")
    connection.execute("CREATE SERVER sink FOREIGN DATA WRAPPER sink")
    connection.execute("CREATE FOREIGN TABLE s (id text, label text) SERVER sink")
    return connection


SMALL = {
    "insert": "INSERT INTO s VALUES (i, 'a')",
    "returning": "PERFORM 1 FROM put(i)",
    "failing": "BEGIN INSERT INTO s VALUES (i, 'a'), (i, chr(0)); EXCEPTION WHEN OTHERS THEN END",
    "failing class": "BEGIN INSERT INTO s VALUES (i, 1 / (i - i)); EXCEPTION WHEN OTHERS THEN END",
}


def test_small_statements(sink: psycopg.Connection) -> None:
    sink.execute("CREATE FUNCTION put(i int) RETURNS text LANGUAGE sql AS "
                 "$$INSERT INTO s VALUES (i, 'a') RETURNING id$$")  # fmt: skip
    for name, statement in SMALL.items():
        many = f"DO $$ BEGIN FOR i IN 1..{WRITES} LOOP {statement}; END LOOP; END $$"
        sink.execute(many)
        before = resident(sink)
        sink.execute(many)
        assert resident(sink) - before < 1024, name


LARGE = {
    "insert": "INSERT INTO s SELECT i, repeat('x', 1000) FROM generate_series(1, {}) AS i",
    "returning": "WITH n AS (INSERT INTO s SELECT i FROM generate_series(1, {}) AS i "
    "RETURNING label) SELECT count(label) FROM n",
    "update": "UPDATE s SET label = 'y' WHERE id::int < {}",
    "delete": "DELETE FROM s WHERE id::int < {}",
}


def test_large_statements(sink: psycopg.Connection) -> None:
    sink.execute("SET work_mem = '64kB'")
    for name, statement in LARGE.items():
        sink.execute(statement.format(2000))
        before = resident(sink)
        sink.execute(statement.format(20_000))
        # 20,000 rows of the scan are kept while they are changed
        kept = 20_000 if name in {"update", "delete"} else 0
        assert resident(sink) - before < 1536 + kept, name
