"""The models of a program that is asynchronous; nothing here shows it."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import exclave as xc
from exclave.sqlalchemy import foreign_table_args, register_foreign


class Base(DeclarativeBase):
    """What all models have in common."""


metadata = Base.metadata
weather = xc.Server("weather", options={"host": "weather.example.org"})
register_foreign(
    metadata,
    xc.Extension("postgres_fdw"),
    weather,
    xc.UserMapping(weather, options={"user": "w", "password": xc.Secret.env("WEATHER_PASSWORD")}),
)


class City(Base):
    """An ordinary table."""

    __tablename__ = "cities"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Report(Base):
    """A table of the remote."""

    __tablename__ = "reports"
    __table_args__ = foreign_table_args(weather, remote_table="REPORTS")
    city: Mapped[int] = mapped_column(primary_key=True)
    degrees: Mapped[int]
