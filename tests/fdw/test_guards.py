"""What Python code could do to the process of a backend: signals, timers, exits, forks."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from tests.fdw.waiting import acting_once

from exclave.cluster import Cluster


def scan(connection: psycopg.Connection, expression: str) -> list[tuple[object, ...]]:
    """Scan a table that gives the rows of an expression; `os`, `signal` and `time` are there."""
    connection.execute("DROP FOREIGN TABLE IF EXISTS g")
    prelude = "[x for os, signal, time in [map(__import__, ('os', 'signal', 'time'))] for x in "
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE g (v int) SERVER given OPTIONS (rows {})").format(
            f"{prelude}({expression})]"
        )
    )
    return connection.execute("SELECT * FROM g").fetchall()


REFUSED = [
    ("signal.signal(signal.SIGINT, signal.SIG_IGN)", "ValueError: signals belong to PostgreSQL"),
    ("signal.signal(signal.SIGUSR1, print)", "ValueError: signals belong to PostgreSQL"),
    ("signal.alarm(1)", "OSError: signals belong to PostgreSQL"),
    ("signal.setitimer(signal.ITIMER_REAL, 1)", "OSError: signals belong to PostgreSQL"),
    ("os._exit(0)", "os._exit would end the server's process"),
    ("os.abort()", "os.abort would end the server's process"),
    ("os.execv('/bin/true', ['true'])", "os.execv would end the server's process"),
    ("os.execlp('true', 'true')", "os.execve? would end the server's process"),
    ("__import__('sys').exit(3)", "SystemExit"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_backend_keeps_its_process_and_its_signals(
    given: psycopg.Connection, expression: str, message: str
) -> None:
    with pytest.raises(psycopg.Error, match=message):
        scan(given, expression)
    assert scan(given, "[(1,)]") == [(1,)]


def test_a_child_that_comes_back_ends(given: psycopg.Connection) -> None:
    assert scan(given, "[(1,)] if os.fork() else [(2,)]") == [(1,)]
    assert scan(given, "[(os.WEXITSTATUS(os.wait()[1]),)]") == [(1,)]
    assert scan(given, "[(os.fork() and 1 or 2,)]") == [(1,)]
    assert scan(given, "[(os.WEXITSTATUS(os.wait()[1]),)]") == [(1,)]
    with pytest.raises(psycopg.Error, match="ZeroDivisionError"):
        scan(given, "1 / 0 if os.fork() else 2 / 0")
    assert scan(given, "[(os.WEXITSTATUS(os.wait()[1]),)]") == [(1,)]


def test_a_child_may_work_and_be_ended(given: psycopg.Connection) -> None:
    fork = "__import__('multiprocessing').get_context('fork')"
    pool = f"[p.map(abs, [-1, -2]) for p in [{fork}.Pool(1)]][0]"
    assert scan(given, f"[(v,) for v in {pool}]") == [(1,), (2,)]
    process = f"{fork}.Process(target=time.sleep, args=(60,))"
    ended = f"[(p.start(), p.terminate(), p.join(), p.exitcode) for p in [{process}]]"
    assert scan(given, f"[(code,) for *_, code in {ended}]") == [(-15,)]


def test_a_call_into_c_ends_before_the_statement_does(given: psycopg.Connection) -> None:
    given.execute("SET statement_timeout = '100ms'")
    digest = "__import__('hashlib').pbkdf2_hmac('sha256', b'', b'', 1500000)"
    with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
        scan(given, f"[(len({digest}),)]")
    given.execute("SET statement_timeout = 0")
    assert scan(given, "[(1,)]") == [(1,)]


def test_arrow_that_waits_for_a_thread_can_be_cancelled(given: psycopg.Connection) -> None:
    given.execute("SET statement_timeout = '300ms'")
    slow = "__import__('multiprocessing.pool').pool.ThreadPool(1).map(time.sleep, [60])"
    with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
        scan(given, slow)
    given.execute("SET statement_timeout = 0")


def test_what_pyarrow_cancels_is_cancelled(given: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        scan(given, "(_ for _ in ()).throw(pa.lib.ArrowCancelled('signal 2'))")


def test_signals_reach_a_backend_whose_libraries_have_threads(
    given: psycopg.Connection, host_cluster: Cluster
) -> None:
    threads = "[__import__('threading').Thread(target=time.sleep, args=(3,), daemon=True).start()"
    scan(given, f"[(1,) for _ in {threads} for _ in range(8)]]")
    pid = given.info.backend_pid

    running = "SELECT FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
    cancel = "SELECT pg_cancel_backend(%s)"
    with host_cluster.connect() as other:
        for query in ("SELECT pg_sleep(3600)", "SELECT count(*) FROM generate_series(1, 1e11)"):
            with (
                pytest.raises(psycopg.errors.QueryCanceled, match="user request"),
                acting_once(
                    lambda: other.execute(running, [pid]).fetchall(),
                    lambda: other.execute(cancel, [pid]),
                ),
            ):
                given.execute(query)
