"""Nothing that a class does in its writes takes the server down, or is taken for an answer."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster

KINDS = {
    "error": "HV000", "exit": "HV000", "keyboard": "HV000", "memory": "53200",
    "recursion": "54001", "wrapper": "22012", "surrogate": "HV000", "nul": "HV000",
    "unprintable": "HV000",
}  # fmt: skip
INSERT = "INSERT INTO f SELECT g FROM generate_series(1, 25) AS g"
COPY = "COPY f FROM PROGRAM 'seq 25'"
METHODS = {
    "updatable": (INSERT, "UPDATE f SET id = 1"),
    "key_columns": ("UPDATE f SET id = 1", "EXPLAIN DELETE FROM f"),
    "batch_size": (INSERT, "EXPLAIN " + INSERT),
    "insert": (INSERT, INSERT + " RETURNING id", COPY),
    "update": ("UPDATE f SET id = 1", "UPDATE f SET id = 1 RETURNING id"),
    "delete": ("DELETE FROM f", "DELETE FROM f RETURNING id"),
    "answer": (INSERT, "UPDATE f SET id = 1 RETURNING id", "DELETE FROM f"),
    "truncate": ("TRUNCATE f",),
}


@pytest.fixture
def faulty(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with a table of the wrapper that fails on demand."""
    connection.execute("SELECT exclave.create_wrapper('faulty', 'trial_writes:FaultyWrites')")
    connection.execute("CREATE SERVER faulty FOREIGN DATA WRAPPER faulty")
    connection.execute("CREATE FOREIGN TABLE f (id int) SERVER faulty "
                       "OPTIONS (at 'nowhere', kind 'error')")  # fmt: skip
    return connection


def fail_at(connection: psycopg.Connection, method: str, kind: str) -> None:
    connection.execute(
        sql.SQL("ALTER FOREIGN TABLE f OPTIONS (SET at {}, SET kind {})").format(method, kind)
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_exception_becomes_an_error_and_the_session_goes_on(
    faulty: psycopg.Connection, host_cluster: Cluster, method: str
) -> None:
    before = host_cluster.log()
    for statement in METHODS[method]:
        faulty.execute(statement)
    for kind, state in KINDS.items():
        fail_at(faulty, method, kind)
        for statement in METHODS[method]:
            with pytest.raises(psycopg.Error) as error:
                faulty.execute(statement)
            refused = "COPY" in statement and error.value.sqlstate == "55000"
            assert error.value.sqlstate == state or refused, (kind, statement, error.value)
        assert faulty.execute("SELECT count(id) FROM f").fetchone() == (10,)
    assert "terminated by signal" not in host_cluster.log()[len(before) :]


def test_an_error_in_a_block_of_plpgsql_is_caught_there(faulty: psycopg.Connection) -> None:
    for method in ("insert", "answer", "update", "delete"):
        fail_at(faulty, method, "error")
        (statement, *_) = METHODS[method]
        faulty.execute(
            f"DO $$ BEGIN FOR i IN 1..50 LOOP BEGIN {statement}; RAISE 'it went well'; "
            "EXCEPTION WHEN fdw_error THEN END; END LOOP; END $$"
        )


@pytest.mark.parametrize("kind", ["loop", "sleep", "stubborn loop"])
def test_a_timeout_ends_python(faulty: psycopg.Connection, kind: str) -> None:
    faulty.execute("SELECT exclave.python_version()")
    for method in ("insert", "update", "delete", "answer", "truncate"):
        fail_at(faulty, method, kind)
        with faulty.transaction(force_rollback=True):
            faulty.execute("SET LOCAL statement_timeout = '150ms'")
            with pytest.raises(psycopg.errors.QueryCanceled, match="statement timeout"):
                faulty.execute(METHODS[method][0])
        fail_at(faulty, "nowhere", kind)
        faulty.execute(METHODS[method][0])


ANSWERS = [
    ("[]", "gave 0 entries for 1 rows"),
    ("[(7,), (7,)]", "gave more than 1 entries for 1 rows"),
    ("iter(lambda: (7,), 0)", "gave more than 1 entries for 1 rows"),
    ("[(7, 7)]", "gave an entry of 2 values, wanted are 1"),
    ("[7]", "gave int as an entry"),
    ("['7']", "gave str as an entry"),
    ("7", "'int' object is not iterable"),
    ("[('x',)]", 'column "id" is of type integer, found'),
    ("[(2**40,)]", 'value of column "id" is out of range'),
    ("rows.clear() or []", "gave 0 entries for 1 rows"),
]


@pytest.fixture
def answers(connection: psycopg.Connection) -> psycopg.Connection:
    """A connection to a database with a table whose class answers what an option says."""
    connection.execute("SELECT exclave.create_wrapper('answers', 'trial_writes:Answers')")
    connection.execute("CREATE SERVER answers FOREIGN DATA WRAPPER answers")
    connection.execute("CREATE FOREIGN TABLE f (id int, label text) SERVER answers "
                       "OPTIONS (answer '[None]')")  # fmt: skip
    return connection


def test_wrong_answers_are_errors(answers: psycopg.Connection) -> None:
    for answer, said in ANSWERS:
        answers.execute(
            sql.SQL("ALTER FOREIGN TABLE f OPTIONS (SET answer {})").format(sql.Literal(answer))
        )
        for statement in ("INSERT INTO f VALUES (1)", "UPDATE f SET id = 1", "DELETE FROM f"):
            for _ in range(2):
                with pytest.raises(psycopg.Error) as error:
                    answers.execute(statement + " RETURNING id")
                assert said in (error.value.diag.message_primary or ""), (statement, answer)
        assert answers.execute("SELECT id FROM f").fetchone() == (1,)


def test_only_conflicts_leave_rows_out(answers: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match=r"Answers.insert gave None for a row"):
        answers.execute("INSERT INTO f VALUES (1)")
    assert answers.execute("UPDATE f SET id = 2").rowcount == 0
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="does not take ON CONFLICT"):
        answers.execute("INSERT INTO f VALUES (1) ON CONFLICT DO NOTHING")
