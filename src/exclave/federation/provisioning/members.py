"""Adding a member: its place in the registry, and the way to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from exclave.catalog import Connection
from exclave.errors import DeclarationError, PlanError
from exclave.federation.layouts.views import CHUNK
from exclave.federation.member import Member, MemberState
from exclave.federation.naming import check_federation, check_member, names_of
from exclave.federation.provisioning.objects import way
from exclave.federation.registry import record, rows
from exclave.federation.shape import Federation
from exclave.plan import Change, Policy, make, run


def add_member(
    connection: Connection, federation: Federation, member: Member, owner: str, version: int
) -> bool:
    """Register a member, and make its schemas, its server and the owner's user mapping.

    One that is registered already gets the options given now. Its tables are made by the next
    `apply`.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner.
    federation, member
        Which member of which federation; the federation is registered with it.
    owner
        The owner role.
    version
        The hub's ``server_version_num``.

    Returns
    -------
    bool
        Whether it is new.

    Raises
    ------
    DeclarationError
        When a name that it leads to is impossible or taken.
    PlanError
        When it is being removed.
    SecretError
        When a secret cannot be resolved.
    """
    check_federation(federation)
    check_member(federation, member.slug)
    if rows.load_federation(connection, federation.name) is None:
        rows.save_federation(connection, federation)
    wanted = way(federation, member, owner, version)
    members = rows.load_members(connection, federation.name)
    found = next((each for each in members if each.slug == member.slug), None)
    names = names_of(federation, member.slug)
    if found is None:
        _check_free(connection, federation, member)
        rows.insert_member(connection, federation.name, member, names, _free_chunk(members))
        run([Change(None, value) for value in wanted], connection)
        record(connection, "add", federation.name, member.slug)
        return True
    if found.state == "leaving":
        raise PlanError(
            f"{member} of {federation} is being removed; apply the federation to finish that, and "
            "add it then."
        )
    policy = Policy(schemas=frozenset({names.schema, names.insertable}))
    changed = make(connection, wanted, policy).apply(connection)
    rows.update_member(connection, federation.name, member)
    if changed:
        record(connection, "change", federation.name, member.slug)
    return False


def _check_free(connection: Connection, federation: Federation, member: Member) -> None:
    """Refuse names that something else has."""
    names = names_of(federation, member.slug)
    taken = [
        f'the schema "{schema}"'
        for (schema,) in connection.fetch(
            "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY ($1::text[])",
            [[names.schema, names.insertable]],
        )
    ]
    taken += [
        f'the foreign server "{server}"'
        for (server,) in connection.fetch(
            "SELECT srvname FROM pg_catalog.pg_foreign_server WHERE srvname = $1", [names.server]
        )
    ]
    if taken:
        raise DeclarationError(
            f"{member} of {federation} needs names that are taken: {', '.join(taken)}. Choose "
            "another slug, or another member_schema for the federation, such as "
            '"{federation}_{member}".'
        )


def _free_chunk(members: Iterable[MemberState]) -> int:
    """Give the first chunk with room for another member."""
    counted = Counter(member.chunk for member in members)
    return next(number for number in range(1, len(counted) + 2) if counted[number] < CHUNK)
