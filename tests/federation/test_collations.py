"""Text that members sort by collations of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from exclave.errors import FederationError
from exclave.federation import Federation

from .conftest import Group

NewGroup = Callable[..., Group]
WORDS = (
    "CREATE TABLE words (id int PRIMARY KEY, word text{collate}); "
    "INSERT INTO words VALUES (1, 'a'), (2, 'B'), (3, 'c');"
)
GERMAN = WORDS.format(collate=' COLLATE "de-x-icu"')
QUERY = "SELECT word FROM f.words WHERE word > 'a' ORDER BY word LIMIT 4"


def joined(new_group: NewGroup, layout: Literal["union", "inheritance"]) -> Group:
    """Give a group whose two members sort their words by the same collation."""
    group = new_group({"one": GERMAN, "two": GERMAN})
    federation = Federation("f", ["words"], layout=layout)
    for company in group.companies.values():
        group.hub.add_member(federation, company.member)
    group.hub.apply(federation)
    return group


@pytest.fixture
def icu_group(new_group: NewGroup) -> NewGroup:
    """Give what makes groups, where servers have ICU's collations."""
    with new_group({}, install=False).connect() as hub:
        query = "SELECT FROM pg_collation WHERE collname = 'de-x-icu'"
        if hub.execute(query).fetchone() is None:
            pytest.skip("this server was built without ICU")
    return new_group


@pytest.mark.parametrize("layout", ["union", "inheritance"])
def test_a_common_collation_is_that_of_the_joined_column_and_is_sent(
    icu_group: NewGroup, layout: Literal["union", "inheritance"]
) -> None:
    group = joined(icu_group, layout)
    with group.connect() as hub:
        hub.execute("SET enable_sort = off")
        assert hub.execute(QUERY).fetchall() == [("B",), ("B",), ("c",), ("c",)]
        plan = "".join(line for (line,) in hub.execute(f"EXPLAIN (VERBOSE) {QUERY}".encode()))
        assert plan.count("WHERE ((word > 'a')) ORDER BY word ASC") == 2


def test_a_member_that_sorts_otherwise_joins_and_is_sorted_on_the_hub(
    icu_group: NewGroup,
) -> None:
    group = joined(icu_group, "union")
    federation = Federation("f", ["words"])
    group.hub.add_member(federation, group.new("three", WORDS.format(collate="")).member)
    group.hub.apply(federation)
    with group.connect() as hub:
        hub.execute("SET enable_sort = off")
        found = [word for (word,) in hub.execute("SELECT word FROM f.words ORDER BY word")]
        assert found == ["a", "a", "a", "B", "B", "B", "c", "c", "c"]


def test_inheritance_refuses_a_member_that_sorts_otherwise(icu_group: NewGroup) -> None:
    group = joined(icu_group, "inheritance")
    federation = Federation("f", ["words"], layout="inheritance")
    group.hub.add_member(federation, group.new("three", WORDS.format(collate="")).member)
    with pytest.raises(FederationError, match=r'joined so far: text pg_catalog\."de-x-icu"'):
        group.hub.apply(federation)
