"""Values of rows and of Arrow streams, as the declared type of the column wants them."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

UTC = datetime.UTC


def scan(connection: psycopg.Connection, columns: str, **options: str) -> list[tuple[object, ...]]:
    ((option, expression),) = options.items()
    connection.execute("DROP FOREIGN TABLE IF EXISTS g")
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE g ({}) SERVER given OPTIONS ({} {})").format(
            sql.SQL(columns), sql.SQL(option), expression
        )
    )
    return connection.execute("SELECT * FROM g").fetchall()


MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 59, 999999, UTC)

ROWS = [
    ("smallint", "[(-32768,), (32767,), (None,)]", [-32768, 32767, None]),
    ("int", "[(-2**31,), (2**31 - 1,)]", [-(2**31), 2**31 - 1]),
    ("bigint", "[(-2**63,), (2**63 - 1,)]", [-(2**63), 2**63 - 1]),
    ("real", "[(1.5,), (float('inf'),)]", [1.5, float("inf")]),
    ("float8", "[(0.1,), (1e308,), (3,)]", [0.1, 1e308, 3.0]),
    ("bool", "[(True,), (False,), (None,)]", [True, False, None]),
    ("text", "[('',), ('é' * 200,), ('𝄞',)]", ["", "é" * 200, "𝄞"]),
    ("varchar(3)", "[('abc',)]", ["abc"]),
    ("bytea", "[(b'\\0\\xff',)]", [b"\0\xff"]),
    ("date", "[(datetime.date(1, 1, 1),), (datetime.date(9999, 12, 31),)]",
     [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]),
    ("timestamp", "[(datetime.datetime(2024, 2, 29, 23, 59, 59, 999999),)]",
     [MOMENT.replace(tzinfo=None)]),
    ("timestamptz",
     "[(datetime.datetime(2024, 3, 1, 1, 59, 59, 999999, "
     "datetime.timezone(datetime.timedelta(hours=2))),)]", [MOMENT]),
    ("numeric", "[(D('1e-20'),), (D('NaN'),), (12,)]",
     [Decimal("1e-20"), Decimal("NaN"), Decimal(12)]),
    ("numeric(5,2)", "[(D('1.005'),)]", [Decimal("1.01")]),
    ("uuid", "[(uuid.UUID(int=7),)]", [uuid.UUID(int=7)]),
    ("jsonb", "[({'a': [1, None]},), ('[2]',)]", [{"a": [1, None]}, [2]]),
    ("int[]", "[([1, None, 3],), ([[1], [2]],)]", [[1, None, 3], [[1], [2]]]),
    ("text[]", "[(['a\"b', 'c,d', 'NULL', None],)]", [['a"b', "c,d", "NULL", None]]),
    ("interval", "[(datetime.timedelta(days=1, microseconds=5),)]",
     [datetime.timedelta(days=1, microseconds=5)]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "rows", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_python_values(
    given: psycopg.Connection, kind: str, rows: str, expected: list[object]
) -> None:
    found = [value for (value,) in scan(given, f"v {kind}", rows=rows)]
    assert repr(found) == repr(expected)


WRONG_ROWS = [
    ("smallint", "[(32768,)]", "22003"),
    ("int", "[(2**70,)]", "22003"),
    ("int", "[('1',)]", "HV004"),
    ("int", "[(1.0,)]", "HV004"),
    ("int", "[(True,)]", "HV004"),
    ("real", "[(1e39,)]", "22003"),
    ("float8", "[(10**400,)]", "22003"),
    ("text", "[('a\\0b',)]", "22021"),
    ("text", "[('\\udc80',)]", "22021"),
    ("text", "[(1,)]", "HV004"),
    ("varchar(3)", "[('abcd',)]", "22001"),
    ("timestamp", "[(datetime.datetime.now(datetime.UTC),)]", "HV004"),
    ("timestamptz", "[(datetime.datetime.now(),)]", "HV004"),
    ("date", "[(datetime.datetime.now(),)]", "HV004"),
    ("uuid", "[('x',)]", "22P02"),
    ("jsonb", "[(object(),)]", "HV004"),
    ("int", "[(1, 2)]", "HV021"),
    ("int", "[1]", "HV004"),
    ("int", "5", "HV000"),
]


@pytest.mark.parametrize(("kind", "rows", "state"), WRONG_ROWS)
def test_python_values_that_do_not_fit(
    given: psycopg.Connection, kind: str, rows: str, state: str
) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.Error) as error:
            scan(given, f"v {kind}", rows=rows)
        assert error.value.sqlstate == state, error.value


def arrow(kind: str, values: str) -> str:
    return f"pa.table({{'v': pa.array({values}, {kind})}})"


ARROW = [
    *(("bigint", f"pa.{kind}()", "[1, None, 100]", [1, None, 100])
      for kind in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")),
    ("smallint", "pa.int64()", "[-32768, 32767]", [-32768, 32767]),
    ("int", "pa.int32()", "[-2**31, 2**31 - 1]", [-(2**31), 2**31 - 1]),
    ("float8", "pa.float64()", "[0.1, None]", [0.1, None]),
    ("float8", "pa.float32()", "[0.5]", [0.5]),
    ("real", "pa.float64()", "[0.5]", [0.5]),
    ("bool", "pa.bool_()", "[True, None, False] * 5", [True, None, False] * 5),
    ("text", "pa.string()", "['', None, 'é' * 300]", ["", None, "é" * 300]),
    ("text", "pa.large_string()", "['a' * 126, 'a' * 127]", ["a" * 126, "a" * 127]),
    ("varchar(3)", "pa.string()", "['abc', 'éèà', 'ab    ']", ["abc", "éèà", "ab "]),
    ("varchar", "pa.string()", "['abc']", ["abc"]),
    ("char(3)", "pa.string()", "['a']", ["a  "]),
    ("numeric(5,2)", "pa.decimal128(10, 2)", "[D('999.99'), D('-999.99'), D('1.00'), None]",
     [Decimal("999.99"), Decimal("-999.99"), Decimal("1.00"), None]),
    ("text", "pa.string_view()", "['', None, 'a' * 12, 'a' * 13, 'é' * 99]",
     ["", None, "a" * 12, "a" * 13, "é" * 99]),
    ("bytea", "pa.binary_view()", "[b'\\0', b'a' * 99]", [b"\0", b"a" * 99]),
    ("text", "pa.dictionary(pa.int8(), pa.string())", "['a', None, 'b', 'a']",
     ["a", None, "b", "a"]),
    ("bigint", "pa.dictionary(pa.uint16(), pa.int64())", "[5, 5, None]", [5, 5, None]),
    ("bytea", "pa.binary()", "[b'\\0', b'']", [b"\0", b""]),
    ("date", "pa.date32()", "[datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]",
     [datetime.date(1, 1, 1), datetime.date(9999, 12, 31)]),
    ("timestamp", "pa.timestamp('us')", "[datetime.datetime(2024, 2, 29, 23, 59, 59, 999999)]",
     [MOMENT.replace(tzinfo=None)]),
    ("timestamptz", "pa.timestamp('ns', tz='UTC')", "[-1]",
     [datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)]),
    ("timestamptz", "pa.timestamp('s', tz='UTC')", "[0]",
     [datetime.datetime(1970, 1, 1, tzinfo=UTC)]),
    ("timestamptz", "pa.timestamp('ms', tz='UTC')", "[1]",
     [datetime.datetime(1970, 1, 1, 0, 0, 0, 1000, UTC)]),
    ("numeric", "pa.decimal128(38, 10)", "[D('-1234567890123456789012345678.0123456789'), D('0')]",
     [Decimal("-1234567890123456789012345678.0123456789"), Decimal("0E-10")]),
    ("numeric", "pa.decimal128(10, 2)", "[D('-0.01'), D('99999999.99'), None]",
     [Decimal("-0.01"), Decimal("99999999.99"), None]),
    ("numeric(5,1)", "pa.decimal128(10, 2)", "[D('1.25')]", [Decimal("1.3")]),
    ("numeric", "pa.int64()", "[-2**63]", [Decimal(-(2**63))]),
    ("uuid", "pa.binary(16)", "[uuid.UUID(int=7).bytes]", [uuid.UUID(int=7)]),
    ("uuid", "pa.string()", "[str(uuid.UUID(int=7))]", [uuid.UUID(int=7)]),
    ("jsonb", "pa.string()", "['[1]']", [[1]]),
    ("int[]", "pa.list_(pa.int64())", "[[1, None, 3], [], None, [4]]",
     [[1, None, 3], [], None, [4]]),
    ("text[]", "pa.large_list(pa.string())", "[['a,b', None, 'x' * 200], [''], ['NULL']]",
     [["a,b", None, "x" * 200], [""], ["NULL"]]),
    ("numeric(5,2)[]", "pa.list_(pa.decimal128(9, 3))", "[[D('1.005')]]", [[Decimal("1.01")]]),
    ("int[]", "pa.string()", "['{1,2}']", [[1, 2]]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "form", "values", "expected"), ARROW, ids=[f"{row[0]}-{row[1]}" for row in ARROW]
)
def test_arrow_values(
    given: psycopg.Connection, kind: str, form: str, values: str, expected: list[object]
) -> None:
    found = [value for (value,) in scan(given, f"v {kind}", arrow=arrow(form, values))]
    assert repr(found) == repr(expected)
    sliced = arrow(form, values) + ".slice(1)"
    assert repr([value for (value,) in scan(given, f"v {kind}", arrow=sliced)]) == repr(
        expected[1:]
    )


WRONG_ARROW = [
    ("smallint", arrow("pa.int32()", "[40000]"), "22003"),
    ("bigint", arrow("pa.uint64()", "[2**63]"), "22003"),
    ("bigint", arrow("pa.float64()", "[1.0]"), "HV004"),
    ("text", arrow("pa.int64()", "[1]"), "HV004"),
    ("text", arrow("pa.dictionary(pa.int8(), pa.int64())", "[1]"), "HV004"),
    ("text", "pa.table({'v': pa.DictionaryArray.from_arrays([7], ['a'], safe=False)})", "HV021"),
    ("text", arrow("pa.string()", "['a\\0b']"), "22021"),
    ("text", "pa.table({'v': pa.array([b'\\xff']).view(pa.string())})", "22021"),
    ("varchar(3)", arrow("pa.string()", "['abcd']"), "22001"),
    ("int[]", arrow("pa.list_(pa.int64())", "[[2**31]]"), "22003"),
    ("int", arrow("pa.list_(pa.int64())", "[[1]]"), "HV004"),
    ("int", arrow("pa.list_(pa.list_(pa.int64()))", "[[[1]]]"), "HV004"),
    ("varchar(3)[]", arrow("pa.list_(pa.string())", "[['abcd']]"), "22001"),
    ("timestamptz", arrow("pa.timestamp('us')", "[0]"), "HV004"),
    ("timestamp", arrow("pa.timestamp('us', tz='UTC')", "[0]"), "HV004"),
    ("timestamp", arrow("pa.timestamp('s')", "[2**60]"), "22003"),
    ("timestamp", arrow("pa.timestamp('us')", "[-2**63]"), "22003"),
    ("date", arrow("pa.date32()", "[-2**31]"), "22003"),
    ("numeric(5,2)", arrow("pa.decimal128(10, 2)", "[D('1000.00')]"), "22003"),
    ("numeric(5,2)", arrow("pa.decimal128(38, 2)", "[D('-1e30')]"), "22003"),
    ("numeric(3,1)", arrow("pa.decimal128(10, 2)", "[D('123.45')]"), "22003"),
    ("int", "pa.table({'w': [1]})", "HV005"),
    ("int", "pa.chunked_array([[1]])", "HV004"),
    ("int", "pa.RecordBatchReader.from_batches(pa.schema([('v', pa.int32())]), "
     "(1 / 0 for _ in range(1)))", "HV00L"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "expression", "state"), WRONG_ARROW)
def test_arrow_values_that_do_not_fit(
    given: psycopg.Connection, kind: str, expression: str, state: str
) -> None:
    for _ in range(2):
        with pytest.raises(psycopg.Error) as error:
            scan(given, f"v {kind}", arrow=expression)
        assert error.value.sqlstate == state, error.value


def test_arrow_fields_are_found_by_name_and_batches_follow_each_other(
    given: psycopg.Connection,
) -> None:
    batch = "pa.table({'x': [i], 'b': [str(i)], 'a': [i], 'gone': pa.nulls(1, pa.int32())})"
    table = f"pa.concat_tables([{batch} for i in range(1000)])"
    found = scan(given, "a bigint, gone int, b text", arrow=table)
    assert found == [(i, None, str(i)) for i in range(1000)]
    given.execute("ALTER FOREIGN TABLE g DROP COLUMN gone")
    assert given.execute("SELECT b, a FROM g WHERE a = 7").fetchall() == [("7", 7)]
    assert given.execute("SELECT count(*) FROM g").fetchall() == [(1000,)]


def test_a_domain_keeps_its_promise(given: psycopg.Connection) -> None:
    given.execute("CREATE DOMAIN small AS int CHECK (value < 10)")
    given.execute("CREATE DOMAIN never_null AS varchar(3) NOT NULL")
    given.execute("CREATE DOMAIN list AS small[] CHECK (cardinality(value) < 3)")
    wrong = [
        ("small", "[(5,), (10,)]", arrow("pa.int64()", "[5, 10]"), "23514"),
        ("never_null", "[('a',), (None,)]", arrow("pa.string()", "['a', None]"), "23502"),
        ("never_null", "[('abcd',)]", arrow("pa.string()", "['abcd']"), "22001"),
        ("small[]", "[([10],)]", arrow("pa.list_(pa.int8())", "[[10]]"), "23514"),
        ("list", "[([1, 2, 3],)]", arrow("pa.list_(pa.int8())", "[[1, 2, 3]]"), "23514"),
    ]
    for kind, rows, stream, state in wrong:
        for options in ({"rows": rows}, {"arrow": stream}):
            with pytest.raises(psycopg.Error) as error:
                scan(given, f"v {kind}", **options)
            assert error.value.sqlstate == state, (kind, options)
    found = scan(given, "v list", arrow=arrow("pa.list_(pa.int8())", "[[1, 2], None]"))
    assert found == [("{1,2}",), (None,)]


def test_a_column_that_is_not_null_is_not(given: psycopg.Connection) -> None:
    for options in ({"rows": "[(1,), (None,)]"}, {"arrow": arrow("pa.int32()", "[1, None]")}):
        with pytest.raises(psycopg.errors.NotNullViolation, match='"v"'):
            scan(given, "v int NOT NULL", **options)
        assert scan(given, "v int", **options) == [(1,), (None,)]


def test_rows_may_be_one_list_with_other_values_each_time(given: psycopg.Connection) -> None:
    rows = "(lambda row: (row.__setitem__(0, i) or row for i in range(100)))([None])"
    assert scan(given, "v int", rows=rows) == [(i,) for i in range(100)]


def test_record_batches_come_one_by_one(given: psycopg.Connection) -> None:
    batches = "(pa.record_batch({'v': pa.array([i, i], pa.int32())}) for i in range(3))"
    assert scan(given, "v int", rows=batches) == [(i,) for i in range(3) for _ in range(2)]
    with pytest.raises(psycopg.errors.FdwUnableToCreateExecution, match="schema"):
        scan(given, "v int", rows="(pa.record_batch({'v': [t]}) for t in [1, 'x'])")
    assert scan(given, "v int", rows="iter(())") == []


def test_an_error_of_postgresql_passes_through_a_stream(given: psycopg.Connection) -> None:
    batch = "pa.record_batch({'v': pa.array([i and len(QUERY)], pa.int32())})"
    batches = f"({batch} for i in range(2))".replace("QUERY", "context.spi.execute('SELECT 1 / 0')")
    for _ in range(2):
        with pytest.raises(psycopg.errors.DivisionByZero):
            scan(given, "v int", rows=batches)
        assert scan(given, "v int", rows="[(1,)]") == [(1,)]


def test_a_stream_that_is_slow_can_be_cancelled(given: psycopg.Connection) -> None:
    batches = "pa.RecordBatchReader.from_batches(pa.schema([('v', pa.int32())]), forever())"
    given.execute("SET statement_timeout = '500ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        scan(given, "v int", arrow=batches)
    given.execute("SET statement_timeout = 0")
