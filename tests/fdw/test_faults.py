"""Nothing that Python does takes the server down: exceptions, exits, cancel and timeouts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from tests.fdw.waiting import when_said

from exclave.cluster import Cluster

KINDS = {
    "error": "HV000", "exit": "HV000", "keyboard": "HV000", "memory": "53200",
    "recursion": "54001", "wrapper": "22012", "surrogate": "HV000", "nul": "HV000",
    "unprintable": "HV000",
}  # fmt: skip


@pytest.fixture
def faulty(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with a server of the wrapper that fails on demand."""
    connection.execute("SELECT exclave.create_wrapper('faulty', 'trial_wrappers:Faulty')")
    connection.execute("CREATE SERVER faulty FOREIGN DATA WRAPPER faulty")
    return connection


def fail_at(connection: psycopg.Connection, phase: str, kind: str) -> None:
    connection.execute("DROP FOREIGN TABLE IF EXISTS f")
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE f (id int) SERVER faulty OPTIONS (at {}, kind {})").format(
            phase, kind
        )
    )


@contextmanager
def before_it_ends() -> Iterator[None]:
    """Refuse that Python ended by itself, after the minute that it sleeps."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 60


def backend(connection: psycopg.Connection) -> int:
    return connection.info.backend_pid


@pytest.mark.parametrize("phase", ["plan", "scan", "row"])
def test_every_exception_becomes_an_error_and_the_session_goes_on(
    faulty: psycopg.Connection, host_cluster: Cluster, phase: str
) -> None:
    before = host_cluster.log()
    for kind, state in KINDS.items():
        fail_at(faulty, phase, kind)
        for _ in range(3):
            with pytest.raises(psycopg.Error) as error:
                faulty.execute("SELECT * FROM f")
            assert error.value.sqlstate == state, kind
        assert faulty.execute("SELECT 1").fetchone() == (1,)
    assert "terminated by signal" not in host_cluster.log()[len(before) :]


def test_an_error_says_where_in_python_it_came_from(faulty: psycopg.Connection) -> None:
    fail_at(faulty, "row", "error")
    with pytest.raises(psycopg.Error) as error:
        faulty.execute("SELECT * FROM f")
    assert error.value.diag.message_primary == "RuntimeError: error"
    assert "trial_wrappers.py" in (error.value.diag.message_detail or "")
    fail_at(faulty, "row", "wrapper")
    with pytest.raises(psycopg.errors.DivisionByZero) as told:
        faulty.execute("SELECT * FROM f")
    assert told.value.diag.message_primary == "no such thing"
    assert told.value.diag.message_detail == "why"
    assert told.value.diag.message_hint == "what next"


def test_rows_before_the_error_can_be_had(faulty: psycopg.Connection) -> None:
    fail_at(faulty, "row", "error")
    assert len(faulty.execute("SELECT * FROM f LIMIT 3").fetchall()) == 3


def test_a_generator_that_fails_as_it_is_closed_is_only_logged(
    faulty: psycopg.Connection, host_cluster: Cluster
) -> None:
    fail_at(faulty, "close", "error")
    assert len(faulty.execute("SELECT * FROM f LIMIT 1").fetchall()) == 1
    with faulty.transaction(), faulty.cursor(name="left_open") as cursor:
        cursor.execute("SELECT * FROM f")
        assert cursor.fetchone() == (0,)
    assert faulty.execute("SELECT 1").fetchone() == (1,)


def test_an_error_in_a_savepoint_leaves_the_transaction(faulty: psycopg.Connection) -> None:
    fail_at(faulty, "row", "error")
    with faulty.transaction():
        faulty.execute("CREATE TABLE kept ()")
        with pytest.raises(psycopg.Error), faulty.transaction():
            faulty.execute("SELECT * FROM f")
    assert faulty.execute("SELECT count(*) FROM kept").fetchone() == (0,)


PLACES = [
    *itertools.product(["plan", "scan", "row"], ["loop", "sleep", "socket"]),
    ("row", "stubborn loop"),
    ("row", "stubborn sleep"),
    ("close", "sleep"),
]


@pytest.mark.parametrize(("phase", "kind"), PLACES)
def test_a_timeout_ends_python(faulty: psycopg.Connection, phase: str, kind: str) -> None:
    fail_at(faulty, phase, kind)
    faulty.execute("SELECT exclave.python_version(); SET statement_timeout = '300ms'")
    for _ in range(2):
        with (
            before_it_ends(),
            pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"),
        ):
            faulty.execute("SELECT * FROM f")
    assert faulty.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "kind", ["loop", "sleep", "another sleep", "socket", "asyncio", "thread", "process"]
)
def test_a_cancel_ends_python(faulty: psycopg.Connection, host_cluster: Cluster, kind: str) -> None:
    fail_at(faulty, "row", kind)
    with (
        before_it_ends(),
        pytest.raises(psycopg.errors.QueryCanceled, match="user request"),
        when_said(host_cluster, f"{kind} begins", faulty.cancel),
    ):
        faulty.execute("SELECT * FROM f")
    assert faulty.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("kind", ["loop", "sleep", "socket", "thread"])
def test_terminate_ends_python_and_only_this_session(
    faulty: psycopg.Connection, host_cluster: Cluster, kind: str
) -> None:
    fail_at(faulty, "row", kind)
    pid = backend(faulty)

    def terminate() -> None:
        with host_cluster.connect() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])

    with host_cluster.connect() as bystander:
        with (
            before_it_ends(),
            pytest.raises(psycopg.errors.AdminShutdown),
            when_said(host_cluster, f"{kind} begins", terminate),
        ):
            faulty.execute("SELECT * FROM f")
        assert bystander.execute("SELECT 1").fetchone() == (1,)


def test_the_end_of_a_cancelled_scan_can_be_cancelled_too(
    faulty: psycopg.Connection, host_cluster: Cluster
) -> None:
    fail_at(faulty, "close", "sleep")
    faulty.execute("SET statement_timeout = '300ms'")
    with (
        before_it_ends(),
        pytest.raises(psycopg.errors.QueryCanceled),
        when_said(host_cluster, "sleep begins", faulty.cancel),
    ):
        faulty.execute("SELECT *, pg_sleep(60) FROM f")
    assert faulty.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("kind", ["loop", "sleep"])
def test_a_timeout_of_the_transaction_ends_the_session(
    faulty: psycopg.Connection, host_cluster: Cluster, kind: str
) -> None:
    if host_cluster.major < 17:
        pytest.skip("PostgreSQL 17 brought transaction_timeout")
    fail_at(faulty, "row", kind)
    faulty.execute("SET transaction_timeout = '300ms'")
    with before_it_ends(), pytest.raises(psycopg.errors.TransactionTimeout):
        faulty.execute("SELECT * FROM f")


@pytest.mark.parametrize("kind", ["loop", "sleep"])
def test_the_database_can_be_dropped_while_python_runs(
    faulty: psycopg.Connection, host_cluster: Cluster, kind: str
) -> None:
    fail_at(faulty, "row", kind)

    def create_and_drop() -> None:
        with host_cluster.connect() as other:  # asks every backend to let go of files
            other.execute("CREATE DATABASE short_lived STRATEGY file_copy")
            other.execute("DROP DATABASE short_lived")
        faulty.cancel()

    with (
        before_it_ends(),
        pytest.raises(psycopg.errors.QueryCanceled, match="user request"),
        when_said(host_cluster, f"{kind} begins", create_and_drop),
    ):
        faulty.execute("SELECT * FROM f")
