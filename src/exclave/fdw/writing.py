"""Writes: what INSERT, UPDATE, DELETE, COPY and TRUNCATE ask of a wrapper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from exclave.fdw.context import TableContext
from exclave.fdw.failure import WrapperError
from exclave.fdw.table import Table

WRITES = ("insert", "update", "delete")
"""The methods that `Writes.updatable` tells of."""


@dataclass(frozen=True)
class WriteContext(TableContext):
    """What a wrapper knows while it writes.

    Parameters
    ----------
    columns
        Names of what each row holds, in this order. For INSERT the columns that the statement
        names, that have a default on the hub (of the table, or of a view that is named) or that are
        generated there, so that the source's own defaults apply to the others; all columns where a
        row is moved from another partition. For UPDATE the columns that the statement assigns or
        that are generated from those. With a trigger BEFORE rows also those that it has set. Empty
        for DELETE.
    key
        Names of what each key holds, as ``key_columns()`` gave them; empty for INSERT.
    returning
        Names of the columns wanted back for each row, in this order: those of RETURNING and of
        WITH CHECK OPTION, all for AFTER triggers of rows. Often empty.
    ignore_conflicts
        Whether the statement says ON CONFLICT DO NOTHING: rows that are there already are to be
        left alone, each with None in the answer.
    """

    columns: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    returning: tuple[str, ...] = ()
    ignore_conflicts: bool = False


@dataclass(frozen=True)
class TruncateContext(TableContext):
    """What TRUNCATE says besides the tables; ``table`` is the first of them.

    Parameters
    ----------
    cascade
        CASCADE: what refers to the tables at the source is emptied too. Otherwise it is an error
        if something does.
    restart_identity
        RESTART IDENTITY: generated numbers begin anew.
    """

    cascade: bool = False
    restart_identity: bool = False


class Writes:
    """The methods that write; a wrapper overrides those that its source can do.

    What they answer
        ``insert``, ``update`` and ``delete`` give one entry for each row, in the order of the
        rows: a tuple with a value for each of ``context.returning`` (the empty tuple where nothing
        is wanted), or None for a row that was not there, or was not inserted, which then is
        neither counted nor returned. More or fewer entries are an error. Instead of the entries
        None may be given: every row was written as it was given, and is returned as it was given
        (of DELETE: as it was read); an error if columns are wanted that were not given.

    Values
        As those of conditions: bool, int, float, Decimal, str, bytes, date, time, datetime (aware
        for timestamptz), UUID, list, None; and `Unrepresentable` for what PostgreSQL has and
        Python has not, such as ``infinity`` in a date.

    When
        One object serves one statement and one table. Rows of INSERT and COPY come in batches of
        at most ``batch_size()``, one by one with RETURNING or with triggers BEFORE INSERT of rows
        (in PostgreSQL 15 also by COPY, and where UPDATE moves rows to a partition); a batch may be
        written long after its first row was made, so an error then aborts a statement that seemed
        to go well. UPDATE and DELETE come row by row. An exception aborts the statement: what it
        has written is for the session's ``abort()`` or ``rollback_to()`` to undo.
    """

    keeps_snapshot: ClassVar[bool] = False
    """Whether a scan goes on showing the rows of its beginning while others are written. If not,
    all rows of a scan are read before a statement that writes writes its first."""

    ignores_conflicts: ClassVar[bool] = False
    """Whether `insert` can leave rows alone that are there already: ON CONFLICT DO NOTHING."""

    def updatable(self, table: Table) -> frozenset[str]:
        """Say what may be done with a table: "insert", "update", "delete".

        By default what the class overrides. Asked for by statements that write and by views of
        ``information_schema``, so it has no effect outside and no secrets are in ``table``.
        """
        mine = type(self)
        return frozenset(
            name for name in WRITES if getattr(mine, name) is not getattr(Writes, name)
        )

    def key_columns(self, table: Table) -> Sequence[str]:
        """Name the columns whose values find a row again for UPDATE and DELETE.

        By default none, so both are refused. The values are those that the scan of the statement
        read, also where the statement changes them. Asked for while planning.
        """
        return ()

    def batch_size(self, table: Table) -> int:
        """Say how many rows `insert` is given at once at most: from 1 to 100,000.

        They are held in memory. Asked for by EXPLAIN too.
        """
        return 100

    def insert(
        self, rows: Sequence[tuple[Any, ...]], context: WriteContext
    ) -> Iterable[tuple[Any, ...] | None] | None:
        """Insert rows.

        Parameters
        ----------
        rows
            Each with a value for each of ``context.columns``.
        context
            What is written where.

        Returns
        -------
        iterable of tuple or None, or None
            See `Writes`; None for a row that was not inserted, which `ignores_conflicts` allows.
        """
        raise _refused(self, "insert")

    def update(
        self,
        keys: Sequence[tuple[Any, ...]],
        rows: Sequence[tuple[Any, ...]],
        context: WriteContext,
    ) -> Iterable[tuple[Any, ...] | None] | None:
        """Change rows.

        Parameters
        ----------
        keys
            Which rows: for each, the old values of ``context.key``.
        rows
            For each, the new values of ``context.columns``.
        context
            What is written where.

        Returns
        -------
        iterable of tuple or None, or None
            See `Writes`; the tuples hold the row as it is afterwards, None is for a row that is
            gone.
        """
        raise _refused(self, "update")

    def delete(
        self, keys: Sequence[tuple[Any, ...]], context: WriteContext
    ) -> Iterable[tuple[Any, ...] | None] | None:
        """Remove rows.

        Parameters
        ----------
        keys
            Which rows: for each, the values of ``context.key``.
        context
            What is removed where.

        Returns
        -------
        iterable of tuple or None, or None
            See `Writes`; the tuples hold the row as it was, None is for a row that was gone.
        """
        raise _refused(self, "delete")

    def truncate(self, tables: Sequence[Table], context: TruncateContext) -> None:
        """Empty tables, all of one server, at once.

        Parameters
        ----------
        tables
            With the options of the user's mapping.
        context
            What else the statement says.
        """
        raise _refused(self, "truncate")


def _refused(wrapper: Writes, method: str) -> WrapperError:
    name = type(wrapper).__qualname__
    return WrapperError(
        f"{name} cannot {method}",
        sqlstate="0A000",
        hint=f"A class whose source can do that overrides {method}().",
    )
