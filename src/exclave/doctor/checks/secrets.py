"""Secrets that can be read by too many, and logins without any."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub, is_on
from exclave.objects import ForeignTable, Options, Secret, Server
from exclave.objects.names import PUBLIC, quote_role
from exclave.objects.quoting import quote_identifier


def findings(hub: Hub, server: Server) -> Iterator[Finding]:
    """Find secrets in options that every role can read, and mappings that need no password."""
    for value in (server, *hub.tables_of(server)):
        yield from _exposed(value)
    for mapping in hub.mappings_of(server):
        options = mapping.options
        required = options.get("password_required") if isinstance(options, Options) else None
        if mapping.role in hub.superusers or not isinstance(required, str) or is_on(required):
            continue
        whose = "every role" if mapping.role == PUBLIC else f'the role "{mapping.role}"'
        yield Finding(
            "password-not-required",
            mapping,
            f"password_required is off, so {whose} may log in at the remote as whom the operating "
            "system's user of the hub may, by peer, trust or a password file.",
            on(
                "hub",
                f"ALTER USER MAPPING FOR {quote_role(mapping.role)} "
                f"SERVER {quote_identifier(server.name)} OPTIONS (DROP password_required);",
            ),
        )


def _exposed(value: Server | ForeignTable) -> Iterator[Finding]:
    kind, name = "FOREIGN TABLE", ""
    if isinstance(value, Server):
        kind, name = "SERVER", quote_identifier(value.name)
    else:
        name = str(value.qualified_name)
    for option, held in value.options.items():
        if isinstance(held, Secret):
            yield Finding(
                "exposed-secret",
                value,
                f"The option {option!r} looks like a secret, and every role of the hub can read "
                "it. A user mapping is the place for it; take it for known, and change it.",
                on("hub", f"ALTER {kind} {name} OPTIONS (DROP {quote_identifier(option)});"),
            )
