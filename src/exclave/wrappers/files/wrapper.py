"""The wrapper whose tables are files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from exclave.fdw import (
    And,
    AnyOf,
    Comparison,
    Condition,
    ForeignDataWrapper,
    ImportContext,
    ImportedTable,
    ImportRequest,
    IsNull,
    Not,
    Options,
    Or,
    Sample,
    ScanContext,
    ScanPlan,
    ScanRequest,
    Table,
    Unrepresentable,
    WrapperError,
    has_role,
)
from exclave.wrappers.files import engine, estimates, importing, options, sources, statement

READERS = "pg_read_server_files"
"""The role of those who may read files as the user who runs PostgreSQL."""

_PER_ROW, _PER_BYTE = 0.002, 1e-5
_START = 20


class Files(ForeignDataWrapper):
    """Parquet, CSV, JSON lines and Arrow files below a folder, read by DuckDB in the backend.

    Who sets the options of a server or a table, and as whom a table is read (of a view's table,
    the view's owner), must have the role ``pg_read_server_files``.

    Columns, conditions, order, limit and aggregates are left to DuckDB where it decides as
    PostgreSQL does, which `exclave.wrappers.files.agreement` says for each type.
    """

    WrapperOptions = options.WrapperOptions
    ServerOptions = options.ServerOptions
    TableOptions = options.TableOptions
    ColumnOptions = options.ColumnOptions
    pushdown = frozenset({"sort", "limit", "aggregate"})

    @classmethod
    def check_rights(cls, level: str, options: Options) -> None:
        """Refuse paths of those who may not read files."""
        if level in ("server", "table"):
            _check_reader("set the options of", f"a {level}")

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        """Decide what DuckDB does, and estimate rows by the files."""
        source = sources.source_of(table)
        columns = sources.columns_of(table, source)
        pushed = statement.decide(request, columns)
        exact = [request.conditions[number] for number, sure in pushed.where if sure]
        every = estimates.rows_of(source.settings, source.files)
        cost = _START + every * _PER_ROW + source.files.size * _PER_BYTE
        asked = bool(request.group_by or request.aggregates)
        wanted = [*pushed.group_by, *(each[0] for each in pushed.aggregates)]
        shown, _ = statement.write(
            pushed,
            _shown(table),
            columns,
            request.conditions,
            wanted if pushed.aggregated else request.columns,
        )
        return ScanPlan(
            remote={**statement.kept(pushed), "sql": shown.sql, "files": len(source.files.paths)},
            exact=exact,
            sorted=bool(pushed.sort),
            limited=pushed.limit is not None,
            aggregated=asked and pushed.aggregated,
            total=every,
            startup_cost=_START,
            cost=cost,
        )

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        """Run the query, if the user may read files."""
        _check_reader("read", f'foreign table "{context.table.name}"', context.table.user_oid)
        pushed = statement.read(plan.remote)
        source = sources.source_of(context.table)
        columns = sources.columns_of(context.table, source)
        otherwise = statement.otherwise(pushed, columns)
        if otherwise is not None:
            raise _changed(context.table, otherwise)
        written, missing = statement.write(
            pushed, source.sql, columns, context.conditions, plan.columns
        )
        for number in missing:
            if (
                pushed.aggregated
                or pushed.limit is not None
                or not _is_looked_at_again(context.conditions[number])
            ):
                raise _changed(context.table, f"Condition: {context.conditions[number]}")
        return _named(
            engine.stream(source.settings, written.sql, written.values, source.datasets),
            plan.columns,
        )

    def import_schema(
        self, request: ImportRequest, context: ImportContext
    ) -> Iterable[ImportedTable]:
        """Give a table for each file, and for each folder of files, in a folder."""
        _check_reader("import", f'files of server "{context.server.name}"')
        return importing.tables(request, context)

    def analyze(self, table: Table, context: ScanContext, wanted: int) -> Sample | None:
        """Let DuckDB choose rows at random."""
        _check_reader("analyze", f'foreign table "{table.name}"', context.table.user_oid)
        source = sources.source_of(table)
        columns = sources.columns_of(table, source)
        names = tuple(column.name for column in table.columns)
        written, _ = statement.write(statement.Pushed(), source.sql, columns, (), names)
        sql = f"{written.sql} USING SAMPLE reservoir({wanted} ROWS)"
        rows = engine.stream(source.settings, sql, (), source.datasets)
        counting = f"FROM {source.sql} SELECT count(*)"
        counted = engine.fetch(source.settings, counting, source.datasets)
        return Sample(_named(rows, names), float(counted[0][0]))

    def explain(self, plan: ScanPlan, table: Table) -> Mapping[str, object]:
        """Show the SQL that DuckDB is sent; values are placeholders in it."""
        return {"DuckDB SQL": plan.remote["sql"], "Files": plan.remote["files"]}


def _named(batches: Iterator[Any], names: tuple[str, ...]) -> Iterator[Any]:
    """Give the batches with the names that the host looks for."""
    for batch in batches:
        yield batch.rename_columns(list(names)) if names else batch


def _changed(table: Table, detail: str) -> WrapperError:
    return WrapperError(
        f'the files of table "{table.name}" cannot be asked as planned',
        sqlstate="HV00L",
        detail=detail,
        hint="Perhaps they have changed; plan the statement again.",
    )


def _is_looked_at_again(condition: Condition) -> bool:
    """Tell whether PostgreSQL checks a condition again: where a value is none that Python has."""
    return any(isinstance(value, Unrepresentable) for value in _values(condition))


def _values(condition: Condition) -> Iterator[object]:
    match condition:
        case Comparison(_, _, value):
            yield value
        case AnyOf(_, _, values):
            yield from cast("tuple[object, ...]", values)
        case Not(inner):
            yield from _values(inner)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _values(part)
        case IsNull():
            return


def _shown(table: Table) -> str:
    """Write the FROM clause for people."""
    assert isinstance(table.options, options.TableOptions)
    return engine.quoted_text(table.options.path)


def _check_reader(what: str, whom: str, user_oid: int = 0) -> None:
    if not has_role(READERS, user_oid):
        raise WrapperError(
            f"permission denied to {what} {whom}: the role {READERS} is needed",
            sqlstate="42501",
            hint=f"Grant {READERS}, or read through a view whose owner has it.",
        )
