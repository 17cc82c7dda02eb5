"""What the administrator of a remote must do so that a hub can reach it."""

from __future__ import annotations

from exclave.catalog import Snapshot
from exclave.objects import HIDDEN, ImportForeignSchema, Options, Server
from exclave.objects.names import PUBLIC
from exclave.objects.quoting import quote_identifier

# SQLSTATE classes and codes that a remote, or the way to it, gives when it is reached or read.
_CONNECTION = ("08", "28", "53", "57")
_NOT_ALLOWED = ("42501", "HV00N")
_NO_PASSWORD = "2F003"
_NO_SCHEMA = ("HV00P", "HV00Q", "HV00R")
_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})


def remote_advice(sqlstate: str, snapshot: Snapshot, spec: ImportForeignSchema) -> str | None:
    """Give the advice for a failure on the remote's side.

    Parameters
    ----------
    sqlstate
        What the failed statement gave.
    snapshot
        What the hub holds.
    spec
        The import that failed.

    Returns
    -------
    str or None
        Lines for the remote's pg_hba.conf, its role and its grants; ``None`` when the failure
        is none of the remote's.
    """
    server = snapshot.catalog.servers[spec.server]
    user = remote_user(snapshot, spec.server)
    if sqlstate in _NO_SCHEMA:
        database = server.options.get("dbname", user)
        return f'Check the name of the schema in the database "{database}" there.'
    return advice_for(sqlstate, server, user, snapshot.role, spec.remote_schema)


def advice_for(sqlstate: str, server: Server, user: str, role: str, schema: str) -> str | None:
    """Give the advice for a remote that was not reached, or does not let a schema be read.

    Parameters
    ----------
    sqlstate
        What the failed statement gave.
    server
        The foreign server.
    user
        The user as whom the hub logs in there.
    role
        The role on the hub for which it does.
    schema
        The remote schema to read.

    Returns
    -------
    str or None
        Lines for the remote's pg_hba.conf, its role and its grants; ``None`` when they would be
        of no help.
    """
    lines = remote_lines(server, user, schema)
    if sqlstate == _NO_PASSWORD:
        return (
            "The user mapping must hold a password, and the remote must ask for it: with a "
            f"password the hub may act for {role!r}, who is no superuser.\n{lines}"
        )
    return lines if sqlstate.startswith(_CONNECTION) or sqlstate in _NOT_ALLOWED else None


def remote_user(snapshot: Snapshot, server: str) -> str:
    """Give as whom the hub logs in at a server for the current role.

    Parameters
    ----------
    snapshot
        What the hub holds.
    server
        The foreign server's name.

    Returns
    -------
    str
        The mapped user, words that stand for it where the mapping is hidden, or the role's own
        name where the mapping names none.
    """
    for role in (snapshot.role, PUBLIC):
        mapping = snapshot.catalog.user_mappings.get((server, role))
        if mapping is not None and isinstance(mapping.options, Options):
            user = mapping.options.get("user", HIDDEN)
            return user if isinstance(user, str) else "<the mapped user>"
    return snapshot.role


def remote_lines(server: Server, user: str, schema: str) -> str:
    """Say what a remote needs so that a hub may log in and read a schema.

    Parameters
    ----------
    server
        The foreign server.
    user
        The user to log in as.
    schema
        The remote schema to read.
    """
    where, port = _host(server) or "its default socket", server.options.get("port", "5432")
    statements = "\n".join(f"    {line}" for line in role_statements(user, schema))
    return (
        f"Check that a PostgreSQL server listens at {where}, port {port}, and has there:\n"
        "in pg_hba.conf, with the hub's address as the remote sees it:\n"
        f"    {hba_line(server, user)}\n"
        "and, run by its administrator:\n"
        f"{statements}"
    )


def hba_line(server: Server, user: str) -> str:
    """Write the line of the remote's pg_hba.conf that lets a hub log in.

    Parameters
    ----------
    server
        The foreign server.
    user
        The user to log in as.

    Notes
    -----
    PostgreSQL documentation, "The pg_hba.conf File".
    """
    host, address = _host(server), "  <address of the hub>/32"
    kind = "hostssl" if server.options.get("sslmode") in _ENCRYPTED else "host"
    if not host or host.startswith("/"):
        kind, address = "local", ""
    database = str(server.options.get("dbname", user))
    return f"{kind}  {_token(database)}  {_token(user)}{address}  scram-sha-256"


def role_statements(user: str, schema: str) -> tuple[str, ...]:
    """Write what an administrator of the remote runs so that a hub may read a schema.

    Parameters
    ----------
    user
        The user to log in as.
    schema
        The remote schema to read.
    """
    name, namespace = quote_identifier(user), quote_identifier(schema)
    return (
        f"CREATE ROLE {name} LOGIN PASSWORD '<the mapped password>';",
        f"GRANT USAGE ON SCHEMA {namespace} TO {name};",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {namespace} TO {name};",
    )


def _host(server: Server) -> str:
    return str(server.options.get("host", server.options.get("hostaddr", "")))


def _token(word: str) -> str:
    """Write a name for pg_hba.conf, quoted so that no word there has a meaning of its own."""
    return '"' + word.replace('"', '""') + '"'
