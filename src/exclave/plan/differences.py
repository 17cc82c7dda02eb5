"""Desired against actual: which objects must change, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from exclave.errors import DeclarationError, PlanError
from exclave.objects import (
    Catalog,
    Extension,
    ForeignObject,
    ForeignTable,
    MaterializedView,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects.grant import Grants
from exclave.objects.registry import rules_of
from exclave.plan.change import NOUNS, Change, noun_of
from exclave.plan.foreign_table import held_columns, is_reshaped, parents_of
from exclave.plan.former import former_view
from exclave.plan.policy import Policy
from exclave.plan.rename import apply_renames
from exclave.plan.scope import Shaken, going
from exclave.plan.state import Key, key_of
from exclave.plan.view_changes import ViewChanges

Granted = Callable[[ForeignObject], Grants]
"""Tells what default privileges grant on a new object."""

Known = Callable[[MaterializedView], bool]
"""Tells whether exclave made a materialized view, so that it may be dropped when undeclared."""


Written = Callable[[MaterializedView], str]
"""Tells the query of a declared materialized view as it was declared."""


def differences(
    actual: Catalog,
    desired: Catalog,
    policy: Policy,
    granted: Granted,
    known: Known,
    written: Written = lambda view: view.query,
) -> tuple[Change, ...]:
    """Find the changes that turn one catalog into another; see `exclave.plan.compare`."""
    renames, actual = apply_renames(actual, desired, policy)
    gone = going(
        actual,
        desired,
        lambda value: (
            policy.drops(value) and not (isinstance(value, MaterializedView) and not known(value))
        ),
        policy.scope,
    )
    comparison = _Comparison(actual, desired, policy, granted, written, gone)
    return in_order(renames, comparison.changes())


def in_order(renames: Iterable[Change], changes: Iterable[Change]) -> tuple[Change, ...]:
    """Put drops of materialized views before renames of what they read, so that both reverse."""
    drops: list[Change] = []
    rest: list[Change] = []
    for change in changes:
        goes = isinstance(change.before, MaterializedView) and change.after is None
        (drops if goes else rest).append(change)
    return (*drops, *renames, *rest)


@dataclass(frozen=True, slots=True)
class _Comparison:
    actual: Catalog
    desired: Catalog
    policy: Policy
    granted: Granted
    written: Written
    going: frozenset[Key]

    def changes(self) -> Iterator[Change]:
        """Give the changes in an order in which PostgreSQL takes them."""
        self._check_servers()
        direct = {kind: self._direct(kind) for kind in NOUNS}
        dropped = {kind: self._undeclared(kind) for kind in NOUNS}
        tables = _Tables(self, direct[ForeignTable], dropped[ForeignTable])
        replaced = {change.subject.key for change in direct[Server] if change.action == "replace"}
        tables.rebuild_on(cast("set[str]", replaced))
        mappings = self._mappings(direct[UserMapping], cast("set[str]", replaced))
        views = ViewChanges(
            self, direct[MaterializedView], dropped[MaterializedView], tables.shaken()
        )

        yield from views.drops()
        yield from tables.detached()
        yield from tables.drops()
        yield from (change for change in mappings if change.after is None)
        yield from dropped[UserMapping]
        yield from direct[Schema]
        yield from direct[Extension]
        yield from direct[Wrapper]
        yield from direct[Server]
        yield from (change for change in mappings if change.after is not None)
        yield from tables.rest()
        yield from views.rest()
        yield from dropped[Server]
        yield from dropped[Wrapper]

    def _check_servers(self) -> None:
        for value in (*self.desired.user_mappings.values(), *self.desired.foreign_tables.values()):
            declared = value.server in self.desired.servers
            there = self.actual.servers.get(value.server)
            if not declared and (there is None or key_of(there) in self.going):
                raise DeclarationError(
                    f'{value}: the foreign server "{value.server}" neither exists nor is '
                    "declared; declare it too."
                )

    def _direct(self, kind: type[ForeignObject]) -> list[Change]:
        """Compare what was declared of a kind, each with its namesake."""
        changes: list[Change] = []
        there = _of_kind(self.actual, kind)
        for key, wanted in _of_kind(self.desired, kind).items():
            change = self.change_of(
                there.get(key) or former_view(self.actual, self.desired, wanted), wanted
            )
            if change is not None:
                changes.append(change)
        return changes

    def change_of(self, actual: ForeignObject | None, desired: ForeignObject) -> Change | None:
        """Compare one object with its declaration."""
        if actual is None:
            return Change(None, self._with_extension(desired), granted=self.granted(desired))
        if self.policy.existing == "keep":
            return None
        noun = noun_of(desired)
        merged = noun.merge(actual, desired)
        if merged == actual:
            return None
        reason = noun.replaced_because(actual, merged)
        cascade = reason is not None and self.policy.cascade
        return Change(actual, merged, reason, cascade, self.granted(desired))

    def _with_extension(self, value: ForeignObject) -> ForeignObject:
        """Tell a wrapper of a declared extension from one that must be created by itself."""
        if not isinstance(value, Wrapper) or value.extension is not None:
            return value
        rules = rules_of(value.name)
        if rules is None or rules.extension not in self.desired.extensions:
            return value
        return replace(value, extension=rules.extension)

    def _undeclared(self, kind: type[ForeignObject]) -> list[Change]:
        if not self.going:
            return []
        return [
            Change(value, None, cascade=self.policy.cascade, granted=self.granted(value))
            for value in _of_kind(self.actual, kind).values()
            if key_of(value) in self.going
        ]

    def _mappings(self, direct: list[Change], replaced: set[str]) -> list[Change]:
        """Drop the mappings of replaced servers, and put them back as they are to be."""
        final = {change.subject.key: change.after for change in direct}
        changes = [change for change in direct if _server_of(change) not in replaced]
        for key, value in self.actual.user_mappings.items():
            if value.server not in replaced or key_of(value) in self.going:
                continue
            self.refuse_undeclared(value, self.desired.user_mappings)
            changes += [Change(value, None), Change(None, final.get(key, value))]
        return changes + [
            change for change in direct if _server_of(change) in replaced and change.before is None
        ]

    def granted_on(self, value: ForeignObject) -> Grants:
        """Tell what default privileges grant on a new object."""
        return self.granted(value)

    def written_query(self, view: MaterializedView) -> str:
        """Tell the query of a declared materialized view as it was declared."""
        return self.written(view)

    def refuse_undeclared(self, value: ForeignObject, declared: Mapping[Any, object]) -> None:
        """Refuse to rebuild what nobody declared, unless the policy allows it."""
        if value.key not in declared and not self.policy.cascade:
            raise PlanError(
                f"{value} depends on an object that must be replaced, and nobody declared it. "
                "Declare it too, or allow it with Policy(cascade=True): it is then dropped and "
                "put back as it is."
            )


def _server_of(change: Change) -> str:
    return cast("UserMapping", change.subject).server


class _Tables:
    """The changes of foreign tables, which also depend on one another as parents."""

    def __init__(
        self, comparison: _Comparison, direct: list[Change], dropped: list[Change]
    ) -> None:
        self._comparison = comparison
        self._actual = comparison.actual.foreign_tables
        self._changes = {_table_key(change): change for change in direct}
        self._dropped = {_table_key(change): change for change in dropped}
        self._rebuilt: dict[tuple[str, str], tuple[Change, Change]] = {}
        for key in [key for key, change in self._changes.items() if change.action == "replace"]:
            self._rebuild(key)

    def rebuild_on(self, servers: set[str]) -> None:
        """Drop and create anew the tables on servers that are replaced."""
        for key, table in self._actual.items():
            if table.server in servers and key not in self._dropped:
                self._rebuild(key)

    def _rebuild(self, key: tuple[str, str]) -> None:
        if key in self._rebuilt:
            return
        comparison = self._comparison
        before = self._actual[key]
        comparison.refuse_undeclared(before, comparison.desired.foreign_tables)
        change = self._changes.pop(key, None)
        after = before if change is None else change.after
        granted = comparison.granted(before)
        cascade = comparison.policy.cascade
        self._rebuilt[key] = (
            Change(before, None, cascade=cascade, granted=granted),
            Change(None, after, granted=granted),
        )

    def shaken(self) -> Shaken:
        """Tell what happens to tables that queries may read."""
        found: dict[QualifiedName, frozenset[str] | None] = {}
        for key, change in self._changes.items():
            if _is_reshaped(change):
                before, after = change.before, change.after
                held = held_columns(cast("ForeignTable", before), cast("ForeignTable", after))
                found[QualifiedName(key[1], key[0])] = held
        gone = (*self._rebuilt, *self._dropped)
        return found | dict.fromkeys(QualifiedName(name, schema) for schema, name in gone)

    def detached(self) -> Iterator[Change]:
        """Take tables from parents before the plan goes on.

        So from those that go or change their columns, that nothing recurses; and from a place as
        a partition that another table may take.
        """
        entered = self._entered()
        unsteady = {
            QualifiedName(name, schema)
            for (schema, name), change in self._changes.items()
            if _is_reshaped(change)
        }
        unsteady |= {QualifiedName(key[1], key[0]) for key in (*self._rebuilt, *self._dropped)}
        for key, table in self._actual.items():
            if key in self._rebuilt or key in self._dropped:
                continue
            parents = table.inherits & unsteady
            partition = table.partition_of
            change = self._changes.get(key)
            after = table if change is None else cast("ForeignTable", change.after)
            leaves = partition is not None and (
                partition.parent in unsteady
                or (partition != after.partition_of and bool(entered[partition.parent] - {key}))
            )
            if not parents and not leaves:
                continue
            detached = replace(
                table,
                inherits=table.inherits - parents,
                partition_of=None if leaves else partition,
            )
            self._changes.pop(key, None)
            if after != detached:
                self._changes[key] = Change(detached, after)
            yield Change(table, detached)

    def _entered(self) -> defaultdict[QualifiedName, set[tuple[str, str]]]:
        """Give the parents that get a partition, each with the tables that become one."""
        changes = {key: create for key, (_, create) in self._rebuilt.items()} | self._changes
        entered: defaultdict[QualifiedName, set[tuple[str, str]]] = defaultdict(set)
        for key, change in changes.items():
            place = cast("ForeignTable", change.after).partition_of
            before = cast("ForeignTable | None", change.before)
            if place is not None and (before is None or before.partition_of != place):
                entered[place.parent].add(key)
        return entered

    def drops(self) -> Iterator[Change]:
        """Give the drops, children before parents."""
        drops = {key: drop for key, (drop, _) in self._rebuilt.items()} | self._dropped
        tables = [cast("ForeignTable", change.before) for change in drops.values()]
        for table in reversed(list(parents_first(tables))):
            yield drops[table.key]

    def rest(self) -> Iterator[Change]:
        """Give the creations and alterations, parents before children."""
        changes = {key: create for key, (_, create) in self._rebuilt.items()} | self._changes
        tables = [cast("ForeignTable", change.after) for change in changes.values()]
        for table in parents_first(tables):
            yield changes[table.key]


def _table_key(change: Change) -> tuple[str, str]:
    return cast("ForeignTable", change.subject).key


def _is_reshaped(change: Change) -> bool:
    if change.before is None or change.after is None:
        return False
    return is_reshaped(cast("ForeignTable", change.before), cast("ForeignTable", change.after))


def parents_first(tables: Iterable[ForeignTable]) -> Iterator[ForeignTable]:
    """Give tables in an order in which none comes before a parent of its own."""
    waiting = {table.qualified_name: table for table in tables}
    while waiting:
        name, table = next(iter(waiting.items()))
        yield from _with_parents(name, table, waiting)


def _with_parents(
    name: QualifiedName, table: ForeignTable, waiting: dict[QualifiedName, ForeignTable]
) -> Iterator[ForeignTable]:
    del waiting[name]
    for parent in sorted(parents_of(table), key=str):
        if parent in waiting:
            yield from _with_parents(parent, waiting[parent], waiting)
    yield table


def _of_kind(catalog: Catalog, kind: type[ForeignObject]) -> Mapping[Any, ForeignObject]:
    found: Mapping[type[ForeignObject], Mapping[Any, ForeignObject]] = {
        Extension: catalog.extensions,
        Wrapper: catalog.wrappers,
        Server: catalog.servers,
        UserMapping: catalog.user_mappings,
        Schema: catalog.schemas,
        ForeignTable: catalog.foreign_tables,
        MaterializedView: catalog.materialized_views,
    }
    return found[kind]
