"""Both sides of a comparison in one spelling, so that equal means equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exclave.catalog import Connection, Snapshot
from exclave.objects import Catalog
from exclave.plan.expression import respell_expressions
from exclave.plan.ledger import Digests, has_hidden, read_digests, reveal
from exclave.plan.names import resolve_names
from exclave.plan.secrets import Resolver, refer_to_declared
from exclave.plan.view_spelling import respell_views


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two catalogs that can be compared value by value.

    Parameters
    ----------
    actual
        What is there; a secret that has the declared value is the declared reference.
    desired
        The declarations, spelled as the hub would print them.
    unseen
        What could not be compared, a sentence each.
    recorded
        The keys of the materialized views that exclave made.
    written
        The queries of materialized views as they were declared, where they are spelled otherwise.
    """

    actual: Catalog
    desired: Catalog
    unseen: tuple[str, ...] = ()
    recorded: frozenset[tuple[str, str]] = frozenset()
    written: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])


def align(
    connection: Connection, snapshot: Snapshot, desired: Catalog, resolve: Resolver
) -> Aligned:
    """Bring what is there and what was declared into one spelling.

    Parameters
    ----------
    connection
        A session on the hub.
    snapshot
        What is there.
    desired
        The declarations.
    resolve
        What gives secrets.

    Raises
    ------
    SecretError
        When a declared secret that must be compared cannot be resolved.
    """
    actual = snapshot.catalog
    desired = resolve_names(connection, actual, desired, snapshot.major)
    desired = respell_expressions(connection, actual, desired)
    actual = reveal(actual, desired, _digests(connection, actual, desired), resolve)
    actual = refer_to_declared(actual, desired, resolve)
    spelled = respell_views(connection, actual, desired, snapshot.major)
    return Aligned(actual, spelled.desired, spelled.unseen, spelled.recorded, spelled.written)


def _digests(connection: Connection, actual: Catalog, desired: Catalog) -> Digests:
    if not has_hidden(actual, desired.user_mappings):
        return {}
    return read_digests(connection)
