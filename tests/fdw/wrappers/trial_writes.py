"""Wrappers that write: into a store of Python objects that lives as long as the backend."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from trial_wrappers import Faulty

from exclave.fdw import (
    ForeignDataWrapper,
    Options,
    ScanContext,
    ScanPlan,
    Session,
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


class Undo(Session):
    """Puts rows back that a transaction or a savepoint has changed."""

    def begin(self) -> None:
        self.saved: list[tuple[int, dict[str, list[Row]]]] = []
        self.savepoint(1)

    def savepoint(self, level: int) -> None:
        now = {name: [dict(row) for row in each.rows] for name, each in stores.items()}
        self.saved.append((level, now))

    def release(self, level: int) -> None:
        self.saved = [each for each in self.saved if each[0] < level]

    def rollback_to(self, level: int) -> None:
        then = next(rows for at, rows in self.saved if at >= level)
        for name, each in stores.items():
            each.rows = then.get(name, [])
        self.release(level)

    def abort(self) -> None:
        self.rollback_to(1)


class Store(ForeignDataWrapper):
    """Rows that were inserted; the source numbers them and fills in what it is not given."""

    Session = Undo

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
        assert isinstance(context.session, Undo)
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
    assert isinstance(context.session, Undo)
    calls.append((method, *(" ".join(each) for each in names), str(count)))


class Calls(ForeignDataWrapper):
    """What the store was asked for since somebody last asked here."""

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[str]]:
        noted = [" | ".join(call) for call in calls]
        calls.clear()
        return iter([(each,) for each in noted])


class Snapshots(Store):
    """A store whose scans go on showing what was there."""

    keeps_snapshot = True

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        return iter(list(super().scan(plan, context)))


class Lists(Store):
    """A store whose rows come in one list, each in place of the one before."""

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[Any]:
        given: list[Any] = []
        for row in super().scan(plan, context):
            given[:] = row
            yield given


class Streams(Store):
    """A store that is scanned as a stream of Arrow, a batch a row."""

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        import pyarrow as pa

        schema = pa.schema([(name, pa.int64()) for name in plan.columns])
        rows = super().scan(plan, context)
        batches = (
            pa.record_batch([pa.array([value], pa.int64()) for value in row], schema=schema)
            for row in rows
        )
        return pa.RecordBatchReader.from_batches(schema, batches)


class Sink(ForeignDataWrapper):
    """Takes rows and forgets them; what is wanted back is a number."""

    def key_columns(self, table: Table) -> Sequence[str]:
        return ["id"]

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        for number in range(20_000):
            yield tuple(str(number) if name == "id" else "x" * 100 for name in plan.columns)

    def insert(self, rows: Sequence[tuple[Any, ...]], context: WriteContext) -> Any:
        return (("7",) * len(context.returning) for _ in rows)

    def update(self, keys: Any, rows: Any, context: WriteContext) -> Any:
        return self.insert(keys, context)

    def delete(self, keys: Any, context: WriteContext) -> Any:
        return self.insert(keys, context)


class FaultyWrites(Faulty):
    """Does what its option says in the method that its option says."""

    class TableOptions(Options):
        at: str
        kind: str

    def reach(self, method: str, table: Table) -> None:
        options: Any = table.options
        if options.at == method:
            self.fail(options.kind)

    def updatable(self, table: Table) -> frozenset[str]:
        self.reach("updatable", table)
        return super().updatable(table)

    def key_columns(self, table: Table) -> Sequence[str]:
        self.reach("key_columns", table)
        return ["id"]

    def batch_size(self, table: Table) -> int:
        self.reach("batch_size", table)
        return 10

    def insert(self, rows: Sequence[Any], context: WriteContext) -> Any:
        self.reach("insert", context.table)
        return self.entries(len(rows), context)

    def update(self, keys: Any, rows: Any, context: WriteContext) -> Any:
        self.reach("update", context.table)
        return self.entries(len(keys), context)

    def delete(self, keys: Sequence[Any], context: WriteContext) -> Any:
        self.reach("delete", context.table)
        return self.entries(len(keys), context)

    def entries(self, count: int, context: WriteContext) -> Iterator[Any]:
        for number in range(count):
            if number == count - 1:
                self.reach("answer", context.table)
            yield (number,) * len(context.returning)

    def truncate(self, tables: Sequence[Table], context: TruncateContext) -> None:
        self.reach("truncate", tables[0])


class Answers(ForeignDataWrapper):
    """Answers to writes what an expression in the table's options says."""

    class TableOptions(Options):
        answer: str

    def key_columns(self, table: Table) -> Sequence[str]:
        return ["id"]

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        return [tuple(1 if name == "id" else None for name in plan.columns)]

    def insert(self, rows: Any, context: WriteContext) -> Any:
        options: Any = context.table.options
        return eval(options.answer, {"rows": rows, "names": context.returning})

    def update(self, keys: Any, rows: Any, context: WriteContext) -> Any:
        return self.insert(rows, context)

    def delete(self, keys: Any, context: WriteContext) -> Any:
        return self.insert(keys, context)


class Whose(ForeignDataWrapper):
    """Tells as whom rows are written, and with which mapping, in the rows themselves."""

    class MappingOptions(Options):
        login: str

    def key_columns(self, table: Table) -> Sequence[str]:
        return ["a"]

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        return [tuple("x" for _ in plan.columns)]

    def insert(self, rows: Any, context: WriteContext) -> Any:
        mapping: Any = context.table.mapping
        context.notice(f"{context.user} {mapping.login}")
        return None

    def update(self, keys: Any, rows: Any, context: WriteContext) -> Any:
        return self.insert(rows, context)

    def delete(self, keys: Any, context: WriteContext) -> Any:
        return self.insert(keys, context)

    def truncate(self, tables: Sequence[Table], context: TruncateContext) -> None:
        mapping: Any = tables[0].mapping
        context.notice(f"{context.user} {mapping.login}")


class Local(ForeignDataWrapper):
    """Writes to a table of the same database."""

    READ = "SELECT {} FROM public.local"
    WRITE = "INSERT INTO public.local ({}) VALUES ({}) RETURNING {}"

    def key_columns(self, table: Table) -> Sequence[str]:
        return ["id"]

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        return context.spi.cursor(self.READ.format(", ".join(plan.columns)))

    def insert(self, rows: Sequence[tuple[Any, ...]], context: WriteContext) -> Any:
        marks = ", ".join(f"${number}" for number in range(1, len(context.columns) + 1))
        wanted = ", ".join(context.returning) or "NULL"
        insert = self.WRITE.format(", ".join(context.columns), marks, wanted)
        for row in rows:
            found = context.spi.execute(insert, *row).rows
            yield tuple(found[0]) if context.returning else ()

    def delete(self, keys: Sequence[tuple[Any, ...]], context: WriteContext) -> Any:
        for key in keys:
            done = context.spi.execute("DELETE FROM public.local WHERE id = $1", *key)
            assert done.count == 1
        return None
