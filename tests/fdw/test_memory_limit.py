"""Python that allocates without end gets an error, and the server lives."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster

pytestmark = pytest.mark.skipif(
    "EXCLAVE_HOST_SANITIZE" in os.environ, reason="the sanitizer ends what gets no memory"
)

PLACES = [
    *(("row", kind) for kind in ("pages", "objects", "text", "arrow", "threads", "kept")),
    *((at, "pages") for at in ("plan", "scan")),
]


@pytest.fixture
def greedy(connection: psycopg.Connection) -> psycopg.Connection:
    """A session with a server of the wrapper that takes all memory, which is 200 MB."""
    connection.execute("SELECT exclave.create_wrapper('greedy', 'greedy_wrappers:Greedy')")
    connection.execute("CREATE SERVER greedy FOREIGN DATA WRAPPER greedy")
    connection.execute("SET exclave_fdw.memory_limit = '200MB'")
    return connection


def take(connection: psycopg.Connection, kind: str, at: str = "row", rows: str = "1") -> None:
    connection.execute("DROP FOREIGN TABLE IF EXISTS g")
    connection.execute(
        sql.SQL(
            "CREATE FOREIGN TABLE g (id int) SERVER greedy OPTIONS (kind {}, at {}, rows {})"
        ).format(kind, at, rows)
    )


def goes_on(connection: psycopg.Connection) -> bool:
    take(connection, "pages", "nowhere")
    return connection.execute("SELECT count(id) FROM g").fetchone() == (1,)


@pytest.mark.parametrize(("at", "kind"), PLACES)
def test_it_is_an_error_and_the_session_goes_on(
    greedy: psycopg.Connection, host_cluster: Cluster, at: str, kind: str
) -> None:
    before = len(host_cluster.log())
    for _ in range(2):
        take(greedy, kind, at)
        with pytest.raises(psycopg.errors.OutOfMemory) as error:
            greedy.execute("SELECT * FROM g")
        assert "exclave_fdw.memory_limit" in (error.value.diag.message_hint or "")
    greedy.execute("SET exclave_fdw.memory_limit = '300MB'")  # what is kept is kept
    assert goes_on(greedy)
    assert "terminated by signal" not in host_cluster.log()[before:]


def test_at_the_end_of_a_scan_it_is_logged_only(
    greedy: psycopg.Connection, host_cluster: Cluster
) -> None:
    before = len(host_cluster.log())
    take(greedy, "pages", "close")
    assert len(greedy.execute("SELECT * FROM g LIMIT 1").fetchall()) == 1
    assert goes_on(greedy)
    log = host_cluster.log()[before:]
    assert "MemoryError" in log
    assert "terminated by signal" not in log


def test_code_that_tries_again_and_again_can_be_cancelled(greedy: psycopg.Connection) -> None:
    take(greedy, "stubborn")
    greedy.execute("SET statement_timeout = '1s'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        greedy.execute("SELECT * FROM g")
    greedy.execute("RESET statement_timeout")
    assert goes_on(greedy)


def test_the_limit_is_not_for_postgresql_itself(greedy: psycopg.Connection) -> None:
    assert goes_on(greedy)
    large = "SELECT length(string_agg(repeat('x', 1000000), '')) FROM generate_series(1, 300)"
    assert greedy.execute(large).fetchone() == (300_000_000,)


def test_what_postgresql_holds_of_the_rows_does_not_count(greedy: psycopg.Connection) -> None:
    take(greedy, "passing", rows="300")
    greedy.execute("SET work_mem = '2GB'")
    kept = "SELECT count(*) FROM (SELECT id, repeat('x', 1 << 20) AS x FROM g ORDER BY x, id) s"
    assert greedy.execute(kept).fetchone() == (300,)
    take(greedy, "pages", rows="300")
    with pytest.raises(psycopg.errors.OutOfMemory):
        greedy.execute(kept)
    assert goes_on(greedy)


def test_half_of_the_memory_is_the_limit_unless_said(greedy: psycopg.Connection) -> None:
    greedy.execute("RESET exclave_fdw.memory_limit")
    take(greedy, "pages", "nowhere")
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    [(granted,)] = greedy.execute("SELECT id FROM g").fetchall()
    assert 0 < granted << 20 <= max(half, 2 << 30) + (1 << 30)
    greedy.execute("SET exclave_fdw.memory_limit = 0")
    assert greedy.execute("SELECT id FROM g").fetchall() == [(-1,)]
