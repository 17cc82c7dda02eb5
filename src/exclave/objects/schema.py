"""A schema that holds foreign tables."""

from __future__ import annotations

from dataclasses import dataclass

from exclave.objects.grant import Grants, GrantsInput, make_grants
from exclave.objects.names import check_name, check_role
from exclave.objects.text import check_text


@dataclass(frozen=True, slots=True, init=False)
class Schema:
    """A schema.

    Parameters
    ----------
    name
        Its name.
    owner
        The owning role; ``None`` leaves it as it is.
    grants
        Privileges (USAGE, CREATE) by role, less the owner's own; ``None`` leaves them.
    comment
        The comment; ``None`` means that there is none.

    Notes
    -----
    PostgreSQL documentation, "CREATE SCHEMA".
    """

    name: str
    owner: str | None
    grants: Grants | None
    comment: str | None

    def __init__(
        self,
        name: str,
        *,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
    ) -> None:
        assign = object.__setattr__
        assign(self, "name", check_name(name, "schema"))
        assign(self, "owner", owner and check_role(owner, "role"))
        assign(self, "grants", make_grants(grants, "schema", f'schema "{name}"'))
        assign(self, "comment", check_text(comment, f"comment of {self}") or None)

    @property
    def key(self) -> str:
        """What identifies it in a database."""
        return self.name

    def __str__(self) -> str:
        return f'schema "{self.name}"'
