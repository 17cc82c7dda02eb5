"""Removing from a hub all that was made for federations, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import cast

from exclave.catalog import Connection
from exclave.errors import DependentsError, RegistryError
from exclave.federation.naming import MemberNames, private_schema
from exclave.federation.registry.history import history
from exclave.federation.registry.install import WRAPPERS, Standing
from exclave.federation.registry.opened import VERSION, acting_as, read_registry
from exclave.federation.registry.query import query
from exclave.federation.registry.rows import load_federations, load_members
from exclave.federation.registry.tables import TABLES
from exclave.federation.registry.upgrade import lock
from exclave.objects.quoting import quote_identifier
from exclave.plan.ledger.table import NAMES

_KINDS = (
    "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE", "TABLE", "SEQUENCE", "ROUTINE", "TYPE",
    "USER MAPPING", "SERVER", "SCHEMA",
)  # fmt: skip
"""What is dropped before what: dependents first."""

_AT_ONCE = 1500
"""How many relations one transaction drops at most: each is a lock, of which a server with
PostgreSQL's own settings has about 6,400 for all sessions together."""

_IN_USE, _FORBIDDEN = "2BP01", "42501"


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """What an uninstallation did.

    Parameters
    ----------
    dropped
        What was dropped, as SQL names it, such as ``VIEW shops.orders``.
    along
        What of others was dropped along, since it depended on that.
    left
        The statements that remain for an administrator: what the role could not take back, or
        what somebody else had made before or uses.
    """

    dropped: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.dropped)


def uninstall(
    connection: Connection, owner: str, *, cascade: bool = False, drop_owner: bool = True
) -> Uninstalled:
    """Remove all federations, the registry, and what the installation made.

    Nothing is changed at the members, and none is connected to. Of the schema ``exclave`` the
    ledger stays as long as it holds something of others. It is one transaction, but for a hub
    with more relations than the server has locks for: there the joined tables go first, then
    members by and by, and where it is interrupted the next one goes on.

    Parameters
    ----------
    connection
        A session on the hub.
    owner
        The owner role.
    cascade
        Whether what others made upon it is dropped along; without it there must be nothing.
    drop_owner
        Whether the owner role goes too, where the installation made it and nothing else needs it.

    Returns
    -------
    Uninstalled
        What was dropped, and what is left to do; false when there was no registry.

    Raises
    ------
    DependentsError
        When something of others depends on what was to be removed; nothing is removed then.
    RegistryError
        When the registry is another role's or a later library's.
    """
    with connection.transaction():
        small = sum(_sizes(connection, owner).values()) <= _AT_ONCE
    with connection.transaction() if small else nullcontext():
        with connection.transaction():
            work = _Work.begun(connection, owner, cascade=cascade)
        if work is None:
            return Uninstalled()
        for step in work.steps():
            with connection.transaction():
                work.drop(step)
        with connection.transaction():
            return work.end(drop_owner=drop_owner)


@dataclass(frozen=True, slots=True)
class _Place:
    """Schemas and a server that go together, and how many relations are there."""

    schemas: Sequence[str]
    servers: Sequence[str] = ()
    size: int = 0


class _Work:
    """An uninstallation under way."""

    def __init__(self, connection: Connection, owner: str, *, cascade: bool) -> None:
        self._connection = connection
        self._owner = owner
        self._cascade = cascade
        self._standing = Standing.read(connection, owner, WRAPPERS)
        self._dropped: list[str] = []
        with self._as_owner():
            self._made = _made(connection)
            self._joined, self._members = _places(connection, owner)
            schemas = [name for place in self._members for name in place.schemas]
            servers = [name for place in self._members for name in place.servers]
            parameters = [owner, [*self._joined, *schemas, "exclave"], servers]
            rows = connection.fetch(query("strangers"), parameters)
        self._along = [described for (described,) in rows]
        if self._along and not cascade:
            raise DependentsError(self._along)

    @classmethod
    def begun(cls, connection: Connection, owner: str, *, cascade: bool) -> _Work | None:
        """Look at what there is; ``None`` when there is no registry."""
        lock(connection)
        found = read_registry(connection, owner)
        if found is None:
            return None
        if found.version > VERSION:
            raise RegistryError(
                f"The registry is of version {found.version}, which a later exclave made, and this "
                f"one knows versions up to {VERSION}: it would leave things behind. Use that one."
            )
        return cls(connection, owner, cascade=cascade)

    def _as_owner(self) -> AbstractContextManager[None]:
        return acting_as(self._connection, self._owner, self._standing.former)

    def steps(self) -> list[_Place]:
        """Give the members' places, as many together as one transaction can drop."""
        steps: list[_Place] = []
        for place in self._members:
            if steps and steps[-1].size + place.size <= _AT_ONCE:
                last = steps.pop()
                place = _Place(
                    [*last.schemas, *place.schemas],
                    [*last.servers, *place.servers],
                    last.size + place.size,
                )
            steps.append(place)
        return [_Place(self._joined), *steps]

    def drop(self, step: _Place) -> None:
        """Drop the joined views, which come first, or the objects of some members."""
        kinds = _KINDS if step.servers else _KINDS[:2]
        with self._as_owner():
            self._drop(step.schemas, step.servers, kinds)

    def end(self, *, drop_owner: bool) -> Uninstalled:
        """Drop what is left of the federations, the registry, and what the installation made."""
        lock(self._connection)
        with self._as_owner():
            self._drop(self._joined, (), _KINDS)
            self._dropped += _drop_registry(self._connection, self._owner, cascade=self._cascade)
        self._dropped += _drop_ledger(self._connection, self._owner, self._standing, self._made)
        left = _take_back(
            self._connection, self._owner, self._standing, self._made, drop_owner=drop_owner
        )
        return Uninstalled(tuple(self._dropped), tuple(self._along), tuple(left))

    def _drop(self, schemas: Sequence[str], servers: Sequence[str], kinds: Sequence[str]) -> None:
        names: defaultdict[str, list[str]] = defaultdict(list)
        parameters = [self._owner, list(schemas), list(servers)]
        for kind, name in self._connection.fetch(query("ours"), parameters):
            names[kind].append(name)
        for kind in kinds:
            self._dropped += [f"{kind} {name}" for name in names[kind]]
            if kind == "USER MAPPING":
                for name in names[kind]:
                    self._connection.execute(f"DROP USER MAPPING {name}")
            elif names[kind]:
                _drop_all(self._connection, kind, names[kind], cascade=self._cascade)


def _made(connection: Connection) -> set[str]:
    events = history(connection)
    return {
        made
        for event in events
        if event.action == "install"
        for made in cast("list[str]", event.detail["made"])
    }


def _sizes(connection: Connection, owner: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in connection.fetch(query("sizes"), [owner])}


def _places(connection: Connection, owner: str) -> tuple[list[str], list[_Place]]:
    """Name the schemas of the joined tables, and the places of the members."""
    sizes = _sizes(connection, owner)
    joined: list[str] = []
    members: list[_Place] = []
    for federation in load_federations(connection):
        joined += [federation.name, private_schema(federation.name)]
        for member in load_members(connection, federation.name):
            schemas = [member.schema, MemberNames(member.schema).insertable]
            size = sum(sizes.get(name, 0) for name in schemas)
            members.append(_Place(schemas, [member.server], size))
    return joined, members


def _drop_all(connection: Connection, kind: str, names: Iterable[str], *, cascade: bool) -> None:
    end = " CASCADE" if cascade else ""
    connection.execute(f"DROP {kind} IF EXISTS {', '.join(names)}{end}")


def _drop_registry(connection: Connection, owner: str, *, cascade: bool) -> list[str]:
    tables = [f"exclave.{name}" for name in TABLES]
    _drop_all(connection, "TABLE", tables, cascade=cascade)
    rows = connection.fetch(query("ours"), [owner, ["exclave"], []])
    functions = [name for kind, name in rows if kind == "ROUTINE"]
    if functions:
        _drop_all(connection, "ROUTINE", functions, cascade=cascade)
    return [f"TABLE {name}" for name in tables]


def _drop_ledger(
    connection: Connection, owner: str, standing: Standing, made: Container[str]
) -> list[str]:
    """Drop of the ledger what is the owner's or the installation's and empty; so the schema."""
    dropped: list[str] = []
    for role in (owner, standing.former) if "ledger" in made else (owner,):
        with acting_as(connection, role, standing.former):
            for (name,) in connection.fetch(query("ledger_tables"), [list(NAMES)]):
                if name == "secret_digest":
                    connection.fetch(query("ledger_purge"))
                [(empty,)] = connection.fetch(f"SELECT NOT EXISTS (TABLE exclave.{name})")
                if empty:
                    connection.execute(f"DROP TABLE exclave.{name}")
                    dropped.append(f"TABLE exclave.{name}")
    if "schema" in made:
        for role in (owner, standing.former):
            with acting_as(connection, role, standing.former):
                if _attempt(connection, "DROP SCHEMA IF EXISTS exclave") is None:
                    return [*dropped, "SCHEMA exclave"]
    return dropped


def _take_back(
    connection: Connection,
    owner: str,
    standing: Standing,
    made: Container[str],
    *,
    drop_owner: bool,
) -> list[str]:
    """Undo what the installation did beside the schema; give what the role may not undo."""
    role = quote_identifier(owner)
    undo: list[tuple[bool, str]] = []
    for wrapper in WRAPPERS:
        if f"usage of wrapper {wrapper}" in made:
            statement = f"REVOKE USAGE ON FOREIGN DATA WRAPPER {wrapper} FROM {role}"
            undo.append((wrapper in standing.grantable_wrappers, statement))
        if f"extension {wrapper}" in made:
            undo.append((True, f"DROP EXTENSION {wrapper}"))
    if "create on database" in made:
        database = quote_identifier(standing.database)
        statement = f"REVOKE CREATE ON DATABASE {database} FROM {role}"
        undo.append((standing.may_grant_create, statement))
    if _has_schema(connection):
        if "create in schema" in made:
            statement = f"REVOKE USAGE, CREATE ON SCHEMA exclave FROM {role}"
            undo.append((standing.may_grant_schema, statement))
        if "usage of schema" in made:
            statement = "REVOKE USAGE ON SCHEMA exclave FROM PUBLIC"
            undo.append((standing.may_grant_schema, statement))
    if "role" in made and drop_owner:
        undo.append((all(allowed for allowed, _ in undo), f"DROP ROLE {role}"))
    left: list[str] = []
    for allowed, statement in undo:
        state = _attempt(connection, statement) if allowed else _FORBIDDEN
        if state == _FORBIDDEN:
            left.append(f"{statement};")
    return left


def _attempt(connection: Connection, statement: str) -> str | None:
    """Run a statement if it can be; give the SQLSTATE with which PostgreSQL refused it."""
    try:
        with connection.transaction():
            connection.execute(statement)
    except Exception as error:
        state = connection.sqlstate(error)
        if state not in (_IN_USE, _FORBIDDEN):
            raise
        return state
    return None


def _has_schema(connection: Connection) -> bool:
    [(there,)] = connection.fetch("SELECT pg_catalog.to_regnamespace('exclave') IS NOT NULL")
    return bool(there)
