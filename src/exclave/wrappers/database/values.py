"""Values on their way: what PostgreSQL gives as the other database takes it, and back."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine, UserDefinedType

from exclave.fdw import Column, Unrepresentable, WrapperError
from exclave.fdw.literals import literal
from exclave.wrappers.database.families import Family, family, is_finite

_MOST_DIGITS_OF_A_FLOAT = 15

_NATIVE: dict[Family, TypeEngine[Any]] = {
    Family.INTEGER: sa.BigInteger(),
    Family.BOOLEAN: sa.Boolean(),
    Family.FLOAT: sa.Double(),
    Family.BYTES: sa.LargeBinary(),
}
"""Types whose values every driver knows; all else travels as text where types can be cast to."""

_NAMES = {
    Family.NUMERIC: "numeric",
    Family.DATE: "date",
    Family.TIME: "time without time zone",
    Family.TIMESTAMP: "timestamp without time zone",
    Family.TIMESTAMPTZ: "timestamp with time zone",
    Family.UUID: "uuid",
}
"""Without a precision, which would round."""

_MOST_DIGITS_OF_A_DECIMAL = 38


class NamedType(UserDefinedType[Any]):
    """A type by the name that PostgreSQL has for it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **options: Any) -> str:
        """Give the name."""
        return self.name


def placeholder(name: str, column: Column, backend: str, *, typed: bool) -> sa.ColumnElement[Any]:
    """Give what stands in a statement for a value that comes later.

    Parameters
    ----------
    name
        Of the parameter.
    column
        What it is compared with, or assigned to.
    backend
        A row of `exactness.EXACT`.
    typed
        Whether the driver sends texts as values of type text, so that others must be cast.
    """
    kind = family(column)
    if backend not in ("postgresql", "duckdb"):
        return sa.bindparam(name, type_=sa.types.NullType())
    if kind in _NATIVE:
        return sa.bindparam(name, type_=_NATIVE[kind])
    if kind is Family.NUMERIC and backend == "duckdb":
        return sa.bindparam(name, type_=sa.types.NullType())
    parameter = sa.bindparam(name, type_=sa.String() if typed else sa.types.NullType())
    if kind is Family.TEXT or not (typed or kind in _NAMES):
        return parameter
    if kind is Family.OTHER and backend == "duckdb":
        return sa.bindparam(name, type_=sa.types.NullType())
    return sa.cast(parameter, NamedType(_NAMES.get(kind, column.type)))


def sent(value: object, column: Column, backend: str) -> object:
    """Give a value as the driver takes it.

    Raises
    ------
    WrapperError
        If the other database cannot hold it.
    """
    if value is None or isinstance(value, str | bytes):
        return value
    if family(column) in _NATIVE and isinstance(value, bool | int | float):
        return _number(value, column, backend)
    if backend == "duckdb" and isinstance(value, Decimal):
        return _decimal(value, column)
    if backend == "duckdb" and isinstance(value, list):
        return cast("list[object]", value)
    if backend == "duckdb" and isinstance(value, Unrepresentable):
        return _as_it_is(value, column)
    if backend in ("postgresql", "duckdb"):
        return _text(value, column)
    return _SENT.get(backend, _as_it_is)(value, column)


def _number(value: float, column: Column, backend: str) -> object:
    if backend == "mysql" and not is_finite(value):
        raise _impossible(column, f"no {value}")
    if backend == "sqlite" and value != value:
        raise _impossible(column, "no NaN")
    return value


def _decimal(value: Decimal, column: Column) -> Decimal:
    if not value.is_finite() or len(value.as_tuple().digits) > _MOST_DIGITS_OF_A_DECIMAL:
        raise _impossible(column, f"numbers of {_MOST_DIGITS_OF_A_DECIMAL} digits at most")
    return value


def _as_it_is(value: object, column: Column) -> object:
    if isinstance(value, Unrepresentable):
        raise _impossible(column, f"no {value.text} of type {value.type}")
    return value


def _text(value: object, column: Column) -> str:
    """Write a value as PostgreSQL's input functions read it."""
    if isinstance(value, Unrepresentable):
        return value.text
    return value if isinstance(value, str) else literal(value, column.name)


def _to_sqlite(value: object, column: Column) -> object:
    match value:
        case Decimal():
            if len(value.as_tuple().digits) > _MOST_DIGITS_OF_A_FLOAT or not value.is_finite():
                raise _impossible(column, f"numbers of {_MOST_DIGITS_OF_A_FLOAT} digits at most")
            return str(value)
        case datetime.datetime():
            aware = value.tzinfo is not None
            moment = value.astimezone(datetime.UTC) if aware else value
            return moment.isoformat(" ", "microseconds")
        case bool() | int() | float():
            return value
        case _:
            return _text(value, column)


def _to_mysql(value: object, column: Column) -> object:
    match value:
        case Decimal() if not value.is_finite():
            raise _impossible(column, f"no {value}")
        case datetime.datetime() if value.tzinfo is not None:
            return value.astimezone(datetime.UTC).replace(tzinfo=None)
        case UUID():
            return str(value)
        case list() | dict():
            return _text(cast("object", value), column)
        case _:
            return _as_it_is(value, column)


_SENT: dict[str, Callable[[object, Column], object]] = {"sqlite": _to_sqlite, "mysql": _to_mysql}


def _impossible(column: Column, what: str) -> WrapperError:
    return WrapperError(
        f'column "{column.name}": the other database holds {what}',
        sqlstate="22003",
        hint="Declare the column as text there, and here.",
    )


def reader(kind: Family, backend: str) -> Callable[[Any], Any] | None:
    """Give what makes a value for PostgreSQL of one that a driver of SQLAlchemy's gave, if needed.

    A time without a zone that is to be a timestamp with one is taken for UTC. Text that Python
    cannot read as a date goes to PostgreSQL as it is.
    """
    if kind in _STRICT.get(backend, ()):
        return None
    return _READERS.get(kind)


def read_rows(
    parts: Iterable[Sequence[Sequence[Any]]], kinds: Sequence[Family], backend: str
) -> Iterator[Sequence[Any]]:
    """Give the rows of parts, with values that PostgreSQL takes."""
    readers = [(place, reader(kind, backend)) for place, kind in enumerate(kinds)]
    needed = [(place, read) for place, read in readers if read is not None]
    for part in parts:
        if not kinds:
            yield from (() for _ in part)
        elif needed:
            columns: list[Any] = list(zip(*part, strict=True))
            for place, read in needed:
                columns[place] = [
                    None if value is None else read(value) for value in columns[place]
                ]
            yield from zip(*columns, strict=True)
        else:
            yield from part


def _as_boolean(value: Any) -> Any:
    return bool(value) if isinstance(value, int) and value in (0, 1) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) else value


def _as_integer(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) and value == int(value) else value


def _as_float(value: Any) -> Any:
    return float(value) if isinstance(value, int) else value


def _as_date(value: Any) -> Any:
    if not isinstance(value, str):
        return value.date() if isinstance(value, datetime.datetime) else value
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        return Unrepresentable("date", value)


def _as_timestamp(value: Any) -> Any:
    found = _moment(value, "timestamp without time zone")
    if isinstance(found, datetime.datetime) and found.tzinfo is not None:
        return found.replace(tzinfo=None)
    return found


def _as_timestamptz(value: Any) -> Any:
    found = _moment(value, "timestamp with time zone")
    if isinstance(found, datetime.datetime) and found.tzinfo is None:
        return found.replace(tzinfo=datetime.UTC)
    return found


def _moment(value: Any, name: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return datetime.datetime.fromisoformat(value)
    except ValueError:
        return Unrepresentable(name, value)


_STRICT = {
    "postgresql": (Family.INTEGER, Family.BOOLEAN, Family.TEXT, Family.NUMERIC, Family.FLOAT),
    "sqlite": (Family.INTEGER,),
}
"""Families whose values come as they are."""

_READERS: dict[Family, Callable[[Any], Any]] = {
    Family.INTEGER: _as_integer,
    Family.BOOLEAN: _as_boolean,
    Family.TEXT: _as_text,
    Family.NUMERIC: _as_text,
    Family.FLOAT: _as_float,
    Family.DATE: _as_date,
    Family.TIMESTAMP: _as_timestamp,
    Family.TIMESTAMPTZ: _as_timestamptz,
}
