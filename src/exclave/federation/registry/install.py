"""Making a database a hub: the owner role, what it needs, and the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from exclave.catalog import Connection
from exclave.errors import PrerequisiteError, RegistryError
from exclave.federation.registry.history import record
from exclave.federation.registry.identity import Identity
from exclave.federation.registry.opened import VERSION, acting_as, check_version, read_registry
from exclave.federation.registry.query import query
from exclave.federation.registry.tables import TABLES
from exclave.federation.registry.upgrade import lock, make_at_home
from exclave.objects.quoting import quote_identifier
from exclave.plan import install_ledger

WRAPPERS = ("postgres_fdw",)
"""The wrappers that the owner role is to use unless others are named."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks for a registry, and what there is of what it needs; see ``standing.sql``."""

    caller: str
    database: str
    superuser: bool
    former: str
    has_owner: bool
    owner_is_superuser: bool
    may_create_role: bool
    may_set_role: bool
    may_grant_role: bool
    owner_may_create: bool
    may_grant_create: bool
    wrappers: Sequence[str]
    usable_wrappers: Sequence[str]
    grantable_wrappers: Sequence[str]
    creatable_extensions: Sequence[str]
    schema_owner: str | None
    schema_trusted: bool
    owner_has_schema: bool
    public_has_schema: bool
    may_grant_schema: bool

    @classmethod
    def read(cls, connection: Connection, owner: str, wrappers: Sequence[str]) -> Standing:
        """Look at the database, as the session sees it."""
        [row] = connection.fetch(query("standing"), [owner, list(wrappers)])
        names = [field.name for field in fields(cls)]
        return cls(**dict[str, Any](zip(names, row, strict=True)))


@dataclass(frozen=True, slots=True)
class Step:
    """A statement that is still to be run, what it makes, and whether the caller may run it."""

    makes: str
    statement: str
    allowed: bool


def install(connection: Connection, owner: str, wrappers: Sequence[str] = WRAPPERS) -> bool:
    """Make a database a hub.

    Makes the owner role, gives it CREATE on the database and USAGE on wrappers, makes the
    extensions of these and the schema ``exclave`` with the registry, as far as they are not
    there. No superuser is needed afterwards.

    Parameters
    ----------
    connection
        A session on the hub. The role of the session becomes a member of the owner role.
    owner
        The role that owns what is made for federations; one that is there already will do.
    wrappers
        The foreign-data wrappers that members are to be reached by.

    Returns
    -------
    bool
        Whether anything was made.

    Raises
    ------
    PrerequisiteError
        When the role may not do all of it; nothing is changed then, and `remedies` holds the
        statements for an administrator. Afterwards call it again.
    RegistryError
        When something that is not exclave's stands in the way: a schema ``exclave`` of a role
        that must not be trusted, or tables in it that are no registry's; when exclave is
        installed with another owner, or by a later version of this library.
    """
    with connection.transaction():
        lock(connection)
        standing = Standing.read(connection, owner, wrappers)
        _check(connection, standing, owner)
        steps = _steps(standing, owner, wrappers)
        if not all(step.allowed for step in steps):
            raise PrerequisiteError(
                f'The role "{standing.caller}" may not do all that it takes to make the database '
                f'"{standing.database}" a hub; call this again once it is done.',
                [f"{step.statement};" for step in steps],
            )
        for step in steps:
            connection.execute(step.statement)
        made = [step.makes for step in steps]
        if standing.schema_owner is None:
            made += _make_schema(connection, standing, owner)
        with acting_as(connection, owner, standing.former):
            if _has_registry(connection):
                if made:
                    record(connection, "install", made=made)
            else:
                _make_registry(connection, owner, made)
                return True
        return bool(made)


def _check(connection: Connection, standing: Standing, owner: str) -> None:
    if standing.owner_is_superuser:
        raise RegistryError(
            f'The role "{owner}" is a superuser; all that is made for federations would run with '
            "its rights. Name a role that is none, or leave the name out: a role is made then."
        )
    found = connection.fetch(query("relations"), [sorted(TABLES)])
    if standing.schema_owner is not None and not standing.schema_trusted:
        raise RegistryError(
            f'There is a schema exclave that belongs to the role "{standing.schema_owner}", which '
            f'is neither a superuser nor a member of "{owner}": it could put anything in the '
            "place of the registry. Find out who made it; an administrator who knows it gives "
            f"it over: ALTER SCHEMA exclave OWNER TO {quote_identifier(owner)}"
        )
    others = {of for _, _, of, _ in found} - {owner}
    if others:
        tables = ", ".join(f"exclave.{name}" for name, _, of, _ in found if of in others)
        raise RegistryError(
            f'In the schema exclave there is already {tables}, of the role "{min(others)}", not '
            f'"{owner}". If exclave was installed here with that role, name it: '
            f'Hub(…, owner="{min(others)}") or --owner. If not, find out who made it.'
        )
    registry = read_registry(connection, owner) if found and standing.may_set_role else None
    if registry is not None:
        if registry.version == VERSION:
            _check_columns({name: columns for name, _, _, columns in found})
        else:
            check_version(registry)
    elif found and standing.may_set_role:
        raise RegistryError(
            "In the schema exclave there are tables with the names of the registry's, and no "
            f"table registry: {', '.join(name for name, *_ in found)}. Find out who made them; "
            "nothing was changed."
        )


def _check_columns(found: dict[str, Sequence[str]]) -> None:
    for name, expected in TABLES.items():
        if list(found.get(name, ())) != list(expected):
            there = ", ".join(found.get(name, ())) or "missing"
            raise RegistryError(
                f"The table exclave.{name} is not as version {VERSION} of the registry has it: "
                f"expected {', '.join(expected)}; found {there}."
            )


def _steps(standing: Standing, owner: str, wrappers: Sequence[str]) -> list[Step]:
    role = quote_identifier(owner)
    steps: list[Step] = []
    if not standing.has_owner:
        steps.append(Step("role", f"CREATE ROLE {role} NOLOGIN", standing.may_create_role))
    if not standing.may_set_role:
        grant = f"GRANT {role} TO {quote_identifier(standing.caller)}"
        steps.append(Step(f"membership of {standing.caller}", grant, standing.may_grant_role))
    if not standing.owner_may_create:
        grant = f"GRANT CREATE ON DATABASE {quote_identifier(standing.database)} TO {role}"
        steps.append(Step("create on database", grant, standing.may_grant_create))
    for wrapper in wrappers:
        name = quote_identifier(wrapper)
        creates = wrapper in standing.creatable_extensions
        if wrapper not in standing.wrappers:
            steps.append(Step(f"extension {wrapper}", f"CREATE EXTENSION {name}", creates))
        if wrapper not in standing.usable_wrappers:
            allowed = wrapper in standing.grantable_wrappers or (
                wrapper not in standing.wrappers and standing.superuser
            )
            grant = f"GRANT USAGE ON FOREIGN DATA WRAPPER {name} TO {role}"
            steps.append(Step(f"usage of wrapper {wrapper}", grant, allowed))
    if standing.schema_owner is not None and not standing.owner_has_schema:
        grant = f"GRANT USAGE, CREATE ON SCHEMA exclave TO {role}"
        steps.append(Step("create in schema", grant, standing.may_grant_schema))
    if standing.schema_owner is not None and not standing.public_has_schema:
        grant = "GRANT USAGE ON SCHEMA exclave TO PUBLIC"  # row-level security hides the rows
        steps.append(Step("usage of schema", grant, standing.may_grant_schema))
    return steps


def _make_schema(connection: Connection, standing: Standing, owner: str) -> list[str]:
    """Make the schema; a superuser's holds a ledger for every role too."""
    if standing.superuser:
        install_ledger(connection)
        connection.execute(f"GRANT USAGE, CREATE ON SCHEMA exclave TO {quote_identifier(owner)}")
        return ["schema", "ledger", "create in schema"]
    with acting_as(connection, owner, standing.former):
        connection.execute("CREATE SCHEMA exclave")
        connection.execute("GRANT USAGE ON SCHEMA exclave TO PUBLIC")
    return ["schema"]


def _has_registry(connection: Connection) -> bool:
    [(there,)] = connection.fetch("SELECT pg_catalog.to_regclass('exclave.registry') IS NOT NULL")
    return bool(there)


def _make_registry(connection: Connection, owner: str, made: Sequence[str]) -> None:
    for number in range(1, VERSION + 1):
        connection.execute(query(f"version_{number}"))
    home = Identity.of(connection)
    connection.fetch(query("registry_write"), [VERSION, home.system, home.database, owner])
    make_at_home(connection, home)
    record(connection, "install", made=[*made, "registry"])
