"""What PostgreSQL does with joined columns: what is sent, and that rows come as they should."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exclave.catalog import PsycopgConnection
from exclave.cluster import Cluster, Database, fresh_database
from exclave.federation import FederatedTable, Federation
from exclave.federation.joining import join_columns
from exclave.federation.layouts.views import chunk_query
from exclave.federation.naming import names_of
from exclave.federation.remote import read_remote
from exclave.federation.tables import JoinedTable, MemberTable
from exclave.objects.quoting import quote_identifier

ROWS = (
    "SELECT g, (ARRAY['zzz','mmm','aaa'])[1+g%3]{mood}, (g % 20) * 0.1, 'c' || g % 7, "
    "(ARRAY['b','A','a','B'])[1+g%4], 'e' || g % 9, date '2024-01-01' + g % 30, "
    "(ARRAY['あ','ｱ','漢','a'])[1+g%4], g % 50 FROM generate_series({first}, {last}) AS g"
)
TABLE = (
    "CREATE TABLE things (id {integer} PRIMARY KEY, mood {mood}, size {real}, code {code}, "
    "name {name}, mail {mail}, day {day}, kana text, amount {amount})"
)
NARROW = {
    "integer": "smallint", "mood": "mood", "real": "real", "code": "character(4)",
    "name": "varchar(9)", "mail": "email", "day": "date", "amount": "integer",
}  # fmt: skip
WIDE = {
    "integer": "bigint", "mood": "text", "real": "double precision", "code": "text",
    "name": "text", "mail": "varchar(40)", "day": "timestamp", "amount": "numeric",
}  # fmt: skip
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def hub(cluster_pair: tuple[Cluster, Cluster]) -> Iterator[Database]:
    """A hub whose table joined.things shows two like members, one that is wider, one in EUC_JP."""
    here, there = cluster_pair
    with ExitStack() as stack:
        hub = stack.enter_context(fresh_database(here, prefix="hub"))
        members = {
            slug: stack.enter_context(fresh_database(there, prefix=slug))
            for slug in ("m1", "m2", "m3")
        }
        with there.connect() as connection:
            name = f"m4_{next(_numbers)}_of_{hub.name}"
            connection.execute(
                f"CREATE DATABASE {name} ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0".encode()
            )
        members["m4"] = Database(there, name)
        stack.callback(there.drop_database, name)
        for place, (slug, member) in enumerate(members.items()):
            _make_table(member, WIDE if slug == "m3" else NARROW, first=1 + 100 * place)
        _join(hub, there, members)
        yield hub
        with hub.connect() as connection:
            connection.execute(f"DROP OWNED BY {hub.name}_reader".encode())
            connection.execute(f"DROP ROLE {hub.name}_reader".encode())


def _make_table(member: Database, types: dict[str, str], first: int) -> None:
    with member.connect() as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('zzz', 'mmm', 'aaa')")
        connection.execute("CREATE DOMAIN email AS varchar(30)")
        connection.execute(TABLE.format(**types).encode())
        mood = "::mood" if types is NARROW else ""
        rows = ROWS.format(first=first, last=first + 80, mood=mood)
        connection.execute(f"INSERT INTO things {rows}")
        connection.execute("ANALYZE")


def _join(hub: Database, remote: Cluster, members: dict[str, Database]) -> None:
    """Join the members' tables as the rooms that make a federation do."""
    table = FederatedTable("things")
    federation = Federation("joined", [table])
    with hub.connect() as connection:
        connection.execute("CREATE EXTENSION postgres_fdw")
        connection.execute("CREATE SCHEMA joined")
        tables = {}
        for slug, member in members.items():
            server = names_of(federation, slug).server
            connection.execute(
                f"CREATE SERVER {server} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host "
                f"'127.0.0.1', port '{remote.port}', dbname '{member.name}', "
                "async_capable 'true')".encode()
            )
            connection.execute(
                f"CREATE USER MAPPING FOR CURRENT_USER SERVER {server} OPTIONS "
                f"(user '{remote.superuser}', password '{remote.password}')".encode()
            )
            connection.execute(f"CREATE SCHEMA {server}".encode())
            found = read_remote(PsycopgConnection(connection), server, schema="public")
            assert found.sorts_as_hub == (slug != "m4")
            tables[slug] = found.tables["public", "things"]
        joining = join_columns(federation, table, tables)
        joined = JoinedTable("things", joining.columns, ("id",))
        held = [
            MemberTable(
                slug, "things", "public", "things", joining.of_members[slug], ("id",), True, there
            )
            for slug, there in tables.items()
        ]
        for each in held:
            columns = ", ".join(
                f"{quote_identifier(column.name)} {column.type}"
                + (f" COLLATE {column.collation}" if column.collation else "")
                for column in each.columns
            )
            names = names_of(federation, each.slug)
            connection.execute(
                f"CREATE FOREIGN TABLE {names.foreign_table('things')} ({columns}) "
                f"SERVER {names.server} OPTIONS (schema_name 'public')".encode()
            )
        query = chunk_query(federation, joined, held)
        connection.execute(f"CREATE VIEW joined.things AS {query}".encode())
        connection.execute("CREATE TABLE joined.copy AS TABLE joined.things")
        connection.execute("ANALYZE joined.copy")
        connection.execute(f"CREATE ROLE {hub.name}_reader".encode())
        for grant in ("USAGE ON SCHEMA joined", "SELECT ON joined.things, joined.copy"):
            connection.execute(f"GRANT {grant} TO {hub.name}_reader".encode())


@pytest.fixture(scope="module")
def reader(hub: Database) -> Iterator[psycopg.Connection[Any]]:
    """A session with rights on the joined table only."""
    with hub.connect() as connection:
        connection.execute(f"SET ROLE {hub.name}_reader".encode())
        connection.execute("SET enable_sort = off")  # so that members sort wherever they may
        yield connection


def explained(reader: psycopg.Connection[Any], query: str) -> list[str]:
    """Give the lines of a plan."""
    rows = reader.execute(f"EXPLAIN (VERBOSE, COSTS OFF) {query}".encode()).fetchall()
    return [line.strip() for (line,) in rows]


def sent(reader: psycopg.Connection[Any], query: str) -> list[str]:
    """Give what is sent to the members, behind the tables' names."""
    lines = (line for line in explained(reader, query) if line.startswith("Remote SQL:"))
    return [line.split(" FROM public.things")[1].strip() for line in lines]


LIKE_THE_HUB = "member IN ('m1', 'm2', 'm3')"


@pytest.mark.parametrize(
    ("condition", "narrow", "wide"),
    [
        ("id = 5", "id = 5", "id = 5"),
        ("mood = 'zzz'", "mood::text = 'zzz'::text", "mood = 'zzz'"),
        (
            "mood IN ('zzz', 'aaa')",
            "mood::text = ANY ('{zzz,aaa}'::text[])",
            "mood = ANY ('{zzz,aaa}'::text[])",
        ),
        ("size > 0.5", "size::double precision > 0.5::double precision", "size > 0.5"),
        ("code = 'c1'", "code::text = 'c1'::text", "code = 'c1'"),
        ("name = 'a'", "name = 'a'", "name = 'a'"),
        ("mail = 'e1'", "mail = 'e1'", "mail = 'e1'"),
        (
            "day >= '2024-01-05 12:00'",
            "day::timestamp without time zone >= '2024-01-05 12:00:00'::timestamp",
            "day >= '2024-01-05 12:00:00'",
        ),
    ],
)
def test_filters_are_sent_to_all_members_at_the_same_time(
    reader: psycopg.Connection[Any], condition: str, narrow: str, wide: str
) -> None:
    query = f"SELECT * FROM joined.things WHERE {condition} AND {LIKE_THE_HUB}"  # noqa: S608
    conditions = sent(reader, query)
    assert len(conditions) == 3
    assert all(f"(({narrow}" in each for each in conditions[:2]), conditions
    assert wide in conditions[2]
    plan = explained(reader, query)
    assert sum("Async Foreign Scan" in line for line in plan) == 3
    assert not any(line.startswith("Filter:") for line in plan)


def test_a_filter_with_a_parameter_is_sent_and_finds_its_rows(
    reader: psycopg.Connection[Any],
) -> None:
    reader.execute(
        "PREPARE by_mood(text) AS SELECT count(*) FROM joined.things "
        "WHERE mood = $1 AND member <> 'm4'"
    )
    reader.execute("SET plan_cache_mode = force_generic_plan")
    try:
        assert "((mood::text = $1::text))" in sent(reader, "EXECUTE by_mood('zzz')")[0]
        expected = "SELECT count(*) FROM joined.copy WHERE mood = 'zzz' AND member <> 'm4'"
        found = reader.execute("EXECUTE by_mood('zzz')").fetchone()
        assert found == reader.execute(expected).fetchone()
    finally:
        reader.execute("RESET plan_cache_mode")
        reader.execute("DEALLOCATE by_mood")


@pytest.mark.parametrize(
    ("column", "narrow", "wide"),
    [
        ("id", "id", "id"),
        ("mood", "mood::text", "mood"),
        ("code", "code::text", "code"),
        ("size", "size::double precision", "size"),
        ("mail", "mail", "mail"),
    ],
)
def test_sorts_are_sent(
    reader: psycopg.Connection[Any], column: str, narrow: str, wide: str
) -> None:
    query = f"SELECT * FROM joined.things WHERE {LIKE_THE_HUB} ORDER BY {column} LIMIT 5"  # noqa: S608
    endings = sent(reader, query)
    assert endings == [f"ORDER BY {each} ASC NULLS LAST" for each in (narrow, narrow, wide)]


def test_text_of_a_member_that_sorts_otherwise_is_neither_filtered_nor_sorted_there(
    reader: psycopg.Connection[Any],
) -> None:
    query = "SELECT * FROM joined.things WHERE member = 'm4' AND {} ORDER BY {} LIMIT 5"
    assert sent(reader, query.format("kana > 'a'", "kana")) == [""]
    assert sent(reader, query.format("mood > 'a'", "mood")) == [""]
    assert sent(reader, query.format("id > 5", "id")) == [
        "WHERE ((id > 5)) ORDER BY id ASC NULLS LAST"
    ]


NUMBERS = st.tuples(
    st.sampled_from(["id", "size"]),
    st.sampled_from(["=", "<", ">=", "<>"]),
    st.sampled_from(["0", "5", "0.1", "0.1::real", "0.3", "120", "-70000", "5000000000", "1.9"]),
).map(" ".join)
WORDS = st.tuples(
    st.sampled_from(["mood", "code", "name", "mail", "kana"]),
    st.sampled_from(["=", "<", ">=", "<>", "LIKE", "||' ' ="]),
    st.sampled_from(
        ["'zzz'", "'mmm'", "'c1'", "'c1 '", "'a'", "'B'", "'e3'", "'ｱ'", "'あ'", "'%a%'"]
    ),
).map(" ".join)
DAYS = st.tuples(
    st.just("day"),
    st.sampled_from(["=", "<", ">="]),
    st.sampled_from(["'2024-01-09'", "'2024-01-09 12:00'", "date '2024-01-15'"]),
).map(" ".join)
SUMS = st.sampled_from(
    [
        "id / 7 = 2",
        "id + 1 > 100",
        "id % 2 = 0",
        "size * 3 > 1",
        "amount / 7 = 1",
        "amount / id > 0.1",
        "amount = 7",
        "length(code) = 2",
    ]
)
CONDITIONS = st.lists(st.one_of(NUMBERS, WORDS, DAYS, SUMS), min_size=1, max_size=3).map(
    " AND ".join
)
ORDERS = st.lists(
    st.sampled_from(["id", "mood", "size", "code", "name", "mail", "day", "kana", "member"]),
    unique=True,
    max_size=3,
).map(lambda names: ", ".join([*names, "member", "id"]))


@given(condition=CONDITIONS, order=ORDERS, limit=st.sampled_from(["", "LIMIT 7"]))
@example("kana >= 'ｱ'", "kana, member, id", "")
@example("true", "kana, member, id", "LIMIT 7")
@example("true", "mood, member, id", "")
@settings(max_examples=60)
def test_any_filter_and_order_gives_what_it_gives_over_a_copy(
    reader: psycopg.Connection[Any], condition: str, order: str, limit: str
) -> None:
    query = "SELECT * FROM joined.{} WHERE {} ORDER BY {} {}"
    found, expected = (
        reader.execute(query.format(name, condition, order, limit).encode()).fetchall()
        for name in ("things", "copy")
    )
    assert found == expected


@given(column=st.sampled_from(["mood", "code", "name", "mail", "kana", "size", "day"]))
def test_joins_and_groups_give_what_they_give_over_a_copy(
    reader: psycopg.Connection[Any], column: str
) -> None:
    reader.execute("SET enable_hashjoin = off; SET enable_nestloop = off")
    try:
        queries = (
            "SELECT count(*) FROM joined.{0} AS a JOIN joined.{0} AS b USING ({1})",
            "SELECT {1}, count(*) FROM joined.{0} GROUP BY {1} ORDER BY {1}",
        )
        for query in queries:
            found, expected = (
                reader.execute(query.format(name, column).encode()).fetchall()
                for name in ("things", "copy")
            )
            assert found == expected
    finally:
        reader.execute("RESET enable_hashjoin; RESET enable_nestloop")
