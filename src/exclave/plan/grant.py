"""GRANT and REVOKE: the privileges of every kind of object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from exclave.objects.grant import WITH_GRANT_OPTION, Grant, Grants
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
    passed_on = _passed_on(before, after)
    if passed_on:
        return [
            *_statements_of_passed_on(before, after, passed_on, target, column),
            *grant_statements(
                frozenset(grant for grant in before if grant.privilege not in passed_on),
                frozenset(grant for grant in after if grant.privilege not in passed_on),
                target,
                column,
            ),
        ]
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
            WITH_GRANT_OPTION,
            column,
        ),
    ]


def _passed_on(before: Grants, after: Grants) -> set[str]:
    """Name the privileges that change, and that roles with the grant option have passed on."""
    return {
        privilege
        for privilege in {grant.privilege for grant in before if grant.passed_on}
        if {grant for grant in before if grant.privilege == privilege}
        != {grant for grant in after if grant.privilege == privilege}
    }


def _statements_of_passed_on(
    before: Grants, after: Grants, privileges: set[str], target: str, column: str | None
) -> list[Statement]:
    """Take back all that was passed on, which only CASCADE does, and grant what is wanted.

    REVOKE takes back what the owner gave; what a role with the grant option gave goes with that
    option, and keeps it from being taken away without CASCADE.
    """
    had = [grant for grant in before if grant.privilege in privileges]
    wanted = [grant for grant in after if grant.privilege in privileges]
    kept = {(grant.role, grant.privilege) for grant in wanted}
    revoked = [grant for grant in had if (grant.role, grant.privilege) not in kept]
    lessened = [grant for grant in had if grant.grantable and (grant.role, grant.privilege) in kept]
    option = "REVOKE GRANT OPTION FOR "
    plain = [grant for grant in wanted if not grant.grantable]
    grantable = [grant for grant in wanted if grant.grantable]
    return [
        *_statements(revoked, "REVOKE ", target, " FROM ", " CASCADE", column),
        *_statements(lessened, option, target, " FROM ", " CASCADE", column),
        *_statements(plain, "GRANT ", target, " TO ", "", column),
        *_statements(grantable, "GRANT ", target, " TO ", WITH_GRANT_OPTION, column),
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


def merged_grants(
    actual: Grants | None, desired: Grants | None, owner: str | None
) -> Grants | None:
    """Give the grants as declared; if they were left open, those that are there.

    Parameters
    ----------
    actual
        The grants that are there.
    desired
        The declared ones; ``None`` leaves them open.
    owner
        The declared owner: what was granted to a role becomes part of its rights as the owner.
    """
    if desired is not None or not actual or owner is None:
        return actual if desired is None else desired
    return without_owner(actual, owner)
