"""A federation of a test run: what members begin with, and writes that are undone."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from exclave.cluster import Cluster
from exclave.errors import DeclarationError
from exclave.federation import Federation
from exclave.testing import HubDatabase, RolledBackConnection, seed
from exclave.testing.rollback import engine_over, rolled_back, session_over
from exclave.testing.session import run_databases
from exclave.testing.settings import Settings

SCHEMA = (
    "CREATE TABLE books (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL, "
    "copies int NOT NULL DEFAULT 1)"
)
LIBRARY = Federation("library", tables=["books"], member_column="branch")
TITLES = "SELECT branch, title FROM library.books ORDER BY branch, title"


@pytest.fixture(scope="module")
def library(cluster_pair: tuple[Cluster, Cluster]) -> Iterator[HubDatabase]:
    """Give a hub with a federation of two members."""
    here, there = (each.dsn(tcp=True) for each in cluster_pair)
    settings = Settings(hub=here, members=dict.fromkeys(("ams", "utr"), there), proxies=True)
    with run_databases(
        settings, ["ams", "utr"], member_schema=SCHEMA, federation=LIBRARY
    ) as database:
        yield database


@pytest.fixture
def connection(library: HubDatabase) -> Iterator[RolledBackConnection]:
    """Give a connection that is rolled back; then nothing is left at any member."""
    with rolled_back(library.dsn) as made:
        yield made
        library.heal()
    for member in library.members.values():
        with member.connect() as there:
            assert there.execute("SELECT * FROM books").fetchall() == []


def titles(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Ask the joined table."""
    return connection.execute(TITLES).fetchall()


def add(connection: psycopg.Connection, branch: str, title: str) -> None:
    """Write to the joined table, as an application does."""
    connection.execute("INSERT INTO library.books (branch, title) VALUES (%s, %s)", (branch, title))


def test_rows_are_seeded_with_what_the_member_generates(
    library: HubDatabase, connection: RolledBackConnection
) -> None:
    rows = seed(
        connection,
        library.owner,
        LIBRARY,
        "utr",
        "books",
        [{"title": "Ulysses"}, {"title": "Emma", "copies": 3}],
    )
    ids = [row.pop("id") for row in rows]
    assert rows == [
        {"branch": "utr", "title": "Ulysses", "copies": 1},
        {"branch": "utr", "title": "Emma", "copies": 3},
    ]
    found = connection.execute("SELECT id FROM library.books ORDER BY id").fetchall()
    assert [number for (number,) in found] == ids


def test_seeds_are_no_writes_of_the_code_under_test(
    library: HubDatabase, connection: RolledBackConnection
) -> None:
    role = connection.execute("SELECT current_user").fetchone()
    for branch in ("ams", "utr"):
        seed(connection, library.owner, LIBRARY, branch, "books", [{"title": "Emma"}])
    assert connection.execute("SELECT current_user").fetchone() == role
    add(connection, "ams", "Ulysses")
    connection.commit()
    seed(connection, library.owner, LIBRARY, "ams", "books", [{"title": "Dubliners"}])
    add(connection, "utr", "Ulysses")
    with pytest.raises(errors.InvalidTransactionState, match='has written to member "utr"'):
        add(connection, "ams", "Ulysses again")
    connection.rollback()
    assert titles(connection) == [
        ("ams", "Dubliners"), ("ams", "Emma"), ("ams", "Ulysses"), ("utr", "Emma"),
    ]  # fmt: skip


def test_a_seed_within_a_write_leaves_that_the_only_member_written_to(
    library: HubDatabase, connection: RolledBackConnection
) -> None:
    add(connection, "ams", "Ulysses")
    seed(connection, library.owner, LIBRARY, "utr", "books", [{"title": "Emma"}])
    with pytest.raises(errors.InvalidTransactionState, match='has written to member "ams"'):
        add(connection, "utr", "Ulysses")


def test_rows_that_are_refused_are_not_there_and_change_nothing(
    library: HubDatabase, connection: RolledBackConnection
) -> None:
    rows = [{"title": "Emma"}, {"title": None}]
    with pytest.raises(errors.NotNullViolation):
        seed(connection, library.owner, LIBRARY, "utr", "books", rows)
    assert titles(connection) == []
    with pytest.raises(errors.InvalidParameterValue, match='has no member "gent"'):
        seed(connection, library.owner, LIBRARY, "gent", "books", [{"title": "Emma"}])
    with pytest.raises(DeclarationError, match='no table "loans"'):
        seed(connection, library.owner, LIBRARY, "utr", "loans", [{}])
    setting = "SELECT current_setting('exclave.write_members', true)"
    assert connection.execute(setting).fetchone() in ((None,), ("",))


@pytest.mark.parametrize("way", ["commit", "transaction", "engine", "session"])
def test_code_may_write_to_one_member_in_each_of_its_transactions(
    connection: RolledBackConnection, way: str
) -> None:
    insert = sa.text("INSERT INTO library.books (branch, title) VALUES (:branch, 'Emma')")
    for branch in ("ams", "utr"):
        if way == "commit":
            add(connection, branch, "Emma")
            connection.commit()
        elif way == "transaction":
            with connection.transaction():
                add(connection, branch, "Emma")
    if way in ("engine", "session"):
        with engine_over(connection) as engine:
            if way == "engine":
                for branch in ("ams", "utr"):
                    with engine.begin() as outer:
                        outer.execute(insert, {"branch": branch})
            else:
                with session_over(engine, connection) as session:
                    for branch in ("ams", "utr"):
                        session.execute(insert, {"branch": branch})
                        session.commit()
    assert titles(connection) == [("ams", "Emma"), ("utr", "Emma")]


def test_a_nested_transaction_is_no_end_of_one(connection: RolledBackConnection) -> None:
    insert = sa.text("INSERT INTO library.books (branch, title) VALUES (:branch, 'Emma')")
    with engine_over(connection) as engine, session_over(engine, connection) as session:
        with session.begin_nested():
            session.execute(insert, {"branch": "ams"})
        with pytest.raises(sa.exc.DBAPIError, match='has written to member "ams"'):
            session.execute(insert, {"branch": "utr"})


def test_the_hub_itself_can_be_used_in_the_transaction_of_a_test(
    library: HubDatabase, connection: RolledBackConnection
) -> None:
    assert {state.slug for state in library.hub().members(LIBRARY)} == {"ams", "utr"}
    hub = library.hub(connection)
    hub.remove_member(LIBRARY, "utr")
    assert [state.slug for state in hub.members(LIBRARY)] == ["ams"]
    with pytest.raises(errors.InvalidParameterValue, match='has no member "utr"'):
        add(connection, "utr", "Emma")


def test_members_that_are_left_are_as_they_were(library: HubDatabase) -> None:
    with library.connect() as connection, library.members["utr"].refuse():
        with pytest.raises(psycopg.OperationalError, match="library_utr"):
            connection.execute(TITLES)
        ams = "SELECT count(*) FROM library.books WHERE branch = 'ams'"
        assert connection.execute(ams).fetchone() == (0,)
