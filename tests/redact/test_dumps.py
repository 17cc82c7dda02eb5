"""Real dumps, which must load again without their secrets."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from exclave import Catalog, Options, Secret
from exclave.catalog import read
from exclave.cluster import Cluster, Database, fresh_database
from exclave.objects.secret import MASK
from exclave.redact import redact

from ..plan.programs import client_program

VALUES = [
    "hunter2 plain",
    "hunter2 it's",
    "hunter2 back\\slash\\'",
    "hunter2 two\nlines; --\n\\.\n",
    "hunter2 $$ $_$ /*",
    'hunter2 "é💥',
]


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def fill(database: Database) -> None:
    """Make all that may hold a secret, and much that looks like it and is none."""
    statements = [
        "CREATE EXTENSION postgres_fdw",
        "CREATE EXTENSION dblink",
        "CREATE FOREIGN DATA WRAPPER anything",
        "CREATE SERVER alter FOREIGN DATA WRAPPER anything OPTIONS (token 'hunter2 token', a 'b')",
        "CREATE USER MAPPING FOR PUBLIC SERVER alter OPTIONS (wort 'hunter2 wort', user 'ada')",
        "CREATE TABLE data (password text, options text)",
        "INSERT INTO data VALUES ('PASSWORD ''x''', E'it''s\\n\\\\.\\n$$'), ('a\\', 'password=x')",
        "CREATE FUNCTION f() RETURNS SETOF text LANGUAGE sql AS $_$ SELECT * FROM "
        "dblink('host=h password=''hunter2 dblink''', 'SELECT $$it''s$$') AS t (a text) $_$",
        "CREATE FUNCTION g() RETURNS text BEGIN ATOMIC SELECT ';' AS a; SELECT 'pass' AS b; END",
        "CREATE VIEW v AS SELECT dblink_connect('password=hunter2 user=u') AS c, "
        "'postgresql://u:hunter2@h/d'::text AS d",
        "COMMENT ON VIEW v IS 'it''s about OPTIONS ('",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h user=u password=hunter2' PUBLICATION p "
        "WITH (connect = false, slot_name = NONE)",
    ]
    for number, value in enumerate(VALUES):
        statements += [
            f"CREATE SERVER s{number} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'it''s\\')",
            f"CREATE USER MAPPING FOR PUBLIC SERVER s{number} OPTIONS "
            f"(user 'user', password {quoted(value)})",
        ]
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def dumped(cluster: Cluster, *words: str, program: str = "pg_dump") -> str:
    path, environment = client_program(cluster, program)
    done = subprocess.run(
        [path, *words], env={**environment, "PGCLIENTENCODING": "UTF8"}, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def cleaned(dump: str) -> str:
    clean = io.StringIO(newline="")
    findings = redact(io.StringIO(dump, newline="").read, clean.write)
    assert len(findings) == dump.count("hunter2")
    assert "hunter2" not in clean.getvalue()
    return clean.getvalue()


def load(cluster: Cluster, dump: str, database: str) -> None:
    psql, environment = client_program(cluster, "psql")
    done = subprocess.run(
        [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", cluster.dsn(database)],
        input=dump.encode(),
        env={**environment, "PGCLIENTENCODING": "UTF8"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()


def without_keys(dump: str) -> list[str]:
    """Give the lines of a dump less the random keys of psql's \\restrict."""
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestr"))]


def with_masks(catalog: Catalog) -> Catalog:
    def masked(value: object) -> object:
        options = getattr(value, "options", None)
        if not isinstance(options, Options):
            return value
        return replace(
            value,  # type: ignore[type-var]
            options={
                name: MASK if isinstance(option, Secret) else option
                for name, option in options.items()
            },
        )

    return Catalog(masked(value) for value in catalog)  # type: ignore[misc]


@pytest.mark.parametrize("words", [[], ["--inserts"], ["--clean", "--if-exists"]], ids=str)
def test_a_clean_dump_loads_and_lacks_nothing_but_the_secrets(
    database: Database, cluster: Cluster, words: list[str]
) -> None:
    fill(database)
    with fresh_database(cluster) as copy, dropped_subscription(database, copy):
        clean = cleaned(dumped(cluster, "--no-owner", *words, database.dsn))
        load(cluster, clean, copy.name)
        again = dumped(cluster, "--no-owner", *words, copy.dsn)
        assert without_keys(again) == without_keys(clean)
        with database.connect() as one, copy.connect() as other:
            assert read(other).catalog == with_masks(read(one).catalog)
            rows = "SELECT * FROM data"
            assert one.execute(rows).fetchall() == other.execute(rows).fetchall()


@contextmanager
def dropped_subscription(*databases: Database) -> Iterator[None]:
    """Drop the subscriptions of databases in the end: they keep those from being dropped."""
    try:
        yield
    finally:
        for database in databases:
            with database.connect() as session:
                session.execute("DROP SUBSCRIPTION IF EXISTS s")


def test_the_roles_of_a_clean_dump_have_no_password(cluster: Cluster) -> None:
    with cluster.connect() as connection:
        connection.execute("CREATE ROLE of_dump LOGIN PASSWORD 'hunter2' VALID UNTIL 'infinity'")
        [(verifier,)] = connection.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'of_dump'"
        ).fetchall()
    dump = dumped(cluster, "--roles-only", "-d", cluster.dsn(), program="pg_dumpall")
    assert verifier in dump
    clean = io.StringIO(newline="")
    redact(io.StringIO(dump, newline="").read, clean.write)
    assert "SCRAM-SHA-256" not in clean.getvalue()
    mine = [line for line in clean.getvalue().splitlines() if "of_dump" in line]
    with cluster.connect() as connection:
        connection.execute("DROP ROLE of_dump")
        for line in mine:
            connection.execute(line.encode())
        rows = connection.execute(
            "SELECT rolcanlogin, rolpassword FROM pg_authid WHERE rolname = 'of_dump'"
        ).fetchall()
        connection.execute("DROP ROLE of_dump")
    assert rows == [(True, None)]
