"""Making plans for a live database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exclave.catalog import connection_of, read
from exclave.objects import (
    Catalog,
    ForeignObject,
    ForeignTable,
    MaterializedView,
    QualifiedName,
)
from exclave.plan import dependants, prerequisites
from exclave.plan.change import NOUNS, Change
from exclave.plan.declared_options import check_declared_options, exposed_secrets
from exclave.plan.declared_versions import check_declared_versions
from exclave.plan.differences import parents_first
from exclave.plan.live import compare_with, default_grants
from exclave.plan.names import resolve_names
from exclave.plan.need import Need
from exclave.plan.plan import Plan
from exclave.plan.policy import DEFAULT_POLICY, Policy
from exclave.plan.scope import Scope
from exclave.plan.secrets import Resolver
from exclave.plan.view_order import used_first


def make(
    connection: object,
    desired: Catalog | Iterable[ForeignObject],
    policy: Policy = DEFAULT_POLICY,
) -> Plan:
    """Compare declarations with what a database holds.

    Parameters
    ----------
    connection
        A psycopg 3 connection or a `Connection`; nothing is changed through it.
    desired
        The declarations.
    policy
        What may be done beyond them.

    Returns
    -------
    Plan
        What makes the database as declared; empty when it is. Its notes tell what could not be
        compared, and which prerequisites are missing.

    Raises
    ------
    DeclarationError
        For what the wrapper or the server's version does not have, or a server that is neither
        there nor declared.
    SecretError
        When a declared secret that must be compared cannot be resolved.
    PlanError
        When something must be dropped and created anew, something else depends on it, and
        the policy does not allow that.
    """
    hub = connection_of(connection)
    wanted = policy.within(desired if isinstance(desired, Catalog) else Catalog(desired))
    snapshot = read(hub)
    check_declared_options(wanted, snapshot.major, snapshot.catalog.servers.values())
    check_declared_versions(wanted, snapshot.major)
    comparison = compare_with(hub, snapshot, wanted, policy, Resolver())
    found = dependants.dependants_of_rebuilt(hub, comparison.changes)
    dependants.refuse(found, cascade=policy.cascade)
    needs = prerequisites.missing(hub, snapshot, comparison.changes)
    if policy.scope is not None:
        needs = [need for need in needs if not _met_by_others(need, policy.scope)]
    notes = [
        *comparison.unseen,
        *exposed_secrets(wanted),
        *_emptied(comparison.changes),
        *(f"Lost by the rebuild: {line}." for line in found),
        *(need.message + (f" Run: {need.remedy}" if need.remedy else "") for need in needs),
    ]
    return Plan(comparison.changes, policy, tuple(notes))


def _met_by_others(need: Need, scope: Scope) -> bool:
    """Tell whether another tool makes what is needed, or drops what has a name that is."""
    if need.question == "relation free":
        return scope.shaken.get(QualifiedName(need.name, need.schema), frozenset()) is None
    return need.name in scope.provided


def _emptied(changes: Iterable[Change]) -> Iterator[str]:
    """Name the materialized views that had data, and will have none."""
    had_data: set[object] = set()
    for change in changes:
        match change.before, change.after:
            case MaterializedView(with_data=True) as before, None:
                had_data.add(before.key)
            case None, MaterializedView(with_data=False) as after if after.key in had_data:
                yield f"{after} is created anew without data; it cannot be read until a refresh."
            case _:
                pass


def removal(connection: object, objects: Catalog | Iterable[ForeignObject]) -> Plan:
    """Plan to drop declared objects, those of them that are there.

    Parameters
    ----------
    connection
        A psycopg 3 connection or a `Connection`; nothing is changed through it.
    objects
        The declarations. Nothing that depends on them is taken along.
    """
    hub = connection_of(connection)
    snapshot = read(hub)
    declared = objects if isinstance(objects, Catalog) else Catalog(objects)
    named = resolve_names(hub, snapshot.catalog, declared, snapshot.major)
    there = {(type(value), value.key): value for value in snapshot.catalog}
    found = [there[key] for value in named if (key := (type(value), value.key)) in there]
    changes = [
        Change(value, None, granted=default_grants(snapshot, value))
        for value in _dependants_first(found)
        if getattr(value, "extension", None) is None
    ]
    return Plan(tuple(changes))


def _dependants_first(objects: list[ForeignObject]) -> Iterator[ForeignObject]:
    views = [value for value in objects if isinstance(value, MaterializedView)]
    yield from reversed(list(used_first(views)))
    tables = [value for value in objects if isinstance(value, ForeignTable)]
    yield from reversed(list(parents_first(tables)))
    for kind in reversed(list(NOUNS)):
        if kind not in (ForeignTable, MaterializedView):
            yield from (value for value in objects if type(value) is kind)
