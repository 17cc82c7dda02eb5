"""A till's SQLite file beside PostgreSQL's own tables: till.py make FOLDER, till.py report URL."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """What PostgreSQL shows."""


class Customer(Base):
    """A customer, in PostgreSQL itself."""

    __tablename__ = "customer"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Sale(Base):
    """A sale, in the till's file, which generates the id."""

    __tablename__ = "sale"

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=sa.FetchedValue()
    )
    customer: Mapped[int]
    item: Mapped[str]
    cents: Mapped[int]


def make(folder: Path) -> None:
    """Write the till's file, as a till would."""
    with closing(sqlite3.connect(folder / "till.db")) as till, till:
        till.execute(
            "CREATE TABLE sale (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL,"
            " item TEXT NOT NULL, cents INTEGER NOT NULL)"
        )
        sales = [(1, "tea", 250), (1, "milk", 120), (2, "tea", 250)]
        till.executemany("INSERT INTO sale (customer, item, cents) VALUES (?, ?, ?)", sales)


def report(session: Session) -> list[tuple[str, int]]:
    """Say how much each customer has spent."""
    spent = sa.func.sum(Sale.cents).label("spent")
    query = sa.select(Customer.name, spent).join(Sale, Sale.customer == Customer.id)
    found = session.execute(query.group_by(Customer.name).order_by(Customer.name))
    return [(name, cents) for name, cents in found]


def sell(session: Session, customer: Customer, item: str, cents: int) -> Sale:
    """Add a sale; its id is there after the flush."""
    sale = Sale(customer=customer.id, item=item, cents=cents)
    session.add(sale)
    session.flush()
    return sale


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        with Session(sa.create_engine(sys.argv[2])) as opened:
            for line in report(opened):
                print(*line)  # noqa: T201
