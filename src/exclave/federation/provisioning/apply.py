"""Making a federation's objects as they are to be, in steps that can be interrupted anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from exclave.catalog import Connection
from exclave.errors import DeclarationError, ExclaveError, FederationError
from exclave.federation.health.stale_tables import kept_tables
from exclave.federation.member import MemberState
from exclave.federation.naming import GATE, check_federation, names_of, private_schema
from exclave.federation.provisioning.digest import shape_digest
from exclave.federation.provisioning.joined import Joining, join
from exclave.federation.provisioning.leave import drop_member
from exclave.federation.provisioning.objects import foreign_tables
from exclave.federation.provisioning.query import query
from exclave.federation.provisioning.session import exclusively, impatiently, retried
from exclave.federation.provisioning.tables import (
    create_tables,
    joined_table_of,
    read_tables,
    writable,
)
from exclave.federation.provisioning.types import make_types
from exclave.federation.registry import acting_as, open_registry, rows
from exclave.federation.rights import (
    check_roles,
    federation_grants,
    joined_grants,
    kept_grants,
    member_grants,
)
from exclave.federation.shape import Federation
from exclave.objects import QualifiedName, Schema
from exclave.plan import Change, Policy, make, run

Progress = Callable[[str, int, int, str], None]
"""Told what is being done, how many are done, of how many, and which was the last."""


def no_progress(what: str, done: int, total: int, last: str) -> None:
    """Tell nobody."""
    del what, done, total, last


@dataclass(frozen=True)
class Applied:
    """What an apply did.

    Parameters
    ----------
    joining
        What changed in the joined tables.
    failed
        Why members are not joined yet, by slug.
    """

    joining: Joining
    failed: dict[str, ExclaveError] = field(default_factory=dict[str, ExclaveError])

    def __bool__(self) -> bool:
        return bool(self.joining)


def apply(
    connection: Connection,
    federation: Federation,
    owner: str,
    *,
    rebuild: bool = False,
    shared: bool = False,
    progress: Progress = no_progress,
) -> Applied:
    """Make the tables of members that are not joined yet, then change the joined tables once.

    Each member's tables are made in a transaction of their own, and the joined tables in one
    more, the last; where this is interrupted, the next one goes on. Members that fail are left
    for the next one, and are told of at the end.

    Parameters
    ----------
    connection
        A session on the hub. Within a transaction of the caller's all is part of that.
    federation
        The federation.
    owner
        The owner role.
    rebuild
        Whether views of others that stand on a joined table may be dropped and put back.
    shared
        Whether the session is the caller's, with what it has open to members.
    progress
        Told of each step.

    Raises
    ------
    FederationError
        When members failed; the others are joined. It holds the error of each.
    DeclarationError, PlanError
        When the joined tables cannot be made so; they are as they were.
    ApplyError
        When other sessions held on to the joined tables for too long.
    """
    check_federation(federation)
    with connection.transaction():
        open_registry(connection, owner)
    with connection.transaction(), acting_as(connection, owner):
        _register(connection, federation)
        members = rows.load_members(connection, federation.name)
    pending = [member for member in members if _is_pending(federation, member)]
    failed: dict[str, ExclaveError] = {}
    for number, member in enumerate(pending, 1):
        try:
            with connection.transaction(), acting_as(connection, owner):
                _read(connection, federation, member)
        except ExclaveError as error:
            failed[member.slug] = error
        if not shared:
            disconnect(connection, member.server)
        progress("read", number, len(pending), member.slug)
    ready = [member for member in pending if member.slug not in failed]
    for number, member in enumerate(ready, 1):
        try:
            with connection.transaction(), acting_as(connection, owner):
                _make_tables(connection, federation, member)
        except DeclarationError as error:
            failed[member.slug] = error
        progress("make", number, len(ready), member.slug)

    def joining() -> Joining:
        with acting_as(connection, owner):
            exclusively(connection)
            impatiently(connection)
            return join(connection, federation, rebuild=rebuild)

    done = retried(connection, joining, f"Joining the tables of {federation}")
    leaving = [member for member in members if member.state == "leaving"]
    for number, member in enumerate(leaving, 1):
        with connection.transaction(), acting_as(connection, owner):
            if _locked(connection, federation, member) is not None:
                drop_member(connection, federation, member.slug, owner)
        progress("remove", number, len(leaving), member.slug)
    failed |= done.refused
    if failed:
        raise FederationError(federation.name, failed)
    return Applied(done)


def _register(connection: Connection, federation: Federation) -> None:
    """Keep the shape, and make the schemas of the joined tables where they are not there yet."""
    check_roles(connection, federation)
    former = rows.load_federation(connection, federation.name) or federation
    gone = (former.readers | former.writers) - federation.readers - federation.writers
    rows.save_federation(connection, federation)
    wanted = [federation.name, private_schema(federation.name)]
    text = "SELECT nspname::text, pg_catalog.pg_get_userbyid(nspowner)::text, current_user::text"
    text += " FROM pg_catalog.pg_namespace WHERE nspname = ANY ($1::text[])"
    there = connection.fetch(text, [wanted])
    for name, role, owner in there:
        if role != owner:
            raise DeclarationError(
                f'{federation}: the schema "{name}" is there already and belongs to the role '
                f'"{role}", which could put anything in the place of the joined tables. Give the '
                f'federation another name, or give the schema to "{owner}".'
            )
    missing = set(wanted) - {name for name, *_ in there}
    run([Change(None, Schema(name)) for name in wanted if name in missing], connection)
    gate = QualifiedName(GATE, private_schema(federation.name))
    connection.execute(f"CREATE TABLE IF NOT EXISTS {gate} ()")
    changed = (former.readers, former.writers) != (federation.readers, federation.writers)
    members = rows.load_members(connection, federation.name) if changed else []
    slugs = [member.slug for member in members if member.state != "leaving"]
    statements = federation_grants(federation, gone, slugs)
    if changed:
        statements += _grants_again(connection, federation, slugs)
    for statement in statements:
        connection.execute(statement)


def _grants_again(
    connection: Connection, federation: Federation, slugs: Iterable[str]
) -> Iterator[str]:
    """Give the grants on what is there already, for roles that are new."""
    for table in rows.load_joined(connection, federation.name).values():
        yield from joined_grants(federation, table)
    for name in kept_tables(connection, federation.name):
        yield from kept_grants(federation, name)
    made: dict[str, list[str]] = {slug: [] for slug in slugs}
    for table in rows.load_member_tables(connection, federation.name, slugs):
        if table.columns:
            made[table.slug].append(table.table)
    for slug, tables in made.items():
        yield from member_grants(federation, slug, tables)


def _is_pending(federation: Federation, member: MemberState) -> bool:
    """Tell whether a member's tables are not what the federation's shape asks for."""
    if member.state == "leaving":
        return False
    return member.shape_digest != shape_digest(federation, member.slug)


def disconnect(connection: Connection, server: str) -> None:
    """Close what the session has open to a member: many members may be on one server."""
    for (function,) in connection.fetch(query("disconnect")):
        connection.fetch(f"SELECT {function}($1::pg_catalog.text)", [server])


def _locked(
    connection: Connection, federation: Federation, member: MemberState
) -> MemberState | None:
    """Let no other program work on a member; ``None`` if one has done so or is about to."""
    now = rows.lock_member(connection, federation.name, member.slug)
    unchanged = now is not None and (now.state, now.shape_digest, now.added) == (
        member.state,
        member.shape_digest,
        member.added,
    )
    return now if unchanged else None


def _read(connection: Connection, federation: Federation, member: MemberState) -> None:
    """Read what a member's tables are, and keep it; what is declared already stays."""
    if _locked(connection, federation, member) is None:
        return
    kept = {
        table.table: table
        for table in rows.load_member_tables(connection, federation.name, [member.slug])
    }
    tables = [
        replace(table, columns=kept[table.table].columns, key=kept[table.table].key)
        if table.table in kept
        else table
        for table in read_tables(connection, federation, member)
    ]
    rows.save_member_tables(connection, federation.name, tables)


def _make_tables(connection: Connection, federation: Federation, member: MemberState) -> None:
    """Make the foreign tables that a member lacks, with the options that all are to have.

    Those whose columns change are left for `join`: joined tables read them.
    """
    if _locked(connection, federation, member) is None:
        return
    former = rows.load_joined(connection, federation.name)
    tables = rows.load_member_tables(connection, federation.name, [member.slug])
    shapes = {shape.name: shape for shape in federation.tables}
    for table in tables:
        if (shape := shapes.get(table.table)) is None:
            continue  # it goes with the joined table
        joined = joined_table_of(federation, shape, former.get(shape.name), [table])
        declared = joined.members[member.slug]
        make_types(connection, federation, joined.table, declared.columns)
        if not table.columns:
            create_tables(connection, federation, declared)
            may_write = declared.writable and writable(connection, federation, declared)
            declared = replace(declared, writable=may_write)
            rows.save_member_tables(connection, federation.name, [declared])
        elif declared.columns == table.columns:
            names = names_of(federation, member.slug)
            policy = Policy(schemas=frozenset({names.schema}))
            wanted = foreign_tables(federation, declared)
            make(connection, wanted, policy).apply(connection)
    for statement in member_grants(
        federation, member.slug, [each.name for each in federation.tables]
    ):
        connection.execute(statement)
    made_for = shape_digest(federation, member.slug)
    rows.set_state(connection, federation.name, member.slug, "adding", shape_digest=made_for)
