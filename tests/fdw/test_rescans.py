"""Scans that start again with other values: nested loops, subqueries, kept plans, locked rows."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Database

ROWS = "[(i, 'row ' + str(i % 3)) for i in range(1, 7)]"


class Told:
    """A connection, and what the class said that it was told."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.notices: list[str] = []
        connection.add_notice_handler(lambda told: self.notices.append(str(told.message_primary)))

    def rows(self, query: str, table: str = "") -> list[tuple[Any, ...]]:
        """Run a query, with the name of a table instead of @."""
        self.notices.clear()
        return self.connection.execute(sql.SQL(query.replace("@", table))).fetchall()

    def plan(self, query: str, table: str = "") -> str:
        return "\n".join(row[0] for row in self.rows("EXPLAIN (VERBOSE) " + query, table))

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(sql.SQL(statement))


@pytest.fixture
def told(connection: psycopg.Connection) -> Told:
    """Foreign tables `f`, which finds rows by i and claims nothing, and `e`, which claims all."""
    made = Told(connection)
    made.run(
        "SELECT exclave.create_wrapper('told', 'condition_wrappers:Told')",
        "CREATE SERVER told FOREIGN DATA WRAPPER told",
        *(
            f"CREATE FOREIGN TABLE {name} (gone int, i int, t text) SERVER told OPTIONS "
            f"(rows $${ROWS}$$, lookup 'i', exact '{exact}')"
            for name, exact in {"f": "none", "e": "filter"}.items()
        ),
        "ALTER TABLE f DROP gone",
        "ALTER TABLE e DROP gone",
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off",
        "SET enable_memoize = off",
        "CREATE TABLE h AS SELECT * FROM (VALUES (2), (NULL), (5), (5), (70)) AS v (k)",
        "ANALYZE h",
    )
    return made


def test_a_nested_loop_tells_each_value_of_the_outer_row(told: Told) -> None:
    for table in ("f", "e"):
        query = "SELECT k, t FROM h JOIN @ ON i = k ORDER BY 1"
        assert "Nested Loop" in told.plan(query, table)
        assert told.rows(query, table) == [(2, "row 2"), (5, "row 2"), (5, "row 2")]
        values = [
            f"value={value}," in said
            for value, said in zip((2, 5, 5, 70), told.notices, strict=True)
        ]
        assert values == [True] * 4, told.notices  # and nothing for NULL
        left = "SELECT k, t FROM h LEFT JOIN @ ON i = k AND t = 'row 2' ORDER BY 1"
        assert told.rows(left, table) == [
            (2, "row 2"),
            (5, "row 2"),
            (5, "row 2"),
            (70, None),
            (None, None),
        ]


def test_a_lookup_needs_all_its_columns(told: Told) -> None:
    told.run("ALTER FOREIGN TABLE f OPTIONS (SET lookup 'i,t')")
    assert "AND" not in told.plan("SELECT * FROM h JOIN f ON i = k")
    told.rows("SELECT * FROM h JOIN f ON i = k")
    assert all("value=" not in said for said in told.notices), told.notices
    query = "SELECT k FROM h JOIN f ON i = k AND t = 'row ' || k % 3 ORDER BY 1"
    assert told.rows(query) == [(2,), (5,), (5,)]
    assert [said.count("value=") for said in told.notices] == [2] * 4
    assert told.rows("SELECT k FROM h JOIN f ON i = k WHERE t = 'row 2' ORDER BY 1") == [
        (2,), (5,), (5,)]  # fmt: skip
    assert [said.count("value=") for said in told.notices] == [2] * 4


def test_correlated_subqueries_and_laterals_tell_their_values(told: Told) -> None:
    for table in ("f", "e"):
        query = "SELECT g, (SELECT t FROM @ WHERE i = g) FROM generate_series(1, 3) g"
        assert told.rows(query, table) == [(1, "row 1"), (2, "row 2"), (3, "row 0")]
        assert [f"value={n}" in said for n, said in zip((1, 2, 3), told.notices, strict=True)] == [
            True
        ] * 3
        query = (
            "SELECT g, l.s FROM generate_series(1, 3) g "
            "LEFT JOIN LATERAL (SELECT i + g AS s FROM @ WHERE i = g * 2) l ON true"
        )
        assert told.rows(query, table) == [(1, 3), (2, 6), (3, 9)]
        assert told.rows(
            "SELECT count(*) FROM @ a WHERE EXISTS "
            "(SELECT FROM @ b WHERE b.i = a.i + 1 AND a.t <> b.t)",
            table,
        ) == [(5,)]


def test_a_table_joined_with_itself_is_told_for_each_side(told: Told) -> None:
    for table in ("f", "e"):
        query = (
            "SELECT a.i, b.i FROM @ a JOIN @ b ON a.i = b.i - 1 "
            "WHERE a.t = 'row 1' AND b.i > 2 ORDER BY 1"
        )
        assert told.rows(query, table) == [(4, 5)]


def test_kept_plans_follow_options_that_change(told: Told) -> None:
    told.run("SET plan_cache_mode = force_generic_plan")
    told.run("PREPARE p(int) AS SELECT i FROM e WHERE i = $1")
    assert told.rows("EXECUTE p(4)") == [(4,)]
    told.run("ALTER FOREIGN TABLE e OPTIONS (SET rows '[(4, ''x''), (4, ''y''), (5, ''z'')]')")
    assert told.rows("EXECUTE p(4)") == [(4,), (4,)]
    told.run("ALTER FOREIGN TABLE e OPTIONS (SET exact 'none')")
    assert "Filter: (e.i = $1)" in told.plan("EXECUTE p(4)")
    assert told.rows("EXECUTE p(5)") == [(5,)]


def test_cursors_go_on_beside_each_other_and_are_left_open(told: Told, host: Database) -> None:
    told.run("BEGIN")
    told.run("DECLARE a CURSOR FOR SELECT i FROM e WHERE i > 2 ORDER BY i")
    told.run("DECLARE b SCROLL CURSOR WITH HOLD FOR SELECT k, i FROM h JOIN e ON i = k")
    assert told.rows("FETCH 2 FROM a") == [(3,), (4,)]
    assert told.rows("FETCH 1 FROM b") == [(2, 2)]
    assert told.rows("FETCH 1 FROM a") == [(5,)]
    told.run("COMMIT")
    assert told.rows("FETCH 2 FROM b") == [(5, 5), (5, 5)]
    told.run("CLOSE b")
    told.run("BEGIN", "DECLARE c CURSOR FOR SELECT i FROM e", "FETCH 1 FROM c")
    told.connection.close()  # with the cursor open
    with host.connect() as other:
        assert other.execute("SELECT count(*) FROM e").fetchone() == (6,)


def blocked(connection: psycopg.Connection, by: psycopg.Connection) -> bool:
    found = connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))",
        [by.info.backend_pid],
    ).fetchone()
    return found is not None


@pytest.mark.parametrize("table", ["f", "e"])
@pytest.mark.parametrize(("becomes", "expected"), [("3", []), ("2", [(2, 2)]), ("NULL", [])])
def test_a_row_that_was_locked_is_checked_again(
    told: Told, host: Database, table: str, becomes: str, expected: list[tuple[int, int]]
) -> None:
    found: list[tuple[int, int]] = []
    query = "SELECT k, i FROM h JOIN @ ON i = k WHERE k < 5 FOR UPDATE OF h"
    assert "Nested Loop" in told.plan(query, table)

    def lock() -> None:
        found.extend(told.rows(query, table))

    with host.connect(autocommit=False) as writer, host.connect() as watcher:
        writer.execute(sql.SQL("UPDATE h SET k = {} WHERE k = 2").format(sql.SQL(becomes)))
        thread = threading.Thread(target=lock)
        thread.start()
        while thread.is_alive() and not blocked(watcher, writer):
            pass
        writer.commit()
        thread.join()
    assert found == expected


def test_a_virtual_column_is_not_asked_for(told: Told) -> None:
    if told.connection.info.server_version < 180000:
        pytest.skip("virtual columns are of PostgreSQL 18")
    told.run(
        "CREATE FOREIGN TABLE v (i int, d int GENERATED ALWAYS AS (i * 2) VIRTUAL, t text) "
        "SERVER told OPTIONS (rows $$[(1, 'a'), (2, 'b'), (5, 'c')]$$)"
    )
    assert told.rows("SELECT * FROM v WHERE d > 2") == [(2, 4, "b"), (5, 10, "c")]
    locked = "SELECT v.* FROM h JOIN v ON i = k ORDER BY k FOR UPDATE"
    assert told.rows(locked) == [(2, 4, "b"), (5, 10, "c"), (5, 10, "c")]
    told.run("ANALYZE v")


def test_rows_of_a_class_that_sorts_are_not_sorted_again(told: Told) -> None:
    plan = told.plan('SELECT i FROM f ORDER BY i DESC NULLS LAST, t COLLATE "C"')
    assert plan.startswith("Foreign Scan"), plan
    assert "SortKey(column='i', descending=True, nulls_first=False, collation=None)" in plan
    assert "SortKey(column='t', descending=False, nulls_first=False, collation='C')" in plan
    for other in ("i + 1", "length(t)", "i USING OPERATOR(pg_catalog.>)"):
        plan = told.plan("SELECT i FROM f ORDER BY @", other)
        assert plan.startswith("Sort") == ("USING" not in other), plan
    told.run("SET enable_mergejoin = on; SET enable_nestloop = off")
    merged = "SELECT a.i FROM f a JOIN f b ON a.i = b.i ORDER BY a.i"
    assert told.rows(merged) == [(n,) for n in range(1, 7)]


def test_what_a_security_barrier_hides_is_not_told(told: Told) -> None:
    told.run("CREATE VIEW v WITH (security_barrier) AS SELECT * FROM f WHERE i > 3")
    assert told.rows("SELECT i FROM v WHERE t LIKE 'row%' AND i < 6") == [(4,), (5,)]
    assert "~~" not in told.notices[0]
    assert "'>'" in told.notices[0]
    assert "'<'" in told.notices[0]


def test_partitions_and_children_are_told_of_conditions_on_their_parent(told: Told) -> None:
    told.run(
        "CREATE TABLE p (t text, i int) PARTITION BY LIST (i)",
        "CREATE FOREIGN TABLE p1 PARTITION OF p FOR VALUES IN (1) SERVER told "
        "OPTIONS (rows $$[('a', 1), ('b', 1)]$$, exact 'filter')",
        "CREATE FOREIGN TABLE p2 (i int, t text) SERVER told "
        "OPTIONS (rows $$[(2, 'a'), (2, 'b')]$$, exact 'filter')",
        "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)",
    )
    assert told.rows("SELECT i, t FROM p WHERE t = 'b' ORDER BY 1") == [(1, "b"), (2, "b")]
    assert all("value='b'" in said for said in told.notices)
    assert told.rows("SELECT i, t FROM p WHERE i = 2 AND t > 'a'") == [(2, "b")]
    assert len(told.notices) == 1


def test_partitions_whose_classes_sort_are_merged(told: Told) -> None:
    told.run(
        "CREATE TABLE p (t text, i int) PARTITION BY LIST (t)",
        "CREATE FOREIGN TABLE p1 PARTITION OF p FOR VALUES IN ('a') SERVER told "
        "OPTIONS (rows $$[('a', 1), ('a', 3)]$$)",
        "CREATE FOREIGN TABLE p2 (i int, t text) SERVER told "
        "OPTIONS (rows $$[(2, 'b'), (4, 'b')]$$)",
        "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN ('b')",
    )
    plan = told.plan("SELECT i FROM p ORDER BY i")
    assert plan.startswith("Merge Append"), plan
    assert "Sort  " not in plan, plan
    assert told.rows("SELECT i FROM p ORDER BY i") == [(1,), (2,), (3,), (4,)]


def test_partitions_are_looked_up_too(told: Told) -> None:
    told.run(
        "CREATE TABLE p (i int, t text) PARTITION BY RANGE (i)",
        *(
            f"CREATE FOREIGN TABLE p{low} PARTITION OF p FOR VALUES FROM ({low}) TO ({low + 3}) "
            f"SERVER told OPTIONS (rows $$[(i, 'x') for i in range({low}, {low + 3})]$$, "
            "lookup 'i', exact 'filter')"
            for low in (1, 4)
        ),
        "INSERT INTO h SELECT generate_series(3, 4)",
        "ANALYZE h",
        "SET enable_partition_pruning = off",
    )
    query = "SELECT k, t FROM h JOIN p ON i = k WHERE t = 'x' ORDER BY 1"
    assert told.rows(query) == [(2, "x"), (3, "x"), (4, "x"), (5, "x"), (5, "x")]
    assert len(told.notices) == 12, told.notices
    assert all(said.count("value=") == 2 for said in told.notices), told.notices
    told.run("SET enable_partition_pruning = on")
    assert told.rows(query) == [(2, "x"), (3, "x"), (4, "x"), (5, "x"), (5, "x")]
    assert len(told.notices) == 5, told.notices


def test_only_a_class_that_says_so_runs_in_parallel_workers(told: Told) -> None:
    version = told.connection.info.server_version
    setting = "debug_parallel_query" if version >= 160000 else "force_parallel_mode"
    told.run(f"SET {setting} = on")
    query = "SELECT i FROM @ WHERE i > 4 ORDER BY i"
    assert "Gather" in told.plan(query, "e")
    assert told.rows(query, "e") == [(5,), (6,)]
    told.run(
        "SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')",
        "CREATE SERVER numbers FOREIGN DATA WRAPPER numbers",
        "CREATE FOREIGN TABLE n (id int, label text) SERVER numbers OPTIONS (count '6')",
    )
    assert "Gather" not in told.plan("SELECT id FROM n WHERE id > 4")
