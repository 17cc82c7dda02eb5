"""GRANT and REVOKE: the privileges of every kind of object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from exclave.objects.grant import Grant, Grants
from exclave.objects.names import quote_role
from exclave.plan.statement import Statement


def grant_statements(
    before: Grants, after: Grants | None, target: str, column: str | None = None
) -> list[Statement]:
    """Give the statements that turn some grants into others.

    Parameters
    ----------
    before
        The grants that are there.
    after
        The grants that are wanted; ``None`` leaves them.
    target
        The object as SQL, such as ``FOREIGN SERVER accounts``.
    column
        The quoted column that the grants are on, if they are on one alone.
    """
    if after is None or before == after:
        return []
    had, wanted = _by_privilege(before), _by_privilege(after)
    revoked = [grant for key, grant in had.items() if key not in wanted]
    lessened = [
        grant
        for key, grant in had.items()
        if grant.grantable and key in wanted and not wanted[key].grantable
    ]
    given = [
        grant
        for key, grant in wanted.items()
        if key not in had or (grant.grantable and not had[key].grantable)
    ]
    return [
        *_statements(revoked, "REVOKE ", target, " FROM ", "", column),
        *_statements(lessened, "REVOKE GRANT OPTION FOR ", target, " FROM ", "", column),
        *_statements(
            [grant for grant in given if not grant.grantable], "GRANT ", target, " TO ", "", column
        ),
        *_statements(
            [grant for grant in given if grant.grantable],
            "GRANT ",
            target,
            " TO ",
            " WITH GRANT OPTION",
            column,
        ),
    ]


def _by_privilege(grants: Grants) -> dict[tuple[str, str], Grant]:
    return {(grant.role, grant.privilege): grant for grant in grants}


def _statements(
    grants: Iterable[Grant], verb: str, target: str, preposition: str, end: str, column: str | None
) -> list[Statement]:
    of_role: dict[str, list[str]] = defaultdict(list)
    for grant in sorted(grants):
        of_role[grant.role].append(grant.privilege)
    suffix = f" ({column})" if column else ""
    return [
        Statement.of(
            verb,
            ", ".join(privilege + suffix for privilege in privileges),
            f" ON {target}{preposition}{quote_role(role)}{end}",
        )
        for role, privileges in of_role.items()
    ]


def without_owner(grants: Grants, owner: str | None) -> Grants:
    """Leave out what an owner has anyway."""
    return frozenset(grant for grant in grants if grant.role != owner)
