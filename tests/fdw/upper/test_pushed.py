"""What a class does instead of PostgreSQL: aggregates, top-N and LIMIT, and where it must not."""

from __future__ import annotations

import re

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fdw.upper.tables import PUSHED, ROWS, declared, executed, nodes, rows, same_rows, shown


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
