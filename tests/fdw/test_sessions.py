"""Sessions: what a class keeps takes part in transactions and savepoints, whatever it does."""

from __future__ import annotations

import os
import select

import psycopg
import pytest
from psycopg import sql
from tests.fdw.waiting import when_said

from exclave.cluster import Cluster, Database

KINDS = ["error", "exit", "keyboard", "memory", "recursion", "wrapper", "unprintable"]


@pytest.fixture
def used(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with tables that use a session of server one, and of server two.

    ``tell`` shows what the sessions were told of since it was asked last.
    """
    connection.execute("SELECT exclave.create_wrapper('recording', 'session_wrappers:Recording')")
    for server in ("one", "two"):
        connection.execute(
            sql.SQL("CREATE SERVER {0} FOREIGN DATA WRAPPER recording").format(
                sql.Identifier(server)
            )
        )
        connection.execute(
            sql.SQL("CREATE FOREIGN TABLE {0} (it text) SERVER {0} OPTIONS (does 'use')").format(
                sql.Identifier(server)
            )
        )
    connection.execute("CREATE FOREIGN TABLE tell (it text) SERVER one OPTIONS (does 'tell')")
    connection.execute("CREATE FOREIGN TABLE fail (it text) SERVER one OPTIONS (does 'fail')")
    connection.execute("CREATE TABLE kept (number int)")
    return connection


def fail(connection: psycopg.Connection, method: str = "", kind: str = "") -> None:
    """Have sessions fail: in a method, ``one commit`` say, in some way; without it, no longer."""
    connection.execute("DROP FOREIGN TABLE fail")
    connection.execute(
        sql.SQL(
            "CREATE FOREIGN TABLE fail (it text) SERVER one"
            " OPTIONS (does 'fail', method {}, kind {})"
        ).format(method, kind)
    )
    connection.execute("SELECT FROM fail")


def tell(connection: psycopg.Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute("SELECT * FROM tell").fetchall()]


def run(connection: psycopg.Connection, *statements: str) -> list[str]:
    """Run statements, and give what the sessions were told of."""
    tell(connection)
    for statement in statements:
        connection.execute(sql.SQL(statement))
    return tell(connection)


def transaction(connection: psycopg.Connection, *statements: str) -> None:
    """Run statements in a transaction; an error ends it."""
    with connection.transaction():
        for statement in statements:
            connection.execute(sql.SQL(statement))


def kept(connection: psycopg.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT number FROM kept ORDER BY 1").fetchall()]


def test_a_session_takes_part_in_transactions_in_which_it_is_used(
    used: psycopg.Connection,
) -> None:
    assert run(used, "SELECT * FROM one") == ["one begin", "one prepare", "one commit"]
    assert run(used, "SELECT 1", "EXPLAIN SELECT * FROM one") == []
    assert run(
        used, "BEGIN", "SELECT FROM one", "SELECT FROM one, two", "SELECT FROM two", "COMMIT"
    ) == [
        "one begin", "two begin", "two prepare", "one prepare", "two commit", "one commit",
    ]  # fmt: skip
    assert run(used, "BEGIN", "SELECT FROM one", "ROLLBACK") == ["one begin", "one abort"]


def test_a_session_learns_of_savepoints_in_which_it_is_used(used: psycopg.Connection) -> None:
    assert run(
        used, "BEGIN", "SELECT FROM one",
        "SAVEPOINT a", "SELECT FROM one", "SELECT FROM one", "RELEASE a",
        "SAVEPOINT b", "SELECT FROM one", "ROLLBACK TO b", "SELECT FROM one", "ROLLBACK TO b",
        "COMMIT",
    ) == [
        "one begin", "one savepoint 2", "one release 2", "one savepoint 2", "one rollback_to 2",
        "one savepoint 2", "one rollback_to 2", "one prepare", "one commit",
    ]  # fmt: skip
    assert run(
        used, "BEGIN", "SAVEPOINT a", "SAVEPOINT b", "SELECT FROM one", "ROLLBACK TO a",
        "SAVEPOINT c", "COMMIT",
    ) == [
        "one begin", "one savepoint 2", "one savepoint 3", "one rollback_to 3",
        "one rollback_to 2", "one prepare", "one commit",
    ]  # fmt: skip
    assert run(
        used, "BEGIN", "SAVEPOINT a", "SELECT FROM one", "ROLLBACK",
    ) == [
        "one begin", "one savepoint 2", "one rollback_to 2", "one abort",
    ]  # fmt: skip


def test_a_block_of_plpgsql_is_a_savepoint(used: psycopg.Connection) -> None:
    block = (
        "DO $$ BEGIN PERFORM FROM one; BEGIN PERFORM FROM one; PERFORM 1 / 0;"
        " EXCEPTION WHEN division_by_zero THEN END; END $$"
    )
    assert run(used, block) == [
        "one begin", "one savepoint 2", "one rollback_to 2", "one prepare", "one commit",
    ]  # fmt: skip


def test_each_user_has_a_session_and_a_change_of_options_makes_a_new_one(
    used: psycopg.Connection,
) -> None:
    used.execute("CREATE ROLE other_user")
    used.execute("GRANT SELECT ON one TO other_user")
    try:
        assert run(used, "SELECT FROM one")[0] == "one begin"
        other = run(used, "SET ROLE other_user", "SELECT FROM one", "RESET ROLE")
        assert other == ["one begin", "one prepare", "one commit"]
        used.execute("ALTER SERVER one OPTIONS (ADD note 'new')")
        assert tell(used) == ["one close", "one close"]
        assert used.execute("SELECT * FROM one").fetchall() == [("new",)]
        used.execute("SELECT FROM two")
        tell(used)
        changed = run(
            used, "BEGIN", "SELECT FROM one", "ALTER SERVER one OPTIONS (DROP note)",
            "SELECT FROM one", "COMMIT", "SELECT FROM two",
        )  # fmt: skip
        assert changed == [
            "one begin", "one prepare", "one commit", "one close",
            "two begin", "two prepare", "two commit",
        ]  # fmt: skip
        used.execute("SELECT FROM one")
        assert run(used, "CREATE USER MAPPING FOR other_user SERVER one")[-1] == "two close"
    finally:
        used.execute("RESET ROLE")
        used.execute("DROP OWNED BY other_user")
        used.execute("DROP USER MAPPING IF EXISTS FOR other_user SERVER one")
        used.execute("DROP ROLE other_user")


def test_a_server_that_is_dropped_closes_its_session(used: psycopg.Connection) -> None:
    used.execute("SELECT FROM two")
    assert run(used, "DROP SERVER two CASCADE") == ["two close"]


def test_what_fails_before_the_commit_aborts(used: psycopg.Connection) -> None:
    for kind in KINDS:
        fail(used, "one prepare", kind)
        tell(used)
        with pytest.raises(psycopg.Error):
            transaction(used, "INSERT INTO kept VALUES (1)", "SELECT FROM one, two")
        assert kept(used) == [], kind
        assert tell(used)[-2:] == ["two abort", "one abort"], kind
    fail(used)
    assert run(used, "SELECT FROM one") == ["one begin", "one prepare", "one commit"]


def test_what_fails_after_the_commit_is_a_warning_and_the_others_go_on(
    used: psycopg.Connection,
) -> None:
    warnings: list[str] = []
    used.add_notice_handler(lambda notice: warnings.append(f"{notice.message_primary}"))
    for number, kind in enumerate(KINDS):
        fail(used, "two commit", kind)
        warnings.clear()
        tell(used)
        with used.transaction():
            used.execute("INSERT INTO kept VALUES (%s)", [number])
            used.execute("SELECT FROM one, two")
        found = tell(used)
        assert found[-3:] == ["two commit", "two close", "one commit"], kind
        assert warnings[0].startswith('commit() of the session of server "two" failed'), kind
        assert len(warnings) == 1
    assert kept(used) == list(range(len(KINDS)))


@pytest.mark.parametrize("method", ["abort", "close"])
def test_what_fails_at_the_end_is_a_warning(used: psycopg.Connection, method: str) -> None:
    warnings: list[str] = []
    used.add_notice_handler(lambda notice: warnings.append(f"{notice.message_primary}"))
    for kind in KINDS:
        fail(used, f"one {method}", kind)
        warnings.clear()
        run(used, "BEGIN", "SELECT FROM one", "ROLLBACK")
        used.execute("ALTER SERVER one OPTIONS (ADD note 'new')")
        used.execute("ALTER SERVER one OPTIONS (DROP note)")
        assert f'{method}() of the session of server "one" failed' in warnings[0], kind
        assert len(warnings) == 1
    fail(used)
    assert run(used, "SELECT FROM one") == ["one begin", "one prepare", "one commit"]


@pytest.mark.parametrize("method", ["begin", "savepoint", "release"])
def test_what_fails_within_is_an_error(used: psycopg.Connection, method: str) -> None:
    for kind in KINDS:
        fail(used, f"one {method}", kind)
        tell(used)
        with used.transaction():
            used.execute("INSERT INTO kept VALUES (1)")
            used.execute(
                "DO $$ BEGIN INSERT INTO kept VALUES (2); PERFORM FROM one;"
                " EXCEPTION WHEN OTHERS THEN END; $$"
            )
        found = tell(used)
        expected = {
            "begin": ["one begin", "one close"],
            "savepoint": ["one begin", "one savepoint 2", "one prepare", "one commit"],
            "release": [
                "one begin", "one savepoint 2", "one release 2", "one rollback_to 2",
                "one prepare", "one commit",
            ],
        }  # fmt: skip
        assert found == expected[method], kind
    assert set(kept(used)) == {1}


def test_a_session_that_cannot_roll_back_to_a_savepoint_stops_the_commit(
    used: psycopg.Connection,
) -> None:
    for kind in KINDS:
        fail(used, "one rollback_to", kind)
        tell(used)
        in_savepoint = ["SAVEPOINT a", "SELECT FROM one", "ROLLBACK TO a"]
        for more in ([], ["SELECT FROM one"]):
            with pytest.raises(psycopg.errors.FdwError, match="failed as a savepoint"):
                transaction(used, "INSERT INTO kept VALUES (1)", *in_savepoint, *more)
        assert tell(used)[-2:] == ["one abort", "one close"], kind
    assert kept(used) == []


def test_a_session_that_released_what_another_could_not_stops_the_commit(
    used: psycopg.Connection,
) -> None:
    fail(used, "one release", "error")
    with pytest.raises(psycopg.errors.FdwError, match='server "two" failed'):
        transaction(used, "DO $$ BEGIN PERFORM FROM one, two; EXCEPTION WHEN OTHERS THEN END; $$")
    assert tell(used)[-3:] == ["two abort", "two close", "one abort"]


def test_a_transaction_with_sessions_cannot_be_prepared(used: psycopg.Connection) -> None:
    tell(used)
    used.execute("BEGIN")
    used.execute("SELECT FROM one")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match='"one"'):
        used.execute("PREPARE TRANSACTION 'x'")
    assert tell(used) == ["one begin", "one abort"]


def test_sessions_are_asked_for_only_while_a_statement_runs(used: psycopg.Connection) -> None:
    used.execute("CREATE FOREIGN TABLE thread (it text) SERVER one OPTIONS (does 'thread')")
    (row,) = used.execute("SELECT * FROM thread").fetchall()
    assert "in the thread" in row[0]
    fail(used, "one prepare", "spi")
    with pytest.raises(psycopg.Error, match="while a statement runs"):
        used.execute("SELECT FROM one")
    warnings: list[str] = []
    used.add_notice_handler(lambda notice: warnings.append(f"{notice.message_primary}"))
    fail(used)
    fail(used, "one commit", "spi")
    used.execute("SELECT FROM one")
    assert "while a statement runs" in warnings[0]


def test_a_parallel_worker_has_a_session_of_its_own(
    used: psycopg.Connection, host_cluster: Cluster
) -> None:
    setting = "debug_parallel_query" if host_cluster.major >= 16 else "force_parallel_mode"
    before = len(host_cluster.log())
    used.execute(f"SET {setting} = on")
    assert "Gather" in str(used.execute("EXPLAIN SELECT * FROM one").fetchall())
    found = run(used, "BEGIN", "SELECT * FROM one", "SELECT * FROM one", "COMMIT")
    used.execute(f"SET {setting} = off")
    log = host_cluster.log()[before:]
    assert found == []
    assert log.count("session of one is closed") >= 2
    assert "WARNING" not in log


HANGS = ["loop", "sleep", "stubborn loop"]


@pytest.mark.parametrize("method", ["begin", "savepoint", "release", "prepare"])
def test_a_cancel_ends_what_may_fail(
    used: psycopg.Connection, host_cluster: Cluster, method: str
) -> None:
    for kind in HANGS:
        fail(used, f"one {method}", kind)
        insert, *others = "INSERT INTO kept VALUES (1)", "SAVEPOINT a", "SELECT FROM one"
        with (
            pytest.raises(psycopg.errors.QueryCanceled),
            when_said(host_cluster, f"one {method} goes wrong", used.cancel),
        ):
            transaction(used, insert, *others, "RELEASE a")
        assert kept(used) == []


@pytest.mark.parametrize("method", ["commit", "abort", "rollback_to"])
def test_a_cancel_ends_what_may_not_fail(
    used: psycopg.Connection, host_cluster: Cluster, method: str
) -> None:
    warnings: list[str] = []
    used.add_notice_handler(lambda notice: warnings.append(f"{notice.message_primary}"))
    for kind in HANGS:
        fail(used, f"one {method}", kind)
        warnings.clear()
        used.execute("BEGIN")
        used.execute("INSERT INTO kept VALUES (1)")
        used.execute("SAVEPOINT a")
        used.execute("SELECT FROM one")
        ends = {"rollback_to": "ROLLBACK TO a", "commit": "COMMIT", "abort": "ROLLBACK"}
        with when_said(host_cluster, f"one {method} goes wrong", used.cancel):
            used.execute(ends[method])
        if method == "rollback_to":
            used.execute("ROLLBACK")
        told = f'{method}() of the session of server "one" failed: it was interrupted'
        assert warnings == [told], kind
    assert kept(used) == ([1] * len(HANGS) if method == "commit" else [])


def test_a_timeout_does_not_end_the_abort_that_it_causes(used: psycopg.Connection) -> None:
    tell(used)
    used.execute("SET statement_timeout = '200ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        used.execute("SELECT pg_sleep(5) FROM one")
    used.execute("SET statement_timeout = 0")
    assert tell(used) == ["one begin", "one abort"]


@pytest.mark.parametrize("method", ["prepare", "commit", "abort"])
def test_terminate_ends_a_session_that_hangs(
    used: psycopg.Connection, host: Database, host_cluster: Cluster, method: str
) -> None:
    fail(used, f"one {method}", "sleep")
    pid = used.info.backend_pid

    def terminate() -> None:
        with host.connect() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])

    used.execute("BEGIN")
    used.execute("INSERT INTO kept VALUES (1)")
    used.execute("SELECT FROM one, two")
    ends = "ROLLBACK" if method == "abort" else "COMMIT"
    with (
        pytest.raises(psycopg.OperationalError),
        when_said(host_cluster, f"one {method} goes wrong", terminate),
    ):
        run(used, ends)
    with host.connect() as other:
        assert kept(other) == ([1] if method == "commit" else [])


@pytest.mark.parametrize("kind", ["none", "exit", "stubborn loop"])
def test_sessions_are_closed_with_the_backend(
    used: psycopg.Connection, host_cluster: Cluster, kind: str
) -> None:
    fail(used, "one close", kind if kind != "none" else "")
    before = len(host_cluster.log())
    used.execute("BEGIN")
    used.execute("SELECT FROM one, two")
    backend = os.pidfd_open(used.info.backend_pid)
    used.close()
    ended, _, _ = select.select([backend], [], [], 30)
    os.close(backend)
    assert ended
    log = host_cluster.log()[before:]
    for server in ("one", "two"):
        assert f"session of {server} is closed" in log
    assert "terminated by signal" not in log
