"""What is read of a member's tables is what they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from exclave.catalog import PsycopgConnection
from exclave.catalog.connection import Row
from exclave.federation.remote import RemoteColumn, read_remote

from .member import Member

SHOP = (
    "CREATE SCHEMA shop",
    "CREATE TYPE shop.mood AS ENUM ('good', 'bad')",
    "ALTER TYPE shop.mood ADD VALUE 'so so' BEFORE 'bad'",
    "CREATE DOMAIN shop.email AS varchar(80) NOT NULL DEFAULT 'none' CHECK (VALUE <> '')",
    "CREATE DOMAIN shop.work_email AS shop.email",
    "CREATE DOMAIN shop.feeling AS shop.mood",
    "CREATE TYPE shop.point AS (x int, y int)",
    'CREATE TABLE shop."Orders" ('
    "id bigint GENERATED ALWAYS AS IDENTITY, gone int, "
    "\"Name\" varchar(30) NOT NULL DEFAULT 'n/a', "
    'code character(3) COLLATE "C", '
    "price numeric(10, 2) DEFAULT 0, "
    "at timestamptz DEFAULT now(), "
    "mail shop.work_email, "
    "mood shop.mood DEFAULT 'so so', "
    "moods shop.mood[], feels shop.feeling, tags varchar(9)[] NOT NULL, spot shop.point, "
    "total numeric GENERATED ALWAYS AS (price * 2) STORED, "
    'PRIMARY KEY (id, "Name"))',
    'ALTER TABLE shop."Orders" DROP COLUMN gone',
    "CREATE TABLE shop.plain (a serial, b int NOT NULL, c int NOT NULL, d int)",
    "CREATE UNIQUE INDEX ON shop.plain (d)",
    "CREATE UNIQUE INDEX ON shop.plain (b) WHERE b > 0",
    "CREATE UNIQUE INDEX ON shop.plain ((b + 1))",
    "CREATE UNIQUE INDEX ON shop.plain (c, b) INCLUDE (d)",
    'CREATE VIEW shop.seen AS SELECT id, mood FROM shop."Orders"',
    "CREATE MATERIALIZED VIEW shop.kept AS SELECT a FROM shop.plain",
    "CREATE TABLE shop.parts (id int, day date) PARTITION BY RANGE (day)",
    "CREATE TABLE shop.part PARTITION OF shop.parts DEFAULT",
    "CREATE SEQUENCE shop.numbers",
    "CREATE TABLE shop.empty ()",
)


@pytest.fixture(scope="module", autouse=True)
def shop(member: Member) -> None:
    """Make the tables, which the member's role may read and does not own."""
    member.on_remote(
        *SHOP,
        f"GRANT USAGE ON SCHEMA shop TO {member.reader}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {member.reader}",
    )


@pytest.fixture(scope="module")
def orders(member: Member, shop: None) -> dict[str, RemoteColumn]:
    """The columns of shop."Orders" by name."""
    return {column.name: column for column in member.table("Orders", "shop").columns}


def test_numbers_are_those_of_the_catalog_where_a_column_was_dropped(
    orders: dict[str, RemoteColumn],
) -> None:
    assert [column.number for column in orders.values()] == [1, *range(3, 14)]
    assert "gone" not in orders


def test_types_are_bare_and_declared_as_the_member_spells_them(
    orders: dict[str, RemoteColumn],
) -> None:
    seen = {name: (column.type, column.declared) for name, column in orders.items()}
    assert seen == {
        "id": ("bigint", "bigint"),
        "Name": ("character varying", "character varying(30)"),
        "code": ("bpchar", "character(3)"),
        "price": ("numeric", "numeric(10,2)"),
        "at": ("timestamp with time zone", "timestamp with time zone"),
        "mail": ("character varying", "shop.work_email"),
        "mood": (None, "shop.mood"),
        "moods": (None, "shop.mood[]"),
        "feels": (None, "shop.feeling"),
        "tags": ("character varying[]", "character varying(9)[]"),
        "spot": (None, "shop.point"),
        "total": ("numeric", "numeric"),
    }


def test_enums_come_with_their_labels_in_order(orders: dict[str, RemoteColumn]) -> None:
    for name, array, domain in (
        ("mood", False, None),
        ("moods", True, None),
        ("feels", False, "shop.feeling"),
    ):
        column = orders[name]
        assert column.enum == ("good", "so so", "bad")
        assert (column.enum_name, column.array, column.domain) == ("shop.mood", array, domain)
        assert column.unknown is None


def test_a_domain_gives_its_not_null_and_its_default(orders: dict[str, RemoteColumn]) -> None:
    column = orders["mail"]
    assert column.domain == "shop.work_email"
    assert column.not_null
    assert column.has_default
    assert column.default == "'none'::character varying"
    assert column.default_is_constant


def test_a_type_that_the_hub_lacks_has_a_reason(orders: dict[str, RemoteColumn]) -> None:
    assert orders["spot"].unknown == "the hub has no type shop.point"


def test_constants_are_told_from_other_defaults(orders: dict[str, RemoteColumn]) -> None:
    told = {name: column.default_is_constant for name, column in orders.items()}
    with_default = {name: constant for name, constant in told.items() if constant is not None}
    assert with_default == {"Name": True, "price": True, "at": False, "mail": True, "mood": True}
    assert {name for name, column in orders.items() if column.has_default} == with_default.keys()
    assert orders["at"].default == "now()"
    digests = [column.default_digest for column in orders.values() if column.has_default]
    assert None not in digests
    assert len(set(digests)) == len(digests)


def test_identity_generated_columns_and_collations_are_told(
    orders: dict[str, RemoteColumn],
) -> None:
    marked = {name: column.identity + column.generated for name, column in orders.items()}
    assert {name: mark for name, mark in marked.items() if mark} == {"id": "a", "total": "s"}
    collations = {name: column.collation for name, column in orders.items() if column.collation}
    assert collations == {"code": 'pg_catalog."C"'}
    nullable = {name for name, column in orders.items() if not column.not_null}
    assert orders.keys() - nullable == {"id", "Name", "mail", "tags"}


def test_a_whole_schema_is_read_with_the_kinds_of_its_tables(member: Member) -> None:
    found = member.read(schema="shop")
    kinds = {name: table.kind for (_, name), table in found.tables.items()}
    expected = {"Orders": "r", "plain": "r", "seen": "v", "kept": "m", "parts": "p", "empty": "r"}
    assert kinds == expected
    assert found.tables["shop", "empty"].columns == ()
    assert found.missing == ()


def test_the_key_is_the_primary_key_or_unique_columns_without_null(member: Member) -> None:
    found = member.read(schema="shop")
    keys = {name: table.key for (_, name), table in found.tables.items() if table.key}
    assert keys == {"Orders": ("id", "Name"), "plain": ("c", "b")}


def test_a_partition_is_read_where_it_is_asked_for(member: Member) -> None:
    assert [column.name for column in member.table("part", "shop").columns] == ["id", "day"]


def test_what_is_not_there_is_named(member: Member) -> None:
    asked = (("shop", "orders"), ("shop", "Orders"), ("none", "Orders"))
    found = member.read(*asked)
    assert list(found.tables) == [("shop", "Orders")]
    assert found.missing == (("shop", "orders"), ("none", "Orders"))
    assert member.read().tables == {}
    assert member.read(schema="none").tables == {}


def test_a_database_says_how_it_is_called_and_sorts(member: Member) -> None:
    found = member.read()
    assert found.database == member.remote.name
    assert found.version // 10000 == member.remote.cluster.major
    assert found.encoding == "UTF8"
    assert found.sorts_as_hub
    with member.remote.connect() as connection:
        oid = "SELECT oid::int, datcollate FROM pg_database WHERE datname = current_database()"
        assert connection.execute(oid).fetchone() == (found.oid, found.collation)


def test_a_column_survives_as_plain_data(orders: dict[str, RemoteColumn]) -> None:
    for column in orders.values():
        assert RemoteColumn.from_dict(json.loads(json.dumps(column.to_dict()))) == column


def test_a_type_that_the_hub_has_too_is_spelled_as_there(member: Member) -> None:
    member.on_hub("CREATE SCHEMA shop", "CREATE TYPE shop.point AS (x int, y int)")
    try:
        column = member.table("Orders", "shop").column("spot")
        assert column is not None
        assert (column.type, column.unknown) == ("shop.point", None)
    finally:
        member.on_hub("DROP SCHEMA shop CASCADE")


def test_not_null_that_was_never_checked_is_not_taken_for_true(member: Member) -> None:
    if member.remote.cluster.major < 18:
        pytest.skip("NOT NULL is always checked before PostgreSQL 18")
    member.on_remote(
        "CREATE TABLE public.loose (id int, a int)",
        "INSERT INTO public.loose VALUES (1, NULL)",
        "ALTER TABLE public.loose ADD CONSTRAINT filled NOT NULL a NOT VALID",
        "ALTER TABLE public.loose ALTER COLUMN id SET NOT NULL",
    )
    nullable = [column.name for column in member.table("loose").columns if not column.not_null]
    assert nullable == ["a"]


def test_a_default_written_again_is_the_same_default(member: Member) -> None:
    def default() -> RemoteColumn | None:
        return member.table("changing").column("a")

    member.on_remote("CREATE TABLE public.changing (a int DEFAULT 7 + 1)")
    first = default()
    member.on_remote("ALTER TABLE   public.changing ALTER COLUMN   a SET DEFAULT   7   +   1")
    assert default() == first
    member.on_remote("ALTER TABLE public.changing ALTER COLUMN a SET DEFAULT 7 + 2")
    changed = default()
    assert first is not None
    assert changed is not None
    assert changed.default_digest != first.default_digest


def test_what_is_read_does_not_change_with_the_number_of_tables(member: Member) -> None:
    member.on_remote("CREATE SCHEMA many")
    counts: list[int] = []
    for number in range(3):
        many = (
            f"CREATE TABLE many.t_{number}_{each} (id int PRIMARY KEY, n text DEFAULT 'x', "
            'm shop.mood, c text COLLATE "C")'
            for each in range(1 + number * 30)
        )
        member.on_remote(*many)
        with member.session() as session:
            counted = Counted(session)
            read_remote(counted, "branch", schema="many")
        counts.append(counted.number)
    assert counts[0] == counts[1] == counts[2]


class Counted(PsycopgConnection):
    """A connection that counts its statements."""

    number = 0

    def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        self.number += 1
        return super().fetch(sql, parameters)

    def execute(self, sql: str) -> None:
        self.number += 1
        super().execute(sql)


def test_nothing_is_left_behind(member: Member) -> None:
    relations = "SELECT count(*) FROM pg_class"
    settings = "SELECT current_setting('search_path'), current_setting('statement_timeout')"
    with member.session() as session:
        before = session.execute(relations).fetchone()
        as_set = session.execute(settings).fetchone()
        for _ in range(7):  # psycopg prepares what is run often
            read_remote(PsycopgConnection(session), "branch", schema="shop", timeout_seconds=30)
        assert session.execute(relations).fetchone() == before
        assert session.execute(settings).fetchone() == as_set


def test_the_callers_transaction_goes_on(member: Member) -> None:
    with member.session() as session, session.transaction():
        session.execute("CREATE TEMPORARY TABLE mine (a int)")
        found = read_remote(PsycopgConnection(session), "branch", [("shop", "plain")])
        session.execute("INSERT INTO mine VALUES (1)")
        assert session.execute("SELECT a FROM mine").fetchall() == [(1,)]
    assert [column.name for column in found.tables["shop", "plain"].columns] == list("abcd")
