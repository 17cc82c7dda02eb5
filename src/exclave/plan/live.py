"""Declarations against a live database, both in the spelling of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from exclave.catalog import Connection, Snapshot
from exclave.objects import (
    HIDDEN,
    Catalog,
    ForeignObject,
    ForeignTable,
    Hidden,
    MaterializedView,
    Options,
    Schema,
    UserMapping,
)
from exclave.objects.grant import Grants
from exclave.plan.align import align
from exclave.plan.change import Change
from exclave.plan.differences import differences, in_order
from exclave.plan.policy import Policy
from exclave.plan.rename import apply_renames
from exclave.plan.scope import included, with_columns
from exclave.plan.secrets import Resolver


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between declarations and a live database.

    Parameters
    ----------
    changes
        What would make the database as declared, in order.
    unseen
        What could not be compared, a sentence each.
    """

    changes: tuple[Change, ...]
    unseen: tuple[str, ...]


def compare_with(
    hub: Connection, snapshot: Snapshot, desired: Catalog, policy: Policy, resolve: Resolver
) -> Comparison:
    """Align declarations with a snapshot and compare the two.

    Parameters
    ----------
    hub
        A session on the hub.
    snapshot
        What is there.
    desired
        The declarations.
    policy
        What may be done beyond them.
    resolve
        What gives secrets.
    """
    if policy.scope is not None:
        scope = policy.scope.of_session(snapshot.role)
        desired, scope = included(snapshot.catalog, desired, scope)
        policy = replace(policy, scope=scope)
    renames, actual = apply_renames(snapshot.catalog, desired, policy)
    aligned = align(hub, replace(snapshot, catalog=actual), desired, resolve)
    unseen = (*_unseen(aligned.actual, aligned.desired), *aligned.unseen)
    actual = _without_hidden(aligned.actual) if policy.hidden == "set" else aligned.actual
    desired = aligned.desired
    if policy.scope is not None:
        desired = with_columns(actual, desired, policy.scope)
    changes = differences(
        actual,
        desired,
        policy,
        lambda value: default_grants(snapshot, value),
        lambda view: view.key in aligned.recorded,
        lambda view: aligned.written.get(view.key, view.query),
    )
    return Comparison(in_order(renames, changes), unseen)


def default_grants(snapshot: Snapshot, value: ForeignObject) -> Grants:
    """Give what default privileges grant on an object that the current role creates."""
    if isinstance(value, ForeignTable | MaterializedView):
        return snapshot.default_grants.of(value.schema)
    if isinstance(value, Schema):
        return snapshot.default_schema_grants.of(value.name)
    return frozenset()


def _unseen(actual: Catalog, desired: Catalog) -> Iterator[str]:
    for key, wanted in desired.user_mappings.items():
        there = actual.user_mappings.get(key)
        if there is None or isinstance(wanted.options, Hidden):
            continue
        if isinstance(there.options, Hidden):
            names = "all options"
        else:
            hidden = [name for name, value in there.options.items() if value == HIDDEN]
            names = ", ".join(name for name in hidden if name in wanted.options)
        if names:
            yield (
                f"{wanted}: the database would not show {names}; taken for right. "
                'Policy(hidden="set") sets what it can again.'
            )


def _without_hidden(actual: Catalog) -> Catalog:
    return Catalog(
        replace(
            value,
            options=Options(
                {
                    name: Hidden(changed=True) if option == HIDDEN else option
                    for name, option in value.options.items()
                }
            ),
        )
        if isinstance(value, UserMapping) and isinstance(value.options, Options)
        else value
        for value in actual
    )
