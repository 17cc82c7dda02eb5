"""The joined users with SQLAlchemy: a table taken from the hub, and a class on it."""

from __future__ import annotations

from sqlalchemy import Connection, MetaData, Table, insert, select
from sqlalchemy.orm import DeclarativeBase, Session

import exclave as xc
from exclave.sqlalchemy import federated_table


def users_of(federation: xc.Federation, connection: Connection) -> Table:
    """Take the joined table's columns from the hub."""
    return federated_table(federation, "auth_user", MetaData(), autoload_with=connection)


def all_users(users: Table, connection: Connection) -> list[tuple]:
    """The article's first query: everybody, everywhere."""
    rows = connection.execute(select(users.c.username).order_by(users.c.username))
    return [tuple(row) for row in rows]


def users_with_company(users: Table, connection: Connection) -> list[tuple]:
    """Its second: everybody, with the company; the member column tells it."""
    chosen = select(users.c.member, users.c.id, users.c.username)
    rows = connection.execute(chosen.order_by(users.c.username, users.c.member))
    return [tuple(row) for row in rows]


def insert_user(users: Table, connection: Connection, company: str, **values: object) -> int:
    """Its third: a new user at one company, whose own sequence gives the id."""
    made = insert(users).values(member=company, **values).returning(users.c.id)
    return connection.execute(made).scalar_one()


def rename_user(users: Table, session: Session, company: str, username: str, name: str) -> None:
    """Beyond the article: a class on the joined table, loaded, changed and flushed."""

    class Base(DeclarativeBase):
        metadata = users.metadata

    class User(Base):
        __table__ = users

    found = session.scalars(
        select(User).where(users.c.member == company, users.c.username == username)
    ).one()
    found.first_name = name
    session.flush()
