"""Privileges as the catalog's queries give them: lists of grantee, privilege and grantable."""

from __future__ import annotations

from collections.abc import Sequence

from exclave.objects import PUBLIC, Grant
from exclave.objects.grant import Grants

NO_GRANTS: Grants = frozenset()

GrantRow = tuple[str | None, str, bool]


def grants_of(rows: Sequence[GrantRow] | None) -> Grants:
    """Give the grants of an object.

    Parameters
    ----------
    rows
        Grantee (``None`` is everybody), privilege and whether it may be granted on; the same
        privilege may come from several grantors. ``None`` is no grant.
    """
    if not rows:
        return NO_GRANTS
    grantable: dict[tuple[str, str], bool] = {}
    for role, privilege, may_grant in rows:
        key = (PUBLIC if role is None else role, privilege)
        grantable[key] = grantable.get(key, False) or may_grant
    return frozenset(
        Grant(role, privilege, may_grant) for (role, privilege), may_grant in grantable.items()
    )
