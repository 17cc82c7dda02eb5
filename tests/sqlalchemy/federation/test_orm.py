"""Classes on joined tables work with the unit of work, over every driver."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.pool import NullPool

from exclave.cluster import Database
from exclave.errors import MembershipError
from exclave.sqlalchemy import allow_many_members, federated_args, federated_table

from .conftest import companies

T = TypeVar("T")


class Base(DeclarativeBase):
    pass


class User(Base):
    """As at a member."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(30))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column("state", server_default="new")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None]
    code: Mapped[uuid.UUID] = mapped_column(server_default=func.gen_random_uuid())
    remark: Mapped[str | None] = mapped_column(server_default="none")


class Tag(Base):
    __tablename__ = "tags"
    name: Mapped[str] = mapped_column(primary_key=True)


order_tags = sa.Table(
    "order_tags",
    Base.metadata,
    sa.Column("order_id", sa.ForeignKey("orders.id"), primary_key=True),
    sa.Column("tag", sa.ForeignKey("tags.name"), primary_key=True),
)


class Users(Base):
    __table_args__ = federated_args(companies, source=User)
    member: Mapped[str]
    id: Mapped[int]
    name: Mapped[str]
    boss: Mapped[Users | None] = relationship(
        remote_side=lambda: Users.id, back_populates="reports"
    )
    reports: Mapped[list[Users]] = relationship(back_populates="boss", order_by="Users.name")
    orders: Mapped[list[Orders]] = relationship(
        back_populates="user", foreign_keys="Orders.user_id", order_by="Orders.id"
    )


class Orders(Base):
    __table_args__ = federated_args(companies, source=Order)
    member: Mapped[str]
    user: Mapped[Users | None] = relationship(
        back_populates="orders", foreign_keys=lambda: [Orders.user_id]
    )
    checker: Mapped[Users | None] = relationship(foreign_keys="Orders.checker_id")
    tags: Mapped[list[Tags]] = relationship(
        secondary=lambda: federated_order_tags, back_populates="orders", order_by="Tags.name"
    )


class Tags(Base):
    __table_args__ = federated_args(companies, Tag)
    orders: Mapped[list[Orders]] = relationship(
        secondary=lambda: federated_order_tags, back_populates="tags"
    )


federated_order_tags = federated_table(companies, order_tags, Base.metadata)


class Hub:
    """The hub over one driver; what was done with it is rolled back."""

    def __init__(self, database: Database, driver: str) -> None:
        self._url = database.url(driver=driver)
        self._driver = driver

    def run(self, work: Callable[[sa.Connection], T]) -> T:
        if self._driver != "asyncpg":
            engine = sa.create_engine(self._url, poolclass=NullPool)
            with engine.connect() as connection:
                return work(connection)

        async def asynchronously() -> T:
            engine = create_async_engine(self._url, poolclass=NullPool)
            async with engine.connect() as connection:
                return await connection.run_sync(work)

        return asyncio.run(asynchronously())

    def session(self, work: Callable[[Session], T]) -> T:
        def within(connection: sa.Connection) -> T:
            connection.begin()  # and nobody commits it
            connection.execute(sa.text("SET LOCAL exclave.write_members = many"))
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                return work(session)

        return self.run(within)


@pytest.fixture(params=["psycopg", "psycopg2", "asyncpg"])
def hub(companies_hub: Database, request: pytest.FixtureRequest) -> Hub:
    return Hub(companies_hub, request.param)


@pytest.fixture
def psycopg_hub(companies_hub: Database) -> Hub:
    return Hub(companies_hub, "psycopg")


def hire(session: Session) -> None:
    """Put a boss with two people at each member, with the same ids and two orders each."""
    for slug in ("ewr", "jfk", "lga"):
        boss = Users(member=slug, id=1, name=f"boss of {slug}")
        for number in (2, 3):
            user = Users(id=number, name=f"{slug} {number}", boss=boss)
            user.orders = [Orders(note=f"{slug} {number} {each}") for each in "ab"]
            user.orders[0].tags = [Tags(name=f"t{number}")]
        session.add(boss)
    session.commit()
    session.expunge_all()


def test_a_class_has_the_source_s_columns_after_the_member() -> None:
    table = Users.__table__
    assert isinstance(table, sa.Table)
    assert table.fullname == "companies.users"
    assert [column.name for column in table.columns] == [
        "member", "id", "name", "boss_id", "state", "created_at",
    ]  # fmt: skip
    assert [column.name for column in table.primary_key] == ["member", "id"]
    assert Users.status.property.columns[0].name == "state"
    assert set(Users.__mapper__.columns.keys()) >= {"member", "status", "created_at"}


def test_each_of_many_objects_gets_its_own_key(hub: Hub) -> None:
    slugs = ["ewr", "jfk", "lga"] * 34
    random.Random(7).shuffle(slugs)

    def work(session: Session) -> Any:
        users = [Users(member=slug, name=f"{number}") for number, slug in enumerate(slugs[:100])]
        session.add_all(users)
        session.flush()
        given = {(user.member, user.name): user.id for user in users}
        assert all(user.status == "new" for user in users)
        session.expunge_all()
        found = session.scalars(select(Users)).all()
        return given, {(user.member, user.name): user.id for user in found}

    given, found = hub.session(work)
    assert given == found
    assert len({(member, id_) for (member, _), id_ in given.items()}) == 100
    assert len(set(given.values())) < 100


def test_batches_never_mix_up_the_keys_of_members(hub: Hub) -> None:
    slugs = ["ewr", "jfk", "lga"] * 10
    random.Random(3).shuffle(slugs)
    rows = [{"member": slug, "name": str(number)} for number, slug in enumerate(slugs)]
    key = (Users.member, Users.id)
    table = Users.__table__
    assert isinstance(table, sa.Table)
    columns = (table.c.member, table.c.id)

    def work(session: Session) -> None:
        by_statement = session.execute(
            sa.insert(Users).returning(*key, sort_by_parameter_order=True), rows
        ).all()
        by_core = session.execute(
            sa.insert(table).returning(*columns, sort_by_parameter_order=True), rows
        ).all()
        by_objects = session.scalars(
            sa.insert(Users).returning(Users, sort_by_parameter_order=True), rows
        ).all()
        saved = [Users(**row) for row in rows]
        session.bulk_save_objects(saved, return_defaults=True)
        names = {(m, id_): name for m, id_, name in session.execute(select(*key, Users.name))}
        assert len(names) == 4 * len(rows)
        for keys in (
            by_statement,
            by_core,
            [(user.member, user.id) for user in by_objects],
            [(user.member, user.id) for user in saved],
        ):
            assert [names[member, id_] for member, id_ in keys] == [row["name"] for row in rows]

    hub.session(work)


def test_keys_may_be_given_or_left_to_the_member_in_one_flush(psycopg_hub: Hub) -> None:
    def work(session: Session) -> Any:
        users = [
            Users(member="ewr", id=1, name="a", status="old", created_at=dt.datetime(2020, 1, 1)),
            Users(member="jfk", name="b"),
            Users(member="jfk", id=1, name="c", status="old", created_at=dt.datetime(2020, 1, 1)),
            Users(member="ewr", name="d"),
        ]
        session.add_all(users)
        session.flush()
        given = {user.name: (user.member, user.id, user.status) for user in users}
        session.expire_all()
        assert given == {user.name: (user.member, user.id, user.status) for user in users}
        return given

    given = psycopg_hub.session(work)
    assert given["a"] == ("ewr", 1, "old")
    assert given["c"] == ("jfk", 1, "old")
    assert given["b"][2] == given["d"][2] == "new"


def test_what_a_member_generates_comes_back_and_null_is_not_left_out(hub: Hub) -> None:
    def work(session: Session) -> None:
        orders = [Orders(member=slug, note=slug) for slug in ("ewr", "jfk", "lga", "jfk")]
        empty = Orders(member="jfk", remark=sa.null())
        given = Orders(member="jfk", code=uuid.UUID(int=7), remark="mine")
        session.add_all([*orders, empty, given])
        session.flush()
        assert len({order.code for order in orders}) == 4
        assert {order.remark for order in orders} == {"none"}
        assert (empty.remark, given.remark, given.code.int) == (None, "mine", 7)
        session.expire_all()
        assert [order.note for order in orders] == ["ewr", "jfk", "lga", "jfk"]
        assert (empty.remark, given.remark, given.code.int) == (None, "mine", 7)

    hub.session(work)


def test_a_constraint_that_fails_at_a_member_s_commit_is_reported_as_it_is(hub: Hub) -> None:
    def work(connection: sa.Connection) -> int | None:
        with Session(connection) as session:
            session.add(Orders(member="jfk", note="deferred", checker_id=4711))
            session.flush()
            with pytest.raises(sa.exc.DBAPIError, match="orders_checker_id_fkey") as caught:
                session.commit()
            state = caught.value.orig
            assert "23503" in (getattr(state, "sqlstate", ""), getattr(state, "pgcode", ""))
            session.rollback()
            return session.scalar(select(func.count()).where(Orders.note == "deferred"))

    assert hub.run(work) == 0


def test_a_second_member_has_to_be_allowed(hub: Hub) -> None:
    def work(connection: sa.Connection) -> None:
        with Session(connection) as session:
            session.add_all([Users(member="ewr", name="a"), Users(member="jfk", name="b")])
            with pytest.raises(sa.exc.DBAPIError, match="ewr"):
                session.flush()
            session.rollback()
            allow_many_members(session)
            session.add_all([Users(member="ewr", name="a"), Users(member="jfk", name="b")])
            session.flush()
            session.rollback()

    hub.run(work)


def test_objects_are_updated_refreshed_merged_and_deleted(hub: Hub) -> None:
    def work(session: Session) -> None:
        hire(session)
        one = session.get_one(Users, ("jfk", 2))
        assert one.name == "jfk 2"
        one.name = "other"
        session.flush()
        session.refresh(one)
        assert one.name == "other"
        assert session.get_one(Users, {"member": "lga", "id": 2}).name == "lga 2"
        merged = session.merge(Users(member="jfk", id=2, name="merged"))
        assert merged is one
        session.flush()
        session.expire_all()
        assert one.name == "merged"
        new = session.merge(Users(member="ewr", id=9, name="new", status="s"))
        session.flush()
        session.delete(new)
        session.delete(session.get_one(Users, ("jfk", 3)))
        session.commit()
        names = session.scalars(select(Users.name).order_by(Users.member, Users.id)).all()
        assert "new" not in names
        assert "jfk 3" not in names
        assert "lga 3" in names
        orphans = session.scalars(select(Orders).where(Orders.user_id.is_(None))).all()
        assert {order.member for order in orphans} == {"jfk"}
        assert len(orphans) == 2

    hub.session(work)


@pytest.mark.parametrize("load", [None, selectinload, joinedload], ids=["lazy", "selectin", "join"])
def test_relationships_stay_within_a_member(hub: Hub, load: Any) -> None:
    def work(session: Session) -> Any:
        hire(session)
        query = select(Users).where(Users.boss_id.is_not(None)).order_by(Users.member, Users.id)
        if load is not None:
            query = query.options(load(Users.orders).options(load(Orders.tags)), load(Users.boss))
        return [
            (
                user.boss and user.boss.name,
                [order.note for order in user.orders],
                [tag.name for order in user.orders for tag in order.tags],
            )
            for user in session.scalars(query).unique()
        ]

    assert hub.session(work) == [
        (f"boss of {slug}", [f"{slug} {number} a", f"{slug} {number} b"], [f"t{number}"])
        for slug in ("ewr", "jfk", "lga")
        for number in (2, 3)
    ]


def test_a_join_between_two_classes_is_on_the_member_too(psycopg_hub: Hub) -> None:
    def work(session: Session) -> Any:
        hire(session)
        query = (
            select(Users.member, func.count())
            .join(Users.orders)
            .group_by(Users.member)
            .order_by(Users.member)
        )
        other = select(func.count()).select_from(Orders).join(Orders.user.of_type(aliased(Users)))
        return [tuple(row) for row in session.execute(query)], session.scalar(other)

    assert psycopg_hub.session(work) == ([("ewr", 4), ("jfk", 4), ("lga", 4)], 12)


def test_an_object_that_is_put_to_another_belongs_to_its_member() -> None:
    user = Users(member="jfk", name="a")
    order = Orders(user=user)
    assert order.member == "jfk"
    later = Users(name="b", orders=[Orders(), Orders(tags=[Tags(name="x")])])
    later.member = "lga"
    assert [each.member for each in later.orders] == ["lga", "lga"]
    assert later.orders[1].tags[0].member == "lga"


def test_objects_of_two_members_are_not_put_together() -> None:
    user = Users(member="jfk", name="a")
    with pytest.raises(MembershipError, match=r"belongs to member 'lga', and Users to 'jfk'"):
        Orders(member="lga", user=user)
    with pytest.raises(MembershipError, match="only rows of one member"):
        user.orders.append(Orders(member="lga"))
    order = Orders()
    user.orders.append(order)
    with pytest.raises(MembershipError, match="belongs to 'jfk'"):
        order.member = "lga"


def test_a_relation_ends_without_touching_the_member(psycopg_hub: Hub) -> None:
    def work(session: Session) -> None:
        hire(session)
        user = session.get_one(Users, ("jfk", 2))
        first, second = user.orders
        first.user = None
        user.orders.remove(second)
        session.flush()
        session.expire_all()
        assert (first.member, first.user_id, second.user_id) == ("jfk", None, None)
        first.checker = user
        first.tags = []
        session.flush()
        session.expire_all()
        assert first.checker is user
        assert first.tags == []

    psycopg_hub.session(work)


def test_the_member_of_a_row_never_changes(psycopg_hub: Hub) -> None:
    def work(session: Session) -> None:
        hire(session)
        user = session.get_one(Users, ("jfk", 2))
        with pytest.raises(MembershipError, match="which never changes"):
            user.member = "lga"
        session.expire(user)
        with pytest.raises(MembershipError, match="belongs to member 'jfk'"):
            user.member = "lga"
        user.member = "jfk"

    psycopg_hub.session(work)


def test_rows_of_many_members_are_changed_by_one_statement(psycopg_hub: Hub) -> None:
    def work(session: Session) -> None:
        hire(session)
        session.execute(sa.update(Users).where(Users.id == 2).values(name=Users.name + "!"))
        session.execute(sa.delete(Orders).where(Orders.member == "ewr", ~Orders.tags.any()))
        assert session.scalar(select(func.count()).where(Users.name.like("%!"))) == 3
        assert session.scalar(select(func.count(Orders.id))) == 10

    psycopg_hub.session(work)


def test_what_a_member_refuses_is_an_error_of_its_kind(psycopg_hub: Hub) -> None:
    def work(session: Session) -> None:
        hire(session)
        with pytest.raises(sa.exc.IntegrityError):
            session.execute(sa.delete(Users).where(Users.member == "ewr"))

    psycopg_hub.session(work)


def test_a_savepoint_that_is_rolled_back_leaves_nothing(psycopg_hub: Hub) -> None:
    def work(session: Session) -> Any:
        session.add(Users(member="jfk", name="kept"))
        session.flush()
        savepoint = session.begin_nested()
        session.add(Users(member="jfk", name="gone"))
        session.flush()
        savepoint.rollback()
        return session.scalars(select(Users.name)).all()

    assert psycopg_hub.session(work) == ["kept"]


def locking() -> list[Any]:
    users = Users.__table__
    subquery = select(Users.id, Users.name).subquery()
    return [
        select(Users).with_for_update(),
        select(users).with_for_update(read=True),
        select(aliased(Users)).with_for_update(skip_locked=True),
        select(User).join(Users, Users.id == User.id).with_for_update(),
        select(User, Users).where(Users.id == User.id).with_for_update(of=Users),
        select(subquery).with_for_update(),
        select(select(User.id).where(User.id.in_(select(users.c.id).with_for_update())).subquery()),
    ]


@pytest.mark.parametrize("number", range(7))
def test_rows_of_joined_tables_are_not_locked(number: int) -> None:
    from sqlalchemy.dialects import postgresql

    with pytest.raises(CompileError, match=r'"companies.users" .* does not lock at their members'):
        locking()[number].compile(dialect=postgresql.dialect())


def test_other_rows_are_locked_beside_joined_tables() -> None:
    from sqlalchemy.dialects import postgresql

    for statement in (
        select(User, Users).where(Users.id == User.id).with_for_update(of=User),
        select(User).where(User.id.in_(select(Users.id))).with_for_update(),
    ):
        assert "FOR UPDATE" in str(statement.compile(dialect=postgresql.dialect()))


def test_sessions_lock_nothing_either(psycopg_hub: Hub) -> None:
    def work(session: Session) -> None:
        hire(session)
        user = session.get_one(Users, ("jfk", 2))
        with pytest.raises(CompileError):
            session.refresh(user, with_for_update=True)
        with pytest.raises(CompileError):
            session.get(Users, ("jfk", 3), with_for_update=True)

    psycopg_hub.session(work)


def test_on_conflict_is_refused_for_joined_tables_alone() -> None:
    from sqlalchemy.dialects import postgresql

    for made in (
        insert(Users).on_conflict_do_nothing(),
        insert(Users.__table__).on_conflict_do_update(index_elements=["id"], set_={"name": "a"}),
    ):
        with pytest.raises(CompileError, match="ON CONFLICT is not sent"):
            made.compile(dialect=postgresql.dialect())
    text = str(insert(User).on_conflict_do_nothing().compile(dialect=postgresql.dialect()))
    assert text.endswith("ON CONFLICT DO NOTHING")


def test_a_member_s_own_table_has_no_member_column(psycopg_hub: Hub) -> None:
    class Local(DeclarativeBase):
        pass

    class JfkUser(Local):
        __table_args__ = federated_args(companies, source=User, member="jfk")

    table = JfkUser.__table__
    assert isinstance(table, sa.Table)
    assert table.fullname == "companies_jfk_insertable.users"

    def work(session: Session) -> Any:
        user = JfkUser(name="own")
        session.add(user)
        session.flush()
        joined = session.execute(select(Users.member, Users.id)).one()
        return (tuple(joined), user.id)

    joined, number = psycopg_hub.session(work)
    assert joined == ("jfk", number)
