"""Tables of federations are as their sources or the hub have them; no DDL is sent for them."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    mapped_column,
    registry,
)
from sqlalchemy.pool import NullPool

from exclave.cluster import Database
from exclave.errors import CatalogError, DeclarationError
from exclave.federation import FederatedTable, Federation, Hub
from exclave.sqlalchemy import federated_args, federated_table, foreign_objects, is_federated
from exclave.sqlalchemy.federation.connectable import connectable

companies = Federation(
    "companies",
    [FederatedTable("users", key=["id"]), FederatedTable("orders", key=["id"]), "tags"],
)


def local_tables() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String(30), nullable=False, comment="in full"),
        sa.Column("mood", sa.Enum("good", "bad", name="mood"), server_default="good"),
        sa.Column("upper", sa.Text, sa.Computed("upper(name)", persisted=True)),
        sa.Column("number", sa.Integer, sa.Sequence("numbers")),
        sa.Column("code", sa.Text, default=lambda: "x", index=True),
        sa.Column("area_id", sa.ForeignKey("areas.id")),
        sa.Column("boss_id", sa.ForeignKey("users.id")),
        comment="people",
    )
    sa.Table("areas", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "orders",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.ForeignKey("users.id")),
    )
    return metadata


@pytest.fixture
def engine(companies_hub: Database) -> Any:
    engine = sa.create_engine(companies_hub.url(), poolclass=NullPool)
    yield engine
    engine.dispose()


def test_columns_come_from_a_table_of_the_metadata() -> None:
    metadata = local_tables()
    users = federated_table(companies, "users", metadata)
    assert users.fullname == "companies.users"
    assert is_federated(users)
    assert [column.name for column in users.primary_key] == ["member", "id"]
    assert list(users.c.keys())[:3] == ["member", "id", "name"]
    fetched = {"id", "mood", "upper", "number"}
    assert {column.name for column in users.c if column.server_default is not None} == fetched
    assert all(type(users.c[name].server_default) is sa.FetchedValue for name in fetched)
    assert not any(column.autoincrement for column in users.primary_key)
    assert users.c.number.default is None
    assert users.c.code.default is not None
    assert not users.c.mood.type.native_enum
    assert users.indexes == set()
    assert users.comment is users.c.name.comment is None


def test_foreign_keys_within_the_federation_take_the_member_along() -> None:
    metadata = local_tables()
    orders = federated_table(companies, "orders", metadata)
    assert orders.foreign_key_constraints == set()
    users = federated_table(companies, metadata.tables["users"], metadata)
    [key] = orders.foreign_key_constraints
    assert [(e.parent.name, e.target_fullname) for e in key.elements] == [
        ("member", "companies.users.member"),
        ("user_id", "companies.users.id"),
    ]
    [itself] = users.foreign_key_constraints
    assert itself.referred_table is users
    joined = str(sa.select(orders).join(users))
    assert "companies.users.member = companies.orders.member" in joined


def test_only_the_columns_that_are_joined_are_taken() -> None:
    some = Federation("some", [FederatedTable("users", exclude=["code", "boss_id"], key=["name"])])
    users = federated_table(some, "users", sa.MetaData(), source=local_tables().tables["users"])
    assert [column.name for column in users.primary_key] == ["member", "name"]
    assert not {"code", "boss_id"} & set(users.c.keys())
    with pytest.raises(DeclarationError, match="nothing tells its columns"):
        federated_table(some, "users", sa.MetaData())
    lacking = Federation("some", [FederatedTable("users", exclude=["id"])])
    with pytest.raises(DeclarationError, match='id is not among the columns of "users"'):
        federated_table(lacking, local_tables().tables["users"], sa.MetaData())


def test_columns_of_its_own_are_added_or_stand_for_those_of_the_source() -> None:
    users = federated_table(
        companies,
        "users",
        sa.MetaData(),
        sa.Column("name", sa.Text),
        sa.Column("extra", sa.Integer),
        source=local_tables().tables["users"],
    )
    assert type(users.c.name.type) is sa.Text
    assert "extra" in users.c
    alone = federated_table(
        companies, "orders", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True)
    )
    assert list(alone.c.keys()) == ["member", "id"]
    assert type(alone.c.id.server_default) is sa.FetchedValue


def test_what_cannot_be_a_federation_s_table_is_refused() -> None:
    source = local_tables().tables["users"]
    with pytest.raises(DeclarationError, match='has no table "areas"'):
        federated_table(companies, source.metadata.tables["areas"], sa.MetaData())
    with pytest.raises(DeclarationError, match="its schema is the hub's"):
        federated_table(companies, source, sa.MetaData(), schema="public")
    with pytest.raises(DeclarationError, match="no source of columns"):
        federated_table(companies, "users", sa.MetaData(), source=int)
    named = Federation("companies", ["users"], member_column="name")
    with pytest.raises(DeclarationError, match='a column "name" of its own'):
        federated_table(named, source, sa.MetaData())
    with pytest.raises(DeclarationError, match="declare a primary key"):
        federated_table(companies, "tags", sa.MetaData(), sa.Column("name", sa.Text))


def test_a_domain_and_an_enum_are_sent_as_what_the_hub_has() -> None:
    domain = postgresql.DOMAIN("email", sa.Text())
    source = sa.Table(
        "users",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", domain),
        sa.Column("mood", postgresql.ENUM("good", "bad", name="mood")),
    )
    users = federated_table(companies, source, sa.MetaData())
    statement = sa.select(users.c.id).where(users.c.email == "a", users.c.mood == "good")
    text = str(statement.compile(dialect=postgresql.psycopg.dialect()))
    assert "::email" not in text
    assert "::mood" not in text
    typed = Federation("typed", [FederatedTable("users", enums="type")])
    mood = federated_table(typed, source, sa.MetaData()).c.mood.type
    assert isinstance(mood, postgresql.ENUM)


def test_a_class_writes_what_its_source_does_not_say() -> None:
    class Base(DeclarativeBase):
        pass

    class Users(Base):
        __table_args__ = federated_args(companies, table="users")
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column("full_name")

    table = Users.__table__
    assert isinstance(table, sa.Table)
    assert [column.name for column in table.columns] == ["member", "id", "full_name"]
    assert type(table.c.id.server_default) is sa.FetchedValue

    class Person(Base):
        __tablename__ = "persons"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column("full_name")

    class People(Base):
        __table_args__ = federated_args(
            Federation("other", ["people"]), source=Person, table="people"
        )
        name: Mapped[str] = mapped_column("full_name", sa.String(7))

    assert People.__table__.fullname == "other.people"
    assert People.name.type.length == 7


def test_classes_of_every_style_take_their_columns_from_a_source() -> None:
    source = local_tables().tables["users"]
    wanted = ["member", *source.columns.keys()]
    style = registry()

    @style.mapped
    class Mapped1:
        __table_args__ = federated_args(companies, source=source)

    class Dataclasses(MappedAsDataclass, DeclarativeBase):
        pass

    class Mapped2(Dataclasses):
        __table_args__ = federated_args(companies, source=source)

    class Mixin:
        __table_args__ = federated_args(companies, source=source)

    class Base(DeclarativeBase):
        pass

    class Mapped3(Mixin, Base):
        pass

    for each in (Mapped1, Mapped2, Mapped3):
        assert sa.inspect(each).local_table.columns.keys() == wanted


def test_tables_of_one_member_are_related_as_their_sources() -> None:
    metadata = local_tables()
    users = federated_table(companies, "users", metadata, member="jfk")
    orders = federated_table(companies, "orders", metadata, member="jfk")
    other = federated_table(companies, "orders", metadata, member="lga")
    assert "member" not in users.c
    joined = "companies_jfk_insertable.users.id = companies_jfk_insertable.orders.user_id"
    assert joined in str(sa.select(orders).join(users))
    assert other.foreign_key_constraints == set()


def test_a_class_with_another_name_for_its_table_is_refused() -> None:
    class Base(DeclarativeBase):
        pass

    with pytest.raises(DeclarationError, match="leave __tablename__ out"):

        class Users(Base):
            __tablename__ = "people"
            __table_args__ = federated_args(companies, table="users")
            id: Mapped[int] = mapped_column(primary_key=True)

    class Person(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        member: Mapped[str]

    with pytest.raises(DeclarationError, match='has a column "member" of its own'):
        federated_args(companies, source=Person)
    with pytest.raises(DeclarationError, match="give source="):
        federated_args(companies)


def test_columns_come_from_the_hub(engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    users = federated_table(companies, "users", metadata, autoload_with=engine)
    assert list(users.c.keys()) == ["member", "id", "name", "boss_id", "state", "created_at"]
    assert [column.name for column in users.primary_key] == ["member", "id"]
    with engine.connect() as connection:
        made = sa.insert(users).values(member="jfk", name="x").returning(users.c.id)
        number = connection.scalar(made)
        again = federated_table(companies, "orders", metadata, autoload_with=connection)
        assert isinstance(number, int)
        assert "note" in again.c
        tags = federated_table(companies, "tags", metadata, autoload_with=connection)
        assert [column.name for column in tags.primary_key] == ["member", "name"]
    absent = Federation("absent", ["users"])
    with pytest.raises(CatalogError, match=r"no absent.users; Hub.apply makes it"):
        federated_table(absent, "users", metadata, autoload_with=engine)


def test_nothing_is_sent_to_create_or_drop_them(engine: sa.Engine) -> None:
    metadata = local_tables()
    federated_table(companies, "users", metadata)
    federated_table(companies, "orders", metadata)
    new = Federation("not_there", [FederatedTable("users", enums="type")])
    federated_table(new, "users", metadata)
    copied = sa.MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(copied)
    for each in (metadata, copied):
        ours = [table for table in each.tables.values() if is_federated(table)]
        assert len(ours) == 3
        sent: list[str] = []

        def note(ddl: Any, *_: object, sent: list[str] = sent, **__: object) -> None:
            sent.append(str(ddl.compile(dialect=engine.dialect)))

        mock = sa.create_mock_engine("postgresql+psycopg://", note)
        for table in ours:
            table.create(mock, checkfirst=False)
            table.drop(mock, checkfirst=False)
        assert sent == []
        each.create_all(mock, checkfirst=False)
        each.drop_all(mock, checkfirst=False)
        assert any("CREATE TABLE users" in text for text in sent)
        assert not any("companies" in text or "not_there" in text for text in sent)
        with engine.connect() as connection:
            each.create_all(connection, tables=ours)
            each.drop_all(connection, tables=ours)
            assert sa.inspect(connection).has_table("users", schema="companies")
            connection.rollback()
        assert not foreign_objects(each)
    with pytest.raises(DeclarationError, match=r"Hub\.apply makes it"):
        str(sa.schema.CreateTable(ours[0]).compile(dialect=postgresql.dialect()))


def test_an_ordinary_table_has_no_key_to_a_joined_table() -> None:
    metadata = local_tables()
    users = federated_table(companies, "users", metadata)
    sa.Table(
        "notes",
        metadata,
        sa.Column("member", sa.Text),
        sa.Column("user_id", sa.Integer),
        sa.ForeignKeyConstraint(["member", "user_id"], [users.c.member, users.c.id]),
    )
    mock = sa.create_mock_engine("postgresql+psycopg://", lambda *_, **__: None)
    with pytest.raises(DeclarationError, match="to the federation's table"):
        metadata.create_all(mock, checkfirst=False)


def test_a_hub_is_reached_by_an_engine_or_by_a_connection(engine: sa.Engine) -> None:
    hub = Hub(connectable(engine))
    with hub.session() as session:
        with session.transaction():
            assert session.fetch("SELECT current_setting($1)", ["server_version"])
        [(first,)] = session.fetch("SELECT pg_backend_pid()")
        with hub.session() as other:
            [(second,)] = other.fetch("SELECT pg_backend_pid()")
    assert first != second
    with engine.connect() as connection:
        pid = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        with Hub(connectable(connection)).session() as session:
            assert session.fetch("SELECT pg_backend_pid()") == [(pid,)]
            with session.transaction():
                session.execute("CREATE TABLE mine ()")
        connection.rollback()
        assert not sa.inspect(connection).has_table("mine")
        with Session(connection) as orm, Hub(connectable(orm)).session() as session:
            assert session.fetch("SELECT pg_backend_pid()") == [(pid,)]
    with pytest.raises(CatalogError, match="one of sqlite"):
        connectable(sa.create_engine("sqlite://"))
    with pytest.raises(CatalogError, match="MetaData leads to no hub"):
        connectable(sa.MetaData())


def test_a_hub_knows_engines_by_themselves() -> None:
    [entry] = entry_points(group="exclave.connectables", name="sqlalchemy")
    assert entry.load() is connectable
