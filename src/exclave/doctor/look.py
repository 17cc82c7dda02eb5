"""Looking at a remote through the hub: temporary foreign tables over its catalogs, rolled back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from exclave.catalog import Connection
from exclave.catalog.collation import Collation
from exclave.doctor.hub import Hub
from exclave.doctor.query import query, statements
from exclave.doctor.remote import Failure, Limits, Look, Remote
from exclave.doctor.remote_tables import refused_tables, remote_tables
from exclave.objects import ForeignTable, Server
from exclave.objects.quoting import quote_identifier
from exclave.plan.remote_advice import remote_user

_T = TypeVar("_T")

_OPTIONS = "fetch_size '1000', use_remote_estimate 'false', async_capable 'false'"
_INTERRUPTIBLE = 160000
"""From this version on a hub that connects to a silent remote can be interrupted."""


class _Undone(Exception):  # noqa: N818 - it is no error
    """Ends a transaction that leaves nothing behind."""


def may_look_into(hub: Hub, server: Server) -> bool:
    """Tell whether the current role can make the temporary tables that a look takes."""
    usable = server.name in hub.usable_servers
    return usable and hub.may_make_temporary and not hub.read_only


def may_hang(hub: Hub, server: Server) -> bool:
    """Tell whether nothing would end a look at a remote that never answers.

    Notes
    -----
    Up to PostgreSQL 15 `connect_timeout` alone ends the wait for a connection; from 16 on
    `statement_timeout` alone does (tried on 15 and 18).
    """
    unbounded = hub.is_postgres(server) and "connect_timeout" not in server.options
    return unbounded and hub.snapshot.version < _INTERRUPTIBLE


def look_at(
    connection: Connection,
    hub: Hub,
    server: Server,
    marker: str,
    timeout_seconds: float,
    reached: Callable[[], None] = lambda: None,
) -> Look:
    """Look at one server, by way of one session on the hub.

    Parameters
    ----------
    connection
        The session; what is done in it is rolled back.
    hub
        What is known of the hub.
    server
        The server to look at.
    marker
        A name of the session's own, by which it is known on the remote.
    timeout_seconds
        How long each statement may take.
    reached
        Called when the remote has answered for the first time.
    """
    found: list[Look] = []
    try:
        with suppress(_Undone), connection.transaction():
            begin(connection, marker, timeout_seconds)
            if hub.is_postgres(server) and may_look_into(hub, server):
                found.append(_look_into(connection, hub, server, marker, timeout_seconds, reached))
            else:
                found.append(_reach(connection, hub, server))
            raise _Undone
    except Exception as error:
        sqlstate = connection.sqlstate(error)
        if sqlstate is None:
            raise
        return Look(server, failure=Failure(sqlstate, connection.message(error)))
    return found[0]


def begin(connection: Connection, marker: str, timeout_seconds: float) -> None:
    """Set what a look needs, in the transaction that is open."""
    milliseconds = str(max(1, round(timeout_seconds * 1000)))
    connection.fetch(query("look_session"), [milliseconds, marker])


def session_of(
    connection: Connection, server: Server, marker: str, timeout_seconds: float
) -> tuple[object, ...] | None:
    """Give what identifies the remote session that serves the hub's in one transaction.

    Returns
    -------
    tuple or None
        Its process and when that began; `None` when it does not show.
    """
    rows: Sequence[Sequence[object]] = ()
    with suppress(_Undone), connection.transaction():
        begin(connection, marker, timeout_seconds)
        _make_tables(connection, server)
        rows = connection.fetch(query("remote_session"), [marker])
        raise _Undone
    return tuple(rows[0][:2]) if len(rows) == 1 else None


def _make_tables(connection: Connection, server: Server) -> None:
    name = quote_identifier(server.name)
    for statement in statements("look", server=name, options=_OPTIONS):
        connection.execute(statement)


def _reach(connection: Connection, hub: Hub, server: Server) -> Look:
    """Make the hub connect for a foreign table that is there, and read nothing."""
    table = next(filter(lambda each: _can_be_begun(hub, each), hub.tables_of(server)), None)
    if table is None:
        return Look(server, notes=(f"{server} was not tried: it has no table to try it with.",))
    connection.fetch(f"SELECT FROM {table.qualified_name} LIMIT 0")
    if hub.is_postgres(server) and hub.read_only:
        note = f"{server} was only tried: a read-only session cannot look into the remote."
        return Look(server, notes=(note,))
    return Look(server)


def _can_be_begun(hub: Hub, table: ForeignTable) -> bool:
    # file_fdw starts a program as soon as a scan begins
    return table.key not in hub.unreadable and "program" not in table.options


def _look_into(
    connection: Connection,
    hub: Hub,
    server: Server,
    marker: str,
    timeout_seconds: float,
    reached: Callable[[], None],
) -> Look:
    if may_hang(hub, server) and server.name in hub.own_servers:
        seconds = max(2, round(timeout_seconds))
        name = quote_identifier(server.name)
        connection.execute(f"ALTER SERVER {name} OPTIONS (ADD connect_timeout '{seconds}')")
    _make_tables(connection, server)
    settings = {str(name): str(value) for name, value in connection.fetch(query("remote_settings"))}
    reached()
    version = int(settings.get("server_version_num", 0))
    notes: list[str] = []

    def part(what: str, see: Callable[[], _T]) -> _T | None:
        try:
            with connection.transaction():
                return see()
        except Exception as error:
            if connection.sqlstate(error) is None:
                raise
            notes.append(f"{server}: {what} could not be seen: {connection.message(error)}")
            return None

    session = part("the session", lambda: connection.fetch(query("remote_session"), [marker]))
    user, database = remote_user(hub.snapshot, server.name), ""
    if session:
        _, _, user, database = map(str, session[0])
    row = part("the database", lambda: _database_row(connection, server, version, database))
    limit = part("the role", lambda: connection.fetch(query("remote_role"), [user]))
    tables = part("the tables", lambda: remote_tables(connection, hub.tables_of(server)))
    refused = refused_tables(connection, hub.tables_of(server), tables or {})
    encoding = settings.get("server_encoding", "")
    remote = Remote(
        limits=_limits(settings, limit, row),
        collation=Collation.of(row, encoding) if row else None,
        tables=tables,
        refused=refused,
    )
    return Look(server, remote, notes=tuple(notes))


def _database_row(
    connection: Connection, server: Server, version: int, database: str
) -> dict[str, Any] | None:
    columns = "datcollate text"
    if version >= 150000:
        columns += ', datlocprovider "char"'
        columns += ", datlocale text" if version >= 170000 else ", daticulocale text"
    name = quote_identifier(server.name)
    for statement in statements("look_database", server=name, options=_OPTIONS, columns=columns):
        connection.execute(statement)
    database = database or str(server.options.get("dbname", ""))
    rows = connection.fetch(query("remote_database"), [database])
    return json.loads(rows[0][0]) if rows else None


def _limits(
    settings: dict[str, str],
    role: Sequence[Sequence[object]] | None,
    row: dict[str, Any] | None,
) -> Limits | None:
    if "max_connections" not in settings:
        return None
    reserved = ("superuser_reserved_connections", "reserved_connections")
    most = int(settings["max_connections"]) - sum(int(settings.get(each, 0)) for each in reserved)
    of_role = int(str(role[0][0])) if role else -1
    of_database: int = row["datconnlimit"] if row else -1
    return Limits(most, of_role, of_database)
