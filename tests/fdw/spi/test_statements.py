"""Statements that Python runs in the database itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from tests.fdw.spi.coding import fails, rows, table
from tests.fdw.waiting import acting_once

from exclave.cluster import Cluster, Database


def test_statements_give_rows_and_counts(coded: psycopg.Connection) -> None:
    table(
        coded, "a text",
        "done = spi.execute('UPDATE public.players SET score = $1 WHERE id <= $2', 7, 3)\n"
        "seen = spi.execute('SELECT id, score, NULL FROM public.players WHERE score = 7')\n"
        "return [(repr(done),), (repr((seen.count, seen.columns, sorted(seen.rows))),)]",
    )  # fmt: skip
    assert rows(coded, "SELECT * FROM f") == [
        ("Result(columns=(), rows=[], count=3)",),
        ("(3, ('id', 'score', '?column?'), [(1, 7, None), (2, 7, None), (3, 7, None)])",),
    ]
    assert rows(coded, "SELECT count(*) FROM players WHERE score = 7") == [(3,)]


CAUGHT = """
found = []
for query in ("SELECT 1 / 0", "SELEC", "INSERT INTO public.players VALUES (1)", "COMMIT",
              "SELECT 1; SELECT 2", "SELECT NULL::public.nope", "LOCK public.players IN X MODE"):
    spi.execute("INSERT INTO public.players VALUES ($1)", 100 + len(found))
    try:
        spi.execute(query)
    except StatementError as error:
        found.append((error.sqlstate,))
return found
"""


def test_errors_can_be_caught_and_undo_only_their_statement(coded: psycopg.Connection) -> None:
    table(coded, "a text", CAUGHT)
    for _ in range(3):
        coded.execute("DELETE FROM players WHERE id >= 100")
        with coded.transaction():
            coded.execute("SAVEPOINT a")
            assert rows(coded, "SELECT * FROM f") == [
                ("22012",), ("42601",), ("23505",), ("0A000",), ("42601",), ("42704",), ("42601",),
            ]  # fmt: skip
            assert rows(coded, "SELECT count(*) FROM players WHERE id >= 100") == [(7,)]
    assert rows(coded, "SELECT count(*) FROM players") == [(17,)]


def test_an_error_that_is_not_caught_is_that_of_the_statement(coded: psycopg.Connection) -> None:
    table(
        coded, "a int",
        "spi.execute('INSERT INTO public.players VALUES (100)')\n"
        "return spi.execute('INSERT INTO public.players VALUES (1)').rows",
    )  # fmt: skip
    assert "(id)=(1) already exists" in fails(coded, "23505")
    assert rows(coded, "SELECT count(*) FROM players") == [(10,)]


@contextmanager
def when_it_sleeps(
    database: Database, connection: psycopg.Connection, act: Callable[[], object]
) -> Iterator[None]:
    """Act as soon as a backend is in pg_sleep()."""
    query = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
    backend = connection.info.backend_pid
    with (
        database.connect() as other,
        acting_once(lambda: other.execute(query, [backend]).fetchall(), act),
    ):
        yield


def test_a_cancel_or_a_timeout_cannot_be_caught(coded: psycopg.Connection, host: Database) -> None:
    code = (
        "try:\n    spi.execute('SELECT pg_sleep(60)')\n"
        "except Exception:\n    return [(1,)]\nreturn [(2,)]"
    )
    table(coded, "a int", code)
    coded.execute("SET statement_timeout = '200ms'")
    fails(coded, "57014")
    coded.execute("SET statement_timeout = 0")
    with when_it_sleeps(host, coded, coded.cancel):
        fails(coded, "57014")
    table(coded, "a int", code.replace("except Exception", "except BaseException"))
    coded.execute("SET statement_timeout = '200ms'")
    fails(coded, "57014")
    coded.execute("SET statement_timeout = 0")
    table(coded, "a int", "return spi.cursor('SELECT 1 FROM pg_catalog.pg_sleep(60)')")
    coded.execute("SET statement_timeout = '200ms'")
    fails(coded, "57014")


SWALLOWED = """
def rows():
    for number in range(5):
        if number == 3:
            try:
                spi.execute('SELECT pg_sleep(60)')
            except BaseException:
                pass
        yield (number,)
return rows()
"""


def test_a_cancel_cannot_be_caught_between_rows_either(coded: psycopg.Connection) -> None:
    table(coded, "a int", SWALLOWED)
    coded.execute("SET statement_timeout = '200ms'")
    fails(coded, "57014")
    coded.execute("SET statement_timeout = 0")
    table(coded, "a int", "return [(1,)]")
    assert rows(coded, "SELECT * FROM f") == [(1,)]


def test_an_error_of_postgresql_as_a_generator_is_closed_is_not_that_of_the_next_scan(
    coded: psycopg.Connection,
) -> None:
    table(
        coded, "a int",
        "def rows():\n    try:\n        yield (1,)\n        yield (2,)\n"
        "    finally:\n        context.notice('\N{SNOWMAN}')\n"
        "return rows()",
    )  # fmt: skip
    coded.execute("SET client_encoding = 'LATIN1'")  # which has no such character
    for _ in range(3):
        assert rows(coded, "SELECT * FROM f LIMIT 1") == [(1,)]


def test_a_message_that_the_database_cannot_say_is_told_as_far_as_it_can(
    coded: psycopg.Connection, host_cluster: Cluster
) -> None:
    latin = Database(host_cluster, f"latin_{coded.info.dbname}")
    coded.execute(
        sql.SQL("CREATE DATABASE {} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").format(
            sql.Identifier(latin.name)
        )
    )
    try:
        with latin.connect() as other:
            notices: list[str | None] = []
            other.execute("CREATE EXTENSION exclave_fdw")
            other.execute("SELECT exclave.create_wrapper('coded', 'spi_wrappers:Coded')")
            other.execute("CREATE SERVER coded FOREIGN DATA WRAPPER coded")
            code = "context.notice('é ' + 'ü')\ncontext.notice('é ' + chr(0x2603))\n"
            table(other, "a int", code + "raise WrapperError('no é ' + chr(0x2603))")
            other.add_notice_handler(lambda told: notices.append(told.message_primary))
            with pytest.raises(psycopg.errors.FdwError, match=r"no \? \?"):
                other.execute("SELECT * FROM f")
            assert notices == ["é ü", "? ?"]
    finally:
        host_cluster.drop_database(latin.name)


def test_terminate_ends_a_statement_of_python(coded: psycopg.Connection, host: Database) -> None:
    table(coded, "a int", "return spi.execute('SELECT 1 FROM pg_catalog.pg_sleep(60)').rows")
    pid = coded.info.backend_pid

    def terminate() -> None:
        with host.connect() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])

    with when_it_sleeps(host, coded, terminate):
        fails(coded, "57P01")
    with host.connect() as other:
        assert rows(other, "SELECT count(*) FROM players") == [(10,)]


def test_statements_nest_until_the_stack_ends(coded: psycopg.Connection) -> None:
    coded.execute("SET max_stack_depth = '400kB'")
    table(
        coded, "a int",
        "def one():\n    for row in spi.execute('SELECT id FROM public.players').rows:\n"
        "        yield (spi.execute('SELECT $1 + 1', row[0]).rows[0][0],)\n"
        "return one()",
    )  # fmt: skip
    table(coded, "a bigint", "return spi.execute('SELECT sum(a) FROM public.f').rows", "g")
    assert rows(coded, "SELECT * FROM g") == [(65,)]
    table(coded, "a int", "return spi.execute('SELECT a FROM public.f').rows")
    assert fails(coded, "54001")
    table(coded, "a int", "return spi.cursor('SELECT a FROM public.f')")
    assert fails(coded, "54001")
    assert rows(coded, "SELECT 1") == [(1,)]


PLACES = [
    (
        "found = []\n"
        "def ask():\n"
        "    try:\n        context.notice('from a thread')\n"
        "    except RuntimeError as error:\n        found.append((str(error),))\n"
        "thread = threading.Thread(target=ask)\nthread.start()\nthread.join()\nreturn found",
        "a message can only be asked for in the thread",
    ),
    (
        "found = []\n"
        "def ask():\n"
        "    try:\n        spi.execute('SELECT 1')\n"
        "    except RuntimeError as error:\n        found.append((str(error),))\n"
        "thread = threading.Thread(target=ask)\nthread.start()\nthread.join()\nreturn found",
        "in the thread",
    ),
    (
        "def rows():\n"
        "    try:\n        yield ('first',)\n        yield ('second',)\n"
        "    finally:\n"
        "        try:\n            spi.execute('SELECT 1')\n"
        "        except RuntimeError as error:\n            kept['said'] = str(error)\n"
        "kept['said'], said = '', kept.get('said', '')\n"
        "return [(said,)] if said else rows()",
        "not as it",
    ),
]


@pytest.mark.parametrize(("code", "said"), PLACES, ids=["message", "thread", "closing"])
def test_where_no_statement_runs_there_is_no_spi(
    coded: psycopg.Connection, code: str, said: str
) -> None:
    table(coded, "a text", code)
    rows(coded, "SELECT * FROM f LIMIT 1")
    assert said in rows(coded, "SELECT * FROM f LIMIT 1")[0][0]
