"""EXPLAIN: the class, its plan and its own lines, in every format, without a scan."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql


@pytest.fixture
def explained(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("SELECT exclave.create_wrapper('explained', 'trial_imports:Explained')")
    connection.execute("CREATE SERVER explained FOREIGN DATA WRAPPER explained")
    connection.execute(
        "CREATE FOREIGN TABLE t (a int) SERVER explained OPTIONS (token 'very-secret')"
    )
    return connection


def plan_of(connection: psycopg.Connection, options: str, query: str = "SELECT a FROM t") -> Any:
    found = connection.execute(sql.SQL(f"EXPLAIN ({options}) {query}")).fetchall()
    return found[0][0] if len(found) == 1 else "\n".join(str(line) for (line,) in found)


def test_a_class_adds_lines_of_every_kind(explained: psycopg.Connection) -> None:
    [plan] = plan_of(explained, "FORMAT json")
    node = plan["Plan"]
    assert node["Python Class"] == "trial_imports:Explained"
    assert node["URL"] == "https://example.com/?token=***"
    assert (node["Pages"], node["Share"], node["Cached"]) == (3, 0.25, True)
    assert node["Files"] == ["a.csv", "***.csv"]
    assert node["Beyond"] == str(2**70)
    assert node["Half"] == "?"
    assert "Nothing" not in node
    assert "Python Plan" not in node


def test_every_format_has_the_lines_and_no_secret(explained: psycopg.Connection) -> None:
    for format_ in ("text", "yaml", "xml", "json"):
        shown = str(plan_of(explained, f"FORMAT {format_}, VERBOSE"))
        for part in ("trial_imports:Explained", "a.csv", "0.25", "{}"):
            assert part in shown
        assert "very-secret" not in shown


def test_explain_of_an_insert_names_the_class(explained: psycopg.Connection) -> None:
    explained.execute("CREATE TABLE other (a int)")
    shown = plan_of(explained, "VERBOSE", "INSERT INTO other SELECT a FROM t")
    assert shown.count("Python Class: trial_imports:Explained") == 1


def test_conditions_that_the_class_is_told_of_are_shown(explained: psycopg.Connection) -> None:
    explained.execute("CREATE TABLE l (a int)")
    explained.execute("SET enable_hashjoin = off; SET enable_mergejoin = off")
    for query, shown in (
        ("SELECT FROM t WHERE a > 3 AND a IN (1, 2) OR a IS NULL", "((a > 3) AND (a = ANY (1, 2))"),
        ("SELECT FROM t WHERE NOT (a = 1 AND a IS NOT NULL)", "(a <> 1) OR (a IS NULL)"),
        ("SELECT count(*) FROM t WHERE a < -1", "Python Conditions: (a < -1)"),
    ):
        assert shown in plan_of(explained, "COSTS off", query), query
    explained.execute("SET plan_cache_mode = force_generic_plan")
    explained.execute("PREPARE p(int, int[]) AS SELECT FROM t WHERE a > $1 AND a = ANY ($2)")
    [line] = [
        line
        for line in plan_of(explained, "COSTS off", "EXECUTE p(1, '{2}')").splitlines()
        if "Python Conditions" in line
    ]
    assert line.strip() == "Python Conditions: (a > $0) AND (a = ANY ($1))"
