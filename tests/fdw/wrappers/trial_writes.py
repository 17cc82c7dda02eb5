"""Wrappers that write: into a store of Python objects that lives as long as the backend."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from exclave.fdw import (
    ForeignDataWrapper,
    Options,
    ScanContext,
    ScanPlan,
    Table,
    TruncateContext,
    WrapperError,
    WriteContext,
)

Row = dict[str, Any]


class Kept:
    """The rows of one name, and what was asked for."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.numbers = itertools.count(1)


stores: dict[str, Kept] = {}
calls: list[tuple[str, ...]] = []


def kept(table: Table) -> Kept:
    options: Any = table.options
    return stores.setdefault(options.store, Kept())


class Store(ForeignDataWrapper):
    """Rows that were inserted; the source numbers them and fills in what it is not given."""

    class TableOptions(Options):
        store: str
        key: str = ""
        batch: int = 100
        serial: str | None = None
        default: str | None = None
        unique: str | None = None
        quiet: bool = False

    ignores_conflicts = True

    def key_columns(self, table: Table) -> Sequence[str]:
        options: Any = table.options
        return options.key.split()

    def batch_size(self, table: Table) -> int:
        options: Any = table.options
        return options.batch

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        for row in kept(context.table).rows:
            yield tuple(row[name] for name in plan.columns)

    def insert(self, rows: Sequence[tuple[Any, ...]], context: WriteContext) -> Any:
        note("insert", context, len(rows))
        made = [self.made(row, context) for row in rows]
        return answer([row and [row] for row in made], context)

    def made(self, values: tuple[Any, ...], context: WriteContext) -> Row | None:
        options: Any = context.table.options
        store = kept(context.table)
        row: Row = dict.fromkeys(column.name for column in context.table.columns)
        if options.serial:
            row[options.serial] = next(store.numbers)
        if options.default:
            row[options.default] = "the source's"
        row |= dict(zip(context.columns, values, strict=True))
        if options.unique and any(row[options.unique] == old[options.unique] for old in store.rows):
            if context.ignore_conflicts:
                return None
            raise WrapperError("duplicate", sqlstate="23505")
        store.rows.append(row)
        return row

    def update(
        self,
        keys: Sequence[tuple[Any, ...]],
        rows: Sequence[tuple[Any, ...]],
        context: WriteContext,
    ) -> Any:
        note("update", context, len(keys))
        found = [self.found(key, context) for key in keys]
        for some, row in zip(found, rows, strict=True):
            for each in some:
                each |= dict(zip(context.columns, row, strict=True))
        return answer(found, context)

    def delete(self, keys: Sequence[tuple[Any, ...]], context: WriteContext) -> Any:
        note("delete", context, len(keys))
        store = kept(context.table)
        found = [self.found(key, context) for key in keys]
        for row in itertools.chain.from_iterable(found):
            store.rows = [each for each in store.rows if each is not row]
        return answer(found, context)

    def found(self, key: tuple[Any, ...], context: WriteContext) -> list[Row]:
        wanted = dict(zip(context.key, key, strict=True))
        return [row for row in kept(context.table).rows if wanted.items() <= row.items()]

    def truncate(self, tables: Sequence[Table], context: TruncateContext) -> None:
        names = " ".join(table.name for table in tables)
        calls.append(("truncate", names, str(context.cascade), str(context.restart_identity)))
        for table in tables:
            kept(table).rows.clear()
            if context.restart_identity:
                kept(table).numbers = itertools.count(1)


def answer(found: list[list[Row] | None], context: WriteContext) -> Any:
    options: Any = context.table.options
    if options.quiet:
        return None
    return [tuple(some[0][name] for name in context.returning) if some else None for some in found]


def note(method: str, context: WriteContext, count: int) -> None:
    names = (context.columns, context.key, context.returning)
    calls.append((method, *(" ".join(each) for each in names), str(count)))


class Calls(ForeignDataWrapper):
    """What the store was asked for since somebody last asked here."""

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[str]]:
        noted = [" | ".join(call) for call in calls]
        calls.clear()
        return iter([(each,) for each in noted])
