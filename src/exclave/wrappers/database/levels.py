"""The options of the wrapper `Database`, at every level."""

from __future__ import annotations

from typing import Annotated

from exclave.fdw import Doc, OptionError, Options, SecretText
from exclave.fdw.writer import MOST_ROWS
from exclave.wrappers.database import locations


class WrapperOptions(Options):
    """What servers may reach at all: only a superuser writes these, and at first it is nothing."""

    drivers: Annotated[
        str,
        Doc(
            "Names of drivers that may be loaded, separated by commas: SQLAlchemy's as a URL begins"
            " with them, ADBC's as their packages are called."
        ),
    ] = ""
    urls: Annotated[
        str,
        Doc(
            "URLs that may be reached, separated by blanks. What one leaves out at its end may be"
            " anything, a path may be that of a folder; a parameter is allowed only if the URL here"
            " has it too, with `*` for any value."
        ),
    ] = ""
    password_required: Annotated[
        bool,
        Doc("Whether all but superusers need a password that the connection really uses."),
    ] = True

    def check(self) -> None:
        """Refuse URLs that cannot be read, or hold a password."""
        for url in self.urls.split():
            locations.read(url)


class ServerOptions(Options):
    """Which database."""

    url: Annotated[str, Doc("SQLAlchemy's URL of the database, without user and password.")]
    driver: Annotated[
        str | None, Doc("The package of an ADBC driver, used instead of SQLAlchemy's.")
    ] = None
    updatable: Annotated[bool, Doc("Whether its tables can be written.")] = True
    fetch_size: Annotated[int, Doc("How many rows are fetched at a time.")] = 10_000
    batch_size: Annotated[int, Doc("How many rows one INSERT has at most.")] = 1_000

    def check(self) -> None:
        """Refuse a URL that cannot be read, or holds a password, and sizes that cannot be."""
        locations.read(self.url)
        if self.fetch_size < 1:
            raise _wrong("fetch_size", "It takes an integer of at least 1.")
        _check_batch_size(self.batch_size)


class MappingOptions(Options):
    """Who connects."""

    user: Annotated[str | None, Doc("The user there.")] = None
    password: Annotated[SecretText | None, Doc("The user's password.")] = None


class TableOptions(Options):
    """Which table."""

    schema_name: Annotated[str | None, Doc("The table's schema there.")] = None
    table_name: Annotated[str | None, Doc("The table's name there, if it is another.")] = None
    rows: Annotated[int | None, Doc("How many rows it has, as an estimate.")] = None
    updatable: Annotated[bool | None, Doc("Whether it can be written; else as the server.")] = None
    batch_size: Annotated[int | None, Doc("As of the server, for this table.")] = None

    def check(self) -> None:
        """Refuse a batch size that cannot be."""
        if self.batch_size is not None:
            _check_batch_size(self.batch_size)


class ColumnOptions(Options):
    """Which column."""

    column_name: Annotated[str | None, Doc("The column's name there, if it is another.")] = None
    key: Annotated[
        bool, Doc("Whether it is one of the columns by which UPDATE and DELETE find a row.")
    ] = False
    pushdown: Annotated[
        bool,
        Doc("False leaves its conditions, order and aggregates to PostgreSQL: its type differs."),
    ] = True


def _check_batch_size(size: int) -> None:
    if not 1 <= size <= MOST_ROWS:
        raise _wrong("batch_size", f"It takes an integer from 1 to {MOST_ROWS}.")


def _wrong(name: str, hint: str) -> OptionError:
    return OptionError(f'the option "{name}" has a wrong value', sqlstate="HV024", hint=hint)
