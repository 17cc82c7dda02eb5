"""Bringing a registry to this library's version, and giving it a new home."""

from __future__ import annotations

from exclave.catalog import Connection
from exclave.errors import RegistryError
from exclave.federation.registry.history import record
from exclave.federation.registry.identity import Identity
from exclave.federation.registry.opened import (
    VERSION,
    Registry,
    acting_as,
    check_version,
    read_registry,
)
from exclave.federation.registry.query import query

LOCK_KEY = 0x65786665647267
"""The advisory lock under which a registry is installed, upgraded and removed: "exfedrg"."""


def upgrade(connection: Connection, owner: str) -> bool:
    """Bring a registry to this library's version, one version after the other.

    Members, tables and history stay. No member is touched.

    Parameters
    ----------
    connection
        A session on the hub.
    owner
        The owner role.

    Returns
    -------
    bool
        Whether it was of an older version.

    Raises
    ------
    RegistryError
        When there is no registry, it is another role's, or a later library's.
    """
    with connection.transaction():
        found = locked_registry(connection, owner)
        if found.version >= VERSION:
            check_version(found)
            return False
        with acting_as(connection, owner):
            make_at_home(connection, found.home)
            for number in range(found.version + 1, VERSION + 1):
                connection.execute(query(f"version_{number}"))
            connection.fetch(query("registry_version"), [VERSION])
            record(connection, "upgrade", before=found.version, after=VERSION)
        return True


def adopt(connection: Connection, owner: str) -> bool:
    """Say of a hub that was copied or renamed that it is to use the members from now on.

    Parameters
    ----------
    connection
        A session on the hub.
    owner
        The owner role.

    Returns
    -------
    bool
        Whether it was another one than before.

    Raises
    ------
    RegistryError
        When there is no registry of this owner's and of this library's version.
    """
    with connection.transaction():
        found = locked_registry(connection, owner)
        check_version(found)
        if Identity.of(connection, found.home.system) == found.home:
            return False
        with acting_as(connection, owner):
            here = Identity.of(connection)
            connection.fetch(query("registry_adopt"), [here.system, here.database])
            make_at_home(connection, here)
            record(connection, "adopt", before=str(found.home), after=str(here))
        return True


def lock(connection: Connection) -> None:
    """Let no other session install, upgrade or remove a registry until the transaction ends."""
    connection.fetch(query("lock"), [LOCK_KEY])


def locked_registry(connection: Connection, owner: str) -> Registry:
    """Read the registry, and let no other session upgrade or remove it meanwhile.

    Raises
    ------
    RegistryError
        When there is none, or it is another role's.
    """
    lock(connection)
    found = read_registry(connection, owner)
    if found is None:
        raise RegistryError(
            "This database is no hub: it has no registry in a schema exclave. Make it one with "
            '"exclave fed init" or Hub.install().'
        )
    return found


def make_at_home(connection: Connection, home: Identity) -> None:
    """Make the function that the joined tables ask, for a database."""
    connection.execute(home.function)
    connection.execute("GRANT EXECUTE ON FUNCTION exclave.at_home() TO PUBLIC")
