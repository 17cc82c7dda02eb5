"""By which collation of the hub a member's text sorts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from exclave.cluster import Database

from .conftest import made_member
from .member import Member

MakeMember = Callable[[str], Member]


@pytest.fixture
def member_made_with(member: Member) -> Iterator[MakeMember]:
    """Give what makes a member whose database is created with some options."""
    with ExitStack() as stack:

        def make(options: str) -> Member:
            cluster = member.remote.cluster
            made = stack.enter_context(made_member(member.hub.cluster, cluster))
            name = f"{made.remote.name}_other"
            with cluster.connect() as connection:
                connection.execute(f"CREATE DATABASE {name} {options} TEMPLATE template0".encode())
            stack.callback(cluster.drop_database, name)
            made.on_hub(f"ALTER SERVER branch OPTIONS (SET dbname '{name}')")
            return Member(made.hub, Database(cluster, name), made.owner, made.reader)

        yield make


def has_icu(member: Member) -> bool:
    """Tell whether the server was built with ICU."""
    with member.hub.connect() as connection:
        query = "SELECT FROM pg_collation WHERE collprovider = 'i' AND collname LIKE 'de%'"
        return connection.execute(query).fetchone() is not None


def sorting(member: Member) -> dict[str, tuple[str | None, bool]]:
    """Give how the columns of the table texts sort."""
    columns = member.table("texts").columns
    return {column.name: (column.sorts_as, column.sorts_alike) for column in columns}


TEXTS = 'CREATE TABLE texts (a text, c text COLLATE "C", n int)'


def test_text_of_a_like_database_sorts_as_on_the_hub(member: Member) -> None:
    member.on_remote(TEXTS)
    assert sorting(member) == {"a": (None, True), "c": (None, True), "n": (None, True)}
    column = member.table("texts").column("c")
    assert column is not None
    assert column.collation == 'pg_catalog."C"'


def test_text_that_no_collation_of_the_hub_sorts_is_told(member_made_with: MakeMember) -> None:
    other = member_made_with("ENCODING 'EUC_JP' LOCALE 'C'")
    other.on_remote(TEXTS)
    assert sorting(other)["a"] == (None, False)
    found = other.read()
    assert (found.encoding, found.sorts_as_hub) == ("EUC_JP", False)


def test_the_hubs_collation_of_the_same_locale_is_found(
    member: Member, member_made_with: MakeMember
) -> None:
    if not has_icu(member):
        pytest.skip("this server was built without ICU")
    german = 'pg_catalog."de-x-icu"'
    other = member_made_with("LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C' ENCODING 'UTF8'")
    other.on_remote(TEXTS, 'ALTER TABLE texts ADD f text COLLATE "fr-x-icu"')
    assert sorting(other) == {
        "a": (german, True),
        "c": (None, True),
        "n": (german, True),
        "f": ('pg_catalog."fr-x-icu"', True),
    }
    found = other.read()
    assert (found.provider, found.collation, found.sorts_as_hub) == ("icu", "de", False)


def test_a_collation_that_the_hub_lacks_is_told(member: Member) -> None:
    member.on_remote(
        "CREATE COLLATION mine (LOCALE = 'C')", "CREATE TABLE owned (a text COLLATE mine)"
    )
    column = member.table("owned").column("a")
    assert column is not None
    assert (column.collation, column.sorts_as, column.sorts_alike) == ("public.mine", None, False)
