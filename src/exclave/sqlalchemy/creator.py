"""SQLAlchemy 2.1 and later: a table's own creator and dropper DDL."""

from __future__ import annotations

from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.sql.ddl import TableCreateDDL, TableDropDDL

from exclave.sqlalchemy.compilation import create_text, drop_text
from exclave.sqlalchemy.instead import create_instead, drop_instead, never


class CreateForeignTable(TableCreateDDL):
    """CREATE FOREIGN TABLE for a `Table`."""

    def to_metadata(self, metadata: sa.MetaData, table: sa.Table) -> Self:
        """Give the same for a copy of the table."""
        del metadata
        return type(self)(table).execute_if(callable_=create_instead)


class DropForeignTable(TableDropDDL):
    """DROP FOREIGN TABLE for a `Table`."""

    def to_metadata(self, metadata: sa.MetaData, table: sa.Table) -> Self:
        """Give the same for a copy of the table."""
        del metadata
        return type(self)(table).execute_if(callable_=drop_instead)


def attach_hooks(table: sa.Table) -> None:
    """Have a table created and dropped as a foreign one."""
    table.set_creator_ddl(CreateForeignTable(table).execute_if(callable_=create_instead))
    table.set_dropper_ddl(DropForeignTable(table).execute_if(callable_=drop_instead))


class CreateNothing(TableCreateDDL):
    """What is not sent for a federation's table, which the hub makes."""

    def to_metadata(self, metadata: sa.MetaData, table: sa.Table) -> Self:
        """Give the same for a copy of the table."""
        del metadata
        return type(self)(table).execute_if(callable_=never)


class DropNothing(TableDropDDL):
    """What is not sent for a federation's table, which the hub drops."""

    def to_metadata(self, metadata: sa.MetaData, table: sa.Table) -> Self:
        """Give the same for a copy of the table."""
        del metadata
        return type(self)(table).execute_if(callable_=never)


def attach_none(table: sa.Table) -> None:
    """Have a table neither created nor dropped."""
    table.set_creator_ddl(CreateNothing(table).execute_if(callable_=never))
    table.set_dropper_ddl(DropNothing(table).execute_if(callable_=never))


@compiles(CreateForeignTable, "postgresql")
def _create(element: CreateForeignTable, compiler: DDLCompiler, **more: Any) -> str:
    del more
    return create_text(element.element, compiler, if_not_exists=element.if_not_exists)


@compiles(DropForeignTable, "postgresql")
def _drop(element: DropForeignTable, compiler: DDLCompiler, **more: Any) -> str:
    del more
    return drop_text(element.element, compiler, if_exists=element.if_exists)
