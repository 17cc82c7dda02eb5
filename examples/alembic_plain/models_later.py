"""The models a year later, with every property of them changed."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    Numeric,
    String,
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
    options={"host": "accounts.example.org", "dbname": "customers", "fetch_size": 10_000},
    version="18",
    owner="pg_monitor",
    grants={"pg_read_all_data": ["USAGE"]},
    comment="customers",
)
archive = xc.Server("archive", "postgres_fdw", type="cold")
reader = xc.UserMapping(
    accounts,
    "CURRENT_USER",
    options={"user": "shop", "password": xc.Secret.env("ACCOUNTS_PASSWORD_2027")},
)
mine = xc.Wrapper(
    "mine",
    handler="postgres_fdw_handler",
    validator="postgres_fdw_validator",
    grants={"PUBLIC": ["USAGE"]},
)
register_foreign(metadata, xc.Extension("postgres_fdw"), mine, accounts, archive, reader)


class Note(Base):
    """An ordinary table."""

    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[int] = mapped_column(index=True)
    text: Mapped[str | None] = mapped_column(comment="what was said")


class Customer(Base):
    """A table of the remote."""

    __tablename__ = "customers"
    __table_args__ = (
        CheckConstraint("length(name) < 200", name="short"),
        foreign_table_args(
            accounts,
            remote_schema="public",
            remote_table="customers",
            column_options={"email": {"column_name": "EMAIL"}},
            column_grants={"email": {"pg_read_all_data": ["SELECT"]}},
            grants={"pg_read_all_data": ["SELECT"]},
            owner="pg_monitor",
            comment="who buys, and who has bought",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), comment="as on the letters")
    email: Mapped[str] = mapped_column(Text(collation="C"))
    country: Mapped[str | None] = mapped_column(Text, server_default="DE")
    owes: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    owes_cents: Mapped[Decimal | None] = mapped_column(Numeric, Computed("owes * 100"))
    number: Mapped[int] = mapped_column(Integer)


owed = MaterializedView(
    "owed",
    metadata,
    select(Customer.country, func.sum(Customer.owes_cents).label("cents")).group_by(
        Customer.country
    ),
    indexes=[Index("owed_once", "country", unique=True), Index("most_owed", "cents")],
    with_data=False,
    comment="by country, in cents",
)
MaterializedView(
    "countries",
    metadata,
    select(owed.c.country).where(owed.c.cents > 0),
    with_data=False,
    column_grants={"country": {"pg_read_all_data": ["SELECT"]}},
    grants={"pg_read_all_data": ["SELECT"]},
    owner="pg_monitor",
)
Table(
    "measures",
    metadata,
    Column("year", Integer),
    Column("value", Numeric),
    Column("unit", Text),
    postgresql_partition_by="LIST (year)",
)
ForeignTable(
    "measures_2020",
    metadata,
    Column("year", Integer),
    Column("value", Numeric),
    Column("unit", Text),
    server=archive,
    partition_of=xc.Partition("measures", "FOR VALUES IN (2020, 2021)"),
)
ForeignTable("old_notes", metadata, Column("id", Integer), server=archive)
ForeignTable("letters", metadata, Column("id", Integer), server=accounts)
