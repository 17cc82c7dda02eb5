"""Changes that were planned before are made as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from exclave import Column, ForeignTable, Schema, Secret, Server, UserMapping
from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import ApplyError, SecretError
from exclave.plan import Change, make, run

Connection = psycopg.Connection[Any]


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """The superuser, in a database with the extension."""
    with database.connect() as connection:
        connection.execute("CREATE EXTENSION postgres_fdw")
        yield connection


def test_changes_are_made_in_order(admin: Connection) -> None:
    table = ForeignTable("t", [Column("id", "integer")], server="s")
    run([Change(None, Server("s")), Change(None, table)], admin)
    assert table.key in read(admin).catalog.foreign_tables
    run([Change(table, None), Change(Server("s"), None)], admin)
    assert not read(admin).catalog.servers


def test_when_one_fails_none_is_made(admin: Connection) -> None:
    changes = [Change(None, Server("s")), Change(None, Server("s"))]
    with pytest.raises(ApplyError, match='Could not create foreign server "s"') as caught:
        run(changes, admin)
    assert caught.value.sqlstate == "42710"
    assert not read(admin).catalog.servers


def test_a_character_that_the_session_cannot_send_is_told_and_nothing_is_made(
    admin: Connection, database: Database
) -> None:
    declared = [Server("s"), Server("t", comment="5 €")]
    with database.connect(client_encoding="latin1") as narrow:
        plan = make(narrow, declared)
        for attempt in (plan.apply, lambda connection: run(plan.changes, connection)):
            with pytest.raises(ApplyError, match="SET client_encoding = 'UTF8'") as caught:
                attempt(narrow)
            assert """Could not create foreign server "t": '€'""" in str(caught.value)
        assert not read(admin).catalog.servers
        narrow.execute("SET client_encoding = 'UTF8'")
        assert plan.apply(narrow)
    assert not make(admin, declared)


def test_nothing_is_begun_when_a_secret_is_missing(admin: Connection) -> None:
    mapping = UserMapping("s", options={"password": Secret.env("EXCLAVE_NOT_SET")})
    with pytest.raises(SecretError, match="Could not create user mapping"):
        run([Change(None, Server("s")), Change(None, mapping)], admin)
    assert not read(admin).catalog.servers


def test_declared_privileges_are_exact_whatever_the_default_ones_are(
    admin: Connection, new_role: Callable[..., str]
) -> None:
    role = new_role()
    for kind in ("TABLES", "SCHEMAS"):
        admin.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON {kind} TO {role}".encode())
    declared = [
        Schema("x", grants={}),
        ForeignTable("exact", [], server="s", schema="x", grants={role: ["SELECT"]}),
        ForeignTable("open", [], server="s", schema="x"),
    ]
    run([Change(None, Server("s")), *(Change(None, value) for value in declared)], admin)
    assert not make(admin, declared)
    tables = read(admin).catalog.foreign_tables
    grants = tables["x", "open"].grants
    assert grants is not None
    assert len(grants) > 1


def test_a_value_that_the_role_may_not_read_back_is_remembered(
    admin: Connection, database: Database, new_role: Callable[..., str]
) -> None:
    owner, mapped = new_role("owner"), new_role("mapped")
    admin.execute(f"GRANT CREATE ON DATABASE {database.name} TO {owner}".encode())
    admin.execute(f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {owner}".encode())
    admin.execute(f"SET SESSION AUTHORIZATION {owner}".encode())
    mapping = UserMapping("s", mapped, options={"user": "x", "password": Secret.literal("one")})
    run([Change(None, Server("s")), Change(None, mapping)], admin)
    assert not make(admin, [Server("s"), mapping])
    rotated = UserMapping("s", mapped, options={"user": "x", "password": Secret.literal("two")})
    assert make(admin, [Server("s"), rotated])
