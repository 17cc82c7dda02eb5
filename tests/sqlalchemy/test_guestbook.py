"""The guestbook of "Using PostgreSQL FDW with SQLAlchemy", claim by claim."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text, func, select

import exclave as xc
from exclave.cluster import Database
from exclave.sqlalchemy import (
    ForeignTable,
    foreign_objects,
    inspect_foreign,
    make_plan,
    register_foreign,
)


def guestbook_in(metadata: MetaData) -> Table:
    return Table(
        "guestbook",
        metadata,
        Column("id", Integer, primary_key=True, nullable=False),
        Column("name", Text, nullable=False),
        Column("email", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("created_at", DateTime, nullable=False, server_default=func.now()),
    )


@pytest.fixture
def remote(remote_database: Database) -> Database:
    """A database with the guestbook in it, and one entry."""
    engine = sa.create_engine(remote_database.url())
    metadata = MetaData()
    guestbook = guestbook_in(metadata)
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(guestbook.insert().values(name="Ann", email="a@b.c", message="hello"))
    engine.dispose()
    return remote_database


def server_for(remote: Database) -> tuple[xc.Server, xc.UserMapping]:
    server = xc.Server(
        "remote_server",
        options={"host": remote.cluster.host, "port": remote.cluster.port, "dbname": remote.name},
    )
    mapping = xc.UserMapping(
        server,
        "CURRENT_USER",
        options={
            "user": remote.cluster.superuser,
            "password": xc.Secret.literal(remote.cluster.password or ""),
        },
    )
    return server, mapping


@pytest.fixture
def declared(remote: Database) -> tuple[MetaData, Table]:
    """A metadata with the foreign guestbook and all that it needs."""
    metadata = MetaData()
    server, mapping = server_for(remote)
    register_foreign(metadata, xc.Extension("postgres_fdw"), server, mapping)
    guestbook = guestbook_in(MetaData())
    table = ForeignTable(
        "guestbook_fdw",
        metadata,
        like=guestbook,
        server=server,
        remote_schema="public",
        remote_table="guestbook",
        remote_generated=["id"],
    )
    return metadata, table


def test_the_foreign_table_is_created_and_read_over_every_driver(hub, declared: Any) -> None:
    metadata, guestbook = declared
    hub.run(metadata.create_all)
    rows = hub.run(lambda c: c.execute(select(guestbook.c.id, guestbook.c.name)).all())
    assert rows == [(1, "Ann")]
    hub.run(metadata.drop_all)


def test_create_all_and_drop_all_can_be_repeated_and_leave_nothing(hub, declared: Any) -> None:
    metadata, _ = declared
    before = hub.run(inspect_foreign)
    for _ in range(2):
        hub.run(metadata.create_all)
        hub.run(metadata.create_all)
        assert hub.run(lambda c: make_plan(metadata, c).sql()) == ""
        hub.run(metadata.drop_all)
        hub.run(metadata.drop_all)
        assert hub.run(inspect_foreign) == before


def test_create_all_and_drop_all_work_without_checkfirst(hub, declared: Any) -> None:
    metadata, _ = declared
    before = hub.run(inspect_foreign)
    hub.run(lambda c: metadata.create_all(c, checkfirst=False))
    assert hub.run(lambda c: make_plan(metadata, c).sql()) == ""
    hub.run(lambda c: metadata.drop_all(c, checkfirst=False))
    assert hub.run(inspect_foreign) == before


def test_without_checkfirst_what_exists_is_an_error(engine: sa.Engine, declared: Any) -> None:
    metadata, _ = declared
    metadata.create_all(engine)
    with pytest.raises(sa.exc.ProgrammingError, match="already exists"):
        metadata.create_all(engine, checkfirst=False)


def test_what_was_created_is_what_was_declared(hub, declared: Any, remote: Database) -> None:
    metadata, _ = declared
    hub.run(metadata.create_all)
    found = hub.run(inspect_foreign)
    table = found.foreign_tables["public", "guestbook_fdw"]
    assert table.server == "remote_server"
    assert table.options == xc.Options({"schema_name": "public", "table_name": "guestbook"})
    assert [(column.name, column.type, column.not_null) for column in table.columns] == [
        ("id", "integer", True),
        ("name", "text", True),
        ("email", "text", True),
        ("message", "text", True),
        ("created_at", "timestamp without time zone", True),
    ]
    assert found.servers["remote_server"].options["dbname"] == remote.name


def test_the_desired_catalog_holds_everything(declared: Any) -> None:
    metadata, _ = declared
    catalog = foreign_objects(metadata)
    assert [type(value).__name__ for value in catalog] == [
        "Extension",
        "Server",
        "UserMapping",
        "ForeignTable",
    ]


def test_only_some_columns_can_be_included(engine: sa.Engine, remote: Database) -> None:
    metadata = MetaData()
    register_foreign(metadata, xc.Extension("postgres_fdw"), *server_for(remote))
    names = ForeignTable(
        "names",
        metadata,
        like=guestbook_in(MetaData()),
        only=["id", "name"],
        server="remote_server",
        remote_table="guestbook",
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        assert connection.execute(select(names)).all() == [(1, "Ann")]


def test_columns_may_have_other_names_here_than_there(engine: sa.Engine, remote: Database) -> None:
    metadata = MetaData()
    register_foreign(metadata, xc.Extension("postgres_fdw"), *server_for(remote))
    table = ForeignTable(
        "renamed",
        metadata,
        Column("number", Integer, primary_key=True),
        Column("who", Text),
        server="remote_server",
        remote_table="guestbook",
        column_options={"number": {"column_name": "id"}, "who": {"column_name": "name"}},
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        assert connection.execute(select(table.c.number, table.c.who)).all() == [(1, "Ann")]


def test_a_server_that_differs_is_kept_by_create_all_and_shown_by_make_plan(
    engine: sa.Engine, remote: Database, declared: Any
) -> None:
    metadata, _ = declared
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER SERVER remote_server OPTIONS (ADD fetch_size '7')")
        metadata.create_all(connection)
        server = inspect_foreign(connection).servers["remote_server"]
        assert server.options["fetch_size"] == "7"
        assert "DROP fetch_size" in make_plan(metadata, connection).sql()


def test_the_remote_generates_what_is_left_out(hub, declared: Any) -> None:
    metadata, guestbook = declared
    hub.run(metadata.create_all)
    entry = {"name": "Bob", "email": "b@c.d", "message": "100% :x 'y'"}
    inserted = hub.run(
        lambda c: c.execute(guestbook.insert().values(entry).returning(guestbook.c.id)).scalar()
    )
    rows = hub.run(lambda c: c.execute(select(guestbook).order_by(guestbook.c.id)).all())
    assert inserted == 2
    assert [row.message for row in rows] == ["hello", "100% :x 'y'"]
    assert rows[1].created_at is not None
