"""Which types of the hub hold all values of which types of a remote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.doctor.checks.types import holds
from exclave.objects.data_type import canonical_type

SPELLINGS = [
    "smallint", "integer", "bigint", "numeric", "numeric(10,2)", "real", "double precision",
    "text", "varchar", "varchar(30)", "char(3)", "boolean", "date", "timestamp", "timestamptz(3)",
    "uuid", "jsonb", "json", "bytea", "bit varying(8)", "interval", "erp.mood", 'erp."Mood"',
    "public.vector", "xml", "name", "numeric(12,3)",
]  # fmt: skip


@pytest.mark.parametrize(
    ("local", "remote"),
    [
        ("bigint", "integer"),
        ("numeric", "smallint"),
        ("double precision", "real"),
        ("text", "varchar(30)"),
        ("varchar", "varchar(30)"),
        ("varchar(40)", "varchar(30)"),
        ("varchar", "text"),
        ("text", "name"),
        ("numeric", "numeric(10,2)"),
        ("numeric(12,2)", "numeric(10,2)"),
        ("numeric(12,4)", "numeric(10,2)"),
        ("timestamp(6)", "timestamp(3)"),
        ("timestamptz(3)", "timestamptz(0)"),
        ("interval(4)", "interval(2)"),
        ("time(6)", "time(3)"),
        ("timestamptz", "timestamptz(3)"),
        ("erp.mood", "public.mood"),
        ("erp.vector(3)", "public.vector"),
        ("text[]", "varchar(9)[]"),
    ],
)
def test_a_wider_type_holds_what_a_narrower_one_has(local: str, remote: str) -> None:
    assert holds(canonical_type(local), canonical_type(remote))


@pytest.mark.parametrize(
    ("local", "remote"),
    [
        ("integer", "bigint"),
        ("varchar(20)", "varchar(30)"),
        ("varchar(20)", "text"),
        ("numeric(10,2)", "numeric"),
        ("numeric(10,4)", "numeric(10,2)"),
        ("numeric(12)", "numeric(10,2)"),
        ("timestamp(0)", "timestamp(3)"),
        ("text", "integer"),
        ("text", "public.mood"),
        ("text", "char(3)"),
        ("jsonb", "json"),
        ("timestamp", "timestamptz"),
        ("erp.mood", "public.humour"),
        ("text", "text[]"),
        ("bit(3)", "bit(4)"),
    ],
)
def test_a_narrower_or_other_type_does_not(local: str, remote: str) -> None:
    assert not holds(canonical_type(local), canonical_type(remote))


@given(st.sampled_from(SPELLINGS), st.sampled_from(["", "[]"]))
def test_a_type_holds_itself(spelling: str, array: str) -> None:
    spelled = canonical_type(spelling + array)
    assert holds(spelled, spelled)


@given(*[st.sampled_from([each for each in SPELLINGS if each not in ("name", "text")])] * 3)
def test_what_a_held_type_holds_is_held_too(one: str, two: str, three: str) -> None:
    first, second, third = map(canonical_type, (one, two, three))
    if holds(first, second) and holds(second, third):
        assert holds(first, third)
