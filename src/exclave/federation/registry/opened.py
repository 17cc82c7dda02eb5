"""Opening a hub: whether there is a registry that can be trusted, known and at home."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from exclave.catalog import Connection
from exclave.errors import HubMovedError, RegistryError
from exclave.federation.registry.identity import Identity
from exclave.federation.registry.query import query

VERSION = 2
"""The version of the registry that this library writes."""

_NO_HUB = (
    "This database is no hub yet: it has no registry in a schema exclave. Make it one with "
    '"exclave fed init" or Hub.install().'
)

_REFUSED = "55000"
"""The SQLSTATE with which ``exclave.at_home`` refuses."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What the registry says of itself.

    Parameters
    ----------
    version
        Which of its versions it is.
    owner
        The role that owns what is made for federations.
    home
        The database that it was installed in.
    installed
        When.
    """

    version: int
    owner: str
    home: Identity
    installed: datetime


def read_registry(connection: Connection, owner: str) -> Registry | None:
    """Read what the registry says of itself, as any role; nothing is changed.

    Parameters
    ----------
    connection
        A session on the hub.
    owner
        The role that is to own it.

    Returns
    -------
    Registry or None
        ``None`` when there is none.

    Raises
    ------
    RegistryError
        When it belongs to another role, or its schema does.
    """
    there = _trusted(connection, owner)
    if there is None:
        return None
    with acting_as(connection, owner, there[0]):
        [(version, system, database, of, installed)] = connection.fetch(query("registry_read"))
    return Registry(version, of, Identity(system, database), installed)


def _trusted(connection: Connection, owner: str) -> tuple[str, bool] | None:
    """Tell as whom the session acts, and if it may act as the owner; without registry nothing."""
    [found] = connection.fetch(query("opened"), [owner])
    former, schema_owner, table_owner, trusted, settable = found
    if table_owner is None:
        return None
    if not trusted:
        raise _foreign(schema_owner, table_owner, owner)
    return str(former), bool(settable)


@contextmanager
def reading(connection: Connection, owner: str) -> Generator[None]:
    """Read the registry as the owner, or as the session's role where that is no member of it.

    A reader of a federation sees its members; what is kept of how they are reached he does not.

    Parameters
    ----------
    connection
        A session on the hub, in a transaction.
    owner
        The owner role.

    Raises
    ------
    RegistryError
        When there is no registry, or another role's.
    """
    there = _trusted(connection, owner)
    if there is None:
        raise RegistryError(_NO_HUB)
    former, settable = there
    with acting_as(connection, owner, former) if settable else nullcontext():
        yield


def open_registry(connection: Connection, owner: str) -> Registry:
    """Check, at the beginning of what is done on a hub, that it may be done.

    Parameters
    ----------
    connection
        A session on the hub, in a transaction.
    owner
        The role that owns what is made.

    Raises
    ------
    RegistryError
        When there is no registry, it is another role's, or of another version than this
        library's.
    HubMovedError
        When the hub is a copy of the one that the registry was installed in.
    """
    found = read_registry(connection, owner)
    if found is None:
        raise RegistryError(_NO_HUB)
    check_version(found)
    here = Identity.of(connection, found.home.system)
    if here != found.home:
        raise HubMovedError(
            f"This is the {here}, and its registry is that of the {found.home}: it was copied or "
            "renamed. So that no copy writes to the members of another hub, nothing touches them "
            'until you say that this one is to: run "exclave fed adopt" or Hub.adopt().'
        )
    return found


def check_version(found: Registry) -> None:
    """Refuse a registry that is older or newer than this library's.

    Raises
    ------
    RegistryError
        Saying what to upgrade.
    """
    if found.version < VERSION:
        raise RegistryError(
            f"The registry of this hub is of version {found.version}, and this exclave works with "
            f'version {VERSION}. Upgrade it with "exclave fed upgrade" or Hub.upgrade().'
        )
    if found.version > VERSION:
        raise RegistryError(
            f"The registry of this hub is of version {found.version}, which a later exclave made; "
            f"this one knows versions up to {VERSION}. Install the later exclave here."
        )


@contextmanager
def telling_moved(connection: Connection) -> Generator[None]:
    """Raise what PostgreSQL refused since the hub is a copy of another one as `HubMovedError`."""
    try:
        yield
    except Exception as error:
        message = connection.message(error) if connection.sqlstate(error) == _REFUSED else ""
        if "exclave fed adopt" not in message:
            raise
        moved = HubMovedError(message)
    else:
        return
    raise moved


@contextmanager
def acting_as(connection: Connection, role: str, former: str | None = None) -> Generator[None]:
    """Act as a role until the end of the block, or of the transaction.

    Parameters
    ----------
    connection
        A session on the hub, in a transaction.
    role
        The role; the session's must be a member of it.
    former
        The role that the session acts as afterwards; ``"none"`` is its own.
    """
    if former is None:
        former = str(connection.fetch("SELECT pg_catalog.current_setting('role')")[0][0])
    become(connection, role)
    yield
    become(connection, former)  # after an error the transaction ends, and with it the role


def become(connection: Connection, role: str) -> None:
    """Act as a role until the transaction ends; ``"none"`` is the session's own."""
    connection.fetch("SELECT pg_catalog.set_config('role', $1, true)", [role])


def _foreign(schema_owner: str, table_owner: str, owner: str) -> RegistryError:
    if table_owner != owner:
        return RegistryError(
            f'The table exclave.registry belongs to the role "{table_owner}", not to "{owner}". If '
            f'exclave was installed here with that role, name it: Hub(…, owner="{table_owner}") '
            "or --owner. If not, it is no registry of exclave's: find out who made it."
        )
    return RegistryError(
        f'The schema exclave belongs to the role "{schema_owner}", which is neither a superuser '
        f'nor a member of "{owner}": it could put anything in the place of the registry. An '
        f'administrator who knows it gives it over: ALTER SCHEMA exclave OWNER TO "{owner}"'
    )
