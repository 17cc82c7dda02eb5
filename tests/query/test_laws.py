"""The law: a restricted query over all members is the query over a hub without the others."""

from __future__ import annotations

from collections.abc import Collection

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.query.generate import joins, queries
from tests.query.hub import JOINED, MEMBERS, replacements, rows, scanned, statements, undone

from exclave.query import reading, restrict

CASES: list[tuple[set[str], set[str]]] = [
    ({"m2"}, set()),
    ({"m1", "m3"}, set()),
    (set(MEMBERS), set()),
    (set(), {"m1"}),
    ({"m2"}, {"m3"}),
]


def check_law(
    connection: psycopg.Connection, sql: str, without: Collection[str], stale: Collection[str]
) -> str:
    """Check the law for one statement, and give the restricted one."""
    restricted = restrict(sql, JOINED, without=without, stale=stale, style="native")
    with undone(connection):
        found = rows(connection, restricted)
    with undone(connection):
        for replacement in replacements(without, stale):
            connection.execute(replacement.encode())
        expected = rows(connection, sql)
    assert found == expected, restricted
    left_out = {*without, *stale}
    assert not scanned(connection, restricted) & left_out, f"scanned: {restricted}"
    return restricted


@pytest.mark.parametrize("sql", statements("queries.sql"))
def test_a_statement_gives_what_it_would_without_the_members(
    connection: psycopg.Connection, sql: str
) -> None:
    for without, stale in CASES:
        check_law(connection, sql, without, stale)


def test_the_law_is_not_held_by_doing_nothing(connection: psycopg.Connection) -> None:
    different = 0
    for sql in statements("queries.sql"):
        with undone(connection):
            everything = rows(connection, sql)
        with undone(connection):
            different += everything != rows(
                connection, restrict(sql, JOINED, without=["m1", "m2"], style="native")
            )
        assert scanned(connection, sql) >= {"m1"} or "'m2'" in sql or "'no'" in sql or "<>" in sql
    assert different > 60


@pytest.mark.fuzz
@given(sql=queries(), case=st.sampled_from(CASES))
def test_a_generated_query_gives_what_it_would_without_the_members(
    connection: psycopg.Connection, sql: str, case: tuple[set[str], set[str]]
) -> None:
    check_law(connection, sql, *case)


@pytest.mark.fuzz
@given(sql=joins() | queries())
def test_members_that_a_query_does_not_name_are_not_scanned_and_can_be_left_out(
    connection: psycopg.Connection, sql: str
) -> None:
    members = reading(sql, JOINED, style="native").members
    if members is None:
        return
    others = {*MEMBERS} - members
    restricted = restrict(sql, JOINED, without=others, style="native")
    with undone(connection):
        assert rows(connection, restricted) == rows(connection, sql)
        assert scanned(connection, sql) & {*MEMBERS} <= members


@pytest.mark.parametrize("sql", statements("queries.sql"))
def test_only_members_that_a_statement_names_are_scanned(
    connection: psycopg.Connection, sql: str
) -> None:
    members = reading(sql, JOINED, style="native").members
    if members is not None:
        assert scanned(connection, sql) & {*MEMBERS} <= members
