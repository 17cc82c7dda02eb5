"""A user mapping: as whom a role reaches a foreign server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exclave.objects.names import PUBLIC, check_name, check_role
from exclave.objects.options import NO_OPTIONS, OptionInput, Options
from exclave.objects.registry import open_mapping_options
from exclave.objects.secret import Hidden
from exclave.objects.server import Server


@dataclass(frozen=True, slots=True, init=False)
class UserMapping:
    """A user mapping.

    Parameters
    ----------
    server
        The foreign server, or its name.
    role
        The local role, `PUBLIC` (also written ``"PUBLIC"``), or ``"CURRENT_USER"``.
    options
        As whom to connect. Every value that is not known to be open (such as ``user``) is held
        as a `Secret`. `HIDDEN` when a database would not show them.

    Notes
    -----
    PostgreSQL documentation, "CREATE USER MAPPING".
    """

    server: str
    role: str
    options: Options | Hidden

    def __init__(
        self,
        server: Server | str,
        role: str = PUBLIC,
        *,
        options: Mapping[str, OptionInput] | Hidden = NO_OPTIONS,
    ) -> None:
        name = server.name if isinstance(server, Server) else server
        assign = object.__setattr__
        assign(self, "server", check_name(name, "foreign server"))
        assign(self, "role", check_role(role, "role"))
        if not isinstance(options, Hidden):
            options = Options(options, str(self)).sealed(open_mapping_options())
        assign(self, "options", options)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it in a database."""
        return (self.server, self.role)

    def __str__(self) -> str:
        role = "PUBLIC" if self.role == PUBLIC else f'"{self.role}"'
        return f'user mapping for {role} on server "{self.server}"'
