"""The tables: three on the hub, and one whose rows are at Newark."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from exclave.sqlalchemy import foreign_table_args


class Base(DeclarativeBase):
    """All tables of the hub."""

    type_annotation_map = {str: Text, datetime: DateTime(timezone=True)}  # noqa: RUF012


class Airline(Base):
    """An airline, by its two-letter code."""

    __tablename__ = "airlines"

    carrier: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Airport(Base):
    """An airport, by its three-letter code."""

    __tablename__ = "airports"

    faa: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    alt: Mapped[int]
    tz: Mapped[int]
    dst: Mapped[str]
    tzone: Mapped[str | None]


class Plane(Base):
    """A plane, by its tail number."""

    __tablename__ = "planes"

    tailnum: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int | None]
    type: Mapped[str]
    manufacturer: Mapped[str]
    model: Mapped[str]
    engines: Mapped[int]
    seats: Mapped[int]
    speed: Mapped[int | None]
    engine: Mapped[str]


class Flight(Base):
    """A departure from Newark: a row of the other database.

    Only the columns that the hub needs are declared. Keys are for the ORM and are never sent.
    """

    __tablename__ = "flights"
    __table_args__ = foreign_table_args(
        "newark",
        remote_schema="public",
        remote_table="departures",
        column_options={"number": {"column_name": "flight"}},  # they call it otherwise
        remote_generated=["id"],  # their sequence gives it
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    time_hour: Mapped[datetime]
    carrier: Mapped[str] = mapped_column(ForeignKey(Airline.carrier))
    number: Mapped[int]
    tailnum: Mapped[str | None] = mapped_column(ForeignKey(Plane.tailnum))
    dest: Mapped[str] = mapped_column(ForeignKey(Airport.faa))
    dep_delay: Mapped[int | None]
    arr_delay: Mapped[int | None]
    distance: Mapped[int | None]

    airline: Mapped[Airline] = relationship()
    plane: Mapped[Plane | None] = relationship()
    destination: Mapped[Airport | None] = relationship()
