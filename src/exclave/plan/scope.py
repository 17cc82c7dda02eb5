"""Which objects and columns a plan is about, decided one by one; the rest it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from exclave.objects import (
    Catalog,
    Column,
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
from exclave.objects.names import ROLE_KEYWORDS
from exclave.plan.foreign_table import parents_of
from exclave.plan.former import former_view
from exclave.plan.state import Key, key_of

Shaken = Mapping[QualifiedName, frozenset[str] | None]
"""Relations that change under the queries that read them: some columns, or all of it."""


def _all(actual: ForeignObject | None, declared: ForeignObject | None) -> bool:
    del actual, declared
    return True


def _as_declared(
    table: ForeignTable, actual: Column | None, declared: Column | None
) -> Column | None:
    del table, actual
    return declared


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan is about.

    Parameters
    ----------
    includes
        Called with an object as it is and as it is declared, either of which may be ``None``;
        tells whether the plan is about it.
    column
        Called with a declared foreign table whose columns are not as declared, a column as it is
        and as it is declared, either of which may be ``None``; gives the column as it is to be, or
        ``None`` for no such column.
    owners
        The roles whose undeclared objects may be dropped, among them perhaps
        ``"CURRENT_USER"``; a user mapping counts as its server's owner's. ``None`` is any role.
    provided
        Names of tables and types, as SQL, that another tool makes before they are needed.
    shaken
        The tables that it changes under the declared materialized views that read them: some
        columns, or all of it.
    """

    includes: Callable[[ForeignObject | None, ForeignObject | None], bool] = _all
    column: Callable[[ForeignTable, Column | None, Column | None], Column | None] = _as_declared
    owners: frozenset[str] | None = None
    provided: frozenset[str] = frozenset()
    shaken: Shaken = field(default_factory=dict[QualifiedName, "frozenset[str] | None"])

    def of_session(self, role: str) -> Scope:
        """Give the same with the name of the session's role for the words that stand for it."""
        if self.owners is None:
            return self
        return replace(
            self, owners=frozenset(role if name in ROLE_KEYWORDS else name for name in self.owners)
        )

    def lets_go(self, value: ForeignObject, actual: Catalog) -> bool:
        """Tell whether an undeclared object may be dropped."""
        if self.owners is not None:
            owned = actual.servers[value.server] if isinstance(value, UserMapping) else value
            if getattr(owned, "owner", None) not in self.owners:
                return False
        return self.includes(value, None)


def included(actual: Catalog, desired: Catalog, scope: Scope) -> tuple[Catalog, Scope]:
    """Give the declarations that a plan is about, and a scope that leaves the others alone.

    Parameters
    ----------
    actual
        What is there.
    desired
        All declarations.
    scope
        What decides.
    """
    there = {key_of(value): value for value in actual}
    chosen = [value for value in desired if scope.includes(there.get(key_of(value)), value)]
    aside = {key_of(value) for value in desired} - {key_of(value) for value in chosen}
    if not aside:
        return desired, scope

    def includes(actual: ForeignObject | None, declared: ForeignObject | None) -> bool:
        value = actual or declared
        return value is not None and key_of(value) not in aside and scope.includes(actual, declared)

    return Catalog(chosen), replace(scope, includes=includes)


def with_columns(actual: Catalog, desired: Catalog, scope: Scope) -> Catalog:
    """Give the declarations with the columns that a scope decides on.

    Parameters
    ----------
    actual, desired
        What is there and what was declared, in one spelling.
    scope
        What decides.
    """
    if scope.column is _as_declared:
        return desired
    tables = desired.foreign_tables.items()
    settled = {
        key: _with_columns(actual.foreign_tables.get(key), table, scope) for key, table in tables
    }
    if all(settled[key] is table for key, table in tables):
        return desired
    return Catalog(
        settled[value.key] if isinstance(value, ForeignTable) else value for value in desired
    )


def _with_columns(actual: ForeignTable | None, desired: ForeignTable, scope: Scope) -> ForeignTable:
    if actual is not None and actual.column_set == desired.column_set:
        return desired
    left = {column.name: column for column in (actual.columns if actual else ())}
    columns: list[Column | None] = []
    for column in desired.columns:
        had = left.pop(column.name, None) or left.pop(column.renamed_from or "", None)
        columns.append(scope.column(desired, had, column))
    columns += [scope.column(desired, column, None) for column in left.values()]
    return replace(desired, columns=[column for column in columns if column is not None])


def going(
    actual: Catalog, desired: Catalog, drops: Callable[[ForeignObject], bool], scope: Scope | None
) -> frozenset[Key]:
    """Find what is to be dropped since nobody declared it.

    Parameters
    ----------
    actual, desired
        What is there and what was declared.
    drops
        Tells whether an undeclared object is one to drop.
    scope
        What narrows that down; then what stays keeps the servers, wrappers and tables that it
        needs, but for a table in whose place another tool makes one.
    """
    declared = {key_of(value) for value in desired}
    former = (former_view(actual, desired, value) for value in desired)
    declared |= {key_of(view) for view in former if view is not None}
    gone = {
        key_of(value): value
        for value in actual
        if not isinstance(value, Extension | Schema)
        and key_of(value) not in declared
        and drops(value)
        and (scope is None or scope.lets_go(value, actual))
    }
    if scope is None or not gone:
        return frozenset(gone)
    staying = [value for value in actual if key_of(value) not in gone | dict.fromkeys(declared)]
    staying += desired
    held = {key for key, value in gone.items() if not _makes_way(value, scope)}
    while staying:
        kept = [gone.pop(key) for key in _needed(staying) & held if key in gone]
        staying = kept
    return frozenset(gone)


def _makes_way(value: ForeignObject, scope: Scope) -> bool:
    """Tell whether another tool makes a table in place of a foreign one."""
    return isinstance(value, ForeignTable) and str(value.qualified_name) in scope.provided


def _needed(values: Iterable[ForeignObject]) -> set[Key]:
    keys: set[Key] = set()
    for value in values:
        match value:
            case Server():
                keys.add((Wrapper, value.wrapper))
            case UserMapping():
                keys.add((Server, value.server))
            case ForeignTable():
                parents = parents_of(value)
                keys.add((Server, value.server))
                keys |= {(ForeignTable, (parent.schema, parent.name)) for parent in parents}
            case MaterializedView():
                names = [(used.schema, used.name) for used in value.uses]
                keys |= {
                    (kind, name) for kind in (ForeignTable, MaterializedView) for name in names
                }
            case _:
                pass
    return keys
