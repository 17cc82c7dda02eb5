"""Making plans for a live database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from exclave.catalog import Connection, Snapshot, connection_of, read
from exclave.objects import (
    HIDDEN,
    Catalog,
    ForeignObject,
    ForeignTable,
    Hidden,
    Schema,
    Secret,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects.grant import Grants
from exclave.objects.options import Options
from exclave.objects.registry import check_options
from exclave.plan import dependants, prerequisites
from exclave.plan.align import align
from exclave.plan.change import NOUNS, Change
from exclave.plan.compare import compare, parents_first
from exclave.plan.names import resolve_names
from exclave.plan.plan import Plan
from exclave.plan.policy import DEFAULT_POLICY, Policy
from exclave.plan.rename import apply_renames
from exclave.plan.secrets import Resolver


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
        For an option that the wrapper or the server's version does not have, or a server that is
        neither there nor declared.
    SecretError
        When a declared secret that must be compared cannot be resolved.
    PlanError
        When something must be dropped and created anew, something else depends on it, and
        the policy does not allow that.
    """
    hub = connection_of(connection)
    wanted = desired if isinstance(desired, Catalog) else Catalog(desired)
    snapshot = read(hub)
    check_declared(wanted, snapshot)
    plan = compare_with(hub, snapshot, wanted, policy, Resolver())
    found = dependants.dependants_of_rebuilt(hub, plan.changes)
    dependants.refuse(found, cascade=policy.cascade)
    needs = prerequisites.missing(hub, snapshot, plan.changes)
    notes = [
        *plan.notes,
        *_warnings(wanted),
        *(f"Lost by the rebuild: {line}." for line in found),
        *(need.message + (f" Run: {need.remedy}" if need.remedy else "") for need in needs),
    ]
    return replace(plan, notes=tuple(notes))


def compare_with(
    hub: Connection, snapshot: Snapshot, desired: Catalog, policy: Policy, resolve: Resolver
) -> Plan:
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
    renames, actual = apply_renames(snapshot.catalog, desired, policy)
    aligned = align(hub, replace(snapshot, catalog=actual), desired, resolve)
    unseen = list(_unseen(aligned.actual, aligned.desired))
    actual = _without_hidden(aligned.actual) if policy.hidden == "set" else aligned.actual
    plan = compare(
        actual, aligned.desired, policy, granted=lambda value: default_grants(snapshot, value)
    )
    return replace(plan, changes=(*renames, *plan.changes), notes=tuple(unseen))


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
    tables = [value for value in objects if isinstance(value, ForeignTable)]
    yield from reversed(list(parents_first(tables)))
    for kind in reversed(list(NOUNS)):
        if kind is not ForeignTable:
            yield from (value for value in objects if type(value) is kind)


def default_grants(snapshot: Snapshot, value: ForeignObject) -> Grants:
    """Give what default privileges grant on an object that the current role creates."""
    if isinstance(value, ForeignTable):
        return snapshot.default_grants.of(value.schema)
    if isinstance(value, Schema):
        return snapshot.default_schema_grants.of(value.name)
    return frozenset()


def check_declared(desired: Catalog, snapshot: Snapshot) -> None:
    """Check all declared options against what is known of their wrappers.

    Raises
    ------
    DeclarationError
        As `exclave.objects.registry.check_options`.
    """
    wrapper_of = {
        server.name: server.wrapper
        for server in (*snapshot.catalog.servers.values(), *desired.servers.values())
    }
    for value in desired:
        match value:
            case Wrapper():
                check_options(value.options, value.name, "wrapper", str(value), snapshot.major)
            case Server():
                check_options(value.options, value.wrapper, "server", str(value), snapshot.major)
            case UserMapping() | ForeignTable():
                wrapper = wrapper_of.get(value.server)
                if wrapper is not None:
                    _check_dependent(value, wrapper, snapshot.major)
            case _:
                pass


def _check_dependent(value: UserMapping | ForeignTable, wrapper: str, major: int) -> None:
    if isinstance(value, UserMapping):
        check_options(value.options, wrapper, "user_mapping", str(value), major)
        return
    check_options(value.options, wrapper, "table", str(value), major)
    for column in value.columns:
        if column.options:
            what = f'{value}, column "{column.name}"'
            check_options(column.options, wrapper, "column", what, major)


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


def _warnings(desired: Catalog) -> Iterator[str]:
    for value in desired:
        if isinstance(value, Server | ForeignTable):
            for name, option in value.options.items():
                if isinstance(option, Secret):
                    yield (
                        f"{value}: the option {name!r} looks like a secret, and every role of the "
                        "database can read it there; a user mapping is the place for it."
                    )
