"""What a hub is reached by: a DSN, or a connection that a program already has."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, cast

from exclave.catalog import Connection, connection_of
from exclave.errors import CatalogError

if TYPE_CHECKING:
    import psycopg

GROUP = "exclave.connectables"
"""The entry points by which front ends tell what of theirs leads to a hub."""


class Connectable(Protocol):
    """A way to sessions on the hub."""

    @property
    def shared(self) -> bool:
        """Whether there is but one session, the caller's, with the caller's transaction."""
        ...

    def opened(self) -> Any:
        """Give a session, as a context manager that gives an `exclave.catalog.Connection`."""
        ...


class Dsn:
    """Sessions of its own for each use, opened with libpq's connection string."""

    shared = False

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @contextmanager
    def opened(self) -> Generator[Connection]:
        """Give a new session, closed at the end."""
        import psycopg

        with psycopg.connect(self._dsn, autocommit=True) as connection:
            yield connection_of(connection)

    def __repr__(self) -> str:
        return "Dsn(…)"  # it may hold a password


class Shared:
    """The one session that the caller has, or that a function of the caller's gives."""

    shared = True

    def __init__(self, give: Callable[[], object]) -> None:
        self._give = give

    @contextmanager
    def opened(self) -> Generator[Connection]:
        """Give the caller's session, which stays open."""
        yield connection_of(self._give())


def connectable_of(value: object) -> Connectable:
    """Find out how a value leads to the hub.

    Parameters
    ----------
    value
        A libpq connection string or URI; an open psycopg connection or an
        `exclave.catalog.Connection`; a SQLAlchemy engine or connection; one of Django's
        connections (``django.db.connections["default"]``); or a function without parameters that
        gives one of these connections.

    Raises
    ------
    CatalogError
        For anything else.
    """
    if isinstance(value, str):
        return Dsn(value)
    if hasattr(value, "opened") and hasattr(value, "shared"):
        return cast("Connectable", value)
    if hasattr(value, "ensure_connection"):
        return Shared(lambda: _of_django(value))
    package = type(value).__module__.partition(".")[0]
    for entry in entry_points(group=GROUP, name=package):
        return cast("Connectable", entry.load()(value))
    if callable(value) and not hasattr(value, "fetch"):
        return Shared(cast("Callable[[], object]", value))
    connection_of(value)  # raises for what is no connection
    return Shared(lambda: value)


def _of_django(wrapper: Any) -> psycopg.Connection[Any]:
    """Give the psycopg connection of one of Django's, connecting first where needed."""
    if wrapper.vendor != "postgresql":
        raise CatalogError(
            f"Django's connection {wrapper.alias!r} is one to {wrapper.vendor}; a hub is a "
            "PostgreSQL database."
        )
    from psycopg.pq import TransactionStatus

    wrapper.ensure_connection()
    connection = cast("psycopg.Connection[Any]", wrapper.connection)
    begun = connection.info.transaction_status != TransactionStatus.IDLE
    if not wrapper.get_autocommit() and not begun:
        connection.execute("SELECT")  # begins what Django will commit, so that psycopg does not
    return connection
