"""What the C host calls: one function a phase, with plain values in and out."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from exclave.fdw import analyzer, batches, explaining, failure, importer, literals, told, writer
from exclave.fdw.importing import ImportContext, ImportRequest
from exclave.fdw.messages import Messages
from exclave.fdw.options import Level, OptionError, Options
from exclave.fdw.redaction import redacted
from exclave.fdw.scanning import Aggregate, ScanContext, ScanRequest, SortKey
from exclave.fdw.spi import Cursor
from exclave.fdw.table import Column, Server, Table, Wrapper
from exclave.fdw.wrapper import ForeignDataWrapper, WrapperError
from exclave.fdw.writer import Writer
from exclave.fdw.writing import TruncateContext, WriteContext

_classes: dict[str, type[ForeignDataWrapper]] = {}

literal: Callable[[object, str], str] = literals.literal
json_text: Callable[[object, str], str] = literals.json_text
raise_stream_failure: Callable[[], None] = batches.raise_stream_failure


def wrapper_class(name: str) -> type[ForeignDataWrapper]:
    """Import the class ``package.module:Class``, once a session."""
    if name not in _classes:
        _classes[name] = _import(name)
    return _classes[name]


def _import(name: str) -> type[ForeignDataWrapper]:
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise WrapperError(
            f'expected a class as "package.module:Class", found "{name}"', sqlstate="22023"
        )
    found: Any = importlib.import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    if not (isinstance(found, type) and issubclass(found, ForeignDataWrapper)):
        raise WrapperError(
            f'"{name}" is not a subclass of exclave.fdw.ForeignDataWrapper', sqlstate="42809"
        )
    return found


def check(name: str) -> None:
    """Import a class and do nothing with it."""
    wrapper_class(name)


def _options_of(cls: type[ForeignDataWrapper], level: Level) -> type[Options]:
    return {
        "wrapper": cls.WrapperOptions,
        "server": cls.ServerOptions,
        "mapping": cls.MappingOptions,
        "table": cls.TableOptions,
        "column": cls.ColumnOptions,
        "import": cls.ImportOptions,
    }[level]


def validate(name: str, level: Level, options: dict[str, str]) -> None:
    """Check the options of an object that is about to be created or altered."""
    cls = wrapper_class(name)
    cls.check_rights(level, _options_of(cls, level).parse(options, level))


def _table(cls: type[ForeignDataWrapper], given: tuple[Any, ...]) -> Table:
    oid, schema, name, options, server, server_options, wrapper, wrapper_options = given[:8]
    mapping, columns, server_oid, user_oid, user = given[8:]
    column_options = cls.ColumnOptions
    return Table(
        oid,
        schema,
        name,
        tuple(
            Column(
                number, column, kind, type_oid, typmod, not_null,
                column_options.parse(its_options, "column"),
            )
            for number, column, type_oid, typmod, kind, not_null, its_options in columns
        ),
        cls.TableOptions.parse(options, "table"),
        Server(server, cls.ServerOptions.parse(server_options, "server"), server_oid),
        Wrapper(wrapper, cls.WrapperOptions.parse(wrapper_options, "wrapper")),
        None if mapping is None else cls.MappingOptions.parse(mapping, "mapping"),
        user,
        user_oid,
    )  # fmt: skip


def plan_scan(
    name: str,
    given: tuple[Any, ...],
    columns: tuple[str, ...],
    conditions: tuple[told.Told, ...] = (),
    sort: tuple[tuple[Any, ...], ...] = (),
    limit: int = -1,
    group_by: tuple[str, ...] = (),
    aggregates: tuple[tuple[Any, ...], ...] = (),
) -> tuple[Any, ...]:
    """Plan a scan of all rows, of the first ones, or of groups; `told.answer` gives the answer."""
    cls = wrapper_class(name)
    table = _table(cls, given)
    asked = told.conditions(conditions)
    request = ScanRequest(
        columns,
        told.possible(conditions),
        tuple(SortKey(*key) for key in sort),
        None if limit < 0 else limit,
        group_by,
        tuple(Aggregate(*aggregate) for aggregate in aggregates),
    )
    return told.answer(cls().plan_scan(table, request), table, request, asked, cls.pushdown)


def parallel_safe(name: str) -> bool:
    """Say whether a class may be run in parallel workers."""
    return wrapper_class(name).parallel_safe


def scan(
    name: str,
    given: tuple[Any, ...],
    kept: str,
    columns: tuple[str, ...],
    conditions: tuple[told.Told, ...] = (),
    flags: int = 0,
) -> object:
    """Start a scan: gives the capsule of an Arrow stream, an iterator of rows, or a query.

    None if a condition cannot hold for any row, because of a NULL.
    """
    cls = wrapper_class(name)
    known = told.conditions(conditions)
    filled = tuple(condition for condition in known if condition is not None)
    if len(filled) < len(known):
        return None
    context = ScanContext(_table(cls, given), filled, session_type=cls.Session)
    answer = cls().scan(told.plan(kept, columns, flags), context)
    if isinstance(answer, Cursor):
        return answer.query, tuple(answer.parameters)
    return _source(answer)


def hold(name: str, source: Any) -> object:
    """Read all that a scan gives before its statement writes, unless the class has no need."""
    if wrapper_class(name).keeps_snapshot:
        return source
    rows = getattr(source, "__iter__", None)
    return _held_stream(source) if rows is None else iter([_held_row(row) for row in rows()])


def _held_row(row: Any) -> Any:
    """Copy a list, as the next row may be the same list with other values."""
    return tuple(cast("list[object]", row)) if isinstance(row, list) else row


def _held_stream(capsule: object) -> object:
    pa: Any = importlib.import_module("pyarrow")
    reader = pa.RecordBatchReader.from_stream(_Stream(capsule))
    return _stream(pa.RecordBatchReader.from_batches(reader.schema, list(reader)))


@dataclass(frozen=True)
class _Stream:
    """What pyarrow takes a capsule from."""

    capsule: object

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.capsule


def explain(
    name: str,
    given: tuple[Any, ...],
    kept: str,
    columns: tuple[str, ...],
    conditions: tuple[told.Told, ...],
    verbose: bool,
) -> list[tuple[str, object]]:
    """Give the lines of EXPLAIN for a scan: labels and values that EXPLAIN can show."""
    plan = told.plan(kept, columns)
    lines = wrapper_class(name)().explain(plan, _table(wrapper_class(name), given))
    shown = [
        *explaining.conditions(told.conditions(conditions)),
        *explaining.lines(lines),
    ]
    return [*shown, ("Python Plan", redacted(kept))] if verbose else shown


def import_schema(
    name: str, given: tuple[Any, ...], asked: tuple[Any, ...]
) -> list[importer.Imported]:
    """Give the tables of IMPORT FOREIGN SCHEMA."""
    cls = wrapper_class(name)
    server, server_options, wrapper, wrapper_options, mapping, server_oid, user_oid, user = given
    context = ImportContext(
        Server(server, cls.ServerOptions.parse(server_options, "server"), server_oid),
        Wrapper(wrapper, cls.WrapperOptions.parse(wrapper_options, "wrapper")),
        None if mapping is None else cls.MappingOptions.parse(mapping, "mapping"),
        user,
        user_oid,
        session_type=cls.Session,
    )
    remote, local, selection, tables, options = asked
    checked = cls.ImportOptions.parse(options, "import")
    request = ImportRequest(remote, local, selection, tables, checked)
    return importer.imported(cls(), request, context)


def size(name: str, given: tuple[Any, ...]) -> tuple[float, int] | None:
    """Give rows and bytes of a row by the class's estimate; None if it wants no ANALYZE."""
    cls = wrapper_class(name)
    return analyzer.size(cls(), _table(cls, given))


def analyze(name: str, given: tuple[Any, ...], wanted: int) -> tuple[object, float] | None:
    """Give a sample, as `scan` gives rows, and how many there are in all; None for no sample."""
    cls = wrapper_class(name)
    context = ScanContext(_table(cls, given), session_type=cls.Session)
    found = analyzer.sample(cls(), context, wanted)
    return None if found is None else (_source(found.rows), float(found.total))


def _source(answer: Any) -> object:
    return _stream(answer) if hasattr(answer, "__arrow_c_stream__") else _rows(iter(answer))


def _stream(source: Any) -> object:
    return source.__arrow_c_stream__()


def _rows(rows: Iterator[Any]) -> object:
    """Give the rows, or the stream of what turns out to be record batches instead of rows."""
    for first in rows:
        if hasattr(first, "__arrow_c_array__"):
            return batches.stream_of(first, rows)
        return itertools.chain([first], rows)
    return rows


def updatable(name: str, given: tuple[Any, ...]) -> tuple[bool, bool, bool]:
    """Say whether rows can be inserted into, changed in and removed from a table.

    A class that fails is only warned of, as views of information_schema ask for all tables.
    """
    try:
        cls = wrapper_class(name)
        found = writer.updatable(cls(), _table(cls, given))
    except Exception as error:  # noqa: BLE001
        message = failure.describe(error)[1]
        Messages().log("WARNING", f"could not ask {name} what can be written: {message}")
        found = frozenset[str]()
    return "insert" in found, "update" in found, "delete" in found


def plan_write(
    name: str, given: tuple[Any, ...], operation: str, ignore_conflicts: bool
) -> tuple[int, ...]:
    """Give the numbers of the columns of the key; none for INSERT, or if it is refused anyway."""
    cls = wrapper_class(name)
    wrapper, table = cls(), _table(cls, given)
    if operation not in writer.updatable(wrapper, table):
        return ()
    if ignore_conflicts:
        writer.check_conflicts(wrapper)
    return () if operation == "insert" else writer.key_columns(wrapper, table)


def batch_size(name: str, given: tuple[Any, ...]) -> int:
    """Say how many rows are inserted at once at most."""
    cls = wrapper_class(name)
    return writer.batch_size(cls(), _table(cls, given))


def begin_write(
    name: str,
    given: tuple[Any, ...],
    columns: tuple[str, ...],
    key: tuple[str, ...],
    returning: tuple[str, ...],
    ignore_conflicts: bool,
) -> Writer:
    """Make what `insert`, `update` and `delete` are called with, for one statement."""
    cls = wrapper_class(name)
    wrapper = cls()
    if ignore_conflicts:
        writer.check_conflicts(wrapper)
    context = WriteContext(
        _table(cls, given), columns, key, returning, ignore_conflicts, session_type=cls.Session
    )
    return Writer(wrapper, context)


insert = Writer.insert
update = Writer.update
delete = Writer.delete


def truncate(
    name: str, given: tuple[tuple[Any, ...], ...], cascade: bool, restart_identity: bool
) -> None:
    """Empty tables of one server."""
    cls = wrapper_class(name)
    tables = [_table(cls, each) for each in given]
    context = TruncateContext(tables[0], cascade, restart_identity, session_type=cls.Session)
    cls().truncate(tables, context)


__all__ = [
    "OptionError",
    "analyze",
    "batch_size",
    "begin_write",
    "check",
    "delete",
    "explain",
    "hold",
    "import_schema",
    "insert",
    "json_text",
    "literal",
    "plan_scan",
    "plan_write",
    "raise_stream_failure",
    "scan",
    "size",
    "truncate",
    "updatable",
    "update",
    "validate",
]
