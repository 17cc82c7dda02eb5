"""Servers that cannot be reached, or that refuse the hub."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from exclave.doctor.checks.option import options_clause, setting
from exclave.doctor.finding import Finding, Remedy, on
from exclave.doctor.hub import Hub
from exclave.doctor.look import may_hang, may_look_into
from exclave.doctor.looks import TIMED_OUT
from exclave.doctor.masking import masked
from exclave.doctor.remote import Look
from exclave.doctor.remote_tables import remote_key
from exclave.objects import HIDDEN, Server
from exclave.objects.names import PUBLIC, quote_role
from exclave.objects.quoting import quote_identifier
from exclave.plan.remote_advice import hba_line, remote_user, role_statements

_NO_PASSWORD = "2F003"

# What libpq and servers say, in English; in another language it is server-fails.
_REASONS = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("wrong-password", r"password authentication failed|no password supplied|SASL auth"),
        ("no-pg-hba-line", r"no pg_hba\.conf entry|pg_hba\.conf rejects"),
        ("remote-role-missing", r'role ".*" does not exist|not permitted to log in|no such user'),
        (
            "remote-database-missing",
            r'database ".*" does not exist|no such database|permission denied for database',
        ),
        (
            "remote-is-full",
            r"too many (clients|connections)|remaining connection slots|no more connections",
        ),
        ("server-silent", r"timeout expired|nothing answered"),
        (
            "server-unreachable",
            r"refused|could not translate host|no route|unreachable|is the server running"
            r"|closed the connection unexpectedly|no such file|not a valid",
        ),
    )
)


def before(hub: Hub, server: Server) -> Iterator[Finding]:
    """Find what keeps the current role from a server, without a look at the remote."""
    if not hub.is_postgres(server):
        return
    if hub.mapping_of(server) is None:
        yield _no_mapping(hub, server)
    elif not hub.read_only and not may_look_into(hub, server):
        yield _cannot_look(hub, server)
    if may_hang(hub, server):
        yield Finding(
            "no-connect-timeout",
            server,
            "Nothing ends the wait for a remote that accepts the connection and never answers: "
            "up to PostgreSQL 15 neither statement_timeout nor a cancel does.",
            *setting(server, connect_timeout="10"),
        )


def _no_mapping(hub: Hub, server: Server) -> Finding:
    others = sorted(mapping.role for mapping in hub.mappings_of(server))
    mapped = f" It has one for {', '.join(map(repr, others))}." if others else ""
    aside = hub.snapshot.superuser and bool(others)
    return Finding(
        "no-user-mapping",
        server,
        f'The role "{hub.role}" has no user mapping on it, so it was not tried.{mapped}'
        + (" Examine the hub as such a role to try it." if aside else ""),
        on(
            "hub",
            f"CREATE USER MAPPING FOR {quote_role(hub.role)} "
            f"SERVER {quote_identifier(server.name)} "
            "OPTIONS (user '<remote user>', password '<its password>');",
        ),
        severity="advice" if aside else None,
    )


def _cannot_look(hub: Hub, server: Server) -> Finding:
    role, lines = quote_identifier(hub.role), list[str]()
    if server.name not in hub.usable_servers:
        name = quote_identifier(server.name)
        lines.append(f"GRANT USAGE ON FOREIGN SERVER {name} TO {role};")
    if not hub.may_make_temporary:
        database = quote_identifier(hub.snapshot.database)
        lines.append(f"GRANT TEMPORARY ON DATABASE {database} TO {role};")
    return Finding(
        "cannot-look",
        server,
        f'The role "{hub.role}" may not make temporary foreign tables on it, so it was only '
        "tried whether a connection can be made. Examine the hub as its owner, or grant:",
        on("hub", *lines),
    )


def findings(hub: Hub, look: Look) -> Iterator[Finding]:
    """Say why a server could not be reached, as far as it can be told, and what to do."""
    failure, server = look.failure, look.server
    if failure is None:
        return
    code = _code(failure.sqlstate, failure.message)
    if not hub.is_postgres(server):
        code = "server-silent" if failure.sqlstate == TIMED_OUT else "server-fails"
    said = masked(failure.message, hub, server).replace("\t", "  ")  # libpq indents
    where = ", ".join(
        f"{name} {value}"
        for name in ("host", "hostaddr", "port", "dbname", "service")
        if isinstance(value := server.options.get(name), str)
    )
    message = f'As "{hub.role}" the hub cannot reach it{where and f" ({where})"}.\n{said}'
    yield Finding(code, server, message, *_REMEDIES.get(code, _look_there)(hub, server))


def _code(sqlstate: str, message: str) -> str:
    if sqlstate == TIMED_OUT:
        return "server-silent"
    if sqlstate == _NO_PASSWORD:
        return "password-not-asked"
    found = (code for code, pattern in _REASONS if pattern.search(message))
    return next(found, "server-fails") if sqlstate.startswith("08") else "server-fails"


def _user(hub: Hub, server: Server) -> str:
    return remote_user(hub.snapshot, server.name)


def _role_lines(hub: Hub, server: Server) -> Remedy:
    schemas = sorted({remote_key(table)[0] for table in hub.tables_of(server)}) or ["public"]
    lines = (line for schema in schemas for line in role_statements(_user(hub, server), schema))
    return on("remote", *dict.fromkeys(lines))


def _hba(hub: Hub, server: Server) -> Remedy:
    return on("pg_hba.conf", hba_line(server, _user(hub, server)))


def _look_there(hub: Hub, server: Server) -> tuple[Remedy, ...]:
    if not hub.is_postgres(server):
        return ()
    return _hba(hub, server), _role_lines(hub, server)


def _where_it_is(hub: Hub, server: Server) -> tuple[Remedy, ...]:
    return (
        *setting(server, host="<its host>", port="<its port>"),
        on("remote", "ALTER SYSTEM SET listen_addresses = '*';  -- and restart it"),
    )


def _mapping(hub: Hub, server: Server) -> Remedy:
    mapping = hub.mapping_of(server)
    role = quote_role(mapping.role if mapping else PUBLIC)
    there = mapping.options if mapping else HIDDEN
    clause = options_clause(there, {"password": "<its password>"})
    return on(
        "hub",
        f"ALTER USER MAPPING FOR {role} SERVER {quote_identifier(server.name)} {clause};",
    )


def _password(hub: Hub, server: Server) -> tuple[Remedy, ...]:
    user = quote_identifier(_user(hub, server))
    alter = f"ALTER ROLE {user} PASSWORD '<the mapped password>';  -- or, if there is no such role:"
    return _mapping(hub, server), on("remote", alter, *_role_lines(hub, server).lines)


def _login(hub: Hub, server: Server) -> tuple[Remedy, ...]:
    user = quote_identifier(_user(hub, server))
    alter = f"ALTER ROLE {user} LOGIN;  -- or, if there is no such role:"
    return (on("remote", alter, *_role_lines(hub, server).lines),)


def _database(hub: Hub, server: Server) -> tuple[Remedy, ...]:
    user = _user(hub, server)
    database = quote_identifier(str(server.options.get("dbname", user)))
    grant = f"GRANT CONNECT ON DATABASE {database} TO {quote_identifier(user)};"
    return (
        *setting(server, dbname="<the remote database>"),
        on("remote", f"CREATE DATABASE {database};", grant),
    )


def _full(hub: Hub, server: Server) -> tuple[Remedy, ...]:
    user = quote_identifier(_user(hub, server))
    return (
        on(
            "remote",
            "SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2;",
            f"ALTER ROLE {user} CONNECTION LIMIT -1;  -- if that is what is used up",
        ),
        *setting(server, keep_connections="false"),
    )


_REMEDIES: dict[str, Callable[[Hub, Server], tuple[Remedy, ...]]] = {
    "wrong-password": _password,
    "password-not-asked": lambda hub, server: (_mapping(hub, server), _hba(hub, server)),
    "no-pg-hba-line": lambda hub, server: (_hba(hub, server),),
    "remote-role-missing": _login,
    "remote-database-missing": _database,
    "remote-is-full": _full,
    "server-silent": _where_it_is,
    "server-unreachable": _where_it_is,
}
