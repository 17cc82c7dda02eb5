"""Materialized views of a metadata: created, queried, mapped, compared, refreshed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_mock_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateTable, DropTable

import exclave as xc
from exclave.cluster import Database
from exclave.errors import DeclarationError, RemoteRefreshError
from exclave.sqlalchemy import (
    ForeignTable,
    MaterializedView,
    apply_plan,
    foreign_object,
    foreign_objects,
    inspect_foreign,
    is_foreign,
    is_materialized_view,
    make_plan,
    reflect,
    refresh,
    refresh_status,
    register_foreign,
)

Declare = Callable[..., list[Any]]


@pytest.fixture
def remote(remote_database: Database) -> Database:
    """A remote with orders."""
    with remote_database.connect() as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, country text, amount int)")
        connection.execute("INSERT INTO orders VALUES (1, 'nl', 10), (2, 'nl', 20), (3, 'de', 5)")
    return remote_database


def declare(metadata: MetaData, **more: Any) -> tuple[Table, Table, Table]:
    """A foreign table, a view over it and a local table, and a view over that view.

    They are declared in such an order that names alone would not do.
    """
    orders = ForeignTable(
        "z_orders",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("country", Text),
        Column("amount", Integer),
        server="remote_server",
        remote_table="orders",
    )
    names = Table("names", metadata, Column("code", Text, primary_key=True), Column("name", Text))
    totals = MaterializedView(
        "m_totals",
        metadata,
        select(names.c.name, orders.c.country, func.sum(orders.c.amount).label("total"))
        .join(names, names.c.code == orders.c.country)
        .where(orders.c.country.in_(["nl", "de"]), names.c.name != "50% 'x' :y \\")
        .group_by(names.c.name, orders.c.country),
        indexes=[
            sa.Index("totals_key", "country", unique=True),
            xc.Index("by_total", [xc.IndexKey("total", descending=True)]),
        ],
        comment="100% 'ours'",
        **more,
    )
    best = MaterializedView(
        "a_best", metadata, select(func.max(totals.c.total).label("best")), with_data=False
    )
    return orders, totals, best


def kinds(connection: sa.Connection) -> dict[str, str]:
    rows = connection.execute(
        sa.text(
            "SELECT relname::text AS name, relkind::text AS kind FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'f', 'm')"
        )
    )
    return {row.name: row.kind for row in rows}


@pytest.mark.parametrize("checkfirst", [True, False])
def test_views_live_in_one_metadata_with_what_they_read(
    hub: Any, remote: Database, declare_loopback: Declare, checkfirst: bool
) -> None:
    metadata = MetaData()
    _, totals, best = declare(metadata)
    register_foreign(metadata, *declare_loopback())
    hub.run(lambda c: metadata.create_all(c, checkfirst=checkfirst))
    assert hub.run(kinds) == {"z_orders": "f", "names": "r", "m_totals": "m", "a_best": "m"}
    plan = hub.run(lambda c: make_plan(metadata, c))
    assert (plan.sql(), plan.notes) == ("", ())
    found = hub.run(inspect_foreign).materialized_views["public", "m_totals"]
    assert found.comment == "100% 'ours'"
    assert [index.name for index in found.indexes] == ["by_total", "totals_key"]
    if checkfirst:
        hub.run(metadata.create_all)
    hub.run(lambda c: c.execute(metadata.tables["names"].insert(), [{"code": "nl", "name": "N"}]))
    results = hub.run(lambda c: refresh(c, metadata))
    assert [result.view.name for result in results] == ["m_totals", "a_best"]
    assert hub.run(lambda c: c.execute(select(totals)).all()) == [("N", "nl", 30)]
    assert hub.run(lambda c: c.scalar(select(best.c.best))) == 30
    hub.run(lambda c: metadata.drop_all(c, checkfirst=checkfirst))
    assert hub.run(kinds) == {}


def test_a_view_is_created_and_dropped_alone(engine: sa.Engine) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer))
    view = MaterializedView("v", metadata, select(table.c.id))
    with engine.begin() as connection:
        table.create(connection)
        view.create(connection)
        view.create(connection, checkfirst=True)
        assert not make_plan(metadata, connection).notes
        with pytest.raises(DeclarationError, match="is no materialized view"):
            refresh(connection, [table])
        view.drop(connection)
        view.drop(connection, checkfirst=True)
        assert kinds(connection) == {"t": "r"}


def test_ddl_can_be_shown() -> None:
    metadata = MetaData()
    table = Table("t%", metadata, Column("id", Integer))
    view = MaterializedView(
        "v", metadata, select(table.c.id), indexes=[sa.Index("i", "id")], comment="c"
    )
    dialect = sa.create_engine("postgresql+psycopg://").dialect
    text = str(CreateTable(view).compile(dialect=dialect))
    assert text.startswith("CREATE MATERIALIZED VIEW public.v AS\nSELECT")
    assert text.endswith("WITH DATA")
    assert (
        str(DropTable(view).compile(dialect=dialect)).strip() == "DROP MATERIALIZED VIEW public.v"
    )
    sent: list[str] = []
    mock = create_mock_engine(
        "postgresql+psycopg://", lambda ddl, *_: sent.append(str(ddl.compile(dialect=dialect)))
    )
    metadata.create_all(mock, checkfirst=False)
    assert [line.split(" AS\n")[0].strip().splitlines()[0] for line in sent] == [
        'CREATE TABLE "t%%" (',
        "CREATE MATERIALIZED VIEW public.v",
        "COMMENT ON MATERIALIZED VIEW v IS 'c'",
        "CREATE INDEX i ON public.v (id)",
    ]


class Base(DeclarativeBase):
    """The classes of these tests."""


class Order(Base):
    """An ordinary table."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str]
    amount: Mapped[int]


class Total(Base):
    """A materialized view over a class."""

    __table__ = MaterializedView(
        "totals",
        Base.metadata,
        select(Order.country, func.sum(Order.amount).label("total")).group_by(Order.country),
        indexes=[sa.Index("total_country", "country", unique=True)],
        primary_key=["country"],
    )
    country: Mapped[str]
    total: Mapped[int]


class Best(Base):
    """A materialized view over the class of another."""

    __table__ = MaterializedView(
        "best",
        Base.metadata,
        select(Total).order_by(Total.total.desc()).limit(1),
        Column("country", Text, primary_key=True, comment="whose"),
    )
    country: Mapped[str]
    total: Mapped[int]


def test_a_class_is_mapped_to_a_view(engine: sa.Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Order(id=1, country="nl", amount=3), Order(id=2, country="de", amount=9)])
        session.commit()
        with engine.connect() as connection:
            refreshed = refresh(connection, [Best, Total])
            assert [result.view.name for result in refreshed] == ["totals", "best"]
            assert refreshed[0].concurrently
            assert not connection.in_transaction()
        assert {each.country: each.total for each in session.scalars(select(Total))} == {
            "nl": 3,
            "de": 9,
        }
        assert session.get(Total, "nl") is not None
        assert session.scalars(select(Best)).one().country == "de"
    with engine.connect() as connection:
        assert not make_plan(Base.metadata, connection)
        found = inspect_foreign(connection).materialized_views["public", "best"]
        assert found.columns[0].comment == "whose"
        [best, totals] = sorted(
            refresh_status(connection, Base.metadata), key=lambda status: status.view.name
        )
        assert best.outcome == totals.outcome == "refreshed"
        Base.metadata.drop_all(connection)


def test_a_changed_query_is_a_difference_and_a_respelled_one_is_not(engine: sa.Engine) -> None:
    def metadata_with(limit: int, comment: str | None = None) -> MetaData:
        metadata = MetaData()
        table = Table("t", metadata, Column("id", Integer), Column("kind", Text))
        view = MaterializedView(
            "v",
            metadata,
            select(table).where(table.c.id < limit, table.c.kind.in_(["a", "b"])),
            comment=comment,
            indexes=[sa.Index("lower_kind", func.lower(sa.text("kind")), postgresql_where="id>0")],
        )
        MaterializedView("w", metadata, select(view.c.id))
        return metadata

    with engine.begin() as connection:
        metadata_with(10).tables["t"].create(connection)
        made = make_plan(metadata_with(10), connection)
        assert apply_plan(made, connection)
        assert not make_plan(metadata_with(10), connection)
        commented = make_plan(metadata_with(10, "new"), connection)
        assert [change.action for change in commented] == ["alter"]
        changed = make_plan(metadata_with(11), connection)
        assert [str(change) for change in changed] == [
            'drop materialized view "public"."w"',
            'drop materialized view "public"."v"',
            'create materialized view "public"."v"',
            'create materialized view "public"."w"',
        ]
        assert apply_plan(changed, connection)
        assert not make_plan(metadata_with(11), connection)


def test_names_go_through_the_schema_translate_map(engine: sa.Engine) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer), schema="tenant")
    view = MaterializedView("v", metadata, select(table.c.id), schema="tenant")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE SCHEMA one"))
        connection.commit()
        translated = connection.execution_options(schema_translate_map={"tenant": "one"})
        metadata.create_all(translated)
        declared = foreign_object(view, translated)
        assert isinstance(declared, xc.MaterializedView)
        assert declared.query == "SELECT one.t.id \nFROM one.t"
        assert set(declared.uses) == {xc.QualifiedName("t", "one")}
        assert not make_plan(metadata, translated)
        translated.commit()
        [done] = refresh(translated, metadata)
        assert str(done.view) == "one.v"


def test_text_is_a_query_too_and_what_it_names_comes_first(engine: sa.Engine) -> None:
    metadata = MetaData()
    MaterializedView("b_view", metadata, select(sa.literal_column("1").label("id")))
    query = sa.text("SELECT id, id || '\\:x' AS text FROM b_view WHERE id\\:\\:text <> '50%'")
    MaterializedView("a_view", metadata, query, Column("id", Integer), Column("text", Text))
    with engine.begin() as connection:
        metadata.create_all(connection)
        assert connection.execute(select(metadata.tables["a_view"])).all() == [(1, "1:x")]
        assert not make_plan(metadata, connection)


def test_indexes_of_sqlalchemy_are_taken_with_all_of_their_properties() -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer), Column("name", Text))
    view = MaterializedView("v", metadata, select(table))
    sa.Index(
        "all_of_it",
        view.c.id.desc().nulls_last(),
        view.c.name,
        view.c.name.collate("C").asc(),
        func.lower(view.c.name).label("low").desc(),
        sa.text("(id + 1)"),
        unique=True,
        info={"comment": "said"},
        postgresql_ops={"name": "text_pattern_ops", "low": "text_ops"},
        postgresql_where=view.c.id > 3,
        postgresql_include=["id", view.c.name],
        postgresql_nulls_not_distinct=True,
        postgresql_with={"fillfactor": 50},
    )
    sa.Index("other", "name", postgresql_using="hash", _table=view)
    declared = foreign_object(view)
    assert isinstance(declared, xc.MaterializedView)
    key = xc.IndexKey
    assert declared.indexes == (
        xc.Index(
            "all_of_it",
            [
                key("id", descending=True, nulls_first=False),
                key("name", opclass="text_pattern_ops"),
                key("name", collation="C", opclass="text_pattern_ops"),
                key(expression="lower(name)", opclass="text_ops", descending=True),
                key(expression="(id + 1)"),
            ],
            unique=True,
            where="id > 3",
            include=["id", "name"],
            nulls_not_distinct=True,
            options={"fillfactor": 50},
            comment="said",
        ),
        xc.Index("other", ["name"], method="hash"),
    )


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (sa.desc("id"), xc.IndexKey("id", descending=True)),
        (sa.column("id").desc(), xc.IndexKey("id", descending=True)),
        (sa.text("id"), xc.IndexKey("id")),
        (sa.text('"Name"'), xc.IndexKey("Name")),
        (sa.text("id desc"), xc.IndexKey("id", descending=True)),
        (sa.literal_column("id").desc(), xc.IndexKey("id", descending=True)),
        (sa.text("id ASC NULLS FIRST"), xc.IndexKey("id", nulls_first=True)),
        (
            sa.text("lower(n)DESC\nNULLS LAST "),
            xc.IndexKey(expression="lower(n)", descending=True, nulls_first=False),
        ),
        (sa.text('t."desc"'), xc.IndexKey(expression='t."desc"')),
        (sa.text("a$desc"), xc.IndexKey(expression="a$desc")),
        (sa.text('"Name"COLLATE "C" DESC'), xc.IndexKey("Name", collation="C", descending=True)),
        (
            sa.desc(sa.literal_column('id collate pg_catalog."C"')),
            xc.IndexKey("id", collation=xc.QualifiedName("C", "pg_catalog"), descending=True),
        ),
    ],
)
def test_the_keys_of_an_index_may_be_written_as_text(written: Any, key: xc.IndexKey) -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer), Column("Name", Text))
    view = MaterializedView("v", metadata, select(table), indexes=[sa.Index("i", written)])
    declared = foreign_object(view)
    assert isinstance(declared, xc.MaterializedView)
    assert declared.indexes == (xc.Index("i", [key]),)


def test_a_column_may_be_called_almost_as_sqlalchemy_calls_those_without_a_name() -> None:
    name = "per%cent %(x)s"
    metadata = MetaData()
    table = Table("t", metadata, Column(name, Integer))
    for written, query in enumerate((select(table), sa.text("SELECT 1").columns(Column(name)))):
        view = MaterializedView(f"v{written}", metadata, query)
        assert [column.name for column in view.columns] == [name]


def test_what_no_view_can_have_is_refused() -> None:
    metadata = MetaData()
    table = Table("t", metadata, Column("id", Integer))
    with pytest.raises(DeclarationError, match=r"count\(\*\); give it one with \.label"):
        MaterializedView("v", metadata, select(func.count()))
    with pytest.raises(DeclarationError, match="text\\(\\), not a str"):
        MaterializedView("v", metadata, "SELECT 1")  # pyright: ignore[reportArgumentType]
    with pytest.raises(DeclarationError, match="does not tell its columns"):
        MaterializedView("v", metadata, sa.text("SELECT 1 AS id"))
    with pytest.raises(DeclarationError, match="has no column 'x'; it has id"):
        MaterializedView("v", metadata, select(table), primary_key=["x"])
    with pytest.raises(DeclarationError, match="has no column 'y'"):
        MaterializedView("v", metadata, select(table), Column("y", Integer))
    with pytest.raises(DeclarationError, match="several names"):
        MaterializedView("v", metadata, select(table), primary_key="id")
    assert "v" not in metadata.tables
    with pytest.raises(DeclarationError, match=":p"):
        MaterializedView("v", metadata, select(table).where(table.c.id == sa.bindparam("p")))
    assert "v" not in metadata.tables
    view = MaterializedView("v", metadata, select(table), primary_key=["id"])
    assert is_materialized_view(view)
    assert not is_foreign(view)
    Table("child", metadata, Column("v", sa.ForeignKey("v.id")))
    with pytest.raises(DeclarationError, match='to the materialized view "v"'):
        foreign_objects(metadata)


def test_a_copy_in_another_metadata_is_a_view_too(engine: sa.Engine) -> None:
    first, second = MetaData(), MetaData()
    table = Table("t", first, Column("id", Integer))
    MaterializedView("v", first, select(table.c.id), indexes=[sa.Index("i", "id", unique=True)])
    for each in first.sorted_tables:
        each.to_metadata(second)
    with engine.begin() as connection:
        second.create_all(connection)
        assert kinds(connection) == {"t": "r", "v": "m"}
        assert not make_plan(second, connection)
        second.drop_all(connection)
        assert kinds(connection) == {}


def test_views_are_reflected_with_the_foreign_tables_that_they_read(
    hub: Any, remote: Database, declare_loopback: Declare, database: Database
) -> None:
    metadata = MetaData()
    orders, _, _ = declare(metadata)
    copy = MaterializedView(
        "copy",
        metadata,
        select(orders.c.id, (orders.c.country + ":x").label("country")),
        Column("country", Text, comment="whose"),
        indexes=[sa.Index("copy_id", sa.text("id"), unique=True)],
        with_data=False,
        comment="of all",
        column_grants={"id": {"PUBLIC": ["SELECT"]}},
    )
    MaterializedView("a_copy", metadata, select(copy.c.country).distinct(), with_data=False)
    register_foreign(metadata, *declare_loopback())
    hub.run(metadata.create_all)
    found = MetaData()
    tables = hub.run(lambda c: reflect(found, c))
    assert [table.name for table in tables] == ["a_copy", "copy", "z_orders"]
    assert isinstance(found.tables["copy"].c.id.type, Integer)
    assert not hub.run(lambda c: make_plan(found, c))
    assert hub.run(lambda c: reflect(found, c)) == tables
    hub.run(metadata.drop_all)
    hub.run(found.create_all)
    declared = {view.key: view for view in foreign_objects(found) if hasattr(view, "query")}
    there = hub.run(inspect_foreign).materialized_views
    assert {key: view.column_set for key, view in declared.items()} == {
        key: frozenset(
            xc.ViewColumn(c.name, comment=c.comment, grants=c.grants or None) for c in v.columns
        )
        for key, v in there.items()
    }
    assert there["public", "copy"].comment == "of all"
    assert not hub.run(lambda c: make_plan(found, c))
    hub.run(found.drop_all)
    hub.run(metadata.create_all)
    [one] = hub.run(lambda c: reflect(MetaData(), c, only=["a_best"]))
    assert one.name == "a_best"


def test_a_failing_remote_leaves_the_old_data(
    hub: Any, remote: Database, declare_loopback: Declare
) -> None:
    metadata = MetaData()
    orders, _, _ = declare(metadata)
    view = MaterializedView("copy", metadata, select(orders))
    register_foreign(metadata, *declare_loopback())
    hub.run(metadata.create_all)
    hub.run(lambda c: refresh(c, metadata))
    with remote.connect() as connection:
        connection.execute("DROP TABLE orders")

    def fails(connection: sa.Connection) -> str:
        with pytest.raises(RemoteRefreshError) as caught:
            refresh(connection, [view])
        return str(caught.value)

    message = hub.run(fails)
    assert "It reads from the foreign server remote_server." in message
    assert "remote SQL command" in message
    assert hub.run(lambda c: c.scalar(select(func.count()).select_from(view))) == 3
    [status] = hub.run(lambda c: refresh_status(c, [view]))
    assert (status.outcome, status.sqlstate) == ("failed", "42P01")
    assert status.refreshed is not None
