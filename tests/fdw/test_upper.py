"""What a class does instead of PostgreSQL: aggregates, top-N and LIMIT, and where it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from exclave.cluster import Cluster, fresh_database

COLUMNS = """
    id bigint, kind text COLLATE "C", note text COLLATE language, amount numeric(10, 2),
    price float8, flag bool, day date, small smallint, number int, label varchar(20) COLLATE "C",
    code char(3) COLLATE "C", mood mood, positive positive
"""
D = Decimal
ROWS = [
    (1, "a", "Äpfel", D("1.10"), 0.5, True, date(2024, 1, 1), 1, 10, "x", "u", "sad", 3),
    (2, "b", "apple", D("2.20"), 1.5, False, date(2024, 1, 2), 2, 20, "y", "u  ", "ok", 4),
    (3, "a", "zebra", None, None, None, None, None, None, None, None, None, None),
    (4, "c", "Zoo", D("-3.30"), float("nan"), True, date(1999, 12, 31), -5, 7, "z", "v", "ok", 3),
    (5, None, "apple", D("2.20"), 1.5, True, date(2024, 1, 2), 2, 21, "y", "w", "happy", 5),
    (6, "b", None, D("1.00"), -2.0, False, date(2024, 1, 2), 1, 10, "é", "u", "sad", 3),
    (7, "a", "apple", D("5.00"), float("nan"), None, None, 3, 10, "x", "v", "ok", 4),
    (2**62, "b", "Äpfel", D("2.20"), 0.5, True, date(2024, 1, 1), 1, 10, "x", "u", "sad", 3),
    (2**62 + 1, "B", "ä", D("7.77"), 0.25, False, date(2024, 1, 3), 1, 11, "x", "u", "sad", 3),
]


def executed(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(sql.SQL(statement))


def literal(rows: list[tuple[object, ...]]) -> str:
    return repr(rows).replace("Decimal(", "D(").replace("'", "''")


def declared(name: str, server: str, rows: list[tuple[object, ...]], more: str = "") -> str:
    return (
        f"CREATE FOREIGN TABLE {name} ({COLUMNS}) SERVER {server} "
        f"OPTIONS (rows '{literal(rows)}'{more})"
    )


@pytest.fixture(scope="module")
def tables(host_cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to foreign tables f and nothing, and local ones l and empty with their rows."""
    with fresh_database(host_cluster) as database, database.connect() as connection:
        executed(connection, "CREATE EXTENSION exclave_fdw")
        executed(connection, "CREATE COLLATION language (provider = libc, locale = 'C.UTF-8')")
        executed(connection, "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
        executed(connection, "CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
        for name in ("Counting", "Liar", "Modest", "Asking", "Quacking", "Parallel"):
            executed(
                connection,
                f"SELECT exclave.create_wrapper('{name}', 'counting_wrappers:{name}');"
                f'CREATE SERVER {name} FOREIGN DATA WRAPPER "{name}"',
            )
        executed(connection, declared("f", "counting", ROWS))
        executed(connection, declared("nothing", "counting", []))
        executed(connection, f"CREATE TABLE l ({COLUMNS})")
        executed(connection, "CREATE TABLE empty (LIKE l)")
        for row in ROWS:
            values = sql.SQL(", ").join(map(sql.Literal, row))
            connection.execute(sql.SQL("INSERT INTO l VALUES ({})").format(values))
        executed(connection, "ANALYZE l")
        executed(connection, declared("parent", "counting", ROWS[:2]))
        executed(connection, "CREATE TABLE child () INHERITS (parent)")
        executed(connection, "INSERT INTO child SELECT * FROM l OFFSET 2")
        executed(connection, "CREATE VIEW local_parent AS SELECT * FROM l")
        executed(connection, "CREATE SCHEMA other")
        executed(
            connection,
            "CREATE AGGREGATE other.sum(int) (SFUNC = int4larger, STYPE = int, INITCOND = 0)",
        )
        yield connection


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    """Give the rows of a query, as texts, so that NaN equals NaN and 1.0 is not 1.00."""
    cursor = connection.execute(sql.SQL(query))
    return [tuple(map(repr, row)) for row in cursor]


def shown(connection: psycopg.Connection, query: str, options: str = "COSTS OFF") -> str:
    """Give what EXPLAIN says."""
    cursor = connection.execute(sql.SQL(f"EXPLAIN ({options}) {query}"))
    return "\n".join(str(row[0]) for row in cursor)


def nodes(plan: str) -> list[str]:
    """Give the nodes of a plan without costs."""
    lines = [line.strip().removeprefix("->").strip() for line in plan.splitlines()]
    lines = [line.removeprefix("Partial ").removeprefix("Finalize ") for line in lines]
    kinds = ("Foreign Scan", "Aggregate", "HashAggregate", "GroupAggregate", "Group", "Sort",
             "Incremental Sort", "Limit", "Unique", "LockRows", "ProjectSet", "Result", "WindowAgg",
             "MixedAggregate")  # fmt: skip
    return [line.split(" on ")[0] for line in lines if line.split(" on ")[0] in kinds]


PUSHED = [
    # what is asked, and what EXPLAIN shows of it
    ("SELECT count(*) FROM f", "Aggregates: count(*)"),
    ("SELECT count(1), count(DISTINCT kind), count(mood) FROM f", "count(DISTINCT kind)"),
    ("SELECT sum(small), sum(number), sum(id), sum(amount) FROM f", "sum(id), sum(amount)"),
    ("SELECT avg(small), avg(number), avg(id), avg(amount) FROM f", "sum(id), count(id)"),
    ("SELECT avg(DISTINCT number), sum(DISTINCT number) FROM f", "count(DISTINCT number)"),
    ("SELECT sum(price), avg(price) FROM f", "sum(price), count(price)"),
    ("SELECT min(price), max(price), min(day), max(day), min(amount) FROM f", "max(day)"),
    ("SELECT min(kind), max(kind), min(label), max(label) FROM f", "max(label)"),
    ("SELECT min(note COLLATE \"C\") FROM f", "min(note)"),
    ("SELECT bool_and(flag), bool_or(flag), every(flag) FROM f", "bool_and(flag), bool_or(flag)"),
    ("SELECT sum(positive), count(positive), avg(positive) FROM f", "sum(positive)"),
    ("SELECT count(*) FROM f HAVING count(*) > 100", "Filter"),
    ("SELECT count(*) + 1, sum(number) / count(*) FROM f", "count(*), sum(number)"),
    ("SELECT count(*), avg(amount), min(kind), bool_or(flag) FROM nothing", "Aggregates"),
    ("SELECT kind, count(*) FROM f GROUP BY kind", "Group Key: kind"),
    ("SELECT kind, count(*) FROM nothing GROUP BY kind", "Group Key: kind"),
    ("SELECT kind FROM f GROUP BY kind", "Group Key: kind"),
    ("SELECT count(*) FROM f GROUP BY kind, flag", "Group Key: kind, flag"),
    ("SELECT note, max(id) FROM f GROUP BY note", "Group Key: note"),
    ("SELECT price, count(*), avg(amount) FROM f GROUP BY price", "Group Key: price"),
    ("SELECT positive, amount, day FROM f GROUP BY 1, 2, 3", "Group Key: positive, amount, day"),
    ("SELECT label, label || kind FROM f GROUP BY label, kind", "Group Key: label, kind"),
    ("SELECT upper(kind), avg(id) FROM f GROUP BY kind HAVING avg(id) > 3", "Filter"),
    ("SELECT kind FROM f GROUP BY kind HAVING max(id) > (SELECT min(id) FROM l)", "Filter"),
    ("SELECT kind, sum(id) FROM f GROUP BY kind ORDER BY kind", "Sort Key: kind"),
    ("SELECT kind, sum(id) FROM f GROUP BY kind ORDER BY 2 DESC, 1", "sum(id) DESC, kind"),
    ("SELECT kind, sum(id) FROM f GROUP BY 1 HAVING sum(id) > 5 ORDER BY kind DESC", "kind DESC"),
    ("SELECT kind, avg(id) FROM f GROUP BY kind ORDER BY 1 NULLS FIRST", "NULLS FIRST"),
    ("SELECT kind, sum(id) FROM f GROUP BY kind ORDER BY kind LIMIT 2", "Limit: 2"),
    ("SELECT kind FROM f GROUP BY kind ORDER BY min(day) DESC, kind LIMIT 2", "min(day) DESC"),
    ("SELECT DISTINCT kind, flag FROM f", "Group Key: kind, flag"),
    ("SELECT DISTINCT price FROM f ORDER BY price DESC", "Sort Key: price DESC"),
    ("SELECT DISTINCT kind FROM f ORDER BY kind LIMIT 2", "Limit: 2"),
    ("SELECT * FROM f LIMIT 3", "Limit: 3"),
    ("SELECT id + 1, kind || 'x' FROM f LIMIT 3", "Limit: 3"),
    ("SELECT 1 FROM f LIMIT 2", "Limit: 2"),
    ("SELECT id FROM f ORDER BY id LIMIT 3", "Sort Key: id"),
    ("SELECT kind, id FROM f ORDER BY kind DESC NULLS LAST, id LIMIT 5", "DESC NULLS LAST, id"),
    ("SELECT price, id FROM f ORDER BY price DESC, day, id LIMIT 8", "price DESC, day, id"),
    ("SELECT id FROM f ORDER BY flag, label NULLS FIRST, positive, id LIMIT 9", "label NULLS"),
    ("SELECT id FROM f ORDER BY note COLLATE \"C\", id LIMIT 4", "Sort Key: note"),
    ("SELECT id, upper(kind) FROM f ORDER BY id FETCH FIRST 2 ROWS ONLY", "Limit: 2"),
    ("SELECT count(*), avg(amount) FROM f WHERE kind = 'a'", "Aggregates: count(*)"),
    ("SELECT id, (SELECT sum(y.id) FROM l y WHERE y.id < x.id) FROM f x ORDER BY 1 LIMIT 3", ""),
    ("SELECT (SELECT sum(y.id) FROM l y WHERE y.kind < x.kind) FROM f x GROUP BY kind", ""),
    ("SELECT count(*), (SELECT sum(y.id) FROM l y) FROM f HAVING count(*) > 3", ""),
    ("SELECT count(*) FROM f WHERE kind = 'nobody' OR amount > 1e40", "Aggregates: count(*)"),
    ("SELECT kind, count(*) FROM f WHERE id IN (1, 2, 6) GROUP BY kind", "Group Key: kind"),
    ("SELECT sum(number) FROM f WHERE NOT flag AND (small > 1 OR label IS NULL)", "sum(number)"),
    ("SELECT kind FROM f WHERE note <> 'apple' GROUP BY 1 ORDER BY 1 LIMIT 2", "Limit: 2"),
    ("SELECT id FROM f WHERE day >= '2024-01-01' ORDER BY id LIMIT 3", "Limit: 3"),
    ("SELECT id FROM f WHERE price > 1 ORDER BY id DESC LIMIT 2", "Sort Key: id DESC"),
]  # fmt: skip


def same_rows(tables: psycopg.Connection, query: str) -> None:
    """Hold that a query gives the rows that it gives of the local tables."""
    local = query
    for foreign, its in (("f", "l"), ("g", "l"), ("nothing", "empty"), ("parent", "local_parent")):
        local = re.sub(rf"\b{foreign}\b", its, local)
    found, expected = rows(tables, query), rows(tables, local)
    if "ORDER BY" not in query:
        found, expected = sorted(found), sorted(expected)
    assert found == expected, query


@pytest.mark.parametrize("server", ["counting", "quacking"])
def test_what_a_class_can_do_it_does_and_the_rows_are_those_of_postgresql(
    tables: psycopg.Connection, server: str
) -> None:
    executed(tables, "DROP FOREIGN TABLE IF EXISTS g")
    executed(tables, declared("g", server, ROWS))
    for written, shows in PUSHED:
        query = re.sub(r"\bf\b", "g", written)
        plan = shown(tables, query)
        assert set(nodes(plan)) <= {"Foreign Scan", "Aggregate"}, plan
        assert nodes(plan)[0] == "Foreign Scan", plan
        assert shows in plan, plan
        same_rows(tables, query)


LEFT = [
    # what is asked, and the node that PostgreSQL puts above the scan
    ("SELECT count(*) FILTER (WHERE flag) FROM f", "Aggregate"),
    ("SELECT sum(price ORDER BY id) FROM f", "Aggregate"),
    ("SELECT sum(number + 1) FROM f", "Aggregate"),
    ("SELECT sum(id::float8) FROM f", "Aggregate"),
    ("SELECT count(NULL::int) FROM f", "Aggregate"),
    ("SELECT count(DISTINCT 1) FROM f", "Aggregate"),
    ("SELECT count(f) FROM f", "Aggregate"),
    ("SELECT count(tableoid) FROM f", "Aggregate"),
    ("SELECT min(mood) FROM f", "Aggregate"),
    ("SELECT min(code) FROM f", "Aggregate"),
    ("SELECT count(DISTINCT code) FROM f", "Aggregate"),
    ("SELECT count(DISTINCT mood) FROM f", "Aggregate"),
    ("SELECT sum(number), count(DISTINCT mood) FROM f", "Aggregate"),
    ("SELECT string_agg(kind, ',' ORDER BY id) FROM f", "Aggregate"),
    ("SELECT stddev(number) FROM f", "Aggregate"),
    ("SELECT other.sum(number) FROM f", "Aggregate"),
    ("SELECT sum(number) FROM f HAVING count(DISTINCT mood) > 1", "Aggregate"),
    ("SELECT min(note) FROM f", "Aggregate"),
    ("SELECT min(kind COLLATE language) FROM f", "Aggregate"),
    ("SELECT upper(kind), count(*) FROM f GROUP BY 1", "Aggregate"),
    ("SELECT mood, count(*) FROM f GROUP BY mood", "Aggregate"),
    ("SELECT code, count(*) FROM f GROUP BY code", "Aggregate"),
    ("SELECT f, count(*) FROM f GROUP BY f", "Aggregate"),
    ("SELECT count(*) FROM f GROUP BY tableoid", "Aggregate"),
    ("SELECT kind, count(*) FROM f GROUP BY ROLLUP (kind)", "Aggregate"),
    ("SELECT kind, flag, count(*) FROM f GROUP BY GROUPING SETS (kind, flag)", "Aggregate"),
    ("SELECT 1 FROM f HAVING true", "Result"),
    ("SELECT count(*) FROM f HAVING EXISTS (SELECT 1 FROM l)", "Aggregate"),
    ("SELECT a.kind, count(*) FROM f a JOIN f b USING (id) GROUP BY 1", "Aggregate"),
    ("SELECT count(*) FROM f WHERE upper(kind) = 'A'", "Aggregate"),
    ("SELECT count(*) FROM f WHERE kind LIKE 'a%'", "Aggregate"),
    ("SELECT count(*) FROM f WHERE note > 'b'", "Aggregate"),
    ("SELECT count(*) FROM f WHERE kind = 'a' AND mood = 'ok'", "Aggregate"),
    ("SELECT count(*) FROM f WHERE day < 'infinity'", "Aggregate"),
    ("SELECT count(*) FROM f WHERE now() > '2020-01-01'", "Aggregate"),
    ("SELECT count(*) FROM f WHERE random() >= 0", "Aggregate"),
    ("SELECT sum(number) FROM parent", "Aggregate"),
    ("SELECT kind, count(*) OVER () FROM f", "WindowAgg"),
    ("SELECT kind, generate_series(1, count(*)) FROM f GROUP BY kind ORDER BY kind, 2", "Sort"),
    ("SELECT kind, count(*) FROM f GROUP BY kind ORDER BY count(*) + 1, kind", "Sort"),
    ("SELECT id FROM f ORDER BY note, id LIMIT 3", "Sort"),
    ("SELECT id FROM f ORDER BY mood, id LIMIT 3", "Sort"),
    ("SELECT id FROM f ORDER BY code, id LIMIT 3", "Sort"),
    ("SELECT id FROM f ORDER BY id + 1 LIMIT 3", "Sort"),
    ("SELECT id FROM f ORDER BY kind COLLATE language, id LIMIT 3", "Sort"),
    ("SELECT kind FROM f GROUP BY kind ORDER BY avg(id)", "Sort"),
    ("SELECT kind FROM f GROUP BY kind HAVING count(*) > 1 ORDER BY kind LIMIT 1", "Limit"),
    ("SELECT kind, count(*) OVER (ORDER BY id) FROM f ORDER BY id LIMIT 2", "Limit"),
    ("SELECT DISTINCT mood FROM f", "Aggregate"),
    ("SELECT DISTINCT upper(kind), id FROM f", "Aggregate"),
    ("SELECT DISTINCT kind, 1 + (random() * 0)::int FROM f", "Aggregate"),
    ("SELECT DISTINCT count(*) FROM f GROUP BY kind", "Aggregate"),
    ("SELECT DISTINCT generate_series(1, 3), id FROM f", "ProjectSet"),
    ("SELECT DISTINCT ON (kind) kind, id FROM f ORDER BY kind, id", "Unique"),
    ("SELECT id FROM f LIMIT 0", "Limit"),
    ("SELECT id FROM f ORDER BY id LIMIT 1 + (random() * 0)::int", "Limit"),
    ("SELECT id FROM f ORDER BY id LIMIT (SELECT 3)", "Limit"),
    ("SELECT id FROM f ORDER BY id OFFSET 3", "Limit"),
    ("SELECT id FROM f ORDER BY id LIMIT 3 OFFSET (SELECT 1)", "Limit"),
    ("SELECT id FROM f ORDER BY id LIMIT 9223372036854775807", "Limit"),
    ("SELECT number FROM f ORDER BY number FETCH FIRST 4 ROWS WITH TIES", "Limit"),
    ("SELECT id FROM f ORDER BY id LIMIT 3 FOR UPDATE", "LockRows"),
    ("SELECT generate_series(1, 3) FROM f ORDER BY id LIMIT 4", "ProjectSet"),
    ("SELECT id FROM f WHERE upper(kind) = 'A' ORDER BY id LIMIT 2", "Limit"),
    ("SELECT id FROM f WHERE kind = 'a' AND kind LIKE 'a%' ORDER BY id LIMIT 2", "Limit"),
    ("SELECT id FROM f WHERE code = 'u' LIMIT 2", "Limit"),
    ("SELECT a.id FROM f a JOIN f b USING (id) ORDER BY 1 LIMIT 2", "Limit"),
    ("SELECT number FROM parent ORDER BY number LIMIT 2", "Limit"),
]  # fmt: skip


def test_what_only_postgresql_knows_is_left_to_it(tables: psycopg.Connection) -> None:
    for query, node in LEFT:
        plan = shown(tables, query)
        assert node in " ".join(nodes(plan)), plan
        same_rows(tables, query)


def test_whatever_is_grouped_sorted_and_limited_the_rows_are_those_of_postgresql(
    tables: psycopg.Connection,
) -> None:
    plain = ["id", "kind", "amount", "price", "flag", "day", "small", "number", "label", "positive"]
    anything = [*plain, "note", "code", "mood"]
    aggregates = st.one_of(
        st.just("count(*)"),
        st.builds("count({})".format, st.sampled_from(anything)),
        st.builds("count(DISTINCT {})".format, st.sampled_from(anything)),
        st.builds(
            "{}({}{})".format,
            st.sampled_from(["sum", "avg", "min", "max"]),
            st.sampled_from(["", "DISTINCT "]),
            st.sampled_from(["id", "small", "number", "amount", "price", "positive"]),
        ),
        st.sampled_from(["min(kind)", "max(kind)", "min(day)", "max(day)", "max(label)"]),
        st.sampled_from(["bool_and(flag)", "bool_or(flag)", "count(*) * 2", "sum(id) / count(*)"]),
    )  # fmt: skip
    direction = st.sampled_from(["", " DESC", " NULLS FIRST", " DESC NULLS LAST"])
    limits = st.sampled_from(["", " LIMIT 1", " LIMIT 3", " LIMIT 2 OFFSET 2", " OFFSET 1"])
    conditions = st.sampled_from(["", "HAVING count(*) > 1", "HAVING sum(number) > 15"])
    filters = st.sampled_from([
        "", "WHERE kind = 'a'", "WHERE kind >= 'b' AND price > 1", "WHERE kind LIKE 'a%'",
        "WHERE day BETWEEN '2024-01-01' AND '2024-01-02' OR flag IS NULL",
        "WHERE NOT (flag AND number > 10)", "WHERE flag IS NOT TRUE", "WHERE small = number",
        "WHERE number <> ALL ('{10, 20}')", "WHERE label IN ('x', NULL)", "WHERE positive < 4.5",
    ])  # fmt: skip
    table = st.sampled_from(["f", "f", "nothing"])
    groups = st.lists(st.sampled_from(anything), max_size=3, unique=True)

    @given(table, groups, st.lists(aggregates, max_size=4), st.data())
    def holds(name: str, group_by: list[str], wanted: list[str], data: st.DataObject) -> None:
        grouped = bool(group_by or wanted)
        outputs = [*group_by, *wanted] if grouped else plain
        some = data.draw(st.lists(st.sampled_from(anything), min_size=1, max_size=3, unique=True))
        distinct = not grouped and data.draw(st.booleans())
        outputs = some if distinct else outputs
        parts = [f"SELECT {'DISTINCT' if distinct else ''} {', '.join(outputs)}", f"FROM {name}"]
        parts += [data.draw(filters)]
        parts += [f"GROUP BY {', '.join(group_by)}"] if group_by else []
        keys = data.draw(st.permutations(range(1, len(outputs) + 1)))
        order = ", ".join(f"{key}{data.draw(direction)}" for key in keys)
        parts += [data.draw(conditions)] if grouped else []
        same_rows(tables, " ".join([*parts, f"ORDER BY {order}{data.draw(limits)}"]))

    holds()


def test_windows_and_set_returning_functions_stand_above_groups(
    tables: psycopg.Connection,
) -> None:
    for query, above in (
        ("SELECT kind, lag(kind) OVER (ORDER BY kind) FROM f GROUP BY 1 ORDER BY 1", "WindowAgg"),
        ("SELECT sum(count(*)) OVER (), max(id) FROM f GROUP BY kind", "WindowAgg"),
        ("SELECT kind, generate_series(1, count(*)) FROM f GROUP BY kind", "ProjectSet"),
        ("SELECT DISTINCT count(*) FROM f GROUP BY kind", "HashAggregate"),
    ):
        plan = shown(tables, query)
        assert above in nodes(plan), plan
        assert "Group Key: kind" in plan
        assert nodes(plan)[-1] == "Foreign Scan"
        same_rows(tables, query)


def test_a_class_is_asked_for_no_more_than_it_says_it_can(tables: psycopg.Connection) -> None:
    executed(tables, declared("modest", "modest", ROWS))
    for query in ("SELECT count(*) FROM modest", "SELECT id FROM modest ORDER BY id LIMIT 1"):
        assert nodes(shown(tables, query))[-1] == "Foreign Scan"
        assert len(nodes(shown(tables, query))) > 1
    assert rows(tables, "SELECT count(*), min(id) FROM modest") == [("9", "1")]


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


def test_texts_that_differ_and_are_equal_are_grouped_by_postgresql(
    tables: psycopg.Connection,
) -> None:
    try:
        executed(
            tables,
            "CREATE COLLATION whatever_case "
            "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this PostgreSQL was built without ICU")
    executed(
        tables,
        "CREATE FOREIGN TABLE cases (kind text COLLATE whatever_case) SERVER counting "
        """OPTIONS (rows '[("a",), ("A",), ("b",)]')""",
    )
    for query, expected in (
        ("SELECT count(*) FROM cases GROUP BY kind ORDER BY 1", [("1",), ("2",)]),
        ("SELECT count(DISTINCT kind) FROM cases", [("2",)]),
        ("SELECT count(*) FROM (SELECT DISTINCT kind FROM cases) s", [("2",)]),
        ("SELECT lower(min(kind)) FROM cases", [("'a'",)]),
    ):
        assert nodes(shown(tables, query))[-1] == "Foreign Scan"
        assert len(nodes(shown(tables, query))) > 1
        assert rows(tables, query) == expected
    assert rows(tables, "SELECT count(kind) FROM cases") == [("3",)]
    assert nodes(shown(tables, "SELECT count(kind) FROM cases")) == ["Foreign Scan"]


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
