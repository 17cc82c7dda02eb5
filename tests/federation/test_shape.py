"""Federations and members as values: what they refuse, and what they are as data."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exclave as xc
from exclave.errors import DeclarationError
from exclave.federation import FederatedTable, Federation, Member
from exclave.federation.naming import check_federation, check_member, names_of

WORDS = st.text("abz_é\"' .", min_size=1, max_size=8)
TABLES = st.builds(
    FederatedTable,
    WORDS,
    at=st.dictionaries(WORDS, WORDS, max_size=2),
    exclude=st.lists(WORDS, unique=True, max_size=3),
    types=st.dictionaries(WORDS, st.sampled_from(["text", "bigint"]), max_size=2),
    key=st.none() | st.lists(WORDS, unique=True, min_size=1, max_size=2),
    omit=st.lists(st.lists(WORDS, unique=True, min_size=1, max_size=2), max_size=2),
    fetch_size=st.none() | st.integers(1, 10**6),
    reference=st.booleans(),
    stale=st.booleans(),
    enums=st.sampled_from(["text", "type"]),
)
FEDERATIONS = st.builds(
    Federation,
    WORDS,
    st.lists(TABLES, max_size=3, unique_by=lambda table: table.name),
    source_schema=WORDS,
    member_column=WORDS,
    layout=st.sampled_from(["union", "inheritance"]),
    readers=st.lists(WORDS, max_size=2),
    writers=st.lists(WORDS, max_size=2),
    server_options=st.dictionaries(WORDS, st.none() | st.integers() | st.booleans(), max_size=2),
)


@given(FEDERATIONS)
def test_a_federation_survives_its_way_through_json(federation: Federation) -> None:
    data = json.loads(json.dumps(federation.to_dict()))
    again = Federation.from_dict(data)
    assert again == federation
    assert hash(again) == hash(federation)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Federation("f", "orders"), "must be a list"),
        (lambda: Federation("f", ["a", "a"]), "two tables are called a"),
        (lambda: Federation("f", [], layout="partition"), "one of union, inheritance"),  # type: ignore[arg-type]
        (lambda: Federation("f", [], member_schema="x"), "must hold {member}"),
        (lambda: Federation("f", [], member_schema="{member}{slug}"), "does not fit"),
        (lambda: Federation("f", [], readers="app"), "must be a list of roles"),
        (lambda: FederatedTable("t", only=["a"], exclude=["b"]), "not both"),
        (lambda: FederatedTable("t", only=[]), "names no column"),
        (lambda: FederatedTable("t", only="ab"), "must be a list of column names"),
        (lambda: FederatedTable("t", exclude=["a", "a"]), "names a column twice"),
        (lambda: FederatedTable("t", fetch_size=0), "must be 1 or more"),
        (lambda: FederatedTable("t", enums="int"), "must be"),  # type: ignore[arg-type]
        (lambda: FederatedTable("t", key=[]), "names no column"),
        (lambda: Member("no slug"), "is no slug"),
        (lambda: Member("-x"), "is no slug"),
        (lambda: Member(""), "is no slug"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    make: Callable[[], object], said: str
) -> None:
    with pytest.raises(DeclarationError, match=said):
        make()


def test_a_table_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(DeclarationError, match='no table "c"; it has a, b'):
        Federation("f", ["a", "b"]).table("c")


def test_a_member_never_shows_its_password() -> None:
    member = Member.postgres("nl", host="nl.db", user="app", password="swordfish")
    assert "swordfish" not in repr(member) + str(member) + repr(member.mapping_options)
    assert member == Member.postgres(
        "nl", host="nl.db", user="app", password=xc.Secret.literal("swordfish")
    )


def test_each_layout_names_members_schemas_in_its_own_way() -> None:
    assert names_of(Federation("all", []), "nl").schema == "all_nl"
    assert names_of(Federation("all", [], layout="inheritance"), "nl").insertable == "nl_insertable"
    named = Federation("all", [], member_schema="{member}@{federation}")
    assert names_of(named, "nl").server == "nl@all"


@pytest.mark.parametrize(
    ("federation", "slug", "said"),
    [
        (Federation("f" * 60, []), "m", "PostgreSQL keeps 63"),
        (Federation("pg_all", []), "m", "keeps such names for itself"),
        (Federation("f", ["t" * 60]), "m", "the limit"),
        (Federation("f", []), "m" * 60, "PostgreSQL keeps 63"),
        (Federation("f", [], layout="inheritance"), "f", "which is taken"),
        (Federation("f", [], layout="inheritance"), "public", "which is taken"),
        (Federation("f", [], layout="inheritance"), "pg_x", "keeps such names for itself"),
    ],
)
def test_names_that_cannot_be_are_refused(federation: Federation, slug: str, said: str) -> None:
    with pytest.raises(DeclarationError, match=said):
        _check(federation, slug)


def _check(federation: Federation, slug: str) -> None:
    check_federation(federation)
    check_member(federation, slug)
