"""create_all and drop_all with foreign tables among ordinary ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_mock_engine, exc, select
from sqlalchemy.schema import CreateTable, DropTable, FetchedValue

import exclave as xc
from exclave.cluster import Database
from exclave.errors import CatalogError, DeclarationError
from exclave.sqlalchemy import (
    ForeignTable,
    MaterializedView,
    apply_plan,
    inspect_foreign,
    make_plan,
    register_foreign,
)

from .mixed import mixed, tables_in


@pytest.mark.parametrize("checkfirst", [True, False])
def test_ordinary_and_foreign_tables_live_in_one_metadata(
    hub, declare_loopback: Any, checkfirst: bool
) -> None:
    metadata = MetaData()
    mixed(metadata)
    register_foreign(metadata, *declare_loopback())
    hub.run(lambda c: metadata.create_all(c, checkfirst=checkfirst))
    assert hub.run(tables_in) == {"local": "r", "foreign": "f"}
    assert hub.run(lambda c: make_plan(metadata, c).sql()) == ""
    table = hub.run(inspect_foreign).foreign_tables["public", "foreign"]
    assert table.comment == "100% 'theirs' :x"
    assert {column.name: column.comment for column in table.columns}["local"] == "which one"
    assert {check.name for check in table.checks} == {"even"}
    hub.run(lambda c: metadata.drop_all(c, checkfirst=checkfirst))
    assert hub.run(tables_in) == {}
    assert not hub.run(inspect_foreign).servers


def test_an_engine_that_commits_by_itself_creates_drops_and_undoes_too(
    hub, make_hub, declare_loopback: Any
) -> None:
    metadata = MetaData()
    mixed(metadata)
    register_foreign(metadata, *declare_loopback())
    autocommit = make_hub(hub.driver, isolation_level="AUTOCOMMIT")
    for checkfirst in (True, False):
        autocommit.run(lambda c, first=checkfirst: metadata.create_all(c, checkfirst=first))
        assert autocommit.run(lambda c: make_plan(metadata, c).sql()) == ""
        autocommit.run(lambda c, first=checkfirst: metadata.drop_all(c, checkfirst=first))
        assert not hub.run(inspect_foreign).servers
    broken = MetaData()
    bad = xc.UserMapping("second", "nobody_is_called_this", options={"user": "u"})
    register_foreign(broken, *declare_loopback("first"), xc.Server("second"), bad)
    with pytest.raises(xc.errors.PlanError, match="nobody_is_called_this"):
        autocommit.run(broken.create_all)
    found = hub.run(inspect_foreign)
    assert not found.servers
    assert "postgres_fdw" not in found.extensions


@pytest.mark.parametrize("checkfirst", [True, False])
def test_an_extension_and_its_schema_come_and_go_together(
    engine: sa.Engine, checkfirst: bool
) -> None:
    metadata = MetaData()
    register_foreign(metadata, xc.Extension("postgres_fdw", "fdw"), xc.Schema("fdw"))
    with engine.begin() as connection:
        before = inspect_foreign(connection)
        metadata.create_all(connection, checkfirst=checkfirst)
        assert not make_plan(metadata, connection)
        metadata.drop_all(connection, checkfirst=checkfirst)
        assert inspect_foreign(connection) == before


def test_one_table_is_created_and_dropped_alone(engine: sa.Engine, declare_loopback: Any) -> None:
    metadata = MetaData()
    _, foreign = mixed(metadata)
    register_foreign(metadata, *declare_loopback())
    with engine.begin() as connection:
        metadata.create_all(connection, tables=[])
        foreign.create(connection)
        foreign.create(connection, checkfirst=True)
        assert tables_in(connection) == {"foreign": "f"}
        assert sa.inspect(connection).has_table("foreign")
        foreign.drop(connection, checkfirst=True)
        foreign.drop(connection, checkfirst=True)
        assert tables_in(connection) == {}


@pytest.mark.parametrize("checkfirst", [True, False])
def test_what_remaining_tables_need_stays_when_others_are_dropped(
    engine: sa.Engine, declare_loopback: Any, checkfirst: bool
) -> None:
    metadata = MetaData()
    local, foreign = mixed(metadata)
    register_foreign(metadata, *declare_loopback(), xc.Server("other"))
    with engine.begin() as connection:
        metadata.create_all(connection)
        metadata.drop_all(connection, tables=[local], checkfirst=checkfirst)
        assert tables_in(connection) == {"foreign": "f"}
        assert list(inspect_foreign(connection).servers) == ["remote_server"]
        metadata.drop_all(connection, tables=[foreign])
        assert not inspect_foreign(connection).servers


def test_what_others_use_is_never_dropped_with_cascade(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData()
    extension, *others = declare_loopback()
    register_foreign(metadata, extension, xc.Schema("erp"), *others)
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.exec_driver_sql("CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw")
        connection.exec_driver_sql("CREATE TABLE erp.theirs ()")
        metadata.drop_all(connection)
        found = inspect_foreign(connection)
        assert list(found.servers) == ["theirs"]
        assert "postgres_fdw" in found.extensions
        assert "erp" in found.schemas
        connection.exec_driver_sql("DROP SERVER theirs")
        connection.exec_driver_sql("DROP TABLE erp.theirs")
        metadata.drop_all(connection)
        found = inspect_foreign(connection)
        assert "postgres_fdw" not in found.extensions
        assert "erp" not in found.schemas


def test_a_server_that_others_use_is_an_error_and_all_stays(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData()
    mixed(metadata)
    register_foreign(metadata, *declare_loopback())
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE FOREIGN TABLE theirs () SERVER remote_server")
    with pytest.raises(xc.errors.ApplyError, match="theirs"):
        metadata.drop_all(engine)
    with engine.connect() as connection:
        assert set(tables_in(connection)) == {"local", "foreign", "theirs"}


def test_foreign_keys_in_a_circle_are_never_sent(engine: sa.Engine, declare_loopback: Any) -> None:
    metadata = MetaData()
    for name, other in (("a", "b"), ("b", "a")):
        key = sa.ForeignKey(f"{other}.id", name=f"fk_{name}", use_alter=name == "a")
        columns = [Column("id", Integer, primary_key=True), Column("other", key)]
        ForeignTable(name, metadata, *columns, server="remote_server")
    register_foreign(metadata, *declare_loopback())
    assert {table.name for table in metadata.sorted_tables} == {"a", "b"}
    metadata.create_all(engine)
    metadata.drop_all(engine)


def test_indexes_and_keys_added_later_are_not_sent_either(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData()
    _, foreign = mixed(metadata)
    foreign.append_column(Column("later", Integer, index=True, unique=True))
    sa.Index("another", foreign.c.later)
    register_foreign(metadata, *declare_loopback())
    with engine.begin() as connection:
        metadata.create_all(connection)
        table = inspect_foreign(connection).foreign_tables["public", "foreign"]
    assert "later" in {column.name for column in table.columns}


def test_a_key_of_an_ordinary_table_to_a_foreign_one_is_refused_before_anything_is_made(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData()
    Table("first", metadata, Column("id", Integer))
    ForeignTable("f", metadata, Column("id", Integer, primary_key=True), server="remote_server")
    Table("l", metadata, Column("f", sa.ForeignKey("f.id")))
    register_foreign(metadata, *declare_loopback())
    with engine.begin() as connection:
        with pytest.raises(DeclarationError, match="foreign key"):
            metadata.create_all(connection)
        assert tables_in(connection) == {}
        assert not inspect_foreign(connection).servers


@pytest.mark.parametrize("checkfirst", [True, False])
@pytest.mark.parametrize(
    ("where", "options", "advice"),
    [
        ("server", {"fetch_sise": 10}, "'fetch_size'"),
        ("table", {"tabel_name": "x"}, "'table_name'"),
        ("column", {"colum_name": "x"}, "'column_name'"),
    ],
    ids=["server", "table", "column"],
)
def test_an_unknown_option_is_refused_before_anything_is_sent(
    engine: sa.Engine,
    declare_loopback: Any,
    where: str,
    options: dict[str, Any],
    advice: str,
    checkfirst: bool,
) -> None:
    metadata = MetaData()
    register_foreign(metadata, *declare_loopback(**(options if where == "server" else {})))
    ForeignTable(
        "f",
        metadata,
        Column("id", Integer),
        server="remote_server",
        options=options if where == "table" else {},
        column_options={"id": options} if where == "column" else {},
    )
    sent: list[str] = []
    with engine.begin() as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda *given: sent.append(given[2]))
        with pytest.raises(DeclarationError, match=f"Did you mean {advice}"):
            metadata.create_all(connection, checkfirst=checkfirst)
        assert not [statement for statement in sent if statement.startswith("CREATE")]
        assert not inspect_foreign(connection).servers


def test_options_of_tables_that_are_not_created_are_not_looked_at(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData()
    register_foreign(metadata, *declare_loopback())
    local, _ = mixed(metadata)
    wrong = {"tabel_name": "x"}
    ForeignTable("f", metadata, Column("id", Integer), server="remote_server", options=wrong)
    with engine.begin() as connection:
        metadata.create_all(connection, tables=[local])
        assert tables_in(connection) == {"local": "r"}


@pytest.mark.parametrize("checkfirst", [True, False])
@pytest.mark.parametrize("schema", [None, "main"])
def test_another_database_is_refused_before_anything_is_made(
    schema: str | None, checkfirst: bool
) -> None:
    metadata = MetaData(schema=schema)
    local = Table("local", metadata, Column("id", Integer))
    foreign = ForeignTable("f", metadata, Column("id", Integer), server="remote_server")
    with sa.create_engine("sqlite://").connect() as connection:
        with pytest.raises(CatalogError, match="sqlite"):
            metadata.create_all(connection, checkfirst=checkfirst)
        with pytest.raises(CatalogError, match="sqlite"):
            foreign.create(connection, checkfirst=checkfirst)
        assert not sa.inspect(connection).get_table_names()
        metadata.create_all(connection, tables=[local])
        assert sa.inspect(connection).get_table_names() == ["local"]


def test_a_secret_in_options_of_a_table_is_sent_unseen(make_hub, caplog) -> None:
    metadata = MetaData()
    register_foreign(metadata, xc.Extension("file_fdw"), xc.Server("files", "file_fdw"))
    program = "curl https://app:hunter2@example.org/"
    ForeignTable("f", metadata, Column("a", Text), server="files", options={"program": program})
    engine = make_hub("psycopg", echo="debug").engine
    with caplog.at_level(logging.DEBUG), engine.begin() as connection:
        for checkfirst in (True, False):
            metadata.create_all(connection, checkfirst=checkfirst)
            table = inspect_foreign(connection).foreign_tables["public", "f"]
            assert table.options["program"] == xc.Secret.literal(program)
            metadata.drop_all(connection, checkfirst=checkfirst)
    assert "CREATE FOREIGN TABLE" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("checkfirst", [True, False])
def test_the_password_of_a_mapping_is_in_no_log(
    hub, make_hub, declare_loopback: Any, caplog, checkfirst: bool
) -> None:
    metadata = MetaData()
    extension, server, _ = declare_loopback()
    mapping = xc.UserMapping(server, "PUBLIC", options={"user": "u", "password": "hunter2"})
    register_foreign(metadata, extension, server, mapping)
    loud = make_hub(hub.driver, echo="debug")
    before = len(hub.database.cluster.log())
    with caplog.at_level(logging.DEBUG):
        loud.run(lambda c: metadata.create_all(c, checkfirst=checkfirst))
        found = hub.run(inspect_foreign).user_mappings["remote_server", xc.PUBLIC]
        with pytest.raises((exc.DBAPIError, xc.errors.ApplyError)) as caught:
            loud.run(lambda c: metadata.create_all(c, checkfirst=False))
    assert found.options["password"].resolve() == "hunter2"
    assert "remote_server" in caplog.text
    assert "hunter2" not in caplog.text + repr(caught.value) + str(caught.value)
    assert "hunter2" not in hub.database.cluster.log()[before:]


@pytest.mark.filterwarnings("ignore:Computed column .* is being created as 'STORED'")
def test_a_generated_column_is_as_that_of_an_ordinary_parent(
    hub, declare_loopback: Any, database: Database
) -> None:
    metadata = MetaData()
    columns = [Column("id", Integer), Column("twice", Integer, sa.Computed("id * 2"))]
    parent = Table("parent", metadata, *columns, postgresql_partition_by="LIST (id)")
    partition = xc.Partition("parent", "FOR VALUES IN (1)")
    ForeignTable("part", metadata, like=parent, server="remote_server", partition_of=partition)
    stored = Column("more", Integer, sa.Computed("id * 3", persisted=True))
    ForeignTable("other", metadata, stored, like=parent, server="remote_server")
    register_foreign(metadata, *declare_loopback())
    hub.run(metadata.create_all)
    assert not hub.run(lambda c: make_plan(metadata, c))
    with database.connect() as connection:
        found = connection.execute(
            "SELECT attrelid::regclass::text, attgenerated::text FROM pg_attribute "
            "WHERE attname IN ('twice', 'more') ORDER BY attname, 1"
        ).fetchall()
    kinds = dict(found[1:])
    assert found[0] == ("other", "s")
    assert kinds["part"] == kinds["other"] == kinds["parent"]


def test_a_mock_engine_shows_everything_in_order_and_no_secret(declare_loopback: Any) -> None:
    shown: list[str] = []

    def show(statement: Any, *_: Any, **__: Any) -> None:
        shown.append(str(statement.compile(dialect=mock.dialect)))

    mock = create_mock_engine("postgresql+psycopg://", show)
    metadata = MetaData()
    mixed(metadata)
    extension, server, _ = declare_loopback()
    secret = xc.UserMapping(server, options={"user": "u", "password": xc.Secret.env("PASSWORD")})
    register_foreign(metadata, xc.Schema("erp"), secret, server, extension)
    metadata.create_all(mock)
    metadata.drop_all(mock)
    heads = [" ".join(text.split()[:3]) for text in shown]
    assert heads == [
        "CREATE SCHEMA erp",
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER remote_server",
        "CREATE USER MAPPING",
        "CREATE TABLE local",
        "COMMENT ON TABLE",
        "CREATE FOREIGN TABLE",
        "COMMENT ON FOREIGN",
        "COMMENT ON COLUMN",
        "DROP FOREIGN TABLE",
        "DROP TABLE local",
        "DROP USER MAPPING",
        "DROP SERVER remote_server",
        "DROP EXTENSION postgres_fdw",
        "DROP SCHEMA erp",
    ]
    assert ":'PASSWORD'" in "".join(shown)
    assert "id %% 2 >= 0" in "".join(shown)


def test_ddl_elements_compile_to_foreign_ddl() -> None:
    metadata = MetaData()
    local, foreign = mixed(metadata)
    dialect = sa.dialects.postgresql.dialect()
    created = str(CreateTable(foreign).compile(dialect=dialect))
    assert created.startswith('CREATE FOREIGN TABLE public."foreign" (')
    assert "FOREIGN KEY" not in created
    assert str(DropTable(foreign).compile(dialect=dialect)) == 'DROP FOREIGN TABLE public."foreign"'
    assert str(CreateTable(local).compile(dialect=dialect)).strip().startswith("CREATE TABLE local")
    assert str(DropTable(local).compile(dialect=dialect)).strip() == "DROP TABLE local"


def test_ddl_elements_keep_their_condition(engine: sa.Engine, declare_loopback: Any) -> None:
    metadata = MetaData()
    register_foreign(metadata, *declare_loopback())
    _, foreign = mixed(metadata)
    view = MaterializedView("v", metadata, select(sa.literal(1).label("one")))
    with engine.begin() as connection:
        metadata.create_all(connection)
        for table in (foreign, view):
            connection.execute(CreateTable(table, if_not_exists=True))
            for _ in range(2):
                connection.execute(DropTable(table, if_exists=True))
        assert tables_in(connection) == {"local": "r"}
        assert not sa.inspect(connection).get_materialized_view_names()
        for table in (foreign, view):
            connection.execute(CreateTable(table, if_not_exists=True))
        assert tables_in(connection) == {"local": "r", "foreign": "f"}
        assert sa.inspect(connection).get_materialized_view_names() == ["v"]


def test_a_privileged_owner_gets_the_table_after_its_comments(
    engine: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData()
    extension, *others = declare_loopback()
    register_foreign(metadata, extension, *others)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE exclave_keeper")
        ForeignTable(
            "owned",
            metadata,
            Column("id", Integer, comment="k"),
            server="remote_server",
            owner="exclave_keeper",
            grants={"PUBLIC": ["SELECT"]},
            comment="c",
        )
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO exclave_keeper")
        try:
            metadata.create_all(connection)
            table = inspect_foreign(connection).foreign_tables["public", "owned"]
            assert (table.owner, table.comment) == ("exclave_keeper", "c")
            assert table.grants == {xc.Grant(xc.PUBLIC, "SELECT")}
            assert not make_plan(metadata, connection)
        finally:
            connection.rollback()


@pytest.fixture
def of_app(database: Database) -> Iterator[sa.Engine]:
    """An engine of a role that may make servers and schemas, and is no superuser."""
    role = "exclave_app"
    with database.connect() as admin:
        admin.execute("CREATE EXTENSION postgres_fdw")
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'app'")
        admin.execute(f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role}")
        admin.execute(f"GRANT CREATE ON DATABASE {database.name} TO {role}")
    try:
        yield sa.create_engine(database.url(user=role, password="app"), poolclass=sa.NullPool)
    finally:
        with database.connect() as admin:
            admin.execute(f"DROP OWNED BY {role} CASCADE")
            admin.execute(f"DROP ROLE {role}")


def test_a_role_with_few_rights_creates_and_drops_what_it_may(
    of_app: sa.Engine, declare_loopback: Any
) -> None:
    metadata = MetaData(schema="erp")
    register_foreign(metadata, xc.Schema("erp"), *declare_loopback())
    table = ForeignTable(
        "engines",
        metadata,
        Column("name", Text, primary_key=True),
        server="remote_server",
        remote_schema="pg_catalog",
        remote_table="pg_am",
        column_options={"name": {"column_name": "amname"}},
    )
    metadata.create_all(of_app)
    with of_app.begin() as connection:
        assert "heap" in connection.scalars(select(table.c.name)).all()
        assert not make_plan(metadata, connection)
    metadata.drop_all(of_app)
    with of_app.begin() as connection:
        found = inspect_foreign(connection)
        assert not found.servers
        assert "postgres_fdw" in found.extensions
        assert "erp" not in found.schemas


def test_a_schema_of_another_role_stays_and_all_else_is_dropped(
    engine: sa.Engine, of_app: sa.Engine, declare_loopback: Any
) -> None:
    with engine.begin() as admin:
        admin.exec_driver_sql("CREATE SCHEMA shared")
        admin.exec_driver_sql("GRANT ALL ON SCHEMA shared TO exclave_app")
    metadata = MetaData(schema="shared")
    register_foreign(metadata, xc.Schema("shared"), xc.Schema("own"), *declare_loopback())
    ForeignTable("t", metadata, Column("id", Integer), server="remote_server")
    metadata.create_all(of_app)
    metadata.drop_all(of_app)
    with of_app.connect() as connection:
        found = inspect_foreign(connection)
        assert not found.foreign_tables
        assert not found.servers
        assert {"shared", "own"} & set(found.schemas) == {"shared"}


def test_a_plan_alters_what_differs_and_can_be_taken_back(hub, declare_loopback: Any) -> None:
    metadata = MetaData()
    mixed(metadata)
    register_foreign(metadata, *declare_loopback())
    hub.run(metadata.create_all)
    before = hub.run(inspect_foreign)
    changed = MetaData()
    mixed(changed)[1].append_column(Column("new", Text, server_default=FetchedValue()))
    register_foreign(changed, *declare_loopback(fetch_size="1000"))
    plan = hub.run(lambda c: make_plan(changed, c))
    assert hub.run(lambda c: apply_plan(plan, c)) is True
    assert hub.run(lambda c: make_plan(changed, c).sql()) == ""
    hub.run(lambda c: apply_plan(plan.reverse(), c))
    assert hub.run(inspect_foreign) == before


def test_an_engine_or_an_asynchronous_connection_is_refused_with_a_hint(hub) -> None:
    metadata = MetaData()
    mixed(metadata)
    with pytest.raises(xc.errors.CatalogError, match="run_sync"):
        make_plan(metadata, hub.engine)
