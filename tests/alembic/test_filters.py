"""`include_name`, `include_object`, `compare_type` and `compare_server_default` are heeded."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

import exclave as xc
from exclave.cluster import Database

from .conftest import NewProject
from .project import calls, upgrade_of
from .shop import SERVER, declared, orders, with_orders

UNDECLARED = (
    "CREATE SERVER old FOREIGN DATA WRAPPER postgres_fdw",
    "CREATE USER MAPPING FOR PUBLIC SERVER old",
    "CREATE SCHEMA erp",
    "CREATE FOREIGN TABLE old (id int) SERVER old",
    "CREATE FOREIGN TABLE erp.old (id int) SERVER old",
)


def undeclared(database: Database) -> None:
    """Make a server, a mapping and tables that nobody declares."""
    with database.connect() as administrator:
        for statement in UNDECLARED:
            administrator.execute(statement.encode())


def test_include_name_is_asked_for_what_is_there(
    new_project: NewProject, database: Database
) -> None:
    asked: list[tuple[str | None, str, dict[str, Any]]] = []

    def include_name(name: str | None, type_: str, parents: dict[str, Any]) -> bool:
        asked.append((name, type_, dict(parents)))
        return True

    project = new_project(include_schemas=True, include_name=include_name)
    project.migrate(with_orders())
    undeclared(database)
    asked.clear()
    assert calls(upgrade_of(project.revision())) == [
        "drop_foreign_table old",
        "drop_foreign_table old",
        "drop_user_mapping old",
        "drop_server old",
    ]
    assert ("old", "server", {}) in asked
    assert ("accounts", "server", {}) in asked
    assert ("public", "user_mapping", {"server_name": "old"}) in asked
    tables = [(name, parents["schema_name"]) for name, type_, parents in asked if "table" in type_]
    assert {("old", None), ("old", "erp"), ("orders", None)} <= set(tables)
    columns = [(name, parents["table_name"]) for name, type_, parents in asked if type_ == "column"]
    assert ("id", "orders") in columns


@pytest.mark.parametrize(
    ("left_out", "dropped"),
    [
        ("foreign_table", ["user_mapping"]),
        ("server", ["foreign_table", "foreign_table", "user_mapping"]),
        ("user_mapping", ["foreign_table", "foreign_table"]),
    ],
)
def test_what_include_name_leaves_out_stays_with_what_it_needs(
    new_project: NewProject, database: Database, left_out: str, dropped: list[str]
) -> None:
    project = new_project(
        include_schemas=True, include_name=lambda _name, type_, _parents: type_ != left_out
    )
    project.migrate(declared())
    undeclared(database)
    found = calls(upgrade_of(project.revision()))
    assert found == [f"drop_{noun} old" for noun in dropped]


def test_what_is_declared_and_left_out_by_name_is_left_as_it_is(new_project: NewProject) -> None:
    project = new_project()
    project.migrate(with_orders())
    project.options["include_name"] = lambda name, *_: name not in ("accounts", "orders")
    after = declared(server=xc.Server("accounts", options={"host": "elsewhere"}))
    orders(after, sa.Column("note", sa.Text))
    assert upgrade_of(project.migrate(after)) == []


def test_include_object_is_asked_for_all(new_project: NewProject, database: Database) -> None:
    asked: dict[tuple[str, str], tuple[Any, bool, Any]] = {}

    def include_object(value: Any, name: str, type_: str, reflected: bool, other: Any) -> bool:
        asked[type_, name] = (value, reflected, other)
        return True

    project = new_project(include_schemas=True, include_object=include_object)
    project.migrate(with_orders())
    undeclared(database)
    asked.clear()
    mapping = xc.UserMapping(SERVER, "PUBLIC", options={"user": "reader"})
    metadata = declared(mapping)
    table = orders(metadata, sa.Column("note", sa.Text))
    project.declare(metadata)
    project.revision()
    server, reflected, other = asked["server", "accounts"]
    assert (server, reflected) == (SERVER, False)
    assert isinstance(other, xc.Server)
    assert asked["foreign_table", "orders"][:2] == (table, False)
    assert isinstance(asked["foreign_table", "orders"][2], xc.ForeignTable)
    value, reflected, other = asked["foreign_table", "old"]
    assert (value.server, reflected, other) == ("old", True, None)
    assert asked["server", "old"][1:] == (True, None)
    assert asked["user_mapping", "public"][0].server in ("accounts", "old")
    assert asked["extension", "postgres_fdw"][1] is False
    assert asked["column", "note"] == (table.c.note, False, None)
    column, reflected, other = asked["column", "id"]
    assert (column, reflected) == (table.c.id, False)
    assert isinstance(other.type, sa.BigInteger)


def test_an_object_can_be_marked_to_be_left_alone(new_project: NewProject) -> None:
    def include_object(value: Any, *_: Any) -> bool:
        return not (isinstance(value, sa.Table | sa.Column) and value.info.get("skip"))

    project = new_project(include_object=include_object)
    metadata = with_orders(sa.Column("note", sa.Text, info={"skip": True}))
    project.migrate(metadata)
    table = project.read().foreign_tables["public", "orders"]
    assert [column.name for column in table.columns] == ["id"]
    skipped = with_orders(sa.Column("other", sa.Text), info={"skip": True})
    assert upgrade_of(project.migrate(skipped)) == []


def test_a_column_that_is_there_can_be_left_alone(
    new_project: NewProject, database: Database
) -> None:
    asked: list[tuple[str, bool, Any]] = []

    def include_object(value: Any, name: str, type_: str, reflected: bool, other: Any) -> bool:
        if type_ == "column":
            asked.append((f"{value.table.name}.{name}", reflected, other))
        return type_ != "column" or name != "extra"

    project = new_project(include_object=include_object)
    project.migrate(with_orders())
    with database.connect() as administrator:
        administrator.execute("ALTER FOREIGN TABLE orders ADD COLUMN extra text")
        administrator.execute("ALTER FOREIGN TABLE orders ADD COLUMN more text")
    lines = "".join(upgrade_of(project.revision()))
    assert 'xc.Column("more", "text")' in lines
    assert "extra" not in lines
    assert ("orders.extra", True, None) in asked


def test_a_column_can_be_left_alone_by_name(new_project: NewProject, database: Database) -> None:
    project = new_project(include_name=lambda name, type_, _: (type_, name) != ("column", "extra"))
    project.migrate(with_orders())
    with database.connect() as administrator:
        administrator.execute("ALTER FOREIGN TABLE orders ADD COLUMN extra text")
    project.check()


@pytest.mark.parametrize("compares", [True, False, None])
def test_compare_type_says_whether_types_are_compared(
    new_project: NewProject, compares: bool | None
) -> None:
    project = new_project(**({} if compares is None else {"compare_type": compares}))
    project.migrate(with_orders(sa.Column("note", sa.Text)))
    after = with_orders(sa.Column("note", sa.String(30), comment="a note"))
    lines = "".join(upgrade_of(project.migrate(after)))
    assert "a note" in lines
    assert ("varying" in lines) is (compares is not False)


def test_compare_type_may_be_a_function(new_project: NewProject) -> None:
    asked: list[tuple[str, sa.types.TypeEngine[Any], sa.types.TypeEngine[Any]]] = []

    def compare_type(_: Any, found: Any, wanted: Any, is_: Any, becomes: Any) -> bool | None:
        asked.append((found.name, is_, becomes))
        assert found.name == wanted.name
        return False if found.name == "note" else None

    project = new_project(compare_type=compare_type)
    project.migrate(with_orders(sa.Column("note", sa.Text), sa.Column("other", sa.Text)))
    after = with_orders(sa.Column("note", sa.Integer), sa.Column("other", sa.String(3)))
    lines = "".join(upgrade_of(project.migrate(after)))
    assert "note" not in lines
    assert "varying" in lines
    found = {name: (type(is_), type(becomes)) for name, is_, becomes in asked}
    assert found == {"note": (sa.TEXT, sa.Integer), "other": (sa.TEXT, sa.String)}


@pytest.mark.parametrize("compares", [True, False, None])
def test_compare_server_default_says_whether_defaults_are_compared(
    new_project: NewProject, compares: bool | None
) -> None:
    project = new_project(**({} if compares is None else {"compare_server_default": compares}))
    project.migrate(with_orders(sa.Column("note", sa.Text, server_default="a")))
    after = with_orders(sa.Column("note", sa.Text, server_default="b", comment="a note"))
    lines = "".join(upgrade_of(project.migrate(after)))
    assert "a note" in lines
    assert ("'b'" in lines) is (compares is True)


def test_compare_server_default_may_be_a_function(new_project: NewProject) -> None:
    asked: list[tuple[Any, ...]] = []

    def compare(_: Any, found: Any, wanted: Any, *defaults: Any) -> bool | None:
        asked.append((found.name, wanted.name, *defaults))
        return False if found.name == "note" else None

    project = new_project(compare_server_default=compare)
    project.migrate(
        with_orders(*(sa.Column(name, sa.Text, server_default="a") for name in ("note", "other")))
    )
    after = with_orders(
        *(sa.Column(name, sa.Text, server_default="b") for name in ("note", "other"))
    )
    lines = "".join(upgrade_of(project.migrate(after)))
    assert "note" not in lines
    assert "other" in lines
    seen = {(name, is_, becomes) for name, _, is_, _, becomes in asked}
    assert ("note", "'a'::text", "'b'") in seen
