"""Which session serves a table: found in the host, made where there is none."""

from __future__ import annotations

from typing import Protocol

from exclave.fdw.options import Options
from exclave.fdw.session import Session
from exclave.fdw.table import Server, Wrapper


class Served(Protocol):
    """A table, or what else is of one server and used by one user."""

    @property
    def server(self) -> Server:
        """The server."""
        ...

    @property
    def wrapper(self) -> Wrapper:
        """The wrapper of the server."""
        ...

    @property
    def mapping(self) -> Options | None:
        """The options of the user's mapping."""
        ...

    @property
    def user_oid(self) -> int:
        """The user."""
        ...


_outside: dict[tuple[type[Session], int, int], Session] = {}


def session_of(table: Served, kind: type[Session]) -> Session:
    """Give the session of a table's server and user, at work in the current transaction.

    Outside PostgreSQL, as in tests of a wrapper, there is one that has only begun.
    """

    def make() -> Session:
        return kind(table.server, table.mapping, table.wrapper)

    try:
        import _exclave_host
    except ImportError:
        key = (kind, table.server.oid, table.user_oid)
        if key not in _outside:
            _outside[key] = make()
            _outside[key].begin()
        return _outside[key]
    return _exclave_host.session(table.server.oid, table.user_oid, make)
