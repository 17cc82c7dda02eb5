"""What the administrator of a remote must do so that a hub can reach it."""

from __future__ import annotations

from exclave.catalog import Snapshot
from exclave.objects import HIDDEN, ImportForeignSchema, Options, Server
from exclave.objects.names import PUBLIC
from exclave.objects.quoting import quote_identifier

# SQLSTATE classes that a remote, not the hub, gives when it is reached or read.
_CONNECTION = ("08", "28", "57")
_NOT_ALLOWED = ("42501", "2F003", "3F000", "HV00P", "HV00R")


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
    if not sqlstate.startswith(_CONNECTION) and sqlstate not in _NOT_ALLOWED:
        return None
    server = snapshot.catalog.servers[spec.server]
    return remote_lines(server, _remote_user(snapshot, spec.server), spec.remote_schema)


def _remote_user(snapshot: Snapshot, server: str) -> str:
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
    options = server.options
    host = options.get("host", options.get("hostaddr", "the default host"))
    port, database = options.get("port", "5432"), options.get("dbname", user)
    name, namespace = quote_identifier(user), quote_identifier(schema)
    return (
        f"Check that a PostgreSQL server listens at {host}, port {port}, and has there:\n"
        "in pg_hba.conf, with the hub's address as the remote sees it:\n"
        f'    hostssl  "{database}"  "{user}"  <address of the hub>/32  scram-sha-256\n'
        "and, run by its administrator:\n"
        f"    CREATE ROLE {name} LOGIN PASSWORD '<the mapped password>';\n"
        f"    GRANT USAGE ON SCHEMA {namespace} TO {name};\n"
        f"    GRANT SELECT ON ALL TABLES IN SCHEMA {namespace} TO {name};"
    )
