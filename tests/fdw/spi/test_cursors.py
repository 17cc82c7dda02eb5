"""Cursors on the database itself, handed through as the rows of a scan."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from psycopg import sql
from tests.fdw.spi.coding import fails, rows, shown, table


def test_one_cursor_serves_any_number_of_scans(coded: psycopg.Connection) -> None:
    code = (
        "if 'one' not in kept: kept['one'] = spi.cursor('SELECT id FROM public.players')\n"
        "return kept['one']"
    )
    table(coded, "id int", code)
    for _ in range(2):  # also in a later transaction
        assert rows(coded, "SELECT count(*) FROM f a JOIN f b USING (id)") == [(10,)]
        with coded.transaction():
            coded.execute("DECLARE opened CURSOR FOR SELECT * FROM f")
            assert rows(coded, "FETCH 1 FROM opened") == [(1,)]
            coded.execute("CLOSE opened")
            with pytest.raises(psycopg.errors.InvalidCursorName), coded.transaction():
                coded.execute("CLOSE opened")
            assert rows(coded, "SELECT sum(id) FROM f") == [(55,)]


def test_a_cursor_gives_the_rows_of_its_query(coded: psycopg.Connection) -> None:
    shown(coded)
    players = rows(coded, "SELECT * FROM players")
    assert rows(coded, "SELECT * FROM f") == players
    assert rows(coded, "SELECT nick FROM f WHERE id = 3") == [("nick_3",)]
    assert rows(coded, "SELECT count(*) FROM f") == [(10,)]
    assert rows(coded, "SELECT f FROM f WHERE id = 1") == [("(1,nick_1,10)",)]
    assert rows(coded, "SELECT a.id FROM f a JOIN f b ON a.score = b.id") == [(1,)]
    table(coded, "b text, a int", "return spi.cursor('SELECT nick, id FROM public.players')")
    assert rows(coded, "SELECT * FROM f ORDER BY a LIMIT 1") == [("nick_1", 1)]
    table(coded, "a int", "return spi.cursor('SELECT id FROM public.players ORDER BY score DESC')")
    assert rows(coded, "SELECT a FROM f LIMIT 2") == [(10,), (9,)]


TRICKY = 'it\'s "x" $1; DROP TABLE players'
PARAMETERS = [
    ("int", "7", 7),
    ("text", repr(TRICKY), TRICKY),
    ("numeric", "__import__('decimal').Decimal('1.50')", Decimal("1.50")),
    ("text", "None", None),
    ("int[]", "[1, 2]", [1, 2]),
]


def test_parameters_are_bound(coded: psycopg.Connection) -> None:
    for kind, value, expected in PARAMETERS:
        for call in ("spi.cursor({}, {})", "spi.execute({}, {}).rows"):
            table(coded, f"a {kind}", "return " + call.format(f'"SELECT $1::{kind}"', value))
            assert rows(coded, "SELECT * FROM f") == [(expected,)]


def test_parameters_have_the_type_that_the_query_wants(coded: psycopg.Connection) -> None:
    for call in ("spi.cursor({}, {})", "spi.execute({}, {}).rows"):
        query = '"SELECT id FROM public.players WHERE nick = $1"'
        table(coded, "a int", "return " + call.format(query, '"nick_4"'))
        assert rows(coded, "SELECT * FROM f") == [(4,)]
        table(coded, "a int", "return " + call.format(query, "4"))
        assert '"$1"' in fails(coded, "HV004")
        table(coded, "a int", "return " + call.format('"SELECT 1"', "4"))
        assert "0 parameters, 1 values" in fails(coded, "42P02")
        table(coded, "a int", "return " + call.format('"SELECT $1 IS NULL"', "4"))
        assert "$1" in fails(coded, "42P18")


def test_cursors_are_rescanned_and_several_are_open(coded: psycopg.Connection) -> None:
    shown(coded)
    shown(coded, "g")
    coded.execute(
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off"
    )
    assert rows(coded, "SELECT count(*) FROM f JOIN g ON f.id < g.id") == [(45,)]
    assert rows(
        coded,
        "SELECT i, (SELECT max(nick) FROM f WHERE id <= i) FROM generate_series(1, 3) AS i",
    ) == [(1, "nick_1"), (2, "nick_2"), (3, "nick_3")]
    with coded.transaction():
        coded.execute("DECLARE a CURSOR FOR SELECT id FROM f")
        coded.execute("DECLARE b CURSOR FOR SELECT id FROM f")
        coded.execute("DECLARE left_open CURSOR FOR SELECT id FROM f")
        rows(coded, "FETCH 1 FROM left_open")
        assert rows(coded, "FETCH 2 FROM a") == [(1,), (2,)]
        assert rows(coded, "FETCH 1 FROM b") == [(1,)]
        coded.execute("INSERT INTO players VALUES (11)")
        assert len(rows(coded, "FETCH ALL FROM a")) == 8
        assert len(rows(coded, "FETCH ALL FROM b")) == 9
        assert rows(coded, "SELECT count(*) FROM f") == [(11,)]


def test_a_cursor_goes_on_after_a_savepoint_in_which_it_was_read_first(
    coded: psycopg.Connection,
) -> None:
    shown(coded)
    for end in ("RELEASE s", "ROLLBACK TO s"):
        with coded.transaction():
            coded.execute("DECLARE a CURSOR FOR SELECT id FROM f")
            coded.execute("SAVEPOINT s")
            coded.execute("DECLARE b CURSOR FOR SELECT id FROM f")
            assert rows(coded, "FETCH 2 FROM a") == [(1,), (2,)]
            assert rows(coded, "FETCH 2 FROM b") == [(1,), (2,)]
            coded.execute(sql.SQL(end))
            assert rows(coded, "FETCH 3 FROM a") == [(3,), (4,), (5,)]
            coded.execute("SAVEPOINT t")
            assert "division by zero" in fails(coded, "22012", "SELECT 1 / 0 FROM f")
            coded.execute("ROLLBACK TO t")
            assert len(rows(coded, "FETCH ALL FROM a")) == 5
    with coded.transaction():
        coded.execute("DECLARE c CURSOR WITH HOLD FOR SELECT id FROM f")
        rows(coded, "FETCH 1 FROM c")
    assert len(rows(coded, "FETCH ALL FROM c")) == 9


def test_an_error_in_a_cursor_leaves_what_is_around_it(coded: psycopg.Connection) -> None:
    table(coded, "a int", "return spi.cursor('SELECT 10 / (5 - id) FROM public.players')")
    shown(coded, "g")
    with coded.transaction():
        coded.execute("DECLARE around CURSOR FOR SELECT id FROM g")
        rows(coded, "FETCH 1 FROM around")
        with pytest.raises(psycopg.errors.DivisionByZero), coded.transaction():
            coded.execute("SELECT * FROM f")
        assert len(rows(coded, "FETCH ALL FROM around")) == 9
        assert rows(coded, "SELECT a FROM f LIMIT 2") == [(2,), (3,)]
    coded.execute(
        "DO $$ BEGIN FOR i IN 1..50 LOOP"
        " BEGIN PERFORM * FROM f; EXCEPTION WHEN division_by_zero THEN END;"
        " END LOOP; END $$"
    )


def test_cursors_nest(coded: psycopg.Connection) -> None:
    shown(coded)
    coded.execute("CREATE VIEW over_f AS SELECT id, score FROM f")
    coded.execute(
        "CREATE FUNCTION total(below int) RETURNS bigint LANGUAGE plpgsql STABLE"
        " AS $$ DECLARE r record; s bigint := 0; BEGIN"
        " FOR r IN SELECT * FROM public.over_f WHERE id < below LOOP s := s + r.score; END LOOP;"
        " RETURN s; END $$"
    )
    table(
        coded, "a int, b bigint",
        "return spi.cursor('SELECT id, public.total(id) FROM public.over_f')", "g",
    )  # fmt: skip
    assert rows(coded, "SELECT a, b, total(a) FROM g WHERE a < 4") == [
        (1, 0, 0), (2, 10, 10), (3, 30, 30),
    ]  # fmt: skip


def test_a_cursor_has_the_snapshot_of_its_statement(coded: psycopg.Connection) -> None:
    shown(coded)
    coded.execute("INSERT INTO players SELECT id + 100, nick, score FROM f")
    assert rows(coded, "SELECT count(*) FROM players") == [(20,)]
    coded.execute("DELETE FROM players WHERE id IN (SELECT id FROM f WHERE id > 100)")
    assert rows(coded, "SELECT count(*) FROM f") == [(10,)]


def test_long_values_come_whole(coded: psycopg.Connection) -> None:
    shown(coded)
    coded.execute("UPDATE players SET nick = repeat(md5(id::text), 10000)")
    coded.execute("CREATE TABLE copied AS SELECT * FROM f")
    assert rows(coded, "TABLE copied ORDER BY id") == rows(coded, "TABLE players ORDER BY id")


def test_values_are_converted_as_insert_would(coded: psycopg.Connection) -> None:
    coded.execute("CREATE DOMAIN low AS int CHECK (VALUE < 95)")
    code = "return spi.cursor('SELECT id, nick, score FROM public.players')"
    table(coded, "a bigint, b varchar(7), c numeric(5,1)", code)
    assert rows(coded, "SELECT * FROM f WHERE a = 1") == [(1, "nick_1", Decimal("10.0"))]
    table(coded, "a int, b varchar(6), c low", code)
    assert 'column "b"' in fails(coded, "22001")
    table(coded, "a int, b text, c low", code)
    assert 'column "c"' in fails(coded, "23514")
    assert len(rows(coded, "SELECT * FROM f LIMIT 9")) == 9
    table(coded, "a int, b int, c int", code)
    assert 'column "b" is of type integer, but the query gives text' in fails(coded, "42804")


WRONG = [
    ("'SELECT 1, 2'", "HV021", "2"),
    ("''", "42P11", "0"),
    ("'SELECT 1; SELECT 2'", "42P11", "2"),
    ("'DELETE FROM public.players RETURNING id'", "42P11", "read"),
    ("'WITH d AS (DELETE FROM public.players RETURNING id) SELECT id FROM d'", "42P11", "read"),
    ("'SELECT id FROM public.players FOR UPDATE'", "42P11", "read"),
    ("'SELECT id INTO public.x FROM public.players'", "42P11", "read"),
    ("'TRUNCATE public.players'", "42P11", "read"),
    ("'SELECT id FROM players'", "42P01", "players"),
    ("'SELEC'", "42601", "SELEC"),
    ("'a\\0b'", "22023", "NUL"),
    ("None", "22023", "NoneType"),
]


def test_a_column_that_is_not_null_is_not(coded: psycopg.Connection) -> None:
    coded.execute("INSERT INTO players VALUES (11, NULL, 110)")
    shown(coded)
    coded.execute("ALTER FOREIGN TABLE f ALTER id SET NOT NULL, ALTER nick SET NOT NULL")
    assert len(rows(coded, "SELECT id FROM f")) == 11
    assert 'column "nick" is NOT NULL' in fails(coded, "23502", "SELECT id, nick FROM f")


def test_what_is_no_query_is_refused(coded: psycopg.Connection) -> None:
    for query, state, message in WRONG:
        table(coded, "a int", f"return spi.cursor({query})")
        assert message in fails(coded, state), query
    assert rows(coded, "SELECT count(*) FROM players") == [(10,)]


def test_a_cursor_is_not_for_python(coded: psycopg.Connection) -> None:
    table(coded, "a int", "return list(spi.cursor('SELECT 1'))")
    assert "spi.execute" in fails(coded, "HV000")


def test_a_parallel_plan_around_a_query_is_right(coded: psycopg.Connection) -> None:
    shown(coded)
    table(coded, "id int", "return spi.execute('SELECT id FROM public.players').rows", "g")
    coded.execute("CREATE TABLE big AS SELECT i AS id FROM generate_series(1, 20000) AS i")
    coded.execute("ANALYZE big")
    coded.execute(
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
        " SET min_parallel_table_scan_size = 0"
    )
    for name in ("f", "g"):
        query = f"SELECT count(*) FROM big JOIN {name} USING (id)"  # noqa: S608
        assert "Gather" in str(rows(coded, "EXPLAIN " + query))
        assert rows(coded, query) == [(10,)]
    for wrong, state in (("SELECT 1 / 0", "22012"), ("DELETE FROM public.players", "0A000")):
        code = f"try:\n    return spi.execute('{wrong}').rows\nexcept StatementError: pass"
        table(coded, "id int", code, "g")
        fails(coded, state, "SELECT count(*) FROM big JOIN g USING (id)")
    assert rows(coded, "SELECT count(*) FROM players") == [(10,)]


def test_other_statements_read_a_cursor_too(coded: psycopg.Connection) -> None:
    shown(coded)
    coded.execute("ANALYZE f")
    assert rows(coded, "SELECT reltuples FROM pg_class WHERE relname = 'f'") == [(10,)]
    with coded.cursor() as cursor, cursor.copy("COPY (SELECT id FROM f) TO STDOUT") as copy:
        assert b"".join(copy).split() == [b"%d" % i for i in range(1, 11)]
    assert "actual" in str(rows(coded, "EXPLAIN ANALYZE SELECT * FROM f WHERE id > 3"))
    coded.execute("CREATE MATERIALIZED VIEW m AS SELECT * FROM f")
    coded.execute("REFRESH MATERIALIZED VIEW m")
    assert rows(coded, "SELECT count(*) FROM m") == [(10,)]
    assert len(rows(coded, "SELECT * FROM f FOR UPDATE")) == 10
    coded.execute("UPDATE players SET score = f.score + 1 FROM f WHERE f.id = players.id")
    assert rows(coded, "SELECT sum(score) FROM f") == [(560,)]
    with coded.transaction():
        coded.execute("DECLARE s SCROLL CURSOR FOR SELECT id FROM f")
        assert rows(coded, "FETCH LAST FROM s") == [(10,)]
        assert rows(coded, "FETCH FIRST FROM s") == [(1,)]


def test_many_cursors_and_statements_leave_nothing_behind(coded: psycopg.Connection) -> None:
    shown(coded)
    table(coded, "a int", "return spi.execute('SELECT count(*)::int FROM public.f').rows", "g")
    used = "SELECT sum(used_bytes) FROM pg_backend_memory_contexts"
    loop = "DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM * FROM f; PERFORM * FROM g; END LOOP; END $$"
    coded.execute(loop)
    before = rows(coded, used)[0][0]
    coded.execute(loop)
    assert rows(coded, used)[0][0] - before < 200_000
