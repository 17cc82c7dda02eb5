"""What becomes of statements, word for word."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.query.hub import JOINED, ORDERS, USERS, statements

from exclave.query import JoinedName, restrict

PAIRS = [tuple(each.split("\n=> ")) for each in statements("rewritten.sql")]
QUERIES = statements("queries.sql")


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_statement_is_rewritten_as_the_file_says(before: str, after: str) -> None:
    expected = before if after == "(the same)" else after
    assert restrict(before, JOINED, without=["m2"], style="native") == expected


@pytest.mark.parametrize("sql", QUERIES)
def test_a_statement_is_the_same_when_nobody_is_left_out(sql: str) -> None:
    assert restrict(sql, JOINED, without=[]) == sql


@pytest.mark.parametrize("sql", QUERIES)
def test_percent_signs_are_those_of_the_style(sql: str) -> None:
    native = restrict(sql, JOINED, without=["50% off"], style="native")
    doubled = restrict(sql.replace("%", "%%"), JOINED, without=["50% off"], style="pyformat")
    assert doubled == native.replace("%", "%%")


@pytest.mark.parametrize("sql", QUERIES)
def test_tables_can_be_treated_one_after_the_other(sql: str) -> None:
    found = {
        restrict(
            restrict(sql, [first], without=["m1"], style="native"),
            [second],
            without=["m1"],
            style="native",
        )
        for first, second in permutations(JOINED)
    }
    assert found == {restrict(sql, JOINED, without=["m1"], style="native")}


def test_placeholders_of_psycopg_stay_where_they_are() -> None:
    sql = (
        "SELECT %s, '%%', a %% %(b)s, %(b)s FROM fed.users WHERE fed.users.id=%(c)s"
        "AND name LIKE%sAND member IN %s AND fed.users.id = 1%%2 -- %s"
    )
    assert restrict(sql, JOINED, without=["m2"]) == (
        "SELECT %s, '%%', a %% %(b)s, %(b)s FROM (SELECT * FROM fed.users WHERE member NOT IN "
        "('m2')) AS users WHERE users.id=%(c)sAND name LIKE%sAND member IN %s AND users.id = "
        "1%%2 -- %s"
    )


def test_last_known_rows_take_the_place_of_a_member() -> None:
    assert restrict("SELECT * FROM fed.users u", JOINED, without=["m1"], stale=["m2", "m1"]) == (
        "SELECT * FROM (SELECT * FROM fed.users WHERE member NOT IN ('m1', 'm2') UNION ALL SELECT "
        "member, id, name, age, boss FROM fed_private.\"users@stale\" WHERE member IN ('m2')) u"
    )
    assert restrict("SELECT * FROM fed.orders o", JOINED, without=[], stale=["m2"]) == (
        "SELECT * FROM (SELECT * FROM fed.orders WHERE member NOT IN ('m2') UNION ALL SELECT "
        "* FROM fed_private.\"orders@stale\" WHERE member IN ('m2')) o"
    )
    assert restrict("TABLE fed.users", JOINED, without=["m1"], stale=["m1"]) == restrict(
        "TABLE fed.users", JOINED, without=["m1"]
    )


def test_names_and_slugs_are_quoted() -> None:
    odd = JoinedName('My "Fed"', "select", member_column="Member")
    assert restrict(
        'SELECT * FROM "My ""Fed"""."select"', [odd], without=["it's", r"a\b"], style="native"
    ) == (
        'SELECT * FROM (SELECT * FROM "My ""Fed"""."select" '
        """WHERE "Member" NOT IN (E'a\\\\b', 'it''s')) AS "select\""""
    )


def test_names_without_a_schema_are_found_by_the_search_path() -> None:
    sql = "SELECT fed.users.id, (SELECT max(orders.id) FROM orders) FROM users"
    assert restrict(sql, JOINED, without=["m2"]) == sql
    assert restrict(sql, JOINED, without=["m2"], search_path=["public", "fed"]) == (
        "SELECT users.id, (SELECT max(orders.id) FROM (SELECT * FROM orders WHERE member NOT IN "
        "('m2')) AS orders) FROM (SELECT * FROM users WHERE member NOT IN ('m2')) AS users"
    )


def test_a_name_without_a_schema_may_be_a_with_query_where_that_is_in_scope() -> None:
    sql = (
        "WITH orders AS (SELECT * FROM orders), x AS (SELECT * FROM orders) "
        "SELECT * FROM (WITH users AS (SELECT 1) SELECT * FROM users) y, users, orders"
    )
    assert restrict(sql, JOINED, without=["m2"], search_path=["fed"]) == (
        "WITH orders AS (SELECT * FROM (SELECT * FROM orders WHERE member NOT IN ('m2')) AS "
        "orders), x AS (SELECT * FROM orders) SELECT * FROM (WITH users AS (SELECT 1) SELECT * "
        "FROM users) y, (SELECT * FROM users WHERE member NOT IN ('m2')) AS users, orders"
    )
    recursive = "WITH RECURSIVE a AS (SELECT * FROM users), users AS (SELECT 1) SELECT * FROM a"
    assert restrict(recursive, JOINED, without=["m2"], search_path=["fed"]) == recursive


def test_a_target_without_a_schema_is_never_a_with_query() -> None:
    sql = "WITH users AS (SELECT 1) INSERT INTO users SELECT * FROM users"
    assert restrict(sql, [USERS, ORDERS], without=["m2"], search_path=["fed"]) == sql


def test_deeply_nested_statements_are_read() -> None:
    union = " UNION ALL ".join(["SELECT id FROM fed.users"] * 2000)
    assert restrict(union, JOINED, without=["m2"]).count("NOT IN") == 2000
    total = "+".join(["fed.users.id"] * 2000)
    changed = restrict(f"SELECT {total} FROM fed.users", JOINED, without=["m2"])  # noqa: S608
    assert changed.startswith(f"SELECT {total.replace('fed.', '')} ")
