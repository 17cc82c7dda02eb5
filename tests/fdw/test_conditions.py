"""Conditions of a query arrive typed and exact; what cannot be told so is left to PostgreSQL."""

from __future__ import annotations

import datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster, Database
from exclave.fdw import (
    And,
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    IsNull,
    Not,
    Or,
    Unrepresentable,
)  # fmt: skip

UTC = datetime.UTC

COLUMNS = """i int, s smallint, b bigint, r real, f float8, n numeric(10,2), t text COLLATE "und",
 v varchar(5), c char(3), y bytea, d date, ti time, tz timetz, ts timestamp, tstz timestamptz,
 iv interval, u uuid, j jsonb, a int[], ta text[], m mood, o bool, nm name, ip inet, rg int4range,
 x text COLLATE "C", p positive"""


class Told:
    """A connection to a database with the foreign table `t`, and what its class was told."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.notices: list[str] = []
        connection.add_notice_handler(lambda told: self.notices.append(str(told.message_primary)))

    def where(self, condition: str) -> list[tuple[Condition, ...]]:
        """Give what the scan of all rows that fulfil a condition was told."""
        return self.conditions(f"SELECT * FROM t WHERE {condition}")  # noqa: S608

    def conditions(self, query: str) -> list[tuple[Condition, ...]]:
        """Run a query; give what each of its scans was told."""
        self.notices.clear()
        self.connection.execute(sql.SQL(query))
        names = {
            "datetime": datetime, "Decimal": Decimal, "UUID": UUID, "And": And, "AnyOf": AnyOf,
            "ColumnReference": ColumnReference, "Comparison": Comparison, "IsNull": IsNull,
            "Not": Not, "Or": Or, "inf": float("inf"), "Unrepresentable": Unrepresentable,
        }  # fmt: skip
        return [eval(told, names) for told in self.notices]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.connection.execute(sql.SQL(query)).fetchall()


@pytest.fixture
def told(connection: psycopg.Connection) -> Told:
    for statement in (
        "SELECT exclave.create_wrapper('told', 'condition_wrappers:Told')",
        "CREATE SERVER told FOREIGN DATA WRAPPER told",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE DOMAIN positive AS int CHECK (value > 0)",
        "CREATE COLLATION und (locale = 'C.UTF-8')",
        f"CREATE FOREIGN TABLE t ({COLUMNS}) SERVER told",
        "SET timezone = 'Asia/Tokyo'",
        "SET datestyle = 'SQL, DMY'",
    ):
        connection.execute(sql.SQL(statement))
    return Told(connection)


def compare(column: str, operator: str, value: object, collation: str | None = None) -> Comparison:
    return Comparison(column, operator, value, collation)


NOON = datetime.datetime(2020, 1, 1, 12, 34, 56, 789012)

ARRIVES: dict[str, list[Condition]] = {
    "i = 5": [compare("i", "=", 5)],
    "5::bigint < i": [compare("i", ">", 5)],
    "i = 1.5": [compare("i", "=", Decimal("1.5"))],
    "i < 1.5::float8": [compare("i", "<", 1.5)],
    "p > 7": [compare("p", ">", 7)],
    "i BETWEEN 1 AND 3": [compare("i", ">=", 1), compare("i", "<=", 3)],
    "s IN (1, 2, NULL)": [AnyOf("s", "=", (1, 2))],
    "i NOT IN (1, 2)": [AnyOf("i", "<>", (1, 2), every=True)],
    "i < ALL ('{7,8}')": [AnyOf("i", "<", (7, 8), every=True)],
    "i = ANY ('{}')": [AnyOf("i", "=", ())],
    "n = 1.50": [compare("n", "=", Decimal("1.50"))],
    "n < '-Infinity'": [compare("n", "<", Decimal("-Infinity"))],
    "n = " + "9" * 1000: [compare("n", "=", Decimal("9" * 1000))],
    "r = 0.1": [compare("r", "=", 0.1)],
    "f > 'infinity'": [compare("f", ">", float("inf"))],
    "t = 'é'": [compare("t", "=", "é", "und")],
    "v LIKE 'a%'": [compare("v", "~~", "a%", "C")],
    "v NOT ILIKE 'a_'": [compare("v", "!~~*", "a_", "C")],
    "x < 'b'": [compare("x", "<", "b", "C")],
    "t < 'b' COLLATE \"C\"": [compare("t", "<", "b", "C")],
    "nm = 'x'": [compare("nm", "=", "x", "C")],
    "c = 'ab'": [compare("c", "=", "ab", "C")],
    "c LIKE 'ab%'": [compare("c", "~~", "ab%", "C")],
    r"y = '\x00ff'": [compare("y", "=", b"\0\xff")],
    "d = '2020-01-31'": [compare("d", "=", datetime.date(2020, 1, 31))],
    "d < 'infinity'": [compare("d", "<", Unrepresentable("date", "infinity"))],
    "d = '0044-03-15 BC'": [compare("d", "=", Unrepresentable("date", "0044-03-15 BC"))],
    "d = '10000-01-01'": [compare("d", "=", Unrepresentable("date", "10000-01-01"))],
    "ti > '12:30:00.000001'": [compare("ti", ">", datetime.time(12, 30, 0, 1))],
    "ti = '24:00'": [compare("ti", "=", Unrepresentable("time without time zone", "24:00:00"))],
    "ts >= '2020-01-01 12:34:56.789012'": [compare("ts", ">=", NOON)],
    "tstz >= '2020-01-01 12:34:56.789012+00'": [compare("tstz", ">=", NOON.replace(tzinfo=UTC))],
    "tstz < '-infinity'": [
        compare("tstz", "<", Unrepresentable("timestamp with time zone", "-infinity"))],
    "iv > '-1 day 00:00:01'": [compare("iv", ">", datetime.timedelta(days=-1, seconds=1))],
    "iv = '1 mon 1 day'": [compare("iv", "=", Unrepresentable("interval", "1 mon 1 day"))],
    "u = '00000000-0000-0000-0000-00000000002a'": [compare("u", "=", UUID(int=42))],
    "j @> '{\"a\": 1.0}'": [compare("j", "@>", '{"a": 1.0}')],
    "j ? 'a'": [compare("j", "?", "a", "C")],
    "a = '{1,NULL,3}'": [compare("a", "=", [1, None, 3])],
    "a && ARRAY[[1,2],[3,4]]": [compare("a", "&&", [[1, 2], [3, 4]])],
    "a <@ '[0:1]={1,2}'": [compare("a", "<@", Unrepresentable("integer[]", "[0:1]={1,2}"))],
    "ta @> '{}'": [compare("ta", "@>", [], "C")],
    "m <> 'ok'": [compare("m", "<>", "ok")],
    "m IN ('ok', 'sad')": [AnyOf("m", "=", ("ok", "sad"))],
    "ip = '10.0.0.1'": [compare("ip", "=", "10.0.0.1")],
    "ip << '10.0.0.0/8'": [compare("ip", "<<", "10.0.0.0/8")],
    "rg @> 5": [compare("rg", "@>", 5)],
    "o": [compare("o", "=", True)],
    "NOT o": [compare("o", "=", False)],
    "o IS TRUE": [And((IsNull("o", negated=True), compare("o", "=", True)))],
    "o IS NOT FALSE": [Or((IsNull("o"), compare("o", "=", True)))],
    "o IS UNKNOWN": [IsNull("o")],
    "tz IS NOT NULL AND j IS NULL": [IsNull("tz", negated=True), IsNull("j")],
    "i = b": [compare("i", "=", ColumnReference("b"))],
    "i < n": [compare("i", "<", ColumnReference("n"))],
    "i = 1 OR (s = 2 AND o)": [
        Or((compare("i", "=", 1), And((compare("s", "=", 2), compare("o", "=", True)))))],
    "NOT (t ~ 'a' AND i IS NULL)": [
        Or((compare("t", "!~", "a", "und"), IsNull("i", negated=True)))],
    "NOT (a @> '{1}')": [Not(compare("a", "@>", [1]))],
    # known when the scan starts
    "i = (SELECT 5 + random()::int * 0)": [compare("i", "=", 5)],
    "x = current_setting('timezone')": [compare("x", "=", "Asia/Tokyo", "C")],
}  # fmt: skip

STAYS = [
    "i + 1 = 5",  # not a column
    "b::int = 4",  # the cast may fail
    "b < 1.5::float8",  # a bigint as float8 is another number
    "d < timestamp '2020-01-01'",  # Python does not compare these
    "tz = '12:00+01'",  # nor these as PostgreSQL does
    "i = (random() * 5)::int",  # another value for each row
    "i = 1 OR random() < 2",
    "j = '{}'",  # more than one text is the same value
    "rg = '[1,2)'",
    "m < 'ok'",  # an order that only PostgreSQL knows
    "a < '{1}'",
    "ctid = '(0,1)'",
    "t.* IS NOT NULL",
]


def test_conditions_arrive_as_they_are_documented(told: Told) -> None:
    for where, expected in ARRIVES.items():
        assert told.where(where) == [tuple(expected)], where
        found = told.notices[0]
        assert "datetime.datetime(" not in found or ("tzinfo" in found) == ("tstz" in where), found


def test_what_does_not_mean_the_same_everywhere_is_not_told(told: Told) -> None:
    for where in STAYS:
        assert told.where(where) == [()], where


def test_texts_that_differ_and_are_equal_are_compared_by_postgresql(told: Told) -> None:
    try:
        told.connection.execute(
            "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', "
            "deterministic = false)"
        )
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("PostgreSQL is built without ICU")
    for where in ("t = 'a' COLLATE blind", "t COLLATE blind IN ('a', 'b')"):
        assert told.where(where) == [()], where


def test_what_no_row_can_fulfil_is_not_scanned(told: Told) -> None:
    told.connection.execute("SET plan_cache_mode = force_generic_plan")
    for where, parameter in {
        "i NOT IN (1, NULL)": "",
        "i = $1": "int",
        "i = ANY ($1)": "int[]",
        "NOT (x < $1)": "text",
        "i = 1 AND (s = $1 OR NOT (b = $1))": "int",
    }.items():
        types = f"({parameter})" if parameter else ""
        told.connection.execute(
            sql.SQL("PREPARE p {} AS SELECT * FROM t WHERE {}").format(
                sql.SQL(types), sql.SQL(where)
            )
        )
        assert told.conditions("EXECUTE p" + (" (NULL)" if parameter else "")) == [], where
        told.connection.execute("DEALLOCATE p")


def test_a_null_parameter_leaves_what_may_hold_without_it(told: Told) -> None:
    told.connection.execute("SET plan_cache_mode = force_generic_plan")
    told.connection.execute("PREPARE p(int, int[]) AS SELECT * FROM t WHERE i = 1 OR s = $1")
    assert told.conditions("EXECUTE p(NULL, NULL)") == [(Or((compare("i", "=", 1),)),)]
    assert told.conditions("EXECUTE p(2, NULL)") == [
        (Or((compare("i", "=", 1), compare("s", "=", 2))),)
    ]
    told.connection.execute("PREPARE q(int[]) AS SELECT * FROM t WHERE i = ANY ($1) OR o")
    truth = compare("o", "=", True)
    assert told.conditions("EXECUTE q('{1,NULL}')") == [(Or((AnyOf("i", "=", (1,)), truth)),)]
    assert told.conditions("EXECUTE q(NULL)") == [(Or((truth,)),)]


def test_texts_arrive_from_databases_of_other_encodings(
    host_cluster: Cluster, connection: psycopg.Connection
) -> None:
    latin = Database(host_cluster, f"latin_{connection.info.dbname}")
    connection.execute(
        sql.SQL("CREATE DATABASE {} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").format(
            sql.Identifier(latin.name)
        )
    )
    try:
        with latin.connect() as other:
            for statement in (
                "CREATE EXTENSION exclave_fdw",
                "SELECT exclave.create_wrapper('told', 'condition_wrappers:Told')",
                "CREATE SERVER told FOREIGN DATA WRAPPER told",
                'CREATE FOREIGN TABLE t ("süß" text, n name, a text[]) SERVER told '
                "OPTIONS (rows $$[('é', 'é', None)]$$)",
            ):
                other.execute(sql.SQL(statement))
            told = Told(other)
            query = "SELECT n FROM t WHERE \"süß\" IN ('é', 'ü') AND n = 'é' AND a IS NULL"
            assert told.rows(query) == [("é",)]
            ((in_list, *others),) = told.conditions(query)
            assert in_list == AnyOf("süß", "=", ("é", "ü"), collation="C")
            assert set(others) == {compare("n", "=", "é", "C"), IsNull("a")}
    finally:
        host_cluster.drop_database(latin.name)


def test_bytes_in_an_order_unlike_utf8_are_another_collation(
    host_cluster: Cluster, connection: psycopg.Connection
) -> None:
    windows = Database(host_cluster, f"windows_{connection.info.dbname}")
    connection.execute(
        sql.SQL("CREATE DATABASE {} ENCODING 'WIN1252' LOCALE 'C' TEMPLATE template0").format(
            sql.Identifier(windows.name)
        )
    )
    try:
        with windows.connect() as other:
            for statement in (
                "CREATE EXTENSION exclave_fdw",
                "SELECT exclave.create_wrapper('told', 'condition_wrappers:Told')",
                "CREATE SERVER told FOREIGN DATA WRAPPER told",
                "CREATE FOREIGN TABLE t (t text) SERVER told OPTIONS (rows $$[('€',), ('é',)]$$)",
            ):
                other.execute(sql.SQL(statement))
            told = Told(other)
            query = "SELECT t FROM t WHERE t < 'é'"
            assert told.rows(query) == [("€",)]  # 0x80 is before 0xE9
            assert told.conditions(query) == [(compare("t", "<", "é", "C in WIN1252"),)]
    finally:
        host_cluster.drop_database(windows.name)


def test_a_class_cannot_promise_what_it_was_not_asked_for(told: Told) -> None:
    for option, message in {
        "foreign": "a condition that the class was not asked for",
        "sort": "ScanPlan.sorted promises what the class was not asked for",
    }.items():
        told.connection.execute("DROP FOREIGN TABLE t")
        told.connection.execute(
            sql.SQL("CREATE FOREIGN TABLE t (i int) SERVER told OPTIONS (exact {})").format(option)
        )
        with pytest.raises(psycopg.errors.FdwError, match=message):
            told.connection.execute("SELECT * FROM t WHERE i = 1")
