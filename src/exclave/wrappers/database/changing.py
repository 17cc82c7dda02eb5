"""INSERT, UPDATE, DELETE and TRUNCATE as statements of SQLAlchemy's Core."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from exclave.fdw import Column, Table, TruncateContext, WrapperError, WriteContext
from exclave.wrappers.database.connection import Connection, Row
from exclave.wrappers.database.expressions import Expressions
from exclave.wrappers.database.families import family
from exclave.wrappers.database.tables import column_named, labelled, remote_name, remote_table
from exclave.wrappers.database.values import placeholder, reader, sent

_MANY = "The columns with the option key do not tell rows apart: they must be unique there."


class Changes:
    """The writes of one statement to one table.

    Parameters
    ----------
    connection
        In a transaction.
    context
        What is written where.
    """

    def __init__(self, connection: Connection, context: WriteContext) -> None:
        self._connection = connection
        self._context = context
        self._backend = connection.backend
        self._remote = remote_table(context.table)
        self._expressions = Expressions(
            context.table, self._remote, self._backend, connection.typed
        )

    def insert(self, rows: Sequence[Row]) -> Iterable[Row | None] | None:
        """Insert rows; one at a time where something is wanted back."""
        columns = self._columns(self._context.columns)
        values = {remote_name(each): self._placeholder("v", each) for each in columns}
        insert = sa.insert(self._remote)
        insert = insert.values(values) if values else insert
        prepared = [self._named("v", columns, row) for row in rows]
        if not self._context.returning:
            self._connection.run_each(insert, prepared)
            return None
        if not self._returns(insert):
            raise WrapperError(
                "the other database has no INSERT … RETURNING",
                sqlstate="0A000",
                hint="Insert without RETURNING, and without triggers on the foreign table.",
            )
        returning = insert.returning(*self._returned())
        return [self._read(self._connection.returned(returning, row)[0]) for row in prepared]

    def update(self, keys: Sequence[Row], rows: Sequence[Row]) -> Iterable[Row | None] | None:
        """Change the rows that have these keys."""
        columns = self._columns(self._context.columns)
        values = {
            self._remote.c[remote_name(each)]: self._placeholder("v", each) for each in columns
        }
        update = sa.update(self._remote).where(*self._has_key()).values(values)
        return [
            self._changed(update, self._key(key) | self._named("v", columns, row))
            for key, row in zip(keys, rows, strict=True)
        ]

    def delete(self, keys: Sequence[Row]) -> Iterable[Row | None] | None:
        """Remove the rows that have these keys."""
        delete = sa.delete(self._remote).where(*self._has_key())
        return [self._changed(delete, self._key(key)) for key in keys]

    def _changed(self, statement: Any, values: dict[str, object]) -> Row | None:
        """Change one row; gives what is wanted back of it, None if it is not there."""
        if not self._context.returning:
            changed = self._count(statement, values)
            if changed > 1:
                raise WrapperError(f"{changed} rows have one key", sqlstate="21000", hint=_MANY)
            return None if changed == 0 else ()
        if self._returns(statement):
            found = self._connection.returned(statement.returning(*self._returned()), values)
        else:
            found = self._selected_around(statement, values)
        return self._read(found[0]) if found else None

    def _count(self, statement: Any, values: dict[str, object]) -> int:
        """Say how many rows were changed; drivers of ADBC often do not know."""
        if self._connection.typed and self._returns(statement):
            marked = statement.returning(sa.literal_column("1"))
            return len(self._connection.returned(marked, values))
        return self._connection.run(statement, values)

    def _returns(self, statement: Any) -> bool:
        return bool(getattr(self._connection.dialect, f"{statement.__visit_name__}_returning"))

    def _selected_around(self, statement: Any, values: dict[str, object]) -> list[Row]:
        """Select the row that is removed before, or that was changed afterwards."""
        select = sa.select(*self._returned()).where(*self._has_key())
        key = {name: value for name, value in values.items() if name.startswith("k")}
        if statement.__visit_name__ == "delete":
            found = self._connection.returned(select, key)
            self._connection.run(statement, values)
            return found
        if set(self._context.columns) & set(self._context.key):
            key |= {
                f"k{place}": values[f"v{self._context.columns.index(name)}"]
                for place, name in enumerate(self._context.key)
                if name in self._context.columns
            }
        self._connection.run(statement, values)
        return self._connection.returned(select, key)

    def _columns(self, names: Sequence[str]) -> list[Column]:
        return [column_named(self._context.table, name) for name in names]

    def _returned(self) -> list[sa.ColumnElement[Any]]:
        return [
            labelled(self._expressions.fetched(each.name), each.name)
            for each in self._columns(self._context.returning)
        ]

    def _read(self, row: Row) -> Row:
        columns = self._columns(self._context.returning)
        readers = [reader(family(each), self._backend) for each in columns]
        return tuple(
            value if read is None or value is None else read(value)
            for value, read in zip(row, readers, strict=True)
        )

    def _placeholder(self, prefix: str, column: Column) -> sa.ColumnElement[Any]:
        names = self._context.key if prefix == "k" else self._context.columns
        name = f"{prefix}{names.index(column.name)}"
        return placeholder(name, column, self._backend, typed=self._connection.typed)

    def _named(self, prefix: str, columns: Sequence[Column], row: Row) -> dict[str, object]:
        return {
            f"{prefix}{place}": sent(value, column, self._backend)
            for place, (column, value) in enumerate(zip(columns, row, strict=True))
        }

    def _key(self, key: Row) -> dict[str, object]:
        columns = self._columns(self._context.key)
        for column, value in zip(columns, key, strict=True):
            if value is None:
                raise WrapperError(
                    f'column "{column.name}" is a key, and NULL finds no row',
                    sqlstate="23502",
                    hint="Give the option key to columns that are never NULL.",
                )
        return self._named("k", columns, key)

    def _has_key(self) -> list[sa.ColumnElement[bool]]:
        """Compare with the key byte by byte, and so that an index of another collation is used."""
        found: list[sa.ColumnElement[bool]] = []
        for column in self._columns(self._context.key):
            parameter = self._placeholder("k", column)
            plain, alike = (
                self._expressions.column(column.name),
                self._expressions.alike(column.name),
            )
            found.append(alike == parameter)
            if plain is not alike:
                found.append(plain == parameter)
        return found


def truncate(connection: Connection, tables: Sequence[Table], context: TruncateContext) -> None:
    """Empty tables within the transaction.

    TRUNCATE of most databases commits, so their rows are deleted; PostgreSQL's does not.
    """
    remote = [remote_table(table) for table in tables]
    if connection.backend == "postgresql":
        format_table = connection.dialect.identifier_preparer.format_table
        names = ", ".join(format_table(table) for table in remote)
        restart = " RESTART IDENTITY" if context.restart_identity else ""
        cascade = " CASCADE" if context.cascade else ""
        text = f"TRUNCATE {names}{restart}{cascade}".replace(":", "\\:")
        connection.run(sa.text(text), {})
        return
    if context.restart_identity or context.cascade:
        raise WrapperError(
            "the other database empties tables by DELETE",
            sqlstate="0A000",
            hint="TRUNCATE without RESTART IDENTITY and CASCADE.",
        )
    for table in remote:
        connection.run(sa.delete(table), {})
