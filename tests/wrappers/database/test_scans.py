"""Scans that meet on one connection, begin again, stop early or are cancelled."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from tests.wrappers.database.remotes import Remote

COLUMNS = {"id": "key", "parent": "bigint", "ratio": "double precision"}
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)"
    " SELECT sum(i) AS total FROM n",
    "mariadb": "SELECT SLEEP(20) AS total",
    "postgresql": "SELECT count(*) AS total FROM pg_sleep(20)",
}


@pytest.fixture(scope="module")
def tree(wrapper: psycopg.Connection, remote: Remote) -> psycopg.Connection:
    """A connection to a database with the foreign table `tree` of 300 rows."""
    wrapper.execute("DROP SERVER IF EXISTS other CASCADE")
    remote.create("tree", COLUMNS)
    remote.connect(wrapper, fetch_size="64")
    wrapper.execute(
        "CREATE FOREIGN TABLE tree (id bigint OPTIONS (key 'true'), parent bigint,"
        " ratio double precision) SERVER other OPTIONS (rows '300')"
    )
    wrapper.execute("INSERT INTO tree SELECT n, n / 2, n / 8.0 FROM generate_series(1, 300) n")
    return wrapper


def rows(connection: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    """Give the rows of a query."""
    return connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize("method", ["hashjoin", "mergejoin", "nestloop"])
def test_a_table_joins_itself_on_one_connection(tree: psycopg.Connection, method: str) -> None:
    with tree.transaction(force_rollback=True):
        for other in {"hashjoin", "mergejoin", "nestloop"} - {method}:
            tree.execute(f"SET LOCAL enable_{other} = off".encode())
        query = "SELECT count(*), sum(a.id) FROM tree a JOIN tree b ON a.id = b.parent"
        assert rows(tree, query) == [(299, 22500)]
        query = (
            "SELECT count(*) FROM tree a JOIN tree b ON a.parent = b.id"
            " WHERE a.ratio > 1 AND EXISTS (SELECT 1 FROM tree c WHERE c.id = b.parent)"
        )
        assert rows(tree, query) == [(292,)]


def test_a_scan_may_need_no_column(tree: psycopg.Connection) -> None:
    assert rows(tree, "SELECT 1 FROM tree LIMIT 2") == [(1,), (1,)]
    assert rows(tree, "SELECT EXISTS (SELECT FROM tree)") == [(True,)]
    assert rows(tree, "SELECT count(*) FROM tree a, tree b WHERE a.id < 3") == [(600,)]


def test_columns_may_be_called_as_keywords(wrapper: psycopg.Connection, remote: Remote) -> None:
    wrapper.execute("DROP SERVER IF EXISTS words CASCADE")
    remote.create("words", {"nothing": "bigint", "returning": "bigint"})
    remote.connect(wrapper, "words")
    wrapper.execute(
        "CREATE FOREIGN TABLE words (nothing bigint OPTIONS (key 'true'), \"returning\" bigint)"
        " SERVER words"
    )
    wrapper.execute("INSERT INTO words VALUES (1, 2), (2, 3)")
    assert rows(wrapper, "SELECT * FROM words ORDER BY nothing") == [(1, 2), (2, 3)]
    assert rows(wrapper, 'SELECT max("returning"), max(nothing) AS nothing FROM words') == [(3, 2)]
    update = 'UPDATE words SET "returning" = 5 WHERE nothing = 1 RETURNING nothing, "returning"'
    assert rows(wrapper, update) == [(1, 5)]
    wrapper.execute("DROP SERVER words CASCADE")


def test_cursors_stay_open_while_others_read_and_write(tree: psycopg.Connection) -> None:
    with tree.transaction(force_rollback=True):
        tree.execute("DECLARE one CURSOR FOR SELECT id FROM tree ORDER BY id")
        assert len(rows(tree, "FETCH 100 FROM one")) == 100
        tree.execute("DECLARE two CURSOR FOR SELECT id FROM tree ORDER BY id DESC")
        assert rows(tree, "FETCH 2 FROM two") == [(300,), (299,)]
        assert rows(tree, "SELECT id FROM tree ORDER BY id LIMIT 1") == [(1,)]
        assert tree.execute("UPDATE tree SET parent = 0 WHERE id > 290").rowcount == 10
        assert rows(tree, "FETCH 2 FROM one") == [(101,), (102,)]
        assert len(rows(tree, "FETCH ALL FROM one")) == 198


def test_what_stops_early_leaves_a_connection_that_works(tree: psycopg.Connection) -> None:
    for _ in range(3):
        assert len(rows(tree, "SELECT * FROM tree WHERE ratio * 2 > 1 LIMIT 5")) == 5
    with pytest.raises(psycopg.errors.DivisionByZero):
        tree.execute("SELECT 1 / (id - 200) FROM tree")
    assert rows(tree, "SELECT count(*) FROM tree") == [(300,)]


FAILING = {
    "postgresql": "SELECT i / (i - 200000) AS total FROM generate_series(1::bigint, 200000) i",
    "duckdb": "SELECT CASE WHEN i < 200000 THEN i ELSE error('division by zero') END AS total"
    " FROM range(200001) r(i)",
}


def test_an_error_while_rows_come_is_told_as_the_other_databases(
    tree: psycopg.Connection, remote: Remote
) -> None:
    if remote.kind not in FAILING:
        pytest.skip("gives NULL for what others refuse")
    remote.rows("DROP VIEW IF EXISTS failing")
    remote.rows(f"CREATE VIEW failing AS {FAILING[remote.kind]}")
    tree.execute("CREATE FOREIGN TABLE failing (total bigint) SERVER other")
    with pytest.raises(psycopg.Error, match=r"the other database: .*division by zero") as told:
        tree.execute("SELECT max(total + 0) FROM failing")
    tree.execute("DROP FOREIGN TABLE failing")
    assert "Traceback" not in str(told.value.diag.message_detail)
    if remote.kind == "postgresql":
        assert told.value.sqlstate == "22012"
    assert rows(tree, "SELECT count(*) FROM tree") == [(300,)]


def test_parameters_of_kept_plans_may_be_anything(tree: psycopg.Connection) -> None:
    tree.execute("SET plan_cache_mode = force_generic_plan")
    tree.execute("PREPARE by_ratio(float8) AS SELECT count(*) FROM tree WHERE ratio < $1")
    tree.execute("PREPARE by_ids(bigint[]) AS SELECT count(*) FROM tree WHERE id = ANY ($1)")
    found = [
        rows(tree, f"EXECUTE {call}")[0][0]
        for call in (
            "by_ratio(2)", "by_ratio(NULL)", "by_ratio('NaN')", "by_ratio('infinity')",
            "by_ids('{1,2,NULL,5000}')", "by_ids('{}')", "by_ids(NULL)",
        )
    ]  # fmt: skip
    tree.execute("DEALLOCATE ALL; RESET plan_cache_mode")
    assert found == [15, 0, 300, 300, 2, 0, 0]


def test_a_cancel_ends_what_the_other_database_does(
    tree: psycopg.Connection, remote: Remote
) -> None:
    if "driver" in remote.server:
        pytest.skip("drivers of ADBC cannot be interrupted")
    remote.rows("DROP VIEW IF EXISTS slow")
    remote.rows(f"CREATE VIEW slow AS {SLOW[remote.kind]}")
    tree.execute("CREATE FOREIGN TABLE slow (total bigint) SERVER other")
    try:
        with pytest.raises(psycopg.errors.QueryCanceled):
            tree.execute("SET statement_timeout = '700ms'; SELECT * FROM slow")
    finally:
        tree.execute("RESET statement_timeout; DROP FOREIGN TABLE slow")
    assert rows(tree, "SELECT count(*) FROM tree") == [(300,)]


def drop_connections(remote: Remote) -> None:
    """End all connections to a database but the one that asks."""
    if remote.kind == "postgresql":
        remote.rows(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return
    mine = "SELECT id FROM information_schema.processlist WHERE user = 'shop'"
    for (number,) in remote.rows(mine + " AND id <> connection_id()"):
        remote.rows(f"KILL {number}")


def test_a_connection_that_the_other_side_dropped_is_made_again(
    tree: psycopg.Connection, remote: Remote
) -> None:
    if remote.kind not in ("postgresql", "mariadb"):
        pytest.skip("has no server that could drop a connection")
    count = "SELECT count(*) FROM tree"
    assert rows(tree, count) == [(300,)]
    drop_connections(remote)
    assert rows(tree, count) == [(300,)]
    tree.execute("BEGIN")
    assert rows(tree, count) == [(300,)]
    drop_connections(remote)
    with pytest.raises(psycopg.Error, match="the other database"):
        tree.execute(count.encode())
    tree.execute("ROLLBACK")
    assert rows(tree, count) == [(300,)]
