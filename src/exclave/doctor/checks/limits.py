"""Connections that may be more than the remote takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from exclave.doctor.checks.option import setting
from exclave.doctor.finding import Finding, Remedy, on
from exclave.doctor.hub import Hub, is_on, option_of
from exclave.doctor.remote import Look
from exclave.objects import Server
from exclave.objects.names import PUBLIC, quote_role
from exclave.objects.quoting import quote_identifier
from exclave.plan.remote_advice import remote_user


def possible(hub: Hub, server: Server) -> int:
    """Give how many connections to a server the hub may keep at one time.

    Each session of the hub keeps one for each role with whose mapping it has queried; a role can
    have as many sessions as the hub, its database and its own limit allow.
    """
    if not is_on(option_of("keep_connections", None, server), default=True):
        return 0
    most = hub.max_connections
    if hub.connection_limit >= 0:
        most = min(most, hub.connection_limit)
    roles = {mapping.role for mapping in hub.mappings_of(server)}
    if PUBLIC in roles:
        return most
    limits = (hub.role_limits.get(role, -1) for role in roles)
    return min(most, sum(most if limit < 0 else limit for limit in limits))


def findings(hub: Hub, look: Look) -> Iterator[Finding]:
    """Find a limit of the mapped user or of the remote database that the hub may exceed."""
    limits = look.remote.limits if look.remote else None
    if limits is None:
        return
    server, most = look.server, possible(hub, look.server)
    user = remote_user(hub.snapshot, server.name)
    database = str(server.options.get("dbname", user))
    for whose, name, limit, kind in (
        (f'the user "{user}"', user, limits.role, "ROLE"),
        (f'the database "{database}"', database, limits.database, "DATABASE"),
    ):
        if 0 <= limit < most:
            yield Finding(
                "connections-may-exceed",
                server,
                f"The hub may keep {most} connections to it, and the remote allows {whose} "
                f"{limit}.",
                *_fewer(hub, server, limit),
                on(
                    "remote",
                    f"ALTER {kind} {quote_identifier(name)} CONNECTION LIMIT {most};",
                ),
                severity="warning",
            )


def shared(hub: Hub, looks: Sequence[Look]) -> Iterator[Finding]:
    """Find remotes that all servers of the hub together may use up."""
    together: defaultdict[tuple[str, str], list[tuple[Server, int]]] = defaultdict(list)
    for look in looks:
        if look.remote is not None and look.remote.limits is not None:
            together[_address(look.server)].append((look.server, look.remote.limits.server))
    for some in together.values():
        limit = min(each for _, each in some)
        most = sum(possible(hub, server) for server, _ in some)
        if most <= limit:
            continue
        server = some[0][0]
        others = ", ".join(f'"{other.name}"' for other, _ in some[1:])
        with_others = f" and to {others} at the same place" if others else ""
        yield Finding(
            "connections-may-exceed",
            server,
            f"The hub may keep {most} connections to it{with_others}, and the remote takes "
            f"{limit} from all its clients.",
            *_fewer(hub, server, limit // len(some)),
            on("remote", f"ALTER SYSTEM SET max_connections = {most + 10};  -- and restart it"),
        )


def _address(server: Server) -> tuple[str, str]:
    host = server.options.get("host", server.options.get("hostaddr", ""))
    return str(host), str(server.options.get("port", "5432"))


def _fewer(hub: Hub, server: Server, limit: int) -> Iterator[Remedy]:
    roles = sorted(mapping.role for mapping in hub.mappings_of(server))
    if PUBLIC in roles or not roles:
        database = quote_identifier(hub.snapshot.database)
        yield on("hub", f"ALTER DATABASE {database} CONNECTION LIMIT {limit};")
    else:
        each = limit // len(roles)
        lines = (f"ALTER ROLE {quote_role(role)} CONNECTION LIMIT {each};" for role in roles)
        yield on("hub", *lines)
    yield from setting(server, keep_connections="false")
