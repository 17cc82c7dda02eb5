"""What a project asks autogenerate to look at: `include_name`, `include_object` and the like."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext

from exclave.objects import (
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    MaterializedView,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)

TYPES: Mapping[type[ForeignObject], str] = {
    Extension: "extension",
    Wrapper: "foreign_data_wrapper",
    Server: "server",
    UserMapping: "user_mapping",
    Schema: "schema",
    ForeignTable: "foreign_table",
    MaterializedView: "materialized_view",
}
"""What `include_name` and `include_object` are told that an object is."""

TableKey = tuple[str, str]


@dataclass
class Filters:
    """The answers of a project's hooks, in the form in which the engine asks for them.

    Parameters
    ----------
    context
        What autogenerate knows.
    schemas
        The schemas that it looks at; ``None`` among them is the connection's default one.
    tables
        The declared tables, by schema and name in the database.
    members
        The servers of federations' members, which the hub makes with all that stands on them.
    """

    context: AutogenContext
    schemas: frozenset[str | None]
    tables: Mapping[TableKey, sa.Table]
    members: Collection[str] = ()
    _inspected: dict[TableKey, sa.Table | None] = field(
        default_factory=dict[TableKey, "sa.Table | None"]
    )

    def includes(self, actual: ForeignObject | None, declared: ForeignObject | None) -> bool:
        """Tell whether an object is looked at; one that only a database holds, in which schema."""
        value = declared or actual
        assert value is not None
        if declared is None and (self._is_elsewhere(value) or self._is_of_member(value)):
            return False
        if actual is not None and not self._includes_name(actual):
            return False
        return self.context.run_object_filters(
            cast("Any", self._shown(value)),
            cast("Any", _name_of(value)),
            cast("Any", TYPES[type(value)]),
            declared is None,
            cast("Any", None if declared is None else actual),
        )

    def column(
        self, table: ForeignTable, actual: Column | None, declared: Column | None
    ) -> Column | None:
        """Give a column as it is to be: as declared, or as it is where nobody is to look."""
        if not self._includes_column(table, actual, declared):
            return actual
        if actual is None or declared is None:
            return declared
        changes: dict[str, Any] = {}
        if actual.type != declared.type and not self._compares_type(table, actual, declared):
            changes = {"type": actual.type, "collation": actual.collation}
        differs = _plain(actual) and _plain(declared) and actual.default != declared.default
        if differs and not self._compares_default(table, actual, declared):
            changes["default"] = actual.default
        return replace(declared, **changes) if changes else declared

    def _is_elsewhere(self, value: ForeignObject) -> bool:
        if not isinstance(value, ForeignTable | MaterializedView):
            return False
        return self._schema_name(value.schema) not in self.schemas

    def _is_of_member(self, value: ForeignObject) -> bool:
        match value:
            case Server(name=name) | UserMapping(server=name) | ForeignTable(server=name):
                return name in self.members
            case _:
                return False

    def _schema_name(self, schema: str) -> str | None:
        return None if schema == self.context.dialect.default_schema_name else schema

    def _includes_name(self, value: ForeignObject) -> bool:
        if isinstance(value, Schema):
            return True  # include_name says of schemas whether to look into them
        parents: dict[str, str | None] = {}
        if isinstance(value, ForeignTable | MaterializedView):
            parents["schema_name"] = self._schema_name(value.schema)
        elif isinstance(value, UserMapping):
            parents["server_name"] = value.server
        return self.context.run_name_filters(
            _name_of(value), cast("Any", TYPES[type(value)]), cast("Any", parents)
        )

    def _shown(self, value: ForeignObject) -> object:
        """Give what `include_object` is called with: for a declared relation its `Table`."""
        if isinstance(value, ForeignTable | MaterializedView):
            return self.tables.get(value.key, value)
        return value

    def _includes_column(
        self, table: ForeignTable, actual: Column | None, declared: Column | None
    ) -> bool:
        parents = {"table_name": table.name, "schema_name": self._schema_name(table.schema)}
        if actual is not None and not self.context.run_name_filters(
            actual.name, "column", cast("Any", parents)
        ):
            return False
        if self.context.opts.get("include_object") is None:
            return True
        found = self._inspected_column(table, actual)
        shown = found if declared is None else self._declared_column(table, declared)
        if shown is None:
            return True
        compared_to = None if declared is None else found
        return self.context.run_object_filters(
            shown, shown.name, "column", declared is None, compared_to
        )

    def _compares_type(self, table: ForeignTable, actual: Column, declared: Column) -> bool:
        asked = self.context.opts.get("compare_type", True)
        if not callable(asked):
            return bool(asked)
        found = self._inspected_column(table, actual)
        wanted = self._declared_column(table, declared)
        if found is None or wanted is None:
            return True
        context = self.context.migration_context
        return asked(context, found, wanted, found.type, wanted.type) is not False

    def _compares_default(self, table: ForeignTable, actual: Column, declared: Column) -> bool:
        asked = self.context.opts.get("compare_server_default", False)
        if not callable(asked):
            return bool(asked)
        found = self._inspected_column(table, actual)
        wanted = self._declared_column(table, declared)
        if found is None or wanted is None:
            return True
        context = self.context.migration_context
        told = (actual.default, wanted.server_default, declared.default)
        return asked(context, found, wanted, *told) is not False

    def _declared_column(self, table: ForeignTable, column: Column) -> sa.Column[Any] | None:
        declared = self.tables.get(table.key)
        if declared is None:
            return None
        return next((each for each in declared.columns if each.name == column.name), None)

    def _inspected_column(
        self, table: ForeignTable, column: Column | None
    ) -> sa.Column[Any] | None:
        """Give a column as SQLAlchemy reflects it; nothing for a table about to be renamed."""
        if column is None:
            return None
        if table.key not in self._inspected:
            self._inspected[table.key] = self._inspect(table)
        found = self._inspected[table.key]
        return None if found is None else found.columns.get(column.name)

    def _inspect(self, table: ForeignTable) -> sa.Table | None:
        connection = self.context.connection
        assert connection is not None
        if not self.context.inspector.has_table(table.name, schema=table.schema):
            return None
        return sa.Table(table.name, sa.MetaData(), schema=table.schema, autoload_with=connection)


def _name_of(value: ForeignObject) -> str:
    return value.role if isinstance(value, UserMapping) else value.name


def _plain(column: Column) -> bool:
    return column.generated is None and column.identity is None
