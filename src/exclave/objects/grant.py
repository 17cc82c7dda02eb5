"""Privileges: who may do what with an object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from exclave.errors import DeclarationError
from exclave.objects.collected import collected
from exclave.objects.names import PUBLIC, check_role

PRIVILEGES: Mapping[str, tuple[str, ...]] = {
    "schema": ("USAGE", "CREATE"),
    "foreign-data wrapper": ("USAGE",),
    "foreign server": ("USAGE",),
    "foreign table": (
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
    ),
    "materialized view": (
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
        "REFERENCES",
        "TRIGGER",
        "MAINTAIN",
    ),
    "column": ("SELECT", "INSERT", "UPDATE", "REFERENCES"),
}
"""The privileges of each kind of object (PostgreSQL documentation, "Privileges")."""

MAINTAIN_SINCE = 17
"""The PostgreSQL major version that brought MAINTAIN."""

ALL = "ALL"
WITH_GRANT_OPTION = " WITH GRANT OPTION"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One privilege of one role.

    Parameters
    ----------
    role
        The role's name, or `PUBLIC`.
    privilege
        A privilege of the kind of object, in capitals; ``"ALL"`` stands for all that the
        server's version has.
    grantable
        Whether the role may grant it on.
    passed_on
        Whether another role than the owner granted it; set when read from a database.
    """

    role: str
    privilege: str
    grantable: bool = False
    passed_on: bool = field(default=False, compare=False, repr=False)


GrantsInput = Mapping[str, Iterable[str] | str] | Iterable[Grant]
"""Grants as ``{"app": ["SELECT", "INSERT WITH GRANT OPTION"]}``, or as `Grant` values."""

Grants = frozenset[Grant]


def make_grants(values: GrantsInput | None, kind: str, what: str) -> Grants | None:
    """Make grants from what a declaration gives.

    Parameters
    ----------
    values
        The grants; ``None`` says that they are managed elsewhere.
    kind
        A key of `PRIVILEGES`.
    what
        The object, for the message.

    Raises
    ------
    DeclarationError
        For a privilege that this kind of object does not have, or a grant option for PUBLIC.
    """
    if values is None:
        return None
    if not values:
        return frozenset()
    if isinstance(values, Mapping):
        grants = list(_from_mapping(cast("Mapping[str, Iterable[str] | str]", values), what))
    else:
        grants = collected(values, Grant, f"grants of {what}", "Grant('app', 'SELECT')")
    for grant in grants:
        if grant.privilege != ALL and grant.privilege not in PRIVILEGES[kind]:
            raise DeclarationError(
                f"{what}: {grant.privilege!r} is no privilege of a {kind}; "
                f"it has {', '.join(PRIVILEGES[kind])} and ALL."
            )
        if grant.grantable and check_role(grant.role, "role") == PUBLIC:
            raise DeclarationError(
                f"{what}: grant options go to roles, not to PUBLIC (PostgreSQL refuses it)."
            )
    grantable = {(grant.role, grant.privilege) for grant in grants if grant.grantable}
    return frozenset(
        Grant(
            check_role(grant.role, "role"),
            grant.privilege,
            (grant.role, grant.privilege) in grantable,
            grant.passed_on,
        )
        for grant in grants
    )


def _from_mapping(values: Mapping[str, Iterable[str] | str], what: str) -> Iterable[Grant]:
    for role, given in values.items():
        privileges = (given,) if isinstance(given, str) else given
        for text in collected(privileges, str, f"grants of {what} to {role!r}", "'SELECT'"):
            privilege = " ".join(text.upper().split()).replace("ALL PRIVILEGES", ALL)
            yield Grant(
                role,
                privilege.removesuffix(WITH_GRANT_OPTION),
                privilege.endswith(WITH_GRANT_OPTION),
            )


def expand_all(grants: Grants, kind: str, version: int) -> Grants:
    """Replace ``ALL`` by the privileges that a PostgreSQL major version has for a kind."""
    if not any(grant.privilege == ALL for grant in grants):
        return grants
    names = [name for name in PRIVILEGES[kind] if name != "MAINTAIN" or version >= MAINTAIN_SINCE]
    expanded = [
        Grant(grant.role, name, grant.grantable)
        for grant in grants
        for name in (names if grant.privilege == ALL else [grant.privilege])
    ]
    grantable = {(grant.role, grant.privilege) for grant in expanded if grant.grantable}
    return frozenset(
        Grant(grant.role, grant.privilege, (grant.role, grant.privilege) in grantable)
        for grant in expanded
    )
