"""A wrapper tried without PostgreSQL: its options, plan, rows and EXPLAIN, as the host asks."""

from __future__ import annotations

import importlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from exclave.fdw import explaining, importer
from exclave.fdw.conditions import Condition
from exclave.fdw.failure import WrapperError
from exclave.fdw.importing import ImportContext, ImportedTable, ImportRequest
from exclave.fdw.options import Level, Options
from exclave.fdw.scanning import ScanContext, ScanPlan, ScanRequest
from exclave.fdw.table import Column, Server, Table, Wrapper
from exclave.fdw.wrapper import ForeignDataWrapper

_DECLARED = {
    "wrapper": "WrapperOptions",
    "server": "ServerOptions",
    "mapping": "MappingOptions",
    "table": "TableOptions",
    "column": "ColumnOptions",
    "import": "ImportOptions",
}


def options_of(cls: type[ForeignDataWrapper], level: Level) -> type[Options]:
    """Give the class of the options of a level."""
    return getattr(cls, _DECLARED[level])


class Trial:
    """A foreign table of a class, outside PostgreSQL: for unit tests of a wrapper.

    Options are texts, as in SQL. Neither types nor values are checked as PostgreSQL would.

    Parameters
    ----------
    cls
        The class.
    columns
        Names and types of the table's columns, such as ``{"id": "bigint"}``.
    table_options, server_options, wrapper_options
        As in CREATE FOREIGN TABLE and so on.
    mapping_options
        Of the user mapping; None for none.
    column_options
        By the name of the column.
    type_oids
        OIDs of types by their names; 0 for the others.

    Raises
    ------
    OptionError
        If options are not what the class takes.

    Examples
    --------
    >>> from exclave.fdw import ForeignDataWrapper
    >>> class Two(ForeignDataWrapper):
    ...     def scan(self, plan, context):
    ...         yield from [(1,), (2,)]
    >>> Trial(Two, {"id": "int"}).rows()
    [(1,), (2,)]
    """

    def __init__(
        self,
        cls: type[ForeignDataWrapper],
        columns: Mapping[str, str] = {},
        table_options: Mapping[str, str] = {},
        server_options: Mapping[str, str] = {},
        mapping_options: Mapping[str, str] | None = None,
        wrapper_options: Mapping[str, str] = {},
        column_options: Mapping[str, Mapping[str, str]] = {},
        type_oids: Mapping[str, int] = {},
    ) -> None:
        self.cls = cls
        mapping = None
        if mapping_options is not None:
            mapping = cls.MappingOptions.parse(mapping_options, "mapping")
        self.table = Table(
            0,
            "public",
            "tried",
            tuple(
                Column(
                    number, name, kind, type_oids.get(kind, 0), -1, False,
                    cls.ColumnOptions.parse(column_options.get(name, {}), "column"),
                )
                for number, (name, kind) in enumerate(columns.items(), 1)
            ),
            cls.TableOptions.parse(table_options, "table"),
            Server("tried", cls.ServerOptions.parse(server_options, "server")),
            Wrapper("tried", cls.WrapperOptions.parse(wrapper_options, "wrapper")),
            mapping,
            "tried",
        )  # fmt: skip

    def plan(
        self,
        columns: Sequence[str] | None = None,
        conditions: Sequence[Condition] = (),
        **more: Any,
    ) -> ScanPlan:
        """Ask the class for a plan, and keep of it what PostgreSQL would keep.

        Parameters
        ----------
        columns
            Names of those that are read; None for all.
        conditions
            Of the query.
        more
            Other fields of `ScanRequest`.

        Raises
        ------
        WrapperError
            If ``remote`` cannot be kept as JSON, or something is promised that was not asked for.
        """
        names = tuple(column.name for column in self.table.columns)
        request = ScanRequest(
            names if columns is None else tuple(columns), tuple(conditions), **more
        )
        plan = self.cls().plan_scan(replace(self.table, mapping=None), request)
        for condition in plan.exact:
            if condition not in request.conditions:
                raise WrapperError(f"exact has a condition that was not asked for: {condition}")
        try:
            kept = json.loads(json.dumps(dict(plan.remote), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise WrapperError(f"the plan cannot be kept as JSON: {error}") from None
        return replace(plan, remote=kept, columns=request.columns)

    def rows(
        self,
        columns: Sequence[str] | None = None,
        conditions: Sequence[Condition] = (),
        limit: int | None = None,
        **more: Any,
    ) -> list[tuple[Any, ...]]:
        """Plan a scan and run it; give the rows, with Python's values.

        PostgreSQL would leave out those that do not fulfil conditions which are not exact.

        Parameters
        ----------
        columns, conditions, more
            As `plan` takes them.
        limit
            How many rows to read at most.

        Raises
        ------
        WrapperError
            If a row has not one value for each column of the plan.
        """
        plan = self.plan(columns, conditions, **more)
        context = ScanContext(self.table, tuple(conditions), session_type=self.cls.Session)
        answer = self.cls().scan(plan, context)
        try:
            found = itertools.islice(_rows(answer, plan.columns), limit)
            return [_checked(row, plan.columns) for row in found]
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def explain(self, plan: ScanPlan | None = None) -> dict[str, object]:
        """Give the lines that the class adds to EXPLAIN."""
        plan = self.plan() if plan is None else plan
        return dict(explaining.lines(self.cls().explain(plan, replace(self.table, mapping=None))))

    def imported(self, schema: str, options: Mapping[str, str] = {}) -> list[ImportedTable]:
        """Give the tables that IMPORT FOREIGN SCHEMA would make, checked as the host does."""
        request = ImportRequest(
            schema, "public", "all", (), self.cls.ImportOptions.parse(options, "import")
        )
        context = ImportContext(
            self.table.server, self.table.wrapper, self.table.mapping, "tried",
            session_type=self.cls.Session,
        )  # fmt: skip
        tables = list(self.cls().import_schema(request, context))
        importer.checked(self.cls(), request, tables)
        return tables


def _checked(row: Any, columns: tuple[str, ...]) -> tuple[Any, ...]:
    if not isinstance(row, tuple | list) or len(cast("list[Any]", row)) != len(columns):
        raise WrapperError(
            f"expected rows of {len(columns)} values, one for each of "
            f"{', '.join(columns) or 'no columns'}; found {row!r}"
        )
    return tuple(cast("list[Any]", row))


def _rows(answer: Any, columns: tuple[str, ...]) -> Any:
    """Give rows of whatever a scan gives."""
    if hasattr(answer, "__arrow_c_stream__"):
        pa: Any = importlib.import_module("pyarrow")
        for batch in pa.RecordBatchReader.from_stream(answer):
            yield from _of_batch(batch, columns)
        return
    for row in answer:
        if hasattr(row, "__arrow_c_array__"):
            pa = importlib.import_module("pyarrow")
            yield from _of_batch(pa.record_batch(row), columns)
        else:
            yield row


def _of_batch(batch: Any, columns: tuple[str, ...]) -> Any:
    missing = [name for name in columns if name not in batch.schema.names]
    if missing:
        raise WrapperError(f"the Arrow data has no field {', '.join(missing)}")
    for row in batch.select(list(columns)).to_pylist():
        yield tuple(row[name] for name in columns)
