"""Digests of values that a role set and may not read back, so that a rotated secret is seen.

A role that owns a server may set the options of another role's user mapping but not read them.
For such options a digest of the last value sent is kept in the table ``exclave.secret_digest``
of the hub, keyed by a random salt of its own and slow to guess (scrypt, RFC 7914). The table is
made when it is first needed, and used only if it belongs to the current role or a superuser.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from exclave.catalog import Connection, connection_of
from exclave.errors import PlanError
from exclave.objects import HIDDEN, Catalog, Hidden, Options, UserMapping
from exclave.objects.options import OptionValue
from exclave.plan.query import query
from exclave.plan.secrets import Resolver, needed_for

_SALT_BYTES = 16
_SCRYPT_COST = 2**10  # 1 MiB and about 3 ms a value

Digests = Mapping[tuple[str, str, str], tuple[bytes, bytes]]


def _digest(value: str, salt: bytes) -> bytes:
    return hashlib.scrypt(value.encode(), salt=salt, n=_SCRYPT_COST, r=8, p=1)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of a hub, as the current role finds it.

    Parameters
    ----------
    usable
        Whether it is there and can be trusted.
    creatable
        Whether the role could make it.
    """

    usable: bool
    creatable: bool

    @classmethod
    def find(cls, connection: Connection) -> Ledger:
        """Look for the ledger of a hub."""
        [(exists, trusted, creatable)] = connection.fetch(query("ledger_find"))
        return cls(usable=bool(exists and trusted), creatable=bool(creatable))

    def create(self, connection: Connection) -> Ledger:
        """Make the ledger; one that a superuser made serves every role of the database."""
        with connection.transaction():
            connection.execute(query("ledger_create"))
            connection.execute("ALTER TABLE exclave.secret_digest ENABLE ROW LEVEL SECURITY")
            connection.execute(query("ledger_guard"))
            connection.execute("GRANT USAGE ON SCHEMA exclave TO PUBLIC")
        return Ledger(usable=True, creatable=False)

    def digests(self, connection: Connection) -> Digests:
        """Read the current role's digests: salt and digest by server, role and option."""
        if not self.usable:
            return {}
        return {
            (server, role, option): (bytes(salt), bytes(digest))
            for server, role, option, salt, digest in connection.fetch(query("ledger_read"))
        }

    def record(
        self, connection: Connection, mappings: Iterable[UserMapping], resolve: Resolver
    ) -> Ledger:
        """Keep digests of the options of some user mappings.

        Parameters
        ----------
        connection
            A session on the hub, in a transaction.
        mappings
            Mappings that were just created or altered.
        resolve
            What gives their secrets.

        Returns
        -------
        Ledger
            The ledger, which may have been made; an unusable one when it could not be.
        """
        ledger = self
        if not self.usable:
            if not self.creatable:
                return self
            ledger = self.create(connection)
        for mapping in mappings:
            _write(connection, mapping, resolve)
        return ledger


def install_ledger(connection: object) -> bool:
    """Make the ledger of digests for every role of a database; for an administrator to call.

    A ledger that a superuser made serves all roles, each with rows of its own. Without one, the
    first role that needs it makes one for itself, if it may create schemas.

    Parameters
    ----------
    connection
        A superuser's psycopg 3 connection or a `Connection`.

    Returns
    -------
    bool
        Whether it was made; ``False`` when there is one that serves the current role.

    Raises
    ------
    PlanError
        When there is a schema ``exclave`` without such a table, or the role may not create one.
    """
    hub = connection_of(connection)
    ledger = Ledger.find(hub)
    if ledger.usable:
        return False
    if not ledger.creatable:
        raise PlanError(
            "The ledger of digests cannot be made: the schema exclave is there already, or the "
            "role may not create schemas in this database."
        )
    ledger.create(hub)
    return True


def _write(connection: Connection, mapping: UserMapping, resolve: Resolver) -> None:
    if isinstance(mapping.options, Hidden):
        return
    rows: list[tuple[str, str, str]] = []
    for name, option in mapping.options.items():
        value = resolve.value(option)
        if value is not None:
            salt = os.urandom(_SALT_BYTES)
            rows.append((name, salt.hex(), _digest(value, salt).hex()))
    names, salts, digests = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([],) * 3
    )
    connection.fetch(query("ledger_write"), [mapping.server, mapping.role, names, salts, digests])


def reveal(actual: Catalog, desired: Catalog, digests: Digests, resolve: Resolver) -> Catalog:
    """Give what is there with hidden values judged by their digests.

    A hidden value whose digest is that of the declared value becomes the declared one; one that
    is known to be another becomes ``Hidden(changed=True)``; one without a digest stays hidden.

    Parameters
    ----------
    actual
        What is there.
    desired
        The declarations.
    digests
        What the ledger holds.
    resolve
        What gives the declared secrets.
    """
    judged: dict[tuple[str, str], UserMapping] = {}
    for key, mapping in actual.user_mappings.items():
        wanted = desired.user_mappings.get(key)
        if (
            wanted is None
            or isinstance(mapping.options, Hidden)
            or isinstance(wanted.options, Hidden)
            or HIDDEN not in mapping.options.values()
        ):
            continue
        options: dict[str, OptionValue] = dict(mapping.options)
        for name, value in mapping.options.items():
            kept = digests.get((*key, name))
            if value == HIDDEN and kept is not None and name in wanted.options:
                with needed_for(mapping):
                    options[name] = _judged(wanted.options[name], *kept, resolve)
        judged[key] = replace(mapping, options=Options(options))
    if not judged:
        return actual
    return Catalog(
        judged.get(value.key, value) if isinstance(value, UserMapping) else value
        for value in actual
    )


def _judged(wanted: OptionValue, salt: bytes, digest: bytes, resolve: Resolver) -> OptionValue:
    value = resolve.value(wanted)
    if value is None:
        return wanted  # nothing is known of either
    if hmac.compare_digest(_digest(value, salt), digest):
        return wanted
    return Hidden(changed=True)


def has_hidden(catalog: Catalog, mappings: Iterable[tuple[str, str]]) -> bool:
    """Tell whether any of some user mappings has options that cannot be seen."""
    for key in mappings:
        mapping = catalog.user_mappings.get(key)
        if mapping is None:
            continue
        if isinstance(mapping.options, Hidden) or HIDDEN in mapping.options.values():
            return True
    return False
