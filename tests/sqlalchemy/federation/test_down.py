"""Statements of SQLAlchemy while members are down, over every driver."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import NullPool

from exclave.errors import DeclarationError, MembersDownError, QueryError
from exclave.federation import Hub
from exclave.federation.health import Completeness, Policy
from exclave.sqlalchemy import completeness, federate, federated_args, federated_table
from exclave.sqlalchemy.federation.connectable import connectable

from .conftest import MEMBERS, Made, companies

T = TypeVar("T")


class Base(DeclarativeBase):
    pass


class Orders(Base):
    __table_args__ = federated_args(companies, table="orders")
    member: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str | None]


class Tags(Base):
    __table_args__ = federated_args(companies, table="tags")
    name: Mapped[str] = mapped_column(primary_key=True)


NOTES = select(Orders.member, Orders.note).where(Orders.note.like("100%")).order_by(Orders.member)


@pytest.fixture(scope="module", autouse=True)
def kept(made: Made) -> None:
    """A row at each member, which the hub keeps, and one more that it does not."""
    for slug, database in made.members.items():
        with database.connect() as connection:
            connection.execute("INSERT INTO orders (note) VALUES ('100%% ' || %s)", [slug])
            connection.execute("INSERT INTO tags VALUES (%s)", [slug])
    hub = Hub(made.database.dsn, owner=made.owner)
    hub.refresh(made.federation)
    hub.close()
    for database in made.members.values():
        with database.connect() as connection:
            connection.execute("INSERT INTO orders (note) VALUES ('100 new')")


@pytest.fixture
def hub(made: Made) -> Iterator[Hub]:
    """The hub, by sessions of its own."""
    hub = Hub(made.database.dsn, owner=made.owner)
    hub.policy = Policy(timeout_seconds=1.0, remember_seconds=0.0)
    yield hub
    hub.close()


class Program:
    """A program that uses an engine; what it does is rolled back."""

    def __init__(self, made: Made, driver: str) -> None:
        self.is_async = driver == "asyncpg"
        url = made.database.url(driver=driver)
        make: Any = create_async_engine if self.is_async else sa.create_engine
        self.engine = make(url, poolclass=NullPool)

    def session(self, work: Callable[[Session], T]) -> T:
        if not self.is_async:
            with Session(self.engine) as session:
                return work(session)

        async def asynchronously() -> T:
            async with self.engine.connect() as connection:
                return await connection.run_sync(lambda bind: work(Session(bind)))

        return asyncio.run(asynchronously())


@pytest.fixture(params=["psycopg", "psycopg2", "asyncpg"])
def program(made: Made, request: pytest.FixtureRequest) -> Program:
    return Program(made, request.param)


@pytest.fixture
def psycopg_program(made: Made) -> Program:
    return Program(made, "psycopg")


def members_in(session: Session, statement: Any = NOTES, **options: Any) -> Any:
    """Give the members of a statement's rows, and what is said of them."""
    result = session.execute(statement, execution_options=options)
    return {row.member for row in result.all()}, completeness(result)


def test_a_member_that_is_down_is_named(program: Program, hub: Hub, made: Made) -> None:
    federate(program.engine, hub, companies)

    def failing(session: Session) -> None:
        with pytest.raises(MembersDownError, match='member "lga" is down: refused') as caught:
            session.execute(NOTES)
        assert list(caught.value.members) == ["lga"]
        assert isinstance(caught.value.__cause__, Exception)

    def working(session: Session) -> Any:
        return members_in(session, NOTES.where(Orders.member.in_(["ewr", "jfk"])))

    with made.ways["lga"].refuse():
        program.session(failing)
        assert program.session(working) == ({"ewr", "jfk"}, Completeness(("ewr", "jfk")))
    assert program.session(members_in) == (set(MEMBERS), Completeness(MEMBERS))


def test_a_member_that_is_down_is_left_out(program: Program, hub: Hub, made: Made) -> None:
    federate(program.engine, hub, companies, down="skip")

    def work(session: Session) -> None:
        with made.ways["jfk"].refuse():
            found, told = members_in(session)
            assert found == {"ewr", "lga"}
            assert told.members == ("ewr", "lga")
            assert list(told.missing) == ["jfk"]
            assert not told.complete
            objects = session.scalars(select(Orders).order_by(Orders.member))
            assert {each.member for each in objects} == {"ewr", "lga"}
            assert completeness(objects).missing.keys() == {"jfk"}
            with pytest.raises(MembersDownError, match='"jfk" is down'):
                session.execute(NOTES, execution_options={"exclave_down": "raise"})
            session.rollback()
        assert members_in(session) == (set(MEMBERS), Completeness(MEMBERS))

    program.session(work)


def test_a_silent_member_is_left_out(psycopg_program: Program, hub: Hub, made: Made) -> None:
    federate(psycopg_program.engine, hub, companies, down="skip")
    with made.ways["jfk"].silence():
        found, told = psycopg_program.session(members_in)
    assert found == {"ewr", "lga"}
    assert "silent" in told.missing["jfk"]


def test_the_last_known_rows_stand_for_those_of_a_member(
    program: Program, hub: Hub, made: Made
) -> None:
    federate(program.engine, hub, companies)

    def work(session: Session) -> None:
        options = {"exclave_down": "stale"}
        with made.ways["ewr"].refuse():
            result = session.execute(NOTES, execution_options=options)
            rows = [tuple(row) for row in result]
            assert ("ewr", "100% ewr") in rows
            assert ("ewr", "100 new") not in rows
            assert ("jfk", "100 new") in rows
            told = completeness(result)
            assert told.stale["ewr"].total_seconds() > 0
            assert told.missing == {}
            with pytest.raises(MembersDownError, match="no last known rows of tags"):
                session.execute(select(Tags), execution_options=options)

    program.session(work)


def test_members_that_a_statement_excludes_are_not_asked(program: Program, made: Made) -> None:
    def work(session: Session) -> None:
        for number in range(12):  # also when drivers have prepared it
            slug = MEMBERS[number % 2]
            assert len(session.scalars(select(Orders).where(Orders.member == slug)).all()) == 2
            assert len(session.scalars(select(Orders).where(Orders.member.in_([slug]))).all()) == 2
        chosen = sa.tuple_(Orders.member, Orders.note).in_([("ewr", "100% ewr"), ("jfk", "x")])
        assert len(session.scalars(select(Orders).where(chosen)).all()) == 1

    with made.ways["lga"].refuse():
        program.session(work)


def test_a_hub_works_within_the_program_s_transaction(program: Program, made: Made) -> None:
    def work(session: Session) -> None:
        hub = Hub(session.connection(), owner=made.owner)
        assert [member.slug for member in hub.members(companies)] == list(MEMBERS)
        assert not hub.apply(made.federation)
        assert {health.reason for health in hub.probe(companies).values()} == {None}
        found = hub.query("SELECT member FROM companies.orders", federation=companies)
        assert {member for (member,) in found} == set(MEMBERS)
        hub.insert(companies, "orders", [{"member": "jfk", "note": "undone"}])
        undone = select(Orders).where(Orders.note == "undone")
        assert len(session.scalars(undone).all()) == 1
        session.rollback()
        assert session.scalars(undone).all() == []

    program.session(work)


def test_a_statement_of_text_is_restricted_too(program: Program, hub: Hub, made: Made) -> None:
    federate(program.engine, hub, companies, down="skip")

    def work(session: Session) -> None:
        written = text("SELECT member FROM companies.orders WHERE note LIKE :like AND id % 1 = 0")
        driver = "SELECT member FROM companies.orders WHERE note <> '%'"
        with made.ways["lga"].refuse():
            result = session.execute(written, {"like": "100%"})
            assert {row.member for row in result} == {"ewr", "jfk"}
            plain = session.connection().exec_driver_sql(
                driver, execution_options={"no_parameters": True}
            )
            assert {row.member for row in plain} == {"ewr", "jfk"}
            assert completeness(plain).missing.keys() == {"lga"}
            with pytest.raises((QueryError, DeclarationError)):
                session.execute(text("SELECT * FROM companies.orders FOR UPDATE"))

    program.session(work)


@pytest.mark.parametrize("earlier", [False, True], ids=["first", "later"])
def test_rows_may_be_streamed(program: Program, hub: Hub, made: Made, earlier: bool) -> None:
    federate(program.engine, hub, companies, down="skip")

    def work(session: Session) -> None:
        if earlier:
            session.execute(text("SELECT 1"))
        with made.ways["jfk"].refuse():
            found, told = members_in(session, stream_results=True, yield_per=1)
        assert found == {"ewr", "lga"}
        assert told.missing.keys() == {"jfk"}

    program.session(work)


def test_statements_that_write_are_sent_as_they_are(
    psycopg_program: Program, hub: Hub, made: Made
) -> None:
    federate(psycopg_program.engine, hub, companies, down="skip")

    def work(session: Session) -> None:
        with made.ways["lga"].refuse():
            order = Orders(member="jfk", note="written")
            session.add(order)
            session.flush()
            assert order.id is not None
            assert members_in(session)[0] == {"ewr", "jfk"}
            asked = {"exclave_down": "skip"}
            with pytest.raises(DeclarationError, match="writes to"):
                session.execute(sa.delete(Orders), execution_options=asked)
            session.rollback()
            with pytest.raises(MembersDownError, match='"lga" is down'):
                session.execute(sa.delete(Orders))

    psycopg_program.session(work)


@contextmanager
def lost_in_mid_query(made: Made, slug: str) -> Iterator[None]:
    """Break the connection to a member while a statement waits for it, and let none in."""
    database, way = made.members[slug], made.ways[slug]
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass"
    failures: list[BaseException] = []

    def watch() -> None:
        try:
            with database.connect() as connection:
                end = time.monotonic() + 60
                while connection.execute(waiting.encode()).fetchone() == (0,):
                    assert time.monotonic() < end, "no statement came to wait"
            way.refuse()
        except BaseException as error:  # noqa: BLE001 - raised where the test sees it
            failures.append(error)

    with database.connect(autocommit=False) as connection:
        connection.execute("LOCK TABLE orders")
        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            thread.join()
            way.pass_through()
    assert failures == []


@pytest.mark.parametrize("earlier", [False, True], ids=["first", "later"])
def test_a_member_that_goes_down_in_mid_query_is_left_out(
    program: Program, hub: Hub, made: Made, earlier: bool
) -> None:
    hub.policy = Policy(timeout_seconds=20.0, remember_seconds=60.0)
    federate(program.engine, hub, companies, down="skip")

    def work(session: Session) -> None:
        if earlier:
            session.execute(text("SET LOCAL exclave.test = 'kept'"))
            chosen = select(Tags).cte("chosen")
            session.execute(select(chosen))
        with lost_in_mid_query(made, "jfk"):
            found, told = members_in(session)
        assert found == {"ewr", "lga"}
        assert told.missing.keys() == {"jfk"}
        kept = session.scalar(text("SELECT current_setting('exclave.test', true)"))
        assert (kept == "kept") is earlier

    program.session(work)


def test_nothing_is_sent_again_after_a_write(
    psycopg_program: Program, hub: Hub, made: Made
) -> None:
    hub.policy = Policy(timeout_seconds=20.0, remember_seconds=60.0)
    federate(psycopg_program.engine, hub, companies, down="skip")

    def work(session: Session) -> None:
        session.add(Orders(member="ewr", note="written"))
        session.flush()
        refused = pytest.raises(MembersDownError, match="may have written before")
        with lost_in_mid_query(made, "jfk"), refused:
            session.execute(NOTES)
        session.rollback()

    psycopg_program.session(work)


def test_a_statement_that_waits_for_a_silent_member_is_given_up(
    psycopg_program: Program, hub: Hub, made: Made
) -> None:
    hub.policy = Policy(timeout_seconds=1.0, remember_seconds=60.0)
    federate(psycopg_program.engine, hub, companies, down="skip")
    assert psycopg_program.session(members_in)[0] == set(MEMBERS)  # and is remembered

    def work(session: Session) -> Any:
        with made.ways["lga"].silence():
            return members_in(session)

    found, told = psycopg_program.session(work)
    assert found == {"ewr", "jfk"}
    assert told.missing.keys() == {"lga"}


def test_sessions_engines_and_statements_choose_for_themselves(made: Made, hub: Hub) -> None:
    engine = Program(made, "psycopg").engine
    make = sessionmaker(engine)
    federate(make, hub, companies, down="skip")
    with made.ways["lga"].refuse():
        with make() as session:
            assert members_in(session)[0] == {"ewr", "jfk"}
            assert members_in(session, exclave_down="stale")[0] == set(MEMBERS)
            written = text("SELECT member FROM companies.orders")
            assert members_in(session, written)[0] == {"ewr", "jfk"}
        with Session(engine) as session, pytest.raises(MembersDownError):
            session.execute(NOTES)
        with Session(engine.execution_options(exclave_down="skip")) as session:
            assert members_in(session)[0] == {"ewr", "jfk"}
            session.execute(sa.update(Orders).where(Orders.member == "jfk").values(note="x"))


def test_a_role_that_may_only_use_the_joined_tables_can_do_all_of_this(made: Made) -> None:
    engine = sa.create_engine(made.database.url(user=made.writer, password="w"), poolclass=NullPool)
    hub = Hub(connectable(engine), owner=made.owner)
    hub.policy = Policy(timeout_seconds=1.0, remember_seconds=0.0)
    federate(engine, hub, companies, down="skip")
    orders = federated_table(companies, "orders", sa.MetaData(), autoload_with=engine)
    assert [column.name for column in orders.primary_key] == ["member", "id"]
    with Session(engine) as session:
        order = Orders(member="jfk", note="by a writer")
        session.add(order)
        session.flush()
        order.note = "changed by a writer"
        session.flush()
        session.refresh(order)
        session.delete(order)
        session.rollback()
    with made.ways["ewr"].refuse(), Session(engine) as session:
        assert members_in(session)[0] == {"jfk", "lga"}
        assert members_in(session, exclave_down="stale")[1].stale.keys() == {"ewr"}
        with pytest.raises(MembersDownError, match='"ewr" is down'):
            session.execute(NOTES, execution_options={"exclave_down": "raise"})
    hub.close()


def test_a_hub_is_the_engine_s_own_too(made: Made) -> None:
    engine = Program(made, "psycopg").engine
    hub = Hub(connectable(engine), owner=made.owner)
    hub.policy = Policy(timeout_seconds=1.0, remember_seconds=0.0)
    federate(engine, hub, down="skip")
    with made.ways["lga"].refuse(), Session(engine) as session:
        assert members_in(session)[0] == {"ewr", "jfk"}
    hub.close()


def test_what_cannot_be_prepared_is_refused(made: Made, hub: Hub) -> None:
    with pytest.raises(DeclarationError, match="has no engine"):
        federate(sessionmaker(), hub, companies)
    engine = Program(made, "psycopg").engine
    with pytest.raises(DeclarationError, match="down must be one of"):
        federate(engine, hub, companies, down="ignore")  # type: ignore[arg-type]
    federate(engine, hub, companies)
    with pytest.raises(DeclarationError, match="do it once"):
        federate(engine, hub, companies)
    with engine.connect() as connection, pytest.raises(DeclarationError, match="is not known"):
        completeness(connection.execute(text("SELECT 1")))
