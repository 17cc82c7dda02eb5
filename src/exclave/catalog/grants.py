"""Privileges as the catalog's queries give them: grantee, privilege, and how each is held."""

from __future__ import annotations

from collections.abc import Sequence

from exclave.objects import PUBLIC, Grant
from exclave.objects.grant import Grants

NO_GRANTS: Grants = frozenset()

GrantRow = tuple[str | None, str, bool, bool]


def grants_of(rows: Sequence[GrantRow] | None) -> Grants:
    """Give the grants of an object.

    Parameters
    ----------
    rows
        Grantee (``None`` is everybody), privilege, whether it may be granted on, and whether
        another role than the owner granted it; the same privilege may come from several
        grantors. ``None`` is no grant.
    """
    if not rows:
        return NO_GRANTS
    held: dict[tuple[str, str], tuple[bool, bool]] = {}
    for role, privilege, grantable, passed_on in rows:
        key = (PUBLIC if role is None else role, privilege)
        had = held.get(key, (False, False))
        held[key] = (had[0] or grantable, had[1] or passed_on)
    return frozenset(Grant(*key, *how) for key, how in held.items())
