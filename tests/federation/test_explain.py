"""What members are sent: asked of EXPLAIN, as a reader with rights on the joined table alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from exclave.federation import Federation

from .conftest import Group

TABLE = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN email AS varchar(80) CHECK (VALUE LIKE '%@%');
CREATE TABLE people (id {id} PRIMARY KEY, mood mood, email email, name varchar(30), at timestamptz);
INSERT INTO people SELECT i, (enum_range(NULL::mood))[1 + i % 3], 'p' || i || '@x', 'n' || i, now()
  FROM generate_series(1, 9) AS i;
ANALYZE people;
"""


@pytest.fixture(scope="module")
def people(lasting_group: Callable[..., Group]) -> Iterator[tuple[Group, str]]:
    """A hub with three members, one of which has narrower ids; and a role that may read it."""
    ids = {"a": "bigint", "b": "integer", "c": "bigint"}
    group = lasting_group({slug: TABLE.replace("{id}", type_) for slug, type_ in ids.items()})
    role = f"reader_{group.hub.owner}"
    with group.connect() as connection:
        connection.execute(f"CREATE ROLE {role}".encode())
        federation = Federation(
            "everything", ["people"], readers=[role], server_options={"async_capable": True}
        )
        for company in group.companies.values():
            group.hub.add_member(federation, company.member)
        group.hub.apply(federation)
        yield group, role
        connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@pytest.fixture
def reader(people: tuple[Group, str]) -> Iterator[psycopg.Connection]:
    """The reader's session."""
    group, role = people
    with group.connect(role) as connection:
        yield connection


def scans(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
    """Give the foreign scans of a query's plan."""
    [row] = connection.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {query}".encode()).fetchall()
    found: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        if node["Node Type"] == "Foreign Scan":
            found.append(node)
        for child in node.get("Plans", []):
            walk(child)

    plans = row[0] if isinstance(row[0], list) else json.loads(row[0])
    walk(plans[0]["Plan"])
    return found


def members(nodes: list[dict[str, Any]]) -> list[str]:
    """Name the members that are scanned."""
    return sorted(node["Schema"].removeprefix("everything_") for node in nodes)


@pytest.mark.parametrize(
    ("condition", "contacted"),
    [
        ("member = 'a'", ["a"]),
        ("member IN ('a', 'c')", ["a", "c"]),
        ("member NOT IN ('a')", ["b", "c"]),
        ("member = 'nobody'", []),
        ("true", ["a", "b", "c"]),
    ],
)
def test_only_the_members_of_a_condition_are_contacted(
    reader: psycopg.Connection, condition: str, contacted: list[str]
) -> None:
    query = f"SELECT * FROM everything.people WHERE {condition}"  # noqa: S608 - constants
    assert members(scans(reader, query)) == contacted
    rows = reader.execute(f"SELECT DISTINCT member FROM ({query}) AS q ORDER BY 1".encode())  # noqa: S608
    assert [slug for (slug,) in rows] == contacted


@pytest.mark.parametrize(
    ("condition", "sent"),
    [
        ("id = 5", r"WHERE \(\(id = 5\)\)"),
        ("mood = 'happy'", r"WHERE \(\(mood::text = 'happy'::text\)\)"),
        ("mood IN ('happy', 'ok')", r"mood::text = ANY"),
        ("email = 'p1@x'", r"\(email(::text)? = 'p1@x'(::text)?\)"),
        ("name LIKE 'n1%'", r"name(::text)? ~~ 'n1%'"),
        ("at < '2000-01-01Z'", r"\(at < "),
    ],
)
def test_filters_are_sent_and_scans_are_asynchronous(
    reader: psycopg.Connection, condition: str, sent: str
) -> None:
    found = scans(reader, f"SELECT * FROM everything.people WHERE {condition}")  # noqa: S608
    assert len(found) == 3
    for node in found:
        assert re.search(sent, node["Remote SQL"]), node["Remote SQL"]
        assert node["Async Capable"]
        assert "Filter" not in node


@pytest.mark.parametrize("column", ["id", "mood", "name", "email"])
def test_sorts_are_sent_and_the_order_is_the_hubs(reader: psycopg.Connection, column: str) -> None:
    reader.execute("SET enable_sort = off")
    query = f"SELECT {column} FROM everything.people ORDER BY {column}, member"  # noqa: S608
    found = scans(reader, query.replace(", member", ""))
    assert all("ORDER BY" in node["Remote SQL"] for node in found), found
    rows = [value for (value,) in reader.execute(query.encode())]
    local = f"SELECT {column} FROM (SELECT * FROM everything.people OFFSET 0) AS q ORDER BY 1"  # noqa: S608
    reader.execute("RESET enable_sort")
    assert rows == [value for (value,) in reader.execute(local.encode())]


def test_a_bound_parameter_on_an_enum_is_sent(reader: psycopg.Connection) -> None:
    reader.execute("SET plan_cache_mode = force_generic_plan")
    reader.execute("PREPARE q AS SELECT id FROM everything.people WHERE mood = $1 AND member = 'a'")
    [node] = scans(reader, "EXECUTE q('happy')")
    assert "mood::text = $1::text" in node["Remote SQL"]
    rows = reader.execute("EXECUTE q('happy')").fetchall()
    assert sorted(rows) == [(2,), (5,), (8,)]


def test_a_reader_has_no_way_below_the_joined_table(reader: psycopg.Connection) -> None:
    for statement in (
        "SELECT * FROM everything_a.people",
        'SELECT * FROM everything_private."people@1"',
        "DELETE FROM everything.people",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement.encode())
