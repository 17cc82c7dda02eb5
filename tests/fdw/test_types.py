"""Every type with its extremes, from rows and from Arrow, as PostgreSQL itself reads it.

Values are compared byte by byte (``record_image_eq``), not by how they are shown.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster

LITERALS = {
    "smallint": ["-32768", "32767", None],
    "int": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "real": ["3.4028235e38", "1e-45", "-0", "NaN", "Infinity", "-Infinity"],
    "float8": ["1.7976931348623157e308", "5e-324", "-0", "NaN", "Infinity", "-Infinity"],
    "numeric": ["0", "-0", "0.000", "1" * 1000 + "." + "9" * 1000, "1e-1000", "1e131071", "NaN",
                "Infinity", "-Infinity", "-10000.0001", "100000000"],
    "numeric(20,5)": ["999999999999999.99999", "-0.000005", "1e-7", "NaN"],
    "numeric(3,-2)": ["99949", "-50"],
    "money": ["-92233720368547758.08", "92233720368547758.07"],
    "bool": ["t", "f", None],
    "text": ["", "a\tb\r\n\\", "é𝄞", "x" * 126, "x" * 127, "y" * 5000, "NULL"],
    "varchar(4)": ["", "𝄞𝄞𝄞𝄞", "abcd  ", "éèà"],
    "char(4)": ["", "é", "abcd  "],
    '"char"': ["", "a"],
    "name": ["a" * 63, "x" * 100],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffffffffffffffffffffffffffff"],
    "date": ["4713-01-01 BC", "5874897-12-31", "infinity", "-infinity", "0001-12-31 BC",
             "epoch", "2024-02-29"],
    "time": ["00:00", "24:00:00", "23:59:59.999999"],
    "time(0)": ["23:59:59.4", "23:59:59.5"],
    "timetz": ["00:00+15:59:59", "24:00:00-15:59:59", "12:00:00.000001+00"],
    "timestamp": ["4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999", "infinity",
                  "-infinity", "0001-12-31 23:59:59.999999 BC"],
    "timestamp(0)": ["2024-12-31 23:59:59.5"],
    "timestamptz": ["4713-01-01 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00", "infinity",
                    "-infinity", "2024-03-31 02:30:00+02"],
    "interval": ["178000000 years", "-178000000 years 2147483647 days -2562047788:00:54.775807",
                 "1 mon -1 day 00:00:00.000001", "0"],
    "interval day to second(2)": ["1 day 00:00:00.125"],
    "json": ['{"b": 1,  "a": [], "a": null}', " 1e5 ", '"\\u00e9"'],
    "jsonb": ['{"b": 1,  "a": [], "a": null}', " 1e5 ", '"\\u00e9"', "[]", "{}", "null",
              '[1.50, -0, 1E-7, 123456789012345678901234567890.5, {"": {"é": [[]]}}]'],
    "xml": ["<a>é</a>"],
    "int[]": ["{}", "{NULL,1}", "{{1,2},{3,4}}", "[0:1]={5,6}", "{{{{{{1}}}}}}"],
    "text[]": ["{}", '{"",NULL,"NULL",a b,"{","\\\\"}', "{{a,b}}"],
    "numeric(6,2)[]": ["{1.005,NULL}"],
    "jsonb[]": ['{"{\\"a\\": 1}",NULL}'],
    "inet": ["::1", "192.168.0.1/24"],
    "cidr": ["10.0.0.0/8"],
    "macaddr8": ["08:00:2b:01:02:03:04:05"],
    "bit(3)": ["101"],
    "varbit": ["", "10101010101"],
    "point": ["(1,-0)"],
    "polygon": ["((0,0),(1,1),(1,0))"],
    "int4range": ["empty", "[1,5)", "(,)"],
    "tstzmultirange": ["{}", "{[2024-01-01 00:00:00+00,infinity)}"],
    "tsvector": ["a:1 b:2A"],
    "tsquery": ["a & !b"],
    "jsonpath": ["$.a[*]"],
    "pg_lsn": ["16/B374D848"],
    "oid": ["4294967295"],
    "regclass": ["pg_class"],
    "mood": ["sad", "happy"],
    "pair": ['(1,"a,b")', "(,)"],
    "pair[]": ['{"(1,a)"}'],
    "short_text": ["abc"],
    "inet_list": ["{::1}"],
}  # fmt: skip


@pytest.fixture(scope="module")
def types(given: psycopg.Connection) -> psycopg.Connection:
    """The same connection, with types of our own."""
    given.execute("CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TYPE pair AS (a int, b text)")
    given.execute("CREATE DOMAIN short_text AS varchar(3); CREATE DOMAIN inet_list AS inet[]")
    return given


def arrow(kind: str, values: str) -> str:
    return f"pa.table({{'i': range(len({values})), 'v': pa.array({values}, {kind})}})"


def differences(
    connection: psycopg.Connection, kind: str, literals: list[str | None], **options: str
) -> list[tuple[object, ...]]:
    """Give the rows in which a foreign table is not what PostgreSQL makes of the literals."""
    ((option, expression),) = options.items()
    connection.execute("DROP FOREIGN TABLE IF EXISTS g; DROP TABLE IF EXISTS h")
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE g (i bigint, v {}) SERVER given OPTIONS ({} {})").format(
            sql.SQL(kind), sql.SQL(option), expression
        )
    )
    connection.execute(sql.SQL("CREATE TABLE h (i bigint, v {})").format(sql.SQL(kind)))
    with connection.cursor().copy("COPY h FROM STDIN") as copy:
        for number, literal in enumerate(literals):
            copy.write_row((number, literal))
    return connection.execute(
        "SELECT i, h.v::text, g.v::text FROM h FULL JOIN g USING (i)"
        " WHERE NOT record_image_eq(ROW(h.v), ROW(g.v))"
    ).fetchall()


@pytest.mark.parametrize("kind", LITERALS)
def test_text_is_read_as_copy_reads_it(types: psycopg.Connection, kind: str) -> None:
    literals = LITERALS[kind]
    assert not differences(types, kind, literals, arrow=arrow("pa.string()", repr(literals)))
    assert not differences(
        types, kind, literals,
        arrow=arrow("pa.dictionary(pa.int32(), pa.large_string())", repr(literals)),
    )  # fmt: skip
    if kind not in {"smallint", "int", "bigint", "real", "float8", "bool"}:
        assert not differences(types, kind, literals, rows=repr(list(enumerate(literals))))


LEAP = datetime.date(2024, 2, 29)
NATIVE: list[tuple[str, str, str, list[str | None]]] = [
    ("int", "pa.null()", "[None, None]", [None, None]),
    ("int[]", "pa.null()", "[None]", [None]),
    ("real", "pa.float16()", "[np.float16(x) for x in ('1.5', '-0.0', 'nan', 'inf', '-inf', "
     "'65504', '6e-8', '6.104e-05')]",
     ["1.5", "-0", "NaN", "Infinity", "-Infinity", "65504", "5.9604645e-08", "6.1035156e-05"]),
    ("float8", "pa.float64()", "[float('nan'), float('inf'), -0.0]", ["NaN", "Infinity", "-0"]),
    ("numeric", "pa.uint64()", "[2**64 - 1, 0]", ["18446744073709551615", "0"]),
    ("numeric", "pa.int64()", "[-2**63, 10000]", ["-9223372036854775808", "10000"]),
    ("numeric(10,2)", "pa.int64()", "[10]", ["10"]),
    ("numeric", "pa.decimal32(9, 4)", "[D('-99999.9999')]", ["-99999.9999"]),
    ("numeric(9,4)", "pa.decimal32(9, 4)", "[D('-99999.9999')]", ["-99999.9999"]),
    ("numeric", "pa.decimal64(18, 1)", "[D('99999999999999999.9')]", ["99999999999999999.9"]),
    ("numeric", "pa.decimal128(38, 0)", "[10**38 - 1, 1 - 10**38]",
     [str(10**38 - 1), str(1 - 10**38)]),
    ("numeric", "pa.decimal128(5, -3)", "[D('12000')]", ["12000"]),
    ("numeric", "pa.decimal256(76, 70)", "[D('-999999.' + '9' * 70), D('0')]",
     ["-999999." + "9" * 70, "0." + "0" * 70]),
    ("numeric(7,1)", "pa.decimal256(76, 70)", "[D('999999.' + '1' * 70)]", ["999999.1"]),
    ("bytea", "pa.binary(3)", "[b'\\0a\\xff', None]", ["\\x0061ff", None]),
    ("bytea", "pa.large_binary()", "[b'']", ["\\x"]),
    ("uuid", "pa.uuid()", "[uuid.UUID(int=2**128 - 1).bytes]", ["ffffffff" * 4]),
    ("date", "pa.date64()", "[datetime.date(1, 1, 1), datetime.date(2024, 2, 29)]",
     ["0001-01-01", "2024-02-29"]),
    ("date", "pa.date32()", "[-2440588 + 10, 2145042905]", ["4714-12-04 BC", "5874897-12-31"]),
    ("time", "pa.time32('s')", "[0, 86399]", ["00:00", "23:59:59"]),
    ("time", "pa.time32('ms')", "[1]", ["00:00:00.001"]),
    ("time", "pa.time64('us')", "[86399999999]", ["23:59:59.999999"]),
    ("time", "pa.time64('ns')", "[86399999999999]", ["23:59:59.999999"]),
    ("time(1)", "pa.time64('us')", "[950000]", ["00:00:01"]),
    ("timestamp", "pa.timestamp('s')", "[-210866803200, 9224318015999]",
     ["4714-11-24 00:00:00 BC", "294276-12-31 23:59:59"]),
    ("timestamp", "pa.timestamp('ms')", "[-1]", ["1969-12-31 23:59:59.999"]),
    ("timestamp", "pa.timestamp('ns')", "[-1, -1000, -1001]",
     ["1969-12-31 23:59:59.999999"] * 2 + ["1969-12-31 23:59:59.999998"]),
    ("timestamptz", "pa.timestamp('us', tz='Europe/Paris')", "[-1]",
     ["1969-12-31 23:59:59.999999+00"]),
    ("timestamptz(3)", "pa.timestamp('us', tz='+05:30')", "[1500]", ["1970-01-01 00:00:00.0015Z"]),
    ("interval", "pa.duration('s')", "[-90061]", ["-25:01:01"]),
    ("interval", "pa.duration('ns')", "[-1]", ["-00:00:00.000001"]),
    ("interval", "pa.month_day_nano_interval()", "[pa.MonthDayNano([-1, 31, 1001])]",
     ["-1 mon 31 days 00:00:00.000001"]),
    ("int[]", "pa.list_(pa.list_(pa.int64()))", "[[[1, None], [3, 4]], [], [[]], None]",
     ["{{1,NULL},{3,4}}", "{}", "{}", None]),
    ("bigint[]", "pa.list_(pa.int64(), 2)", "[[1, 2], None, [3, None]]",
     ["{1,2}", None, "{3,NULL}"]),
    ("int[]", "pa.list_view(pa.int32())", "[[1, 2], [], None, [4]]", ["{1,2}", "{}", None, "{4}"]),
    ("text[]", "pa.large_list_view(pa.string_view())", "[['a' * 200], ['b', None]]",
     ["{" + "a" * 200 + "}", "{b,NULL}"]),
    ("text[]", "pa.list_(pa.dictionary(pa.int8(), pa.string()))", "[['a', None, 'a']]",
     ["{a,NULL,a}"]),
    ("bool[]", "pa.list_(pa.bool_())", "[[True, False, None] * 3]",
     ["{t,f,NULL,t,f,NULL,t,f,NULL}"]),
    ("uuid[]", "pa.list_(pa.binary(16))", "[[bytes(16), bytes(16)]]",
     ["{00000000000000000000000000000000,00000000000000000000000000000000}"]),
    ("jsonb[]", "pa.list_(pa.string())", "[['{\"a\": [1]}', '2']]", ['{"{\\"a\\": [1]}",2}']),
    ("numeric[]", "pa.list_(pa.decimal128(9, 2))", "[[D('1.10'), None]]", ["{1.10,NULL}"]),
    ("interval[]", "pa.list_(pa.duration('us'))", "[[1, 2]]",
     ["{00:00:00.000001,00:00:00.000002}"]),
    ("pair", "pa.struct([('b', pa.string()), ('a', pa.int64())])",
     "[{'a': 1, 'b': 'x'}, None, {'a': None, 'b': None}]", ["(1,x)", None, "(,)"]),
    ("pair[]", "pa.list_(pa.struct([('a', pa.int8()), ('b', pa.string())]))",
     "[[{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y' * 200}]]", ['{"(1,x)","(2,' + "y" * 200 + ')"}']),
    ("short_text", "pa.string()", "['abc', None]", ["abc", None]),
    ("mood", "pa.dictionary(pa.int8(), pa.string())", "['sad', 'happy', None]",
     ["sad", "happy", None]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "form", "values", "literals"), NATIVE, ids=[f"{row[0]}-{row[1]}" for row in NATIVE]
)
def test_arrow_types_are_read_as_what_they_mean(
    types: psycopg.Connection, kind: str, form: str, values: str, literals: list[str | None]
) -> None:
    assert not differences(types, kind, literals, arrow=arrow(form, values))
    twice = arrow(form, f"({values} + {values})") + f".slice({len(literals)})"
    moved = f"(lambda t: pa.table({{'i': range(len(t)), 'v': t['v']}}))({twice})"
    assert not differences(types, kind, literals, arrow=moved)


PYTHON: list[tuple[str, str, list[str | None]]] = [
    ("numeric", "[D('1E+5'), D('-0'), D('1E-1000'), D('sNaN'.replace('s', '')), 10**1000]",
     ["1E+5", "-0", "1E-1000", "NaN", "1" + "0" * 1000]),
    ("time", "[datetime.time.max, datetime.time.min]", ["23:59:59.999999", "00:00"]),
    ("timetz", "[datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(hours=-15)))]",
     ["01:00-15"]),
    ("interval", "[datetime.timedelta.max, datetime.timedelta(seconds=-1)]",
     ["999999999 days 23:59:59.999999", "-1 day 23:59:59"]),
    ("timestamp", "[datetime.datetime.min, datetime.datetime.max]",
     ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"]),
    ("timestamptz", "[datetime.datetime.min.replace(tzinfo=datetime.timezone("
     "datetime.timedelta(hours=14)))]", ["0001-12-31 10:00:00+00 BC"]),
    ("jsonb", "[{'é': ['\\n', 1.5, None, True]}, [1, [2]]]",
     ['{"é": ["\\n", 1.5, null, true]}', "[1, [2]]"]),
    ("text[]", "[[], ['a', None, 'NULL', '', '\"\\\\', '{}']]",
     ["{}", '{a,NULL,"NULL","","\\"\\\\","{}"}']),
    ("int[]", "[[[1, 2], [3, 4]]]", ["{{1,2},{3,4}}"]),
    ("inet", "['::1']", ["::1"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values", "literals"), PYTHON, ids=[row[0] for row in PYTHON])
def test_python_objects_are_read_as_what_they_mean(
    types: psycopg.Connection, kind: str, values: str, literals: list[str | None]
) -> None:
    assert not differences(types, kind, literals, rows=f"list(enumerate({values}))")


WRONG = [
    ("time", "[(0, datetime.time(1, tzinfo=datetime.timezone.utc))]", "", "HV004"),
    ("timetz", "[(0, datetime.time(1))]", "", "HV004"),
    ("date", "[(0, 'yesterday or so')]", "", "22007"),
    ("time", "", arrow("pa.time64('us')", "pa.array([2**40]).view(pa.time64('us'))"), "22003"),
    ("numeric", "", arrow("pa.float64()", "[0.1]"), "HV004"),
    ("bigint", "", arrow("pa.decimal128(5, 0)", "[1]"), "HV004"),
    ("text", "", arrow("pa.binary()", "[b'a']"), "HV004"),
    ("bytea", "", arrow("pa.string()", "['a']"), "HV004"),
    ("uuid", "", arrow("pa.binary(15)", "[bytes(15)]"), "HV004"),
    ("int[]", "", arrow("pa.list_(pa.list_(pa.int64()))", "[[[1], [2, 3]]]"), "2202E"),
    ("int[]", "", arrow("pa.list_(pa.list_(pa.int64()))", "[[[1], None]]"), "2202E"),
    ("int[]", "", arrow("pa.list_(" * 7 + "pa.int8()" + ")" * 7, "[None]"), "HV004"),
    ("pair", "", arrow("pa.struct([('a', pa.int32())])", "[None]"), "HV004"),
    ("jsonb", "", arrow("pa.struct([('a', pa.int32())])", "[None]"), "HV004"),
    ("jsonb", "", arrow("pa.map_(pa.string(), pa.int32())", "[None]"), "HV004"),
    ("text", "", "pa.table({'i': [0], 'v': pa.array(['a']).dictionary_encode()"
     ".cast(pa.string()).combine_chunks() if 0 else pc.run_end_encode(pa.array(['a']))})", "HV004"),
    ("text", "", "pa.table({'i': [0], 'v': pa.UnionArray.from_sparse("
     "pa.array([0], pa.int8()), [pa.array(['a'])])})", "HV004"),
    ("bytea", "[(0, bytes(2**30))]", "", "54000"),
    ("text", "", "pa.table({'i': [0], 'v': pa.Array.from_buffers(pa.large_string(), 1, "
     "[None, pa.py_buffer(np.array([0, 2**30])), pa.py_buffer(mmap.mmap(-1, 2**30))])})", "54000"),
    ("jsonb", "", "pa.table({'i': [0], 'v': pa.Array.from_buffers(pa.large_string(), 1, "
     "[None, pa.py_buffer(np.array([0, 2**30])), pa.py_buffer(mmap.mmap(-1, 2**30))])})", "54000"),
    ("jsonb", "", arrow("pa.string()", "['{\"a\": \\0}']"), "22021"),
    *(("jsonb", "", f"pa.table({{'i': [0], 'v': pa.array([{text}]).view(pa.string())}})", "22021")
      for text in (b'["\xff"]', b'["a long text before \xc3\x28"]',
                   b'{"\\n\xe2\x82": 1}', b"\xc3\xa9\xff")),
    ("mood", "", arrow("pa.string()", "['angry']"), "22P02"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "rows", "stream", "state"), WRONG)
def test_what_does_not_fit_is_an_error(
    types: psycopg.Connection, kind: str, rows: str, stream: str, state: str
) -> None:
    options = {"rows": rows} if rows else {"arrow": stream}
    for _ in range(2):
        with pytest.raises(psycopg.Error) as error:
            differences(types, kind, [], **options)
        assert error.value.sqlstate == state, error.value
        said = f"{error.value} {error.value.diag.context}"
        assert 'column "v"' in said


@pytest.mark.parametrize(("encoding", "refused"), [("LATIN1", True), ("SQL_ASCII", False)])
def test_databases_have_their_own_encoding(
    host_cluster: Cluster, encoding: str, refused: bool
) -> None:
    with host_cluster.connect() as admin:
        admin.execute(
            f"CREATE DATABASE in_{encoding} ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'"
        )
    values = ["é" * 10, "é" * 200, '{"é": 1}']
    with host_cluster.connect(dbname=f"in_{encoding.lower()}") as connection:
        connection.execute("CREATE EXTENSION exclave_fdw")
        connection.execute("SELECT exclave.create_wrapper('given', 'trial_wrappers:Given')")
        connection.execute("CREATE SERVER given FOREIGN DATA WRAPPER given")
        connection.execute("SET client_encoding = 'UTF8'")
        for kind, some in (("text", values), ("jsonb", values[2:])):
            spelled = ascii(some)
            for options in (
                {"rows": f"list(enumerate({spelled}))"},
                {"arrow": arrow("pa.string()", spelled)},
            ):
                assert not differences(connection, kind, list(some), **options)
        for options in (
            {"rows": r"[(0, '\u20ac')]"},
            {"arrow": arrow("pa.string()", r"['\u20ac']")},
        ):
            if refused:
                with pytest.raises(psycopg.errors.UntranslatableCharacter):
                    differences(connection, "text", [], **options)
            else:
                assert not differences(connection, "text", ["€"], **options)
    with host_cluster.connect() as admin:
        admin.execute(f"DROP DATABASE in_{encoding}")


def test_intervals_of_python_and_arrow_compare_equal(types: psycopg.Connection) -> None:
    types.execute("DROP FOREIGN TABLE IF EXISTS g")
    day = "datetime.timedelta(days=1, seconds=1)"
    found: list[object] = []
    for option, expression in (
        ("rows", f"[({day},)]"),
        ("arrow", f"pa.table({{'v': pa.array([{day}])}})"),
    ):
        types.execute(
            sql.SQL("CREATE FOREIGN TABLE g (v interval) SERVER given OPTIONS ({} {})").format(
                sql.SQL(option), expression
            )
        )
        found += types.execute("SELECT v = '1 day 1 second' FROM g").fetchall()
        types.execute("DROP FOREIGN TABLE g")
    assert found == [(True,), (True,)]


def test_values_of_arrow_come_to_python_again(types: psycopg.Connection) -> None:
    types.execute("DROP FOREIGN TABLE IF EXISTS g")
    types.execute(
        sql.SQL(
            "CREATE FOREIGN TABLE g (v numeric, w date) SERVER given OPTIONS (arrow {})"
        ).format("pa.table({'v': pa.array([D('1.50')]), 'w': [datetime.date(2024, 2, 29)]})")
    )
    assert types.execute("SELECT * FROM g").fetchall() == [(Decimal("1.50"), LEAP)]
