"""Statements of SQLAlchemy over joined tables: Core and ORM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    foreign,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    """The classes of this module."""


class User(Base):
    """A user of any member."""

    __tablename__ = "users"
    __table_args__ = {"schema": "fed"}  # noqa: RUF012

    member: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str | None]
    age: Mapped[int | None]
    orders: Mapped[list[Order]] = relationship(
        primaryjoin=lambda: sa.and_(
            foreign(Order.member) == User.member, foreign(Order.user_id) == User.id
        ),
        viewonly=True,
        order_by=lambda: Order.id,
    )

    def __repr__(self) -> str:
        return f"User({self.member}, {self.id}, {self.name}, {self.age})"


class Order(Base):
    """An order at any member."""

    __tablename__ = "orders"
    __table_args__ = {"schema": "fed"}  # noqa: RUF012

    member: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int]
    amount: Mapped[int]

    def __repr__(self) -> str:
        return f"Order({self.member}, {self.id}, {self.amount})"


class LocalUser(Base):
    """A table of the hub that has the name of a joined one."""

    __table__ = sa.Table(
        "users",
        Base.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("age", sa.Integer),
        schema="local",
    )


users = User.__table__
orders = Order.__table__


def orders_of(members: Sequence[str]) -> sa.Select[Any]:
    """Give a query of the orders of some members with their users' names."""
    return (
        sa.select(Order, User.name)
        .join(User, (User.member == Order.member) & (User.id == Order.user_id))
        .where(Order.member.in_(members), User.member.in_(members))
    )


def _loaded(session: Session, option: Any) -> list[Any]:
    found = session.scalars(sa.select(User).options(option).order_by(User.member, User.id))
    return [(user, list(user.orders)) for user in found.unique()]


def _chain(session: Session) -> list[Any]:
    first = sa.select(User.member, User.id, sa.literal(1).label("depth")).where(User.id == 1)
    chain = first.cte("chain", recursive=True)
    further = sa.select(User.member, User.id, chain.c.depth + 1).where(
        User.member == chain.c.member, User.id == chain.c.id + 1
    )
    return list(session.execute(sa.select(chain.union_all(further))))


def _correlated(session: Session) -> list[Any]:
    most = (
        sa.select(sa.func.max(Order.amount))
        .where(Order.user_id == User.id, Order.member == User.member)
        .scalar_subquery()
    )
    return list(session.execute(sa.select(User.name, most.label("most"))))


def _lateral(session: Session) -> list[Any]:
    last = (
        sa.select(Order.id, Order.amount)
        .where(Order.member == User.member)
        .order_by(Order.amount.desc(), Order.id)
        .limit(1)
        .lateral("last")
    )
    return list(session.execute(sa.select(User.id, last.c.amount).join(last, sa.true())))


def _pages(session: Session) -> list[Any]:
    query = sa.select(User).order_by(User.member, User.id).limit(4).offset(1).subquery()
    page = aliased(User, query)
    return list(session.execute(sa.select(page, Order).outerjoin(Order, Order.user_id == page.id)))


STATEMENTS: dict[str, Callable[[Session], Any]] = {
    "core": lambda s: s.execute(users.select().where(users.c.age > 20)),
    "core join": lambda s: s.execute(
        sa.select(users.c.name, orders.c.amount).select_from(
            users.outerjoin(orders, (users.c.id == orders.c.user_id))
        )
    ),
    "count": lambda s: s.execute(sa.select(sa.func.count()).select_from(User)),
    "all": lambda s: s.scalars(sa.select(User)),
    "like": lambda s: s.scalars(sa.select(User).where(User.name.like("%e%"))),
    "percent": lambda s: s.execute(sa.select(User.id % 2, sa.literal_column("'%'"))),
    "members": lambda s: s.execute(orders_of(["m1", "m2"])),
    "one member": lambda s: s.execute(orders_of(["m1"])),
    "no member": lambda s: s.execute(orders_of([])),
    "group": lambda s: s.execute(
        sa.select(User.member, sa.func.count(), sa.func.avg(User.age)).group_by(User.member)
    ),
    "alias": lambda s: s.execute(
        sa.select(User.id, (other := aliased(User)).id).join(other, other.age == User.age)
    ),
    "exists": lambda s: s.scalars(sa.select(User).where(User.orders.any(Order.amount > 5))),
    "not exists": lambda s: s.scalars(sa.select(User).where(~User.orders.any(Order.amount > 5))),
    "local": lambda s: s.execute(sa.select(User.id, LocalUser.id).where(User.id == LocalUser.id)),
    "local exists": lambda s: s.scalars(
        sa.select(User).where(
            sa.exists().where(LocalUser.id == User.id).correlate(User)  # both are "users"
        )
    ),
    "correlated": _correlated,
    "lateral": _lateral,
    "recursive": _chain,
    "page": _pages,
    "union": lambda s: s.execute(
        sa.union_all(sa.select(User.member, User.id), sa.select(Order.member, Order.user_id))
    ),
    "joinedload": lambda s: _loaded(s, joinedload(User.orders)),
    "selectinload": lambda s: _loaded(s, selectinload(User.orders)),
    "window": lambda s: s.execute(
        sa.select(
            User.name,
            sa.func.rank().over(partition_by=User.member, order_by=User.age),
        ).distinct()
    ),
    "row": lambda s: s.execute(sa.select(sa.func.to_json(sa.text("users.*"))).select_from(User)),
    "text": lambda s: s.execute(
        sa.text("SELECT name FROM fed.users WHERE age > :age AND name NOT LIKE '%z'"), {"age": 20}
    ),
    "from text": lambda s: s.scalars(
        sa.select(User).from_statement(sa.text("SELECT * FROM fed.users WHERE id = :id")), {"id": 2}
    ),
    "get": lambda s: [s.get(User, ("m2", 2)), s.get(User, ("m1", 2))],
}
"""What they give, by what they are about."""

UNCHANGED = {"one member", "no member"}
"""Those to which member m2 does not matter."""
