"""Statements that cannot be restricted, and what is said of them."""

from __future__ import annotations

import sys

import pytest
from tests.query.hub import JOINED

from exclave.errors import ExclaveError, QueryError
from exclave.query import JoinedName, reading, restrict


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT id FROM fed.users FOR UPDATE", "locks rows of fed.users"),
        ("SELECT * FROM (SELECT * FROM fed.users) u FOR SHARE OF u", "locks rows of fed.users"),
        ("SELECT id FROM fed.orders TABLESAMPLE SYSTEM (1)", "sample of fed.orders"),
        ("CREATE VIEW v AS SELECT id FROM fed.users", "keeps a query over fed.users for later"),
        ("CREATE MATERIALIZED VIEW v AS TABLE fed.users", "keeps a query over fed.users"),
        ("PREPARE p AS SELECT id FROM fed.users", "keeps a query over fed.users"),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT id FROM fed.users; END",
            "keeps a query over fed.users",
        ),
        ("SELECT users, fed.users.id FROM fed.users, local.users", "FROM fed.users AS …"),
        ("SELECT id FROM fed.users WHERE", "syntax error at end of input"),
        ("SELECT %(name)s FROM fed.users WHERE )", 'error at or near ")", at character 38'),
    ],
)  # fmt: skip
def test_what_cannot_be_restricted_is_refused_with_its_reason(sql: str, said: str) -> None:
    with pytest.raises(QueryError) as refused:
        restrict(sql, JOINED, without=["m2"])
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM fed.users, local.country FOR UPDATE OF country",
        "SELECT * FROM local.country WHERE id IN (SELECT id FROM fed.users) FOR UPDATE",
        "WITH u AS (SELECT * FROM fed.users) SELECT * FROM u, local.country FOR UPDATE",
    ],
)
def test_locks_of_other_tables_are_not_refused(sql: str) -> None:
    assert reading(sql, JOINED).locks == ()
    assert "NOT IN ('m2')" in restrict(sql, JOINED, without=["m2"])


def test_a_table_without_last_known_rows_is_refused() -> None:
    airports = JoinedName("fed", "airports")
    with pytest.raises(QueryError, match=r"no last known rows of fed\.airports.*Leave out m2, m3"):
        restrict("SELECT * FROM fed.airports", [airports], without=["m1"], stale=["m3", "m2"])
    other = "SELECT * FROM fed.users /* airports */"
    assert restrict(other, [*JOINED, airports], without=[], stale=["m3"]) != other


def test_what_names_no_joined_table_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pglast", None)
    for sql in ("SELEKT users_of FROM", "VACUUM users"):
        assert restrict(sql, [JoinedName("fed", "orders")], without=["m2"]) == sql
        assert reading(sql, [JoinedName("fed", "orders")]).reads == ()


def test_without_pglast_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pglast", None)
    with pytest.raises(ExclaveError, match=r"Install exclave\[pushdown\]"):
        restrict("SELECT 'not read before' FROM fed.users", JOINED, without=["m2"])
