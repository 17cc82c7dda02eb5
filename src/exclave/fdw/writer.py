"""The writes of one statement to one table: calls the class, and checks what it answers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from exclave.fdw.failure import WrapperError
from exclave.fdw.table import Table
from exclave.fdw.writing import WRITES, WriteContext, Writes

MOST_ROWS = 100_000
"""What a batch holds at most: its slots are allocated whole."""

Row = tuple[Any, ...]


class Writer:
    """An object of the wrapper's class and what it is told; C keeps one for each table written.

    Parameters
    ----------
    wrapper
        Of which one method is called again and again.
    context
        What the statement says.
    """

    def __init__(self, wrapper: Writes, context: WriteContext) -> None:
        self.wrapper = wrapper
        self.context = context

    def insert(self, rows: list[Row], columns: tuple[str, ...]) -> list[Row | None] | None:
        """Insert rows with a value for each of `columns`, which differ where a trigger made one."""
        context = self._with(columns)
        count = len(rows)
        found = self._checked("insert", self.wrapper.insert(rows, context), count)
        if found is None:
            self._given("insert", columns)
        elif None in found and not context.ignore_conflicts:
            raise self._wrong(
                "insert",
                "gave None for a row",
                "Raise an exception for a row that cannot be inserted: only ON CONFLICT DO NOTHING"
                " leaves rows out.",
            )
        return found

    def update(self, both: list[Row], columns: tuple[str, ...]) -> list[Row | None] | None:
        """Change the row that a key finds: `both` are key and row."""
        key, row = both
        context = self._with(columns)
        return self._checked("update", self.wrapper.update([key], [row], context), 1)

    def delete(self, keys: list[Row], columns: tuple[str, ...]) -> list[Row | None] | None:
        """Remove the rows that keys find."""
        count = len(keys)
        return self._checked("delete", self.wrapper.delete(keys, self.context), count)

    def _with(self, columns: tuple[str, ...]) -> WriteContext:
        """Give the context of a row that may leave columns out."""
        if columns == self.context.columns:
            return self.context
        return replace(self.context, columns=columns)

    def _checked(
        self, method: str, answer: Iterable[Any] | None, count: int
    ) -> list[Row | None] | None:
        """Give the entries of an answer, as many as rows were given."""
        if answer is None:
            return None
        found = [
            entry if entry is None else self._entry(method, entry)
            for entry in itertools.islice(answer, count + 1)
        ]
        if len(found) != count:
            number = f"more than {count}" if len(found) > count else str(len(found))
            raise self._wrong(
                method,
                f"gave {number} entries for {count} rows",
                "Give one for each row, None for a row that was not there; or None instead.",
            )
        return found

    def _entry(self, method: str, entry: Any) -> Row:
        names = self.context.returning
        if isinstance(entry, str | bytes) or not isinstance(entry, Sequence):
            raise self._wrong(
                method,
                f"gave {type(entry).__qualname__} as an entry",
                "An entry is a tuple with a value for each of context.returning, or None.",
            )
        row: Row = tuple(entry)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if len(row) != len(names):
            raise self._wrong(
                method,
                f"gave an entry of {len(row)} values, wanted are {len(names)}",
                f"context.returning names them: {', '.join(names) or 'none, so give ()'}.",
            )
        return row

    def _given(self, method: str, columns: tuple[str, ...]) -> None:
        unknown = [name for name in self.context.returning if name not in columns]
        if unknown:
            raise self._wrong(
                method,
                f'gave no rows, and the value of column "{unknown[0]}" is wanted',
                "RETURNING, a trigger or a view needs columns that were not given: give rows with"
                " a value for each of context.returning.",
            )

    def _wrong(self, method: str, what: str, hint: str) -> WrapperError:
        name = type(self.wrapper).__qualname__
        return WrapperError(f"{name}.{method} {what}", sqlstate="HV021", hint=hint)


def updatable(wrapper: Writes, table: Table) -> frozenset[str]:
    """Ask what may be done with a table, and check the answer."""
    name = type(wrapper).__qualname__
    found = frozenset(wrapper.updatable(table))
    if not found <= set(WRITES):
        raise WrapperError(
            f"{name}.updatable gave {sorted(found - set(WRITES))}",
            hint=f"It gives some of {', '.join(WRITES)}.",
        )
    return found


def check_conflicts(wrapper: Writes) -> None:
    """Refuse ON CONFLICT DO NOTHING to a class that does not know of it."""
    if not wrapper.ignores_conflicts:
        raise WrapperError(
            f"{type(wrapper).__qualname__} does not take ON CONFLICT",
            sqlstate="0A000",
            hint="A class whose insert() can leave rows alone that are there already says so by"
            " ignores_conflicts.",
        )


def key_columns(wrapper: Writes, table: Table) -> tuple[int, ...]:
    """Ask for the key of a table that is about to be changed; gives the numbers of its columns.

    Raises
    ------
    WrapperError
        If there is no key, or a column of it is not one of the table.
    """
    name = type(wrapper).__qualname__
    columns = tuple(wrapper.key_columns(table))
    numbers = {column.name: column.number for column in table.columns}
    for column in columns:
        if column not in numbers:
            raise WrapperError(
                f'{name}.key_columns names "{column}", which foreign table "{table.name}" has not',
                sqlstate="HV005",
                hint="Declare the column, or correct what says which columns are the key.",
            )
    if not columns:
        raise WrapperError(
            f'rows of foreign table "{table.name}" have no key, by which they are changed or'
            " removed",
            sqlstate="55000",
            hint=f"{name}.key_columns must name the columns that find a row again, for instance"
            " those that an option of the table or of its columns tells.",
        )
    return tuple(numbers[column] for column in columns)


def batch_size(wrapper: Writes, table: Table) -> int:
    """Ask how many rows come at once, and check the answer."""
    size = wrapper.batch_size(table)
    if not 1 <= size <= MOST_ROWS:
        raise WrapperError(
            f"{type(wrapper).__qualname__}.batch_size gave {size}",
            sqlstate="22023",
            hint=f"It gives a number from 1 to {MOST_ROWS}.",
        )
    return size
