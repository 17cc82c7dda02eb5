"""A foreign-data wrapper: the code that reaches one kind of remote data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exclave.objects.grant import Grants, GrantsInput, make_grants
from exclave.objects.names import QualifiedName, check_name, check_role
from exclave.objects.options import NO_OPTIONS, OptionInput, Options
from exclave.objects.text import check_text


@dataclass(frozen=True, slots=True, init=False)
class Wrapper:
    """A foreign-data wrapper.

    Parameters
    ----------
    name
        Its name.
    handler, validator
        The SQL functions, such as ``"public.my_handler"``; ``None`` for none. A wrapper that
        belongs to an extension keeps its own whatever is said here.
    options
        The wrapper's own options.
    owner
        The owning role, a superuser; ``None`` leaves it as it is.
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
    PostgreSQL documentation, "CREATE FOREIGN DATA WRAPPER".
    """

    name: str
    handler: QualifiedName | None
    validator: QualifiedName | None
    options: Options
    owner: str | None
    grants: Grants | None
    comment: str | None
    extension: str | None = field(compare=False)
    renamed_from: str | None = field(compare=False)

    def __init__(
        self,
        name: str,
        *,
        handler: QualifiedName | str | None = None,
        validator: QualifiedName | str | None = None,
        options: Mapping[str, OptionInput] = NO_OPTIONS,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
        extension: str | None = None,
        renamed_from: str | None = None,
    ) -> None:
        assign = object.__setattr__
        assign(self, "name", check_name(name, "foreign-data wrapper"))
        assign(self, "handler", handler and QualifiedName.of(handler, "function"))
        assign(self, "validator", validator and QualifiedName.of(validator, "function"))
        assign(self, "options", Options(options, str(self)))
        assign(self, "owner", owner and check_role(owner, "role"))
        assign(self, "grants", make_grants(grants, "foreign-data wrapper", str(self)))
        assign(self, "comment", check_text(comment, f"comment of {self}") or None)
        assign(self, "extension", extension)
        assign(self, "renamed_from", renamed_from)

    @property
    def key(self) -> str:
        """What identifies it in a database."""
        return self.name

    def __str__(self) -> str:
        return f'foreign-data wrapper "{self.name}"'
