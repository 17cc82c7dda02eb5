"""What a class groups, sorts and limits is part of all that PostgreSQL can do with a query."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.fdw.upper.tables import (
    PUSHED,
    ROWS,
    D,
    declared,
    executed,
    literal,
    nodes,
    rows,
    same_rows,
    shown,
)


def test_explain_shows_what_is_pushed_in_every_format(tables: psycopg.Connection) -> None:
    query = "SELECT kind, avg(id) FROM f GROUP BY kind ORDER BY kind DESC LIMIT 2"
    cursor = tables.execute(sql.SQL(f"EXPLAIN (FORMAT JSON, VERBOSE, COSTS OFF) {query}"))
    plan: Any = cursor.fetchall()[0][0][0]["Plan"]
    assert plan["Node Type"] == "Foreign Scan"
    assert plan["Relation"] == "public.f"
    assert plan["Aggregates"] == "sum(id), count(id)"
    assert plan["Group Key"] == "kind"
    assert plan["Sort Key"] == "kind DESC"
    assert plan["Limit"] == "2"
    done = shown(tables, query, "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF")
    assert "rows=2" in done
    assert "Aggregates: sum(id), count(id)" in done


def test_more_rows_than_the_limit_are_not_taken(tables: psycopg.Connection) -> None:
    executed(tables, declared("liar", "liar", ROWS, ", repeat '3'"))
    assert len(rows(tables, "SELECT id FROM liar LIMIT 4")) == 4
    assert len(rows(tables, "SELECT id FROM liar ORDER BY id LIMIT 4 OFFSET 3")) == 4
    assert len(rows(tables, "SELECT kind FROM liar GROUP BY kind")) == 15


def test_aggregates_without_groups_are_one_row_or_an_error(tables: psycopg.Connection) -> None:
    executed(tables, declared("silent", "liar", ROWS, ", repeat '0'"))
    executed(tables, declared("loud", "liar", ROWS, ", repeat '2'"))
    for query, found in (
        ("SELECT count(*) FROM silent", "none"),
        ("SELECT count(*) FROM loud", "more"),
    ):
        with pytest.raises(psycopg.errors.FdwError, match=f"one row of aggregates, found {found}"):
            executed(tables, query)
    assert rows(tables, "SELECT count(*) FROM silent GROUP BY kind") == []


def test_plans_that_are_kept_follow_the_options(tables: psycopg.Connection) -> None:
    executed(tables, declared("kept", "counting", ROWS[:3]))
    executed(tables, "SET plan_cache_mode = force_generic_plan")
    executed(tables, "PREPARE groups AS SELECT kind, sum(id) FROM kept GROUP BY 1 ORDER BY 1")
    executed(tables, "PREPARE first(int) AS SELECT id FROM kept ORDER BY id LIMIT $1")
    assert rows(tables, "EXECUTE groups") == [("'a'", repr(D(4))), ("'b'", repr(D(2)))]
    assert nodes(shown(tables, "EXECUTE groups")) == ["Foreign Scan"]
    assert nodes(shown(tables, "EXECUTE first(2)"))[0] == "Limit"
    assert [len(rows(tables, f"EXECUTE first({n})")) for n in (2, 3)] == [2, 3]
    executed(tables, f"ALTER FOREIGN TABLE kept OPTIONS (SET rows '{literal(ROWS[:1])}')")
    assert rows(tables, "EXECUTE groups") == [("'a'", repr(D(1)))]
    executed(tables, "SET plan_cache_mode = auto")
    assert nodes(shown(tables, "EXECUTE first(2)")) == ["Foreign Scan"]
    executed(tables, "DEALLOCATE ALL")


def test_what_is_pushed_is_part_of_larger_queries(tables: psycopg.Connection) -> None:
    top = "SELECT id, kind FROM f ORDER BY id LIMIT 3"
    groups = "SELECT kind, count(*) AS n, avg(amount) AS a FROM f GROUP BY kind"
    for template in (
        "SELECT * FROM ({groups}) s JOIN l USING (kind) ORDER BY id, kind",
        "SELECT * FROM l LEFT JOIN ({groups}) s USING (kind) ORDER BY id, kind",
        "SELECT o.id, s.* FROM l o, LATERAL ({top} OFFSET 0) s ORDER BY 1, 2",
        "SELECT id, (SELECT count(*) FROM f) + id FROM l ORDER BY id",
        "SELECT id, (SELECT count(*) FROM f HAVING min(f.id) < o.id) FROM l o ORDER BY id",
        "SELECT id FROM l WHERE id IN (SELECT id FROM ({top}) s) ORDER BY id",
        "SELECT id FROM l WHERE (kind, 3) IN (SELECT kind, n FROM ({groups}) s) ORDER BY id",
        "WITH w AS MATERIALIZED ({groups}) SELECT * FROM w a JOIN w b USING (n) ORDER BY 1, 2, 4",
        "WITH w AS NOT MATERIALIZED ({groups}) SELECT * FROM w UNION SELECT * FROM w ORDER BY 1",
        "({top}) UNION ALL ({top}) ORDER BY 1, 2 LIMIT 5",
        "SELECT count(*) FROM f UNION ALL SELECT count(*) FROM nothing ORDER BY 1",
        "SELECT id FROM l WHERE id < ALL (SELECT max(id) FROM f GROUP BY kind) ORDER BY 1",
        "SELECT kind, n FROM ({groups}) s WHERE n > 1 ORDER BY 1",
        "SELECT sum(n) FROM (SELECT count(*) n FROM f GROUP BY kind LIMIT 100) s",
    ):
        query = template.format(top=top, groups=groups)
        same_rows(tables, query)
        executed(tables, "SET enable_hashjoin = off; SET enable_mergejoin = off")
        executed(tables, "SET enable_material = off; SET enable_memoize = off")
        same_rows(tables, query)
        executed(tables, "RESET ALL")


def test_what_is_pushed_is_read_by_cursors_and_written_elsewhere(
    tables: psycopg.Connection,
) -> None:
    query = "SELECT kind, count(*) FROM f GROUP BY kind ORDER BY kind"
    with tables.transaction():
        executed(tables, f"DECLARE c SCROLL CURSOR FOR {query}")
        first = rows(tables, "FETCH 2 FROM c")
        assert rows(tables, "FETCH BACKWARD 1 FROM c") == first[:1]
        assert len(rows(tables, "FETCH ALL FROM c")) == 4
    executed(tables, f"CREATE TEMP TABLE copy AS {query}")
    executed(tables, "INSERT INTO copy SELECT max(kind), sum(number) FROM f LIMIT 1")
    assert rows(tables, "SELECT count(*) FROM copy") == [("6",)]
    executed(tables, "UPDATE copy SET count = n FROM (SELECT count(*) n FROM f) s")
    assert rows(tables, "SELECT DISTINCT count FROM copy") == [("9",)]
    with tables.transaction(), tables.cursor("named") as cursor:
        cursor.execute(sql.SQL("SELECT id FROM f ORDER BY id LIMIT 3"))
        assert cursor.fetchone() == (1,)


def test_rights_are_those_of_the_columns_and_of_views_owners(tables: psycopg.Connection) -> None:
    executed(tables, "CREATE ROLE counter; CREATE ROLE viewer")
    try:
        executed(tables, "GRANT SELECT (id) ON f TO counter")
        executed(tables, declared("own", "counting", ROWS))
        executed(tables, "GRANT SELECT ON own TO counter; GRANT CREATE ON SCHEMA public TO counter")
        executed(tables, "SET ROLE counter")
        assert rows(tables, "SELECT sum(id) > 0 FROM f") == [("True",)]
        for query in ("SELECT count(kind) FROM f", "SELECT count(id) FROM f GROUP BY kind",
                      "SELECT id FROM f ORDER BY kind LIMIT 1"):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                executed(tables, query)
        executed(tables, "CREATE VIEW plain AS SELECT * FROM own")
        executed(
            tables,
            "CREATE VIEW guarded WITH (security_barrier) AS SELECT kind, count(*) AS n, "
            "min(id) AS id FROM own GROUP BY kind",
        )
        executed(tables, "GRANT SELECT ON plain, guarded TO viewer")
        executed(tables, "SET ROLE viewer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            executed(tables, "SELECT count(*) FROM own")
        assert rows(tables, "SELECT count(*) FROM plain") == [("9",)]
        assert nodes(shown(tables, "SELECT count(*) FROM plain")) == ["Foreign Scan"]
        assert rows(tables, "SELECT sum(n), min(id) FROM guarded") == [(repr(D(9)), "1")]
        assert rows(tables, "SELECT n FROM guarded WHERE kind = 'b'") == [("3",)]
    finally:
        executed(tables, "RESET ROLE; DROP OWNED BY counter; DROP ROLE counter, viewer")


def test_the_class_learns_the_user_whose_rights_count(tables: psycopg.Connection) -> None:
    executed(tables, "CREATE ROLE owner; CREATE ROLE reader")
    try:
        executed(tables, 'CREATE FOREIGN TABLE who (name text COLLATE "C") SERVER asking')
        executed(tables, "GRANT ALL ON SCHEMA public TO owner; GRANT SELECT ON who TO owner")
        executed(tables, "SET ROLE owner; CREATE VIEW seen AS SELECT * FROM who")
        executed(
            tables, "GRANT SELECT ON seen TO reader; RESET ROLE; GRANT SELECT ON who TO reader"
        )
        executed(tables, "SET ROLE reader")
        for query, user in (
            ("SELECT min(name) FROM who", "reader"),
            ("SELECT min(name) FROM seen", "owner"),
            ("SELECT name FROM seen ORDER BY name LIMIT 1", "owner"),
            ("SELECT name, count(*) FROM seen GROUP BY name", "owner"),
        ):
            assert rows(tables, query)[0][0] == repr(user)
            assert nodes(shown(tables, query)) == ["Foreign Scan"]
    finally:
        executed(tables, "RESET ROLE; DROP OWNED BY owner, reader; DROP ROLE owner, reader")


def test_members_of_a_partitioned_table_are_grouped_by_postgresql(
    tables: psycopg.Connection,
) -> None:
    executed(tables, 'CREATE TABLE whole (n int, kind text COLLATE "C") PARTITION BY LIST (n)')
    for n in (1, 2):
        executed(
            tables,
            f"CREATE FOREIGN TABLE part{n} PARTITION OF whole FOR VALUES IN ({n}) "
            f'SERVER counting OPTIONS (rows \'[({n}, "a"), ({n}, None), ({n}, "b")]\')',
        )
    for setting in ("on", "off"):
        executed(tables, f"SET enable_partitionwise_aggregate = {setting}")
        assert rows(tables, "SELECT n, count(kind) FROM whole GROUP BY n ORDER BY n") == [
            ("1", "2"), ("2", "2"),
        ]  # fmt: skip
        assert rows(
            tables, "SELECT kind, count(*) FROM whole GROUP BY kind ORDER BY 1 LIMIT 1"
        ) == [("'a'", "2")]
    executed(tables, "RESET enable_partitionwise_aggregate")


def test_parameters_of_kept_plans_reach_groups_and_limits(tables: psycopg.Connection) -> None:
    executed(tables, "SET plan_cache_mode = force_generic_plan")
    for name, arguments, query, values in (
        ("one", "text", "SELECT count(*), sum(id), avg(id) FROM f WHERE kind = $1",
         ["'a'", "'nobody'", "NULL"]),
        ("many", "text, int", "SELECT kind, count(*) FROM f WHERE kind >= $1 AND number > $2 "
         "GROUP BY kind ORDER BY kind", ["'a', 9", "'b', 10", "NULL, 1", "'a', NULL"]),
        ("first", "numeric", "SELECT id FROM f WHERE amount <= $1 ORDER BY id LIMIT 2",
         ["2.20", "0", "'NaN'", "NULL"]),
    ):  # fmt: skip
        executed(tables, f"PREPARE {name}({arguments}) AS {query}")
        executed(tables, f"PREPARE l{name}({arguments}) AS {query.replace('FROM f', 'FROM l')}")
        for value in values:
            assert nodes(shown(tables, f"EXECUTE {name}({value})")) == ["Foreign Scan"]
            found = rows(tables, f"EXECUTE {name}({value})")
            assert found == rows(tables, f"EXECUTE l{name}({value})"), (query, value)
    executed(tables, "DEALLOCATE ALL; RESET plan_cache_mode")


def test_parameters_that_python_may_not_have_are_compared_by_postgresql(
    tables: psycopg.Connection,
) -> None:
    executed(tables, "SET plan_cache_mode = force_generic_plan")
    executed(tables, "PREPARE days(date) AS SELECT count(*) FROM f WHERE day <= $1")
    executed(tables, "PREPARE gate(int) AS SELECT count(*) FROM f WHERE $1 > 0 AND kind = 'a'")
    assert "Aggregate" in nodes(shown(tables, "EXECUTE days('infinity')"))
    assert rows(tables, "EXECUTE days('infinity')") == [("7",)]
    assert rows(tables, "EXECUTE days('2023-01-01')") == [("1",)]
    assert rows(tables, "EXECUTE days('0044-03-15 BC')") == [("0",)]
    assert [rows(tables, f"EXECUTE gate({value})") for value in ("1", "0", "NULL")] == [
        [("3",)], [("0",)], [("0",)],
    ]  # fmt: skip
    executed(tables, "DEALLOCATE ALL; RESET plan_cache_mode")


def test_groups_are_asked_for_again_with_each_outer_row(tables: psycopg.Connection) -> None:
    correlated = "SELECT o.id, (SELECT count(*) FROM f WHERE f.kind = o.kind) FROM l o ORDER BY 1"
    assert "Aggregates: count(*)" in shown(tables, correlated)
    same_rows(tables, correlated)
    lateral = (
        "SELECT o.id, s.* FROM l o, LATERAL (SELECT f.kind, min(f.id) FROM f "
        "WHERE f.number >= o.number GROUP BY f.kind ORDER BY f.kind LIMIT 2) s ORDER BY 1, 2"
    )
    assert "Limit: 2" in shown(tables, lateral)
    same_rows(tables, lateral)


def test_parallel_workers_may_do_the_same(tables: psycopg.Connection) -> None:
    executed(tables, declared("p", "parallel", ROWS))
    version = tables.info.server_version
    setting = "debug_parallel_query" if version >= 160000 else "force_parallel_mode"
    executed(tables, f"SET {setting} = on")
    for query, _ in PUSHED[::3]:
        in_parallel = re.sub(r"\bf\b", "p", query)
        plan = shown(tables, in_parallel)
        assert "Gather" in plan or "nothing" in query or "InitPlan" in plan, plan
        found, expected = rows(tables, in_parallel), rows(tables, query)
        assert sorted(found) == sorted(expected), query
    executed(tables, f"RESET {setting}")


def test_conditions_behind_a_barrier_keep_groups_at_home(tables: psycopg.Connection) -> None:
    executed(
        tables,
        "CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM f WHERE upper(kind) = 'A'",
    )
    query = "SELECT count(*) FROM barrier WHERE number = 10"
    assert "Aggregate" in nodes(shown(tables, query))
    assert rows(tables, query) == [("2",)]
    assert rows(tables, "SELECT count(*) FROM barrier") == [("3",)]
    executed(tables, "DROP VIEW barrier")
