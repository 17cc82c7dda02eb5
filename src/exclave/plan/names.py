"""Names as the hub has them: search paths, roles of the session, ALL privileges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exclave.catalog import Connection
from exclave.objects import (
    Catalog,
    Column,
    ForeignObject,
    ForeignTable,
    Grant,
    Index,
    IndexKey,
    MaterializedView,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    ViewColumn,
    Wrapper,
)
from exclave.objects.data_type import canonical_type, is_built_in, schema_of_type, split_type
from exclave.objects.foreign_table import Partition
from exclave.objects.grant import Grants, expand_all
from exclave.objects.names import ROLE_KEYWORDS
from exclave.plan.copies import changed
from exclave.plan.foreign_table import parents_of
from exclave.plan.grant import without_owner
from exclave.plan.query import query
from exclave.plan.syntax import relations_of


def resolve_names(connection: Connection, actual: Catalog, desired: Catalog, major: int) -> Catalog:
    """Give declarations with every name as the hub itself would print it.

    Types, functions, collations, parent tables and what queries read get the schema in which the
    session's search path finds them, if they were named without one; a parent that is not there
    is looked for among the declared foreign tables. What is not found stays as it is.
    ``CURRENT_USER`` and its kin become names of roles, and ``ALL`` the privileges that the
    version has, less those of an object's owner.

    Parameters
    ----------
    connection
        A session on the hub.
    actual
        What is there: what is spelled as there needs no question.
    desired
        The declarations.
    major
        The hub's PostgreSQL major version.
    """
    desired = Catalog(_with_uses(value) for value in desired)
    known = {column.type for table in actual.foreign_tables.values() for column in table.columns}
    wanted = _Wanted.of(desired, known)
    found = wanted.look_up(connection)
    found |= _declared_parents(connection, desired, found)
    roles = _session_roles(connection, desired)
    resolver = _Resolver(found, wanted.respelled(found), roles, actual, major)
    return Catalog(map(resolver.resolve, desired))


_Owned = Wrapper | Server | Schema | ForeignTable | MaterializedView


def _with_uses(value: ForeignObject) -> ForeignObject:
    """Give a materialized view with what its query reads, if that was not declared."""
    if not isinstance(value, MaterializedView) or value.uses:
        return value
    return replace(value, uses=dict.fromkeys(relations_of(value.query), frozenset[str]()))


@dataclass(frozen=True, slots=True)
class _Wanted:
    types: Mapping[str, tuple[str, str]]
    """Each spelling that is of no built-in type: the type's name, and what stands behind it."""
    functions: frozenset[str]
    collations: frozenset[str]
    tables: frozenset[str]

    @classmethod
    def of(cls, desired: Catalog, known_types: set[str]) -> _Wanted:
        tables = desired.foreign_tables.values()
        columns = [column for table in tables for column in table.columns]
        spellings = {column.type for column in columns} - known_types
        parents = {parent for table in tables for parent in parents_of(table)}
        parents |= {name for view in desired.materialized_views.values() for name in view.uses}
        keys = [
            key
            for view in desired.materialized_views.values()
            for index in view.indexes
            for key in index.keys
        ]
        functions = {
            function
            for wrapper in desired.wrappers.values()
            for function in (wrapper.handler, wrapper.validator)
            if function is not None
        }
        return cls(
            types={
                spelling: split_type(spelling)
                for spelling in spellings
                if not is_built_in(spelling)
            },
            functions=_unqualified(functions),
            collations=_unqualified(
                {each.collation for each in (*columns, *keys) if each.collation is not None}
            ),
            tables=_unqualified(parents),
        )

    def look_up(self, connection: Connection) -> dict[tuple[str, str], QualifiedName]:
        types = {name for name, _ in self.types.values() if schema_of_type(name) is None}
        asked = [sorted(types), sorted(self.functions), sorted(self.collations)]
        if not any((*asked, self.tables)):
            return {}
        rows = connection.fetch(query("resolve_names"), [*asked, sorted(self.tables)])
        return {(kind, text): QualifiedName(name, schema) for kind, text, schema, name in rows}

    def respelled(self, found: dict[tuple[str, str], QualifiedName]) -> dict[str, str]:
        """Give the spelling of each type that was found in a schema of its own."""
        return {
            spelling: canonical_type(f"{found['type', name]}{rest}")
            for spelling, (name, rest) in self.types.items()
            if ("type", name) in found and found["type", name].schema != "pg_catalog"
        }


def _declared_parents(
    connection: Connection, desired: Catalog, found: Mapping[tuple[str, str], QualifiedName]
) -> dict[tuple[str, str], QualifiedName]:
    """Find parents that the plan itself makes or renames, on the session's search path."""
    tables = desired.foreign_tables
    names = {name for _, name in tables}
    missing = {
        parent
        for table in tables.values()
        for parent in parents_of(table)
        if parent.schema is None and parent.name in names and ("table", str(parent)) not in found
    }
    if not missing:
        return {}
    path = connection.fetch("SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))::text")
    return {
        ("table", str(parent)): QualifiedName(parent.name, schema)
        for parent in missing
        for (schema,) in reversed(path)
        if (schema, parent.name) in tables
    }


def _unqualified(names: set[QualifiedName]) -> frozenset[str]:
    return frozenset(str(name) for name in names if name.schema is None)


def _session_roles(connection: Connection, desired: Catalog) -> dict[str, str]:
    used = {role for value in desired for role in roles_of(value)}
    if not used & ROLE_KEYWORDS:
        return {}
    [(current, session)] = connection.fetch("SELECT current_user::text, session_user::text")
    return {
        "CURRENT_USER": current,
        "CURRENT_ROLE": current,
        "USER": current,
        "SESSION_USER": session,
    }


def roles_of(value: ForeignObject) -> set[str]:
    """Give the names of all roles that an object mentions."""
    roles = {getattr(value, "owner", None), getattr(value, "role", None)}
    grants: set[Grant] = set(getattr(value, "grants", None) or ())
    if isinstance(value, ForeignTable | MaterializedView):
        for column in value.columns:
            if column.grants:
                grants |= column.grants
    return {role for role in roles if role} | {grant.role for grant in grants}


@dataclass(frozen=True, slots=True)
class _Resolver:
    found: dict[tuple[str, str], QualifiedName]
    types: dict[str, str]
    roles: dict[str, str]
    actual: Catalog
    major: int

    def resolve(self, value: ForeignObject) -> ForeignObject:
        match value:
            case UserMapping():
                return changed(value, role=self.role(value.role))
            case Wrapper():
                owner = self._owner(value, self.actual.wrappers.get(value.name))
                return changed(
                    value,
                    handler=self._name("function", value.handler),
                    validator=self._name("function", value.validator),
                    owner=value.owner and self.role(value.owner),
                    grants=self._grants(value.grants, "foreign-data wrapper", owner),
                )
            case Server():
                owner = self._owner(value, self.actual.servers.get(value.name))
                return changed(
                    value,
                    owner=value.owner and self.role(value.owner),
                    grants=self._grants(value.grants, "foreign server", owner),
                )
            case Schema():
                owner = self._owner(value, self.actual.schemas.get(value.name))
                return changed(
                    value,
                    owner=value.owner and self.role(value.owner),
                    grants=self._grants(value.grants, "schema", owner),
                )
            case ForeignTable():
                return self._table(value)
            case MaterializedView():
                return self._view(value)
            case _:
                return value

    def role(self, name: str) -> str:
        return self.roles.get(name, name)

    def _owner(self, value: _Owned, actual: object) -> str | None:
        return self.role(value.owner) if value.owner else getattr(actual, "owner", None)

    def _grants(self, grants: Grants | None, kind: str, owner: str | None) -> Grants | None:
        if not grants:
            return grants
        named = frozenset(replace(grant, role=self.role(grant.role)) for grant in grants)
        return without_owner(expand_all(named, kind, self.major), owner)

    def _table(self, table: ForeignTable) -> ForeignTable:
        owner = self._owner(table, self.actual.foreign_tables.get(table.key))
        partition = table.partition_of
        return changed(
            table,
            columns=tuple(self._column(column, owner) for column in table.columns),
            inherits=frozenset(self._name("table", parent) or parent for parent in table.inherits),
            partition_of=partition
            and Partition(
                self._name("table", partition.parent) or partition.parent, partition.bound
            ),
            owner=table.owner and self.role(table.owner),
            grants=self._grants(table.grants, "foreign table", owner),
        )

    def _column(self, column: Column, owner: str | None) -> Column:
        if not (column.type in self.types or column.collation or column.grants):
            return column
        return changed(
            column,
            type=self.types.get(column.type, column.type),
            collation=self._name("collation", column.collation),
            grants=self._grants(column.grants, "column", owner),
        )

    def _view(self, view: MaterializedView) -> MaterializedView:
        owner = self._owner(view, self.actual.materialized_views.get(view.key))
        return replace(
            view,
            columns=[self._view_column(column, owner) for column in view.columns],
            indexes=[self._index(index) for index in view.indexes],
            owner=view.owner and self.role(view.owner),
            grants=self._grants(view.grants, "materialized view", owner),
            uses={self._name("table", name) or name: read for name, read in view.uses.items()},
        )

    def _view_column(self, column: ViewColumn, owner: str | None) -> ViewColumn:
        return replace(column, grants=self._grants(column.grants, "column", owner))

    def _index(self, index: Index) -> Index:
        return replace(index, keys=[self._key(key) for key in index.keys])

    def _key(self, key: IndexKey) -> IndexKey:
        return replace(key, collation=self._name("collation", key.collation))

    def _name(self, kind: str, name: QualifiedName | None) -> QualifiedName | None:
        if name is None or name.schema is not None:
            return name
        return self.found.get((kind, str(name)), name)
