"""The federation of airports: its shape, and a class over the flights of all of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, FetchedValue, Integer, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, foreign, mapped_column, relationship

import exclave as xc
from exclave.sqlalchemy import federated_args

AIRPORTS = xc.Federation(
    "everywhere",
    tables=[xc.FederatedTable("flights", stale=True), "weather"],
    member_column="airport",
    readers=["app"],
    writers=["app"],
)
"""Each airport has flights and weather; a row's airport is the member that it came from."""


class Base(DeclarativeBase):
    """The classes of the program."""

    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012


class Airline(Base):
    """An airline, by its two-letter code: an ordinary table of the hub."""

    __tablename__ = "airlines"

    carrier: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Flight(Base):
    """A departure from any of the airports; its key is the airport and the id there."""

    __tablename__ = "flights"
    __table_args__ = federated_args(AIRPORTS, table="flights")

    airport: Mapped[str] = mapped_column(Text, primary_key=True)
    id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, server_default=FetchedValue()
    )
    time_hour: Mapped[datetime]
    season: Mapped[str]
    carrier: Mapped[str]
    flight: Mapped[int] = mapped_column(Integer)
    dest: Mapped[str]
    dep_delay: Mapped[int | None]
    arr_delay: Mapped[int | None]
    recorded: Mapped[datetime] = mapped_column(server_default=FetchedValue())

    airline: Mapped[Airline] = relationship(
        primaryjoin=lambda: foreign(Flight.carrier) == Airline.carrier, viewonly=True
    )
