"""Extensions are made in a declared schema, whether or not they bring a wrapper."""

from __future__ import annotations

from collections.abc import Callable

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import PrerequisiteError
from exclave.objects import Column, Extension, ForeignTable, Schema, Server
from exclave.plan import make, removal

from .refusal import Connection, refused, run


def test_an_extension_in_a_declared_schema_comes_and_goes_with_it(database: Database) -> None:
    desired = [Extension("postgres_fdw", "fdw"), Schema("fdw"), Server("s")]
    with database.connect() as admin:
        before = read(admin).catalog
        plan = make(admin, desired)
        assert plan.apply(admin)
        assert not make(admin, desired)
        assert plan.reverse().apply(admin)
        assert read(admin).catalog == before
        plan.apply(admin)
        assert removal(admin, desired).apply(admin)
        assert read(admin).catalog == before


def test_an_extension_moves_to_a_schema_of_the_same_plan(admin: Connection) -> None:
    desired = [Extension("postgres_fdw", "fdw"), Schema("fdw")]
    plan = make(admin, desired)
    assert plan.apply(admin)
    assert not make(admin, desired)
    assert plan.reverse().apply(admin)
    assert make(admin, desired).sql() == plan.sql()


def test_an_extension_that_brings_a_type_is_one_too(admin: Connection) -> None:
    table = ForeignTable("t", [Column("tags", "hstore")], server="s")
    desired = [Extension("hstore"), table]
    plan = make(admin, desired)
    assert plan.apply(admin)
    assert not make(admin, desired)
    assert plan.reverse().apply(admin)
    assert "hstore" not in read(admin).catalog.extensions


def test_altering_an_extension_of_another_role_names_the_statement(
    admin: Connection, database: Database, new_role: Callable[..., str]
) -> None:
    role = new_role("stranger")
    run(admin, "CREATE SCHEMA fdw")
    with database.connect(user=role) as session:
        words = ["no member of", "ALTER EXTENSION postgres_fdw SET SCHEMA fdw;", role]
        refused(session, [Extension("postgres_fdw", "fdw")], PrerequisiteError, *words)
