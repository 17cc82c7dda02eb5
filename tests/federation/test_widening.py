"""Which types can be joined."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.cluster import Database
from exclave.federation.widening import is_direct, joined_type, widens

TYPES = [
    "smallint", "integer", "bigint", "numeric", "real", "double precision", "text",
    "character varying", "bpchar", "name", "date", "timestamp without time zone",
    "timestamp with time zone", "boolean", "uuid", "json", "jsonb", "integer[]", "bigint[]",
    "text[]", "character varying[]",
]  # fmt: skip
types = st.lists(st.sampled_from(TYPES), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("given_types", "expected"),
    [
        (["integer", "bigint"], "bigint"),
        (["bigint", "smallint", "integer"], "bigint"),
        (["integer", "numeric"], "numeric"),
        (["character varying", "text"], "text"),
        (["character varying", "bpchar"], "text"),
        (["real", "double precision"], "double precision"),
        (["date", "timestamp without time zone"], "timestamp without time zone"),
        (["bpchar"], "bpchar"),
        (["character varying[]", "text[]"], "text[]"),
        (["timestamp without time zone", "timestamp with time zone"], None),
        (["integer", "text"], None),
        (["integer", "real"], None),
        (["numeric", "double precision"], None),
        (["json", "jsonb"], None),
        (["text", "text[]"], None),
    ],
)
def test_types_are_joined_to_the_one_that_holds_them(
    given_types: list[str], expected: str | None
) -> None:
    assert joined_type(given_types) == expected


@given(types)
def test_the_order_of_members_does_not_change_the_type(given_types: list[str]) -> None:
    assert len({joined_type(each) for each in permutations(given_types)}) == 1


@given(types)
def test_the_joined_type_holds_all_and_a_wider_one_is_not_taken(given_types: list[str]) -> None:
    found = joined_type(given_types)
    if found is None:
        return
    assert all(widens(each, found) for each in given_types)
    narrower = {each for each in TYPES if each != found and widens(each, found)}
    assert not any(all(widens(each, other) for each in given_types) for other in narrower)


@given(types, types)
def test_joining_step_by_step_gives_the_same(first: list[str], second: list[str]) -> None:
    by_steps, at_once = joined_type(first), joined_type([*first, *second])
    if at_once is not None:
        assert by_steps is not None
        assert joined_type([by_steps, *second]) == at_once


@given(st.sampled_from(TYPES), st.sampled_from(TYPES))
def test_what_is_declared_directly_is_wider(narrow: str, wide: str) -> None:
    if is_direct(narrow, wide):
        assert widens(narrow, wide)


VALUES = {
    "smallint": "-32768", "integer": "2147483647", "bigint": "-9223372036854775808",
    "numeric": "0.30", "real": "0.1", "double precision": "0.1", "text": "ä ", "bpchar": "a",
    "character varying": "b ", "name": "c", "date": "2024-02-29", "boolean": "t",
    "timestamp without time zone": "2024-02-29 12:00:00.000001",
}  # fmt: skip


def test_a_wider_type_holds_the_values_as_they_are(database: Database) -> None:
    with database.connect() as connection:
        for narrow, value in VALUES.items():
            for wide in VALUES:
                if widens(narrow, wide):
                    query = f"SELECT ($1::{narrow})::{wide}::{narrow} = $1::{narrow}"
                    with connection.cursor() as cursor:
                        found = cursor.execute(query.replace("$1", f"'{value}'")).fetchone()
                    assert found == (True,), (narrow, wide)
