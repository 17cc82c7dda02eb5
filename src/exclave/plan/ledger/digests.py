"""Digests of values that a role set and may not read back, so that a rotated secret is seen.

A role that owns a server may set the options of another role's user mapping but not read them.
For such options a digest of the last value sent is kept in the table ``exclave.secret_digest``
of the hub, keyed by a random salt of its own and slow to guess (scrypt, RFC 7914).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from exclave.catalog import Connection
from exclave.objects import HIDDEN, Catalog, Hidden, Options, UserMapping
from exclave.objects.options import OptionValue
from exclave.plan.ledger.table import LedgerTable
from exclave.plan.query import query
from exclave.plan.secrets import Resolver, needed_for

_SALT_BYTES = 16
_SCRYPT_COST = 2**10  # 1 MiB and about 3 ms a value

Digests = Mapping[tuple[str, str, str], tuple[bytes, bytes]]


def _digest(value: str, salt: bytes) -> bytes:
    return hashlib.scrypt(value.encode(), salt=salt, n=_SCRYPT_COST, r=8, p=1)


def read_digests(connection: Connection) -> Digests:
    """Read the current role's digests: salt and digest by server, role and option."""
    if not LedgerTable.find(connection, "secret_digest").usable:
        return {}
    return {
        (server, role, option): (bytes(salt), bytes(digest))
        for server, role, option, salt, digest in connection.fetch(
            query("ledger/secret_digest_read")
        )
    }


def record_digests(
    connection: Connection, mappings: Iterable[UserMapping], resolve: Resolver
) -> None:
    """Keep digests of the options of some user mappings, if there can be a ledger.

    Parameters
    ----------
    connection
        A session on the hub, in a transaction.
    mappings
        Mappings that were just created or altered.
    resolve
        What gives their secrets.
    """
    if LedgerTable.find(connection, "secret_digest").made(connection).usable:
        for mapping in mappings:
            _write(connection, mapping, resolve)


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
    connection.fetch(
        query("ledger/secret_digest_write"), [mapping.server, mapping.role, names, salts, digests]
    )


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
