"""Columns and keys of a federation's table, after those of the table that its members have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import NoInspectionAvailable
from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine

from exclave.errors import DeclarationError
from exclave.federation import FederatedTable
from exclave.sqlalchemy.declaration import KEY, SourceKey


@dataclass(frozen=True)
class Source:
    """The table that members have, and how a class maps it.

    Parameters
    ----------
    table
        The table.
    attributes
        Its columns, by the names of a class's attributes, or by their keys.
    """

    table: sa.Table
    attributes: dict[str, sa.Column[Any]]

    @classmethod
    def of(cls, value: sa.Table | type[Any]) -> Source:
        """Find the table of a class; a table is one already.

        Raises
        ------
        DeclarationError
            When it is neither a table nor a class that is mapped to one.
        """
        if isinstance(value, sa.Table):
            return cls(value, {column.key: column for column in value.columns})
        try:
            mapper = cast("Any", sa.inspect(value))
        except NoInspectionAvailable:
            mapper = None
        if not isinstance(mapper, Mapper) or not isinstance(mapper.local_table, sa.Table):
            raise DeclarationError(
                f"{value!r} is no source of columns; give a Table, or a class mapped to one."
            )
        table = cast("sa.Table", cast("Any", mapper).local_table)
        mapped = cast("Iterator[tuple[str, Any]]", mapper.columns.items())
        return cls(table, {key: found for key, found in mapped if found.table is table})

    def columns(self, table: FederatedTable) -> Iterator[tuple[str, sa.Column[Any]]]:
        """Copy the columns that are joined, with the names of their attributes."""
        key = self.key(table)
        counted = self.table.autoincrement_column
        for attribute, column in self.attributes.items():
            if table.takes(column.name):
                yield attribute, _copy(column, table, column.name in key, column is counted)

    def key(self, table: FederatedTable) -> tuple[str, ...]:
        """Give the columns that tell a member's rows apart.

        Raises
        ------
        DeclarationError
            When neither the federation nor the source says, or when they are not joined.
        """
        key = table.key or tuple(column.name for column in self.table.primary_key.columns)
        names = {column.name for column in self.table.columns if table.takes(column.name)}
        if not key or not names.issuperset(key):
            missing = ", ".join(name for name in key if name not in names)
            raise DeclarationError(
                f"{table}: {missing or 'no key'} is not among the columns of "
                f'"{self.table.fullname}" that are joined. Name the columns that tell the rows of '
                "a member apart, with FederatedTable(key=[…])."
            )
        return key

    def keys(self, table: FederatedTable) -> Iterator[SourceKey]:
        """Give the foreign keys whose columns are all joined."""
        for constraint in self.table.foreign_key_constraints:
            columns = tuple(column.name for column in constraint.columns)
            targets = [element.target_fullname.rpartition(".") for element in constraint.elements]
            if all(table.takes(name) for name in columns):
                referred = tuple(name for _, _, name in targets)
                yield SourceKey(columns, targets[0][0], referred, constraint.use_alter)


def _copy(
    column: sa.Column[Any], table: FederatedTable, in_key: bool, counted: bool
) -> sa.Column[Any]:
    default = None if isinstance(column.default, sa.Sequence) else column.default
    remote = (column.server_default, column.identity, column.computed)
    generated = counted or default is not column.default or any(each is not None for each in remote)
    updated = column.server_onupdate is not None or column.computed is not None
    return sa.Column(
        column.name,
        _type(column.type, table),
        key=column.key,
        primary_key=in_key,
        nullable=column.nullable and not in_key,
        default=getattr(default, "arg", None),
        onupdate=getattr(column.onupdate, "arg", None),
        server_default=sa.FetchedValue() if generated else None,
        server_onupdate=sa.FetchedValue() if updated else None,
        autoincrement=False,
        doc=column.doc,
        info={key: value for key, value in column.info.items() if key != KEY},
    )


def _type(type_: TypeEngine[Any], table: FederatedTable) -> TypeEngine[Any]:
    """Give the type that the joined column has on the hub.

    An enum is text there unless the federation says otherwise, and a domain its base type.
    """
    if isinstance(type_, postgresql.DOMAIN):
        return _type(type_.data_type, table)
    if isinstance(type_, sa.Enum):
        labels: Any = type_.enums if type_.enum_class is None else [type_.enum_class]
        told: dict[str, Any] = {
            "name": type_.name,
            "values_callable": type_.values_callable,
            "validate_strings": type_.validate_strings,
        }
        if table.enums == "text":
            return sa.Enum(*labels, native_enum=False, **told)
        schema = cast("str | None", cast("Any", type_).schema)
        return postgresql.ENUM(*labels, create_type=False, schema=schema, **told)
    return type_.copy() if isinstance(type_, sa.types.SchemaType) else type_
