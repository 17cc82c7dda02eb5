"""What the hub knows of a member's server, and why it cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exclave.catalog import Connection
from exclave.catalog.options import options_of
from exclave.errors import CatalogError, DeclarationError, PrerequisiteError, RemoteError
from exclave.federation.remote.query import query
from exclave.objects import Server
from exclave.objects.names import PUBLIC
from exclave.objects.quoting import quote_identifier
from exclave.plan.remote_advice import advice_for

_TIMED_OUT = "57014"


@dataclass(frozen=True, slots=True)
class MemberServer:
    """A member's server on the hub, which the current role may use.

    Parameters
    ----------
    server
        The server.
    role
        The current role.
    user
        As whom the hub logs in there.
    hub_database
        The row of ``pg_database`` of the hub's own database.
    hub_encoding
        Its encoding.
    """

    server: Server
    role: str
    user: str
    hub_database: Mapping[str, Any]
    hub_encoding: str


def member_server(connection: Connection, name: str) -> MemberServer:
    """Find a server on the hub, and check that its remote can be read by way of it.

    Raises
    ------
    CatalogError
        When there is no such server, or the session may only read.
    DeclarationError
        When it is none of postgres_fdw's.
    PrerequisiteError
        When the current role may not use it, or has no user mapping.
    """
    rows = connection.fetch(query("hub"), [name])
    if not rows:
        raise CatalogError(f'The hub has no foreign server "{name}".')
    (
        wrapper, options, is_postgres, usable, may_make_temporary, read_only, role, database,
        mapped, user, hidden, hub_database, hub_encoding,
    ) = rows[0]  # fmt: skip
    server = Server(name, wrapper, options=options_of(json.loads(options or "null")))
    if not is_postgres:
        raise DeclarationError(
            f'{server} uses the wrapper "{wrapper}", which does not show what columns a table '
            "has; only postgres_fdw does. Declare the columns of its tables."
        )
    if read_only:
        raise CatalogError(
            f"{server} cannot be read into over a read-only session: it takes temporary foreign "
            "tables on the hub. Use a session that may write; what is done is rolled back."
        )
    remedies: list[str] = []
    quoted = quote_identifier(role)
    if not usable:
        remedies.append(f"GRANT USAGE ON FOREIGN SERVER {quote_identifier(name)} TO {quoted};")
    if not may_make_temporary:
        remedies.append(f"GRANT TEMPORARY ON DATABASE {quote_identifier(database)} TO {quoted};")
    if not mapped:
        remedies.append(
            f"CREATE USER MAPPING FOR {quoted} SERVER {quote_identifier(name)} "
            "OPTIONS (user '<remote user>', password '<its password>');"
        )
    if remedies:
        raise PrerequisiteError(f'The role "{role}" cannot read over {server}.', remedies)
    user = user or ("<the mapped user>" if hidden else role)
    return MemberServer(server, role, user, json.loads(hub_database), hub_encoding)


def remote_error(
    connection: Connection, error: Exception, member: MemberServer, schema: str
) -> RemoteError | None:
    """Give the error that says what went wrong at a remote, and what to do there.

    Parameters
    ----------
    connection
        The session that raised.
    error
        What it raised.
    member
        The server.
    schema
        The remote's schema that was to be read, for the grants it needs.

    Returns
    -------
    RemoteError or None
        ``None`` when the error is none of the database's.
    """
    sqlstate = connection.sqlstate(error)
    if sqlstate is None:
        return None
    said = connection.message(error).replace("\t", "  ")  # libpq indents
    if sqlstate == _TIMED_OUT:
        said = f"it did not answer in time ({said})"
    message = f"{member.server}: {said}"
    if context := connection.context(error):
        message += f"\n{context}"
    advice = advice_for(sqlstate, member.server, member.user, member.role, schema or PUBLIC)
    return RemoteError(f"{message}\n{advice}" if advice else message, sqlstate)
