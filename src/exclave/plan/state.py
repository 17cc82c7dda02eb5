"""A catalog that follows a plan, change by change."""

from __future__ import annotations

from dataclasses import replace

from exclave.objects import (
    Catalog,
    ForeignObject,
    ForeignTable,
    MaterializedView,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects.foreign_table import Partition
from exclave.plan.change import Change

Key = tuple[type[ForeignObject], object]


def key_of(value: ForeignObject) -> Key:
    """What identifies an object among those of every kind."""
    return (type(value), value.key)


def schema_of(value: ForeignObject) -> str | None:
    """The schema that an object stands in, or is; ``None`` for one that belongs to no schema."""
    match value:
        case ForeignTable() | MaterializedView():
            return value.schema
        case Schema():
            return value.name
        case _:
            return None


class State:
    """The objects of a database while a plan runs.

    Parameters
    ----------
    catalog
        What is there at first.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._objects: dict[Key, ForeignObject] = {key_of(value): value for value in catalog}

    def find(self, value: ForeignObject) -> ForeignObject | None:
        """Give the object that has the kind and key of another, if it is there."""
        return self._objects.get(key_of(value))

    def follow(self, change: Change) -> None:
        """Do to the objects what a change does to the database."""
        before, after = change.before, change.after
        if before is not None:
            self._objects.pop(key_of(before), None)
        if before is not None and after is not None and before.key != after.key:
            self._objects = {
                key_of(value): value
                for value in (refer_anew(value, change) for value in self._objects.values())
            }
        if after is not None:
            self._objects[key_of(after)] = after

    def catalog(self) -> Catalog:
        """Give the objects as a catalog."""
        return Catalog(self._objects.values())


def refer_anew(value: ForeignObject, change: Change) -> ForeignObject:
    """Give an object with its reference to a renamed one under the new name."""
    before, after = change.before, change.after
    if isinstance(before, Wrapper) and isinstance(after, Wrapper):
        if isinstance(value, Server) and value.wrapper == before.name:
            return replace(value, wrapper=after.name)
    elif isinstance(before, Server) and isinstance(after, Server):
        if isinstance(value, UserMapping | ForeignTable) and value.server == before.name:
            return replace(value, server=after.name)
    elif isinstance(before, ForeignTable) and isinstance(after, ForeignTable):
        if isinstance(value, ForeignTable):
            return _with_parent(value, before.qualified_name, after.qualified_name)
        if isinstance(value, MaterializedView) and before.qualified_name in value.uses:
            uses = dict(value.uses)
            uses[after.qualified_name] = uses.pop(before.qualified_name)
            return replace(value, uses=uses)
    return value


def _with_parent(table: ForeignTable, old: QualifiedName, new: QualifiedName) -> ForeignTable:
    if old in table.inherits:
        return replace(table, inherits=(table.inherits - {old}) | {new})
    partition = table.partition_of
    if partition is not None and partition.parent == old:
        return replace(table, partition_of=Partition(new, partition.bound))
    return table
