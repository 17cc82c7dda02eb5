"""A foreign server: where remote data is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exclave.objects.grant import Grants, GrantsInput, make_grants
from exclave.objects.names import check_name, check_role
from exclave.objects.options import NO_OPTIONS, OptionInput, Options
from exclave.objects.text import check_text


@dataclass(frozen=True, slots=True, init=False)
class Server:
    """A foreign server.

    Parameters
    ----------
    name
        Its name.
    wrapper
        The name of its foreign-data wrapper, such as ``postgres_fdw``.
    options
        Where the remote is and how to reach it. Every role can read them: a secret belongs to
        a user mapping.
    type, version
        What CREATE SERVER calls TYPE and VERSION; ``None`` for none.
    owner
        The owning role; ``None`` leaves it as it is.
    grants
        Privileges (USAGE) by role, less the owner's own; ``None`` leaves them.
    comment
        The comment; ``None`` means that there is none.
    extension
        The extension it belongs to, which creates and drops it; set when read from a database.
    renamed_from
        Its former name, so that a change of name is an ALTER and no DROP.

    Notes
    -----
    PostgreSQL documentation, "CREATE SERVER".
    """

    name: str
    wrapper: str
    options: Options
    type: str | None
    version: str | None
    owner: str | None
    grants: Grants | None
    comment: str | None
    extension: str | None = field(compare=False)
    renamed_from: str | None = field(compare=False)

    def __init__(
        self,
        name: str,
        wrapper: str = "postgres_fdw",
        *,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        type: str | None = None,  # noqa: A002 - PostgreSQL's word
        version: str | None = None,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
        extension: str | None = None,
        renamed_from: str | None = None,
    ) -> None:
        assign = object.__setattr__
        assign(self, "name", check_name(name, "foreign server"))
        assign(self, "wrapper", check_name(wrapper, "foreign-data wrapper"))
        assign(self, "options", Options(options, str(self)))
        assign(self, "type", check_text(type, f"type of {self}"))
        assign(self, "version", check_text(version, f"version of {self}"))
        assign(self, "owner", owner and check_role(owner, "role"))
        assign(self, "grants", make_grants(grants, "foreign server", str(self)))
        assign(self, "comment", check_text(comment, f"comment of {self}") or None)
        assign(self, "extension", extension)
        assign(self, "renamed_from", renamed_from)

    @property
    def key(self) -> str:
        """What identifies it in a database."""
        return self.name

    def __str__(self) -> str:
        return f'foreign server "{self.name}"'
