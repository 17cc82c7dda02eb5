"""What cannot be done is refused with a clear word, and the database stays as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import (
    ApplyError,
    DeclarationError,
    PrerequisiteError,
    SecretError,
    StalePlanError,
)
from exclave.objects import (
    Check,
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    ImportForeignSchema,
    Index,
    MaterializedView,
    Schema,
    Secret,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.plan import Policy, make

from .refusal import Connection, orders, refused, run

# Names -------------------------------------------------------------------------------------------

NAMED: dict[str, Callable[[str], object]] = {
    "extension": Extension,
    "wrapper": Wrapper,
    "server": Server,
    "server of a mapping": UserMapping,
    "role of a mapping": lambda name: UserMapping("s", name),
    "schema": Schema,
    "table": lambda name: ForeignTable(name, [], server="s"),
    "schema of a table": lambda name: ForeignTable("t", [], server="s", schema=name),
    "column": lambda name: Column(name, "int"),
    "check": lambda name: Check(name, "true"),
    "owner": lambda name: Server("s", owner=name),
    "grantee": lambda name: Server("s", grants={name: ["USAGE"]}),
    "remote schema": lambda name: ImportForeignSchema("s", name),
    "imported table": lambda name: ImportForeignSchema("s", limit_to=[name]),
}


@pytest.mark.parametrize("declare", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize(
    ("name", "word"),
    [("é" * 31 + "ab", "64 bytes"), ("nul\0", "NUL"), ("", "empty"), ("\ud800", "surrogate")],
    ids=["64 bytes", "NUL", "empty", "surrogate"],
)
def test_a_name_that_postgresql_cannot_hold_is_refused_when_it_is_declared(
    declare: Callable[[str], object], name: str, word: str
) -> None:
    if not name and declare in (NAMED["owner"], NAMED["schema of a table"]):
        return  # none, and the schema public
    with pytest.raises(DeclarationError, match=word):
        declare(name)


def test_a_name_of_63_bytes_is_kept_whole(admin: Connection) -> None:
    name = "é" * 31 + "x"
    desired = [Server(name), ForeignTable(name, [Column(name, "int")], server=name)]
    assert make(admin, desired).apply(admin)
    assert name in read(admin).catalog.servers
    assert not make(admin, desired)


# Options -----------------------------------------------------------------------------------------


def test_an_unknown_option_names_the_closest_known_one(admin: Connection) -> None:
    refused(admin, [Server("s", options={"hots": "h"})], DeclarationError, '"s"', "mean 'host'?")
    table = orders(options={"tablename": "x"})
    refused(admin, [table], DeclarationError, '"erp"."orders"', "mean 'table_name'?")
    column = orders(columns=[Column("id", "int", options={"colum_name": "x"})])
    refused(admin, [column], DeclarationError, 'column "id"', "mean 'column_name'?")


def test_an_option_at_the_wrong_level_says_where_it_belongs(admin: Connection) -> None:
    refused(admin, [Server("s", options={"user": "u"})], DeclarationError, "a user mapping")
    mapping = UserMapping("s", options={"host": "h"})
    refused(admin, [mapping], DeclarationError, "for PUBLIC", "a foreign server")


def test_an_option_of_a_later_version_says_which(admin: Connection, database: Database) -> None:
    server = Server("s", options={"use_scram_passthrough": True})
    if database.cluster.major >= 18:
        assert make(admin, [server]).apply(admin)
    else:
        refused(
            admin, [server], DeclarationError, '"s"', "came with PostgreSQL 18", "is PostgreSQL 1"
        )


def test_a_value_that_no_option_takes_says_what_it_takes(admin: Connection) -> None:
    refused(admin, [Server("s", options={"fetch_size": 0})], DeclarationError, "at least 1")
    refused(admin, [Server("s", options={"updatable": "maybe"})], DeclarationError, "true or false")


# Missing things ----------------------------------------------------------------------------------


def test_a_missing_secret_is_found_before_anything_is_changed(
    admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    mapping = UserMapping("s", options={"user": "u", "password": Secret.env("NOWHERE")})
    desired = [Server("new"), mapping]
    refused(admin, desired, SecretError, "NOWHERE", 'mapping for PUBLIC on server "s"')


def test_a_missing_secret_of_a_mapping_that_is_there_names_it(
    admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    run(admin, "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'x')")
    mapping = UserMapping("s", options={"password": Secret.env("NOWHERE")})
    refused(admin, [mapping], SecretError, "NOWHERE", 'mapping for PUBLIC on server "s"')


@pytest.mark.parametrize(
    ("desired", "words"),
    [
        (
            [orders(columns=[Column("mood", "mood"), Column("id", "int")])],
            ['"erp"."orders"', "type mood", 'column "mood"'],
        ),
        (
            [orders(columns=[Column("note", "text", collation="xx_XX")])],
            ['"erp"."orders"', "collation", 'column "note"'],
        ),
        ([Extension("no_such_extension")], ["no_such_extension", "not installed"]),
        ([Extension("file_fdw", version="9.9")], ['"file_fdw"', 'no version "9.9"']),
        ([Extension("postgres_fdw", version="9.9")], ['"postgres_fdw"', 'makes version "9.9"']),
        ([Extension("file_fdw", "nowhere")], ['"file_fdw"', "CREATE SCHEMA nowhere;"]),
        ([Extension("postgres_fdw", "nowhere")], ['"postgres_fdw"', "CREATE SCHEMA nowhere;"]),
        ([Server("new", "file_fdw")], ['"new"', "CREATE EXTENSION file_fdw;"]),
        ([Server("new", "odd_fdw")], ['"new"', '"odd_fdw" does not exist']),
        ([Wrapper("w", handler="no.such_function")], ['"w"', "function no.such_function"]),
        ([ForeignTable("t", [], server="s", schema="nowhere")], ['"t"', "CREATE SCHEMA nowhere;"]),
        ([orders(inherits=["erp.parent"])], ['"erp"."orders"', "parent table erp.parent"]),
        ([UserMapping("s", "nobody here")], ['"nobody here"', 'CREATE ROLE "nobody here";']),
        ([Server("s", owner="nobody here")], ['server "s"', 'CREATE ROLE "nobody here";']),
        (
            [orders(grants={"nobody here": ["SELECT"]})],
            ['"erp"."orders"', 'CREATE ROLE "nobody here";'],
        ),
    ],
    ids=lambda value: str(value[0]) if isinstance(value[0], str) else None,
)
def test_a_missing_thing_is_named_before_anything_is_changed(
    admin: Connection, desired: list[ForeignObject], words: list[str]
) -> None:
    before = [Server("never made")]
    refused(admin, [*before, *desired], PrerequisiteError, *words)


@pytest.mark.parametrize("value", [UserMapping("none"), ForeignTable("t", [], server="none")])
def test_a_missing_server_is_named_when_the_plan_is_made(
    admin: Connection, value: ForeignObject
) -> None:
    with pytest.raises(DeclarationError, match='"none" neither exists nor is declared'):
        make(admin, [value])


# Taken names -------------------------------------------------------------------------------------

TAKEN = {
    "table": "CREATE TABLE erp.taken (id int)",
    "view": "CREATE VIEW erp.taken AS SELECT 1",
    "sequence": "CREATE SEQUENCE erp.taken",
    "index": "CREATE TABLE erp.t (id int); CREATE INDEX taken ON erp.t (id)",
    "type": "CREATE TYPE erp.taken AS ENUM ('a')",
}


@pytest.mark.parametrize("statement", TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize(
    "desired",
    [
        ForeignTable("taken", [], server="s", schema="erp"),
        orders(name="taken", renamed_from="orders"),
        MaterializedView("taken", "SELECT 1 AS n", schema="erp"),
    ],
    ids=["created", "renamed", "materialized view"],
)
def test_a_name_that_is_taken_is_told_before_anything_is_changed(
    admin: Connection, statement: str, desired: ForeignObject
) -> None:
    run(admin, statement)
    words = ('"erp"."taken": its name "taken" is taken by another relation or type', "rename")
    refused(admin, [Server("never made"), desired], PrerequisiteError, *words)


def test_the_name_of_an_index_that_is_taken_is_told_before_anything_is_changed(
    admin: Connection,
) -> None:
    run(admin, "CREATE TABLE erp.taken (id int)")
    view = MaterializedView("v", "SELECT 1 AS n", schema="erp", indexes=[Index("taken", ["n"])])
    refused(admin, [view], PrerequisiteError, '"v": its index "taken" is taken', '"erp"')


def test_the_type_of_a_tables_arrays_takes_no_name(admin: Connection) -> None:
    run(admin, "CREATE TABLE erp.taken (id int)")
    assert make(admin, [ForeignTable("_taken", [], server="s", schema="erp")]).apply(admin)


def test_a_name_that_the_plan_itself_gives_up_is_free(admin: Connection) -> None:
    moved = [
        orders(name="old_orders", renamed_from="orders"),
        MaterializedView("orders", "SELECT 1 AS n", schema="erp"),
    ]
    assert make(admin, moved).apply(admin)
    kept = replace(moved[1], indexes=(Index("i", ["n"]),))
    assert make(admin, [kept]).apply(admin)
    others = [replace(kept, indexes=()), replace(kept, name="w", indexes=(Index("i", ["n"]),))]
    assert make(admin, others).apply(admin)


def test_a_name_that_a_cascade_may_free_is_left_to_postgresql(admin: Connection) -> None:
    run(admin, "CREATE VIEW erp.v AS SELECT id FROM erp.orders")
    run(admin, "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw")
    desired = [orders(server="other"), MaterializedView("v", "SELECT 1 AS n", schema="erp")]
    assert make(admin, desired, Policy(cascade=True)).apply(admin)


# Failing steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "sqlstate"),
    [
        (orders(checks=[Check("c", "nosuch > 0")]), "42703"),
        (orders(columns=[Column("id", "int", default="1/")]), "42601"),
        (orders(columns=[Column("id", "anyelement")]), "42P16"),
    ],
    ids=["unknown column", "no SQL", "type of no column"],
)
def test_a_step_that_fails_names_its_change_and_undoes_all(
    admin: Connection, bad: ForeignObject, sqlstate: str
) -> None:
    before = read(admin).catalog
    secret = UserMapping("new", options={"password": "pw"})
    plan = make(admin, [Server("new"), secret, bad])
    with pytest.raises(ApplyError, match=re.escape(str(bad))) as caught:
        plan.apply(admin)
    assert caught.value.sqlstate == sqlstate
    assert read(admin).catalog == before


def test_a_failing_plan_leaves_the_callers_transaction_usable(admin: Connection) -> None:
    with admin.transaction():
        run(admin, "CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw")
        with pytest.raises(ApplyError):
            make(admin, [Server("new"), orders(checks=[Check("c", "nosuch > 0")])]).apply(admin)
    servers = read(admin).catalog.servers
    assert "mine" in servers
    assert "new" not in servers


@pytest.mark.parametrize(
    "meanwhile",
    ["ALTER SERVER s OPTIONS (ADD host 'other')", "DROP SERVER s CASCADE"],
    ids=["altered", "dropped"],
)
def test_a_stale_plan_is_refused(admin: Connection, meanwhile: str) -> None:
    plan = make(admin, [Server("new"), Server("s", options={"host": "mine"})])
    run(admin, meanwhile)
    before = read(admin).catalog
    with pytest.raises(StalePlanError, match='server "s"'):
        plan.apply(admin)
    assert read(admin).catalog == before


def test_a_plan_for_what_was_created_meanwhile_is_stale(admin: Connection) -> None:
    plan = make(admin, [Server("new", options={"host": "mine"})])
    run(admin, "CREATE SERVER new FOREIGN DATA WRAPPER postgres_fdw")
    with pytest.raises(StalePlanError, match='server "new"'):
        plan.apply(admin)
