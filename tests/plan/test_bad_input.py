"""What cannot be done is refused with a clear word, and the database stays as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

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
    Catalog,
    Check,
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    Generated,
    ImportForeignSchema,
    Index,
    MaterializedView,
    Partition,
    QualifiedName,
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


# Values of another kind --------------------------------------------------------------------------

TABLE = 'foreign table "public"."t"'

OF_ANOTHER_KIND: dict[str, tuple[Callable[[], object], str, str]] = {
    "partition": (lambda: odd(partition_of="e.part"), TABLE, "Partition(parent, bound)"),
    "parents": (lambda: odd(inherits="par"), f"parents (inherits) of {TABLE}", "['parent']"),
    "parent": (lambda: odd(inherits=[1]), f"parents (inherits) of {TABLE}", "['parent']"),
    "checks": (lambda: odd(checks=["x>1"]), f"checks of {TABLE}", "Check("),
    "columns": (lambda: odd(columns=["x"]), f"columns of {TABLE}", "Column("),
    "column": (lambda: odd(columns=Column("x", "int")), f"columns of {TABLE}", "Column("),
    "grants": (lambda: odd(grants=["app"]), f"grants of {TABLE}", "Grant("),
    "privilege": (lambda: odd(grants={"app": [1]}), f"grants of {TABLE} to 'app'", "['SELECT']"),
    "options": (lambda: odd(options=[("a", "hunter2")]), f"options of {TABLE}", "mapping"),
    "no type": (lambda: odd_column(None), 'type of column "a"', "'integer'"),
    "type of Python": (lambda: odd_column(int), 'type of column "a"', "'integer'"),
    "identity": (lambda: odd_column("int", identity="YES"), 'identity of column "a"', "BY DEFAULT"),
    "one object": (lambda: odd_catalog(Server("s")), "Server(name='s'", "[object]"),
}


def odd(columns: Any = (), **given: Any) -> ForeignTable:
    return ForeignTable("t", columns, server="s", **given)


def odd_column(type_: Any, **given: Any) -> Column:
    return Column("a", type_, **given)


def odd_catalog(objects: Any) -> Catalog:
    return Catalog(objects)


@pytest.mark.parametrize(
    ("declare", "what", "advice"), OF_ANOTHER_KIND.values(), ids=OF_ANOTHER_KIND
)
def test_a_value_of_another_kind_says_what_is_expected(
    declare: Callable[[], object], what: str, advice: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare()
    assert what in str(caught.value)
    assert advice in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_one_object_alone_is_no_list_of_declarations(admin: Connection) -> None:
    alone: Any = Server("s")
    with pytest.raises(DeclarationError, match=r"write \[object\]"):
        make(admin, alone)


def test_an_identity_may_be_written_small() -> None:
    small: Any = "by default"
    assert Column("a", "int", identity=small) == Column("a", "int", identity="BY DEFAULT")


# Options and versions ----------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("desired", "since", "words"),
    [
        (
            orders(columns=[Column("id", "int", generated=Generated("1", stored=False))]),
            18,
            ['"erp"."orders", column "id"', "stored=True"],
        ),
        (orders(grants={"PUBLIC": ["SELECT", "MAINTAIN"]}), 17, ['"erp"."orders"', "MAINTAIN"]),
        (
            MaterializedView("v", "SELECT 1 AS n", grants={"PUBLIC": ["MAINTAIN"]}),
            17,
            ['"v"', "MAINTAIN"],
        ),
    ],
    ids=["virtual column", "MAINTAIN", "MAINTAIN on a view"],
)
def test_what_came_with_a_later_version_says_which(
    admin: Connection, database: Database, desired: ForeignObject, since: int, words: list[str]
) -> None:
    if database.cluster.major >= since:
        assert make(admin, [desired]).apply(admin)
        assert not make(admin, [desired])
    else:
        version = f"came with PostgreSQL {since}, and this server is PostgreSQL 1"
        refused(admin, [desired], DeclarationError, version, *words)


def test_all_privileges_are_those_that_the_version_has(admin: Connection) -> None:
    assert make(admin, [orders(grants={"PUBLIC": ["ALL"]})]).apply(admin)


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
    said = refused(admin, [*before, *desired], PrerequisiteError, *words)
    assert "may not" not in said, "a superuser may do all"


def _mine(*columns: Column, **changes: Any) -> ForeignTable:
    return ForeignTable("t", columns, server="s", schema="mine", **changes)


CLOSED: dict[str, tuple[ForeignObject, list[str]]] = {
    "type": (_mine(Column("x", "priv.ty")), ["USAGE ON SCHEMA priv"]),
    "array": (_mine(Column("x", "priv.ty[]")), ["USAGE ON SCHEMA priv"]),
    "collation": (
        _mine(Column("x", "text", collation=QualifiedName("co", "priv"))),
        ["USAGE ON SCHEMA priv"],
    ),
    "parent": (_mine(Column("k", "int"), inherits=["priv.parent"]), ["USAGE ON SCHEMA priv"]),
    "partitioned table": (
        _mine(Column("k", "int"), partition_of=Partition("priv.whole", "DEFAULT")),
        ["USAGE ON SCHEMA priv"],
    ),
    "read by a view": (
        MaterializedView("v", "SELECT k FROM priv.kept", schema="mine"),
        ["USAGE ON SCHEMA priv", "SELECT ON priv.kept"],
    ),
}


@pytest.mark.parametrize("place", CLOSED)
def test_a_schema_that_the_role_may_not_use_is_told_with_its_remedy(
    admin: Connection, database: Database, new_role: Callable[..., str], place: str
) -> None:
    low = new_role("low")
    run(
        admin,
        f"CREATE SCHEMA mine AUTHORIZATION {low}",
        f"GRANT USAGE ON FOREIGN SERVER s TO {low}",
        "CREATE SCHEMA priv",
        "CREATE TYPE priv.ty AS ENUM ('a')",
        'CREATE COLLATION priv.co FROM "C"',
        "CREATE TABLE priv.parent (k int)",
        f"ALTER TABLE priv.parent OWNER TO {low}",
        "CREATE TABLE priv.whole (k int) PARTITION BY LIST (k)",
        f"ALTER TABLE priv.whole OWNER TO {low}",
        "CREATE TABLE priv.kept (k int)",
    )
    desired, missing = CLOSED[place]
    with database.connect(user=low) as session:
        with session.transaction():
            plan = make(session, [desired])
            with pytest.raises(PrerequisiteError) as caught:
                plan.apply(session)
        assert any("GRANT USAGE ON SCHEMA priv" in note for note in plan.notes)
        assert str(desired) in str(caught.value)
        assert caught.value.remedies == tuple(f"GRANT {right} TO {low};" for right in missing)
        run(admin, *caught.value.remedies)
        assert make(session, [desired]).apply(session)
        assert not make(session, [desired])
        # what stays is not named again, so the right is not needed any more
        run(admin, f"REVOKE USAGE ON SCHEMA priv FROM {low}")
        again = replace(desired, comment="new")
        assert make(session, [again]).apply(session)


def test_a_function_in_a_schema_that_the_role_may_not_use_is_no_error_of_the_driver(
    admin: Connection, database: Database, new_role: Callable[..., str]
) -> None:
    low = new_role("low")
    run(admin, "CREATE SCHEMA priv")
    with database.connect(user=low) as session:
        wrapper = Wrapper("w", handler="priv.handler")
        refused(session, [wrapper], PrerequisiteError, "only a superuser", "ON SCHEMA priv TO")


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
    run(admin, "CREATE TABLE erp.taken (id int)", "CREATE TABLE erp.a_taken (id int)")
    indexes = [Index(name, ["n"]) for name in ("taken", "free", "a_taken")]
    view = MaterializedView("v", "SELECT 1 AS n", schema="erp", indexes=indexes)
    said = refused(admin, [view], PrerequisiteError, '"v": its index "taken" is taken', '"erp"')
    first, second = said.splitlines()
    assert '"a_taken"' in first, "in the same order each time"
    assert '"taken"' in second


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
