"""The models as the project begins: ordinary tables and foreign ones beside one another."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import exclave as xc
from exclave.sqlalchemy import (
    ForeignTable,
    MaterializedView,
    foreign_table_args,
    register_foreign,
)


class Base(DeclarativeBase):
    """What all models have in common."""


metadata = Base.metadata

accounts = xc.Server(
    "accounts",
    options={"host": "accounts.example.org", "dbname": "accounts", "fetch_size": 100},
    version="15",
    grants={"pg_monitor": ["USAGE"]},
    comment="customers and what they owe",
)
archive = xc.Server("archive", "mine", options={"folder": "/archive"})
reader = xc.UserMapping(
    accounts,
    "CURRENT_USER",
    options={"user": "shop", "password": xc.Secret.env("ACCOUNTS_PASSWORD")},
)
mine = xc.Wrapper("mine", options={"level": "1"}, comment="a wrapper of our own")
register_foreign(metadata, xc.Extension("postgres_fdw"), mine, accounts, archive, reader)


class Note(Base):
    """An ordinary table."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[int] = mapped_column(index=True)
    text: Mapped[str | None]


class Customer(Base):
    """A table of the remote."""

    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("length(name) < 100", name="short"),
        foreign_table_args(
            accounts,
            remote_schema="public",
            remote_table="CUSTOMERS",
            column_grants={"email": {"pg_monitor": ["SELECT"]}},
            grants={"pg_monitor": ["SELECT", "INSERT"]},
            comment="who buys",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, comment="as on the letter")
    email: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text, server_default="NL")
    owes: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    number: Mapped[int] = mapped_column(Integer, Identity())


owed = MaterializedView(
    "owed",
    metadata,
    select(Customer.country, func.sum(Customer.owes).label("total")).group_by(Customer.country),
    indexes=[Index("owed_once", "country", unique=True)],
    with_data=False,
    comment="by country",
)
MaterializedView(
    "countries",
    metadata,
    select(owed.c.country),
    with_data=False,
    column_grants={"country": {"pg_monitor": ["SELECT"]}},
    grants={"pg_monitor": ["SELECT"]},
)
Table(
    "measures",
    metadata,
    Column("year", Integer),
    Column("value", Numeric),
    postgresql_partition_by="LIST (year)",
)
ForeignTable(
    "measures_2020",
    metadata,
    Column("year", Integer),
    Column("value", Numeric),
    server=archive,
    partition_of=xc.Partition("measures", "FOR VALUES IN (2020)"),
)
ForeignTable("old_notes", metadata, Column("id", Integer), server=archive, inherits=["notes_kept"])
Table("notes_kept", metadata, Column("id", Integer))
