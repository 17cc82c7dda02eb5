"""Names and schemas: translated, from the search path, of copies, of parents, and hostile ones."""

from __future__ import annotations

import enum
import pickle
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, Text
from sqlalchemy.schema import BLANK_SCHEMA
from sqlalchemy.sql import quoted_name

import exclave as xc
from exclave.sqlalchemy import (
    ForeignTable,
    apply_plan,
    foreign_objects,
    inspect_foreign,
    make_plan,
    register_foreign,
)

from .mixed import mixed, tables_in

HOSTILE = "a%b %(c)s 'd' \"e\" :f \\ $1 😀"


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


def test_schema_translate_map_moves_tables_types_and_registered_schemas(
    hub, declare_loopback: Any
) -> None:
    metadata = MetaData()
    Table("local", metadata, Column("id", Integer, primary_key=True), schema="tenant")
    foreign = ForeignTable(
        "foreign",
        metadata,
        Column("id", sa.ForeignKey("tenant.local.id"), primary_key=True),
        Column("mood", sa.Enum(Mood, name="mood", schema="tenant")),
        schema="tenant",
        server="remote_server",
        comment="c",
    )
    ForeignTable("plain", metadata, Column("id", Integer), server="remote_server", comment="d")
    register_foreign(metadata, *declare_loopback(), xc.Schema("tenant"), xc.Schema("rest"))

    def work(connection: sa.Connection) -> Any:
        connection = connection.execution_options(
            schema_translate_map={"tenant": "Tenant %1", None: "rest"}
        )
        metadata.create_all(connection)
        metadata.create_all(connection)
        made = foreign_objects(metadata, connection), tables_in(connection, '"Tenant %1"')
        assert not make_plan(metadata, connection)
        found = inspect_foreign(connection)
        metadata.drop_all(connection)
        return *made, found, inspect_foreign(connection)

    desired, made, found, left = hub.run(work)
    assert made == {"local": "r", "foreign": "f"}
    assert set(desired.foreign_tables) == {("Tenant %1", "foreign"), ("rest", "plain")}
    assert set(found.foreign_tables) == set(desired.foreign_tables)
    columns = found.foreign_tables["Tenant %1", "foreign"].columns
    assert [column.type for column in columns] == ["integer", '"Tenant %1".mood']
    assert found.foreign_tables["rest", "plain"].comment == "d"
    assert not left.foreign_tables
    assert not {"Tenant %1", "rest", "tenant"} & set(left.schemas)
    assert foreign.schema == "tenant"


def test_names_without_a_schema_stand_in_the_first_of_the_search_path(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData()
    mixed(metadata)
    register_foreign(metadata, *declare_loopback())
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA first")
        connection.exec_driver_sql("SET LOCAL search_path = first, public")
        metadata.create_all(connection)
        assert tables_in(connection, "first") == {"local": "r", "foreign": "f"}
        assert not make_plan(metadata, connection)
        metadata.drop_all(connection)
        assert tables_in(connection, "first") == {}


def test_a_copy_of_a_foreign_table_in_another_metadata_is_one(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata, copies = MetaData(), MetaData()
    local, foreign = mixed(metadata)
    local.to_metadata(copies)
    foreign.to_metadata(copies)
    foreign.to_metadata(metadata, name="second")
    foreign.to_metadata(copies, schema="erp", referred_schema_fn=lambda *_: BLANK_SCHEMA)
    register_foreign(copies, *declare_loopback(), xc.Schema("erp"))
    with engine.begin() as connection:
        copies.create_all(connection)
        assert tables_in(connection) == {"local": "r", "foreign": "f"}
        assert tables_in(connection, "erp") == {"foreign": "f"}
        metadata.create_all(connection)
        assert tables_in(connection) == {"local": "r", "foreign": "f", "second": "f"}
        metadata.drop_all(connection)
        copies.drop_all(connection)
        assert tables_in(connection) == {}


def test_a_pickled_metadata_still_declares_the_same() -> None:
    metadata = MetaData()
    mixed(metadata)
    copy = pickle.loads(pickle.dumps(metadata))
    assert foreign_objects(copy) == foreign_objects(metadata)


def test_hostile_names_options_and_passwords_arrive_unchanged(hub, declare_loopback: Any) -> None:
    name = HOSTILE
    extension, server, mapping = declare_loopback(name, application_name=HOSTILE)
    schema = xc.Schema(f"s {HOSTILE}", comment=HOSTILE)
    mapping = xc.UserMapping(name, "PUBLIC", options={"user": HOSTILE, "password": HOSTILE})
    metadata = MetaData()
    register_foreign(metadata, extension, server, mapping, schema)
    ForeignTable(
        f"t {HOSTILE}",
        metadata,
        Column(f"c {HOSTILE}", Text, server_default=HOSTILE, comment=HOSTILE),
        Column("plain", Integer),
        Column("collated", sa.String(9, collation="C")),
        sa.CheckConstraint("plain % 2 = 0", name=f"k {HOSTILE}"),
        schema=schema.name,
        server=name,
        remote_table=HOSTILE,
        comment=HOSTILE,
        column_options={f"c {HOSTILE}": {"column_name": f"d {HOSTILE}"}},
        grants={"PUBLIC": ["SELECT"]},
    )
    for checkfirst in (True, False):
        hub.run(lambda c, first=checkfirst: metadata.create_all(c, checkfirst=first))
        assert hub.run(lambda c: make_plan(metadata, c).sql()) == ""
        found = hub.run(inspect_foreign)
        table = found.foreign_tables[schema.name, f"t {HOSTILE}"]
        assert table.options == xc.Options({"table_name": HOSTILE})
        assert table.comment == HOSTILE
        assert {column.name: column.comment for column in table.columns} == {
            f"c {HOSTILE}": HOSTILE,
            "plain": None,
            "collated": None,
        }
        assert found.user_mappings[name, xc.PUBLIC].options["password"].resolve() == HOSTILE
        hub.run(lambda c, first=checkfirst: metadata.drop_all(c, checkfirst=first))
        assert not hub.run(inspect_foreign).foreign_tables


def test_foreign_tables_are_partitions_and_children_of_ordinary_tables(
    hub, declare_loopback: Any
) -> None:
    metadata = MetaData(schema="tenant")
    register_foreign(metadata, *declare_loopback(), xc.Schema("tenant"))
    for name, more in (("whole", {"postgresql_partition_by": "RANGE (id)"}), ("parent", {})):
        Table(name, metadata, Column("id", Integer, nullable=False), **more)
    bound = "FOR VALUES FROM (1) TO (10)"
    columns = [[Column("id", Integer, nullable=False)] for _ in range(2)]
    # Named so that they would be created before their parents otherwise.
    part = xc.Partition("tenant.whole", bound)
    ForeignTable("a_part", metadata, *columns[0], server="remote_server", partition_of=part)
    ForeignTable(
        "a_child", metadata, *columns[1], server="remote_server", inherits=["tenant.parent"]
    )

    def work(connection: sa.Connection) -> Any:
        connection = connection.execution_options(schema_translate_map={"tenant": "t1"})
        metadata.create_all(connection)
        assert make_plan(metadata, connection).sql() == ""
        found = inspect_foreign(connection).foreign_tables
        metadata.drop_all(connection)
        assert not tables_in(connection, "t1")
        return found["t1", "a_part"].partition_of, found["t1", "a_child"].inherits

    partition, parents = hub.run(work)
    assert partition == xc.Partition("t1.whole", bound)
    assert parents == {xc.QualifiedName("parent", "t1")}


def test_a_former_name_is_looked_for_in_the_translated_schema(hub, declare_loopback: Any) -> None:
    before, after = MetaData(), MetaData()
    for metadata in (before, after):
        register_foreign(metadata, *declare_loopback(), xc.Schema("tenant"))
    register_foreign(after, xc.Schema("erp"))
    for schema in ("tenant", "other"):
        register_foreign(before, xc.Schema(schema))
        ForeignTable("bills", before, Column("no", Integer), schema=schema, server="remote_server")
    ForeignTable(
        "orders",
        after,
        Column("number", Integer),
        schema="erp",
        server="remote_server",
        renamed_from=xc.QualifiedName("bills", "tenant"),
        column_renamed_from={"number": "no"},
    )

    def work(connection: sa.Connection) -> Any:
        before.create_all(connection)
        connection = connection.execution_options(
            schema_translate_map={"tenant": "other", "erp": "tenant"}
        )
        plan = make_plan(after, connection)
        apply_plan(plan, connection)
        assert not make_plan(after, connection)
        return plan.sql(), set(inspect_foreign(connection).foreign_tables)

    sql, found = hub.run(work)
    assert "DROP" not in sql
    assert "CREATE FOREIGN TABLE" not in sql
    assert found == {("tenant", "bills"), ("tenant", "orders")}


def test_quoted_names_are_plain_strings_in_what_is_declared() -> None:
    metadata = MetaData()
    name = quoted_name("Table", quote=True)
    ForeignTable(name, metadata, Column(quoted_name("C", quote=True), Integer), server="s")
    [table] = foreign_objects(metadata)
    assert type(table.name) is str
    assert type(table.columns[0].name) is str


def test_a_copy_that_is_created_by_itself_is_a_foreign_table_too() -> None:
    sent: list[str] = []
    engine = sa.create_mock_engine(
        "postgresql+psycopg://", lambda ddl, *_, **__: sent.append(str(ddl))
    )
    made = ForeignTable("made", MetaData(), Column("id", Integer), server="far", owner="someone")
    copy = made.to_metadata(MetaData())
    copy.create(engine, checkfirst=False)
    copy.drop(engine, checkfirst=False)
    assert [text.split(" public.")[0] for text in sent] == [
        "CREATE FOREIGN TABLE",
        "ALTER FOREIGN TABLE",
        "DROP FOREIGN TABLE",
    ]
