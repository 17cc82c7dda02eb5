"""The wrapper whose tables are Python functions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, cast

from exclave.fdw import (
    Doc,
    ForeignDataWrapper,
    ImportContext,
    ImportedColumn,
    ImportedTable,
    ImportRequest,
    Lookup,
    Options,
    ScanContext,
    ScanPlan,
    ScanRequest,
    Table,
    WrapperError,
)
from exclave.wrappers.python import arguments, registry
from exclave.wrappers.python.rows import rows_of

_NEVER = 1e10
"""The cost of a scan that cannot be done, so that a nested loop which can is chosen."""


class Functions(ForeignDataWrapper):
    """Functions that were declared with `table`, each a foreign table.

    Which modules they may be in stands in an option of the wrapper, which only a superuser can
    write; a module is trusted with all that the server's operating system user may do.

    Examples
    --------
    ``finance.py``, on the path of the server's virtual environment:

    >>> from exclave.wrappers.python import table
    >>> @table(currency="text", day="date", rate="numeric")
    ... def rates(currency: str):
    ...     yield ("2013-01-01", "1.2")

    And ``SELECT day, rate FROM rates WHERE currency = 'EUR'``.
    """

    class WrapperOptions(Options):
        """Of the foreign-data wrapper."""

        modules: Annotated[
            str, Doc("Modules whose functions may be tables, separated by commas.")
        ] = ""

    class TableOptions(Options):
        """Of a foreign table."""

        function: Annotated[
            str, Doc("The function, as `module.function`, or without module if one has it.")
        ]

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        """Estimate the calls that the conditions ask for."""
        function = _function(table)
        wanted = {function.arguments, function.required} - {()}
        lookups = [Lookup(columns, rows=function.rows) for columns in sorted(wanted)]
        if arguments.missing(function, request.conditions):
            return ScanPlan(rows=function.rows, cost=_NEVER, lookups=lookups)
        return ScanPlan(rows=function.rows, cost=10 + function.rows / 100, lookups=lookups)

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        """Call the function; more than once where a condition with IN gives several values."""
        function = _function(context.table)
        types = {column.name: column.type for column in context.table.columns}
        calls = list(arguments.calls(function, context.conditions, types))
        extra = {"context": context} if registry.CONTEXT in function.parameters else {}
        if not function.arguments:
            answer = function(**extra)
            if hasattr(answer, "__arrow_c_stream__"):
                return answer
            return rows_of(function, answer, {}, plan.columns)
        return itertools.chain.from_iterable(
            rows_of(function, function(**call, **extra), call, plan.columns) for call in calls
        )

    def import_schema(
        self, request: ImportRequest, context: ImportContext
    ) -> Iterable[ImportedTable]:
        """Give the functions of a module, which the remote schema names, as tables."""
        options = cast("Functions.WrapperOptions", context.wrapper.options)
        module = request.remote_schema
        if module not in registry.modules_of(options.modules):
            raise WrapperError(
                f'"{module}" is not among the modules of the foreign-data wrapper',
                sqlstate="HV00P",
                hint="A superuser names modules in the option modules of the wrapper.",
            )
        for name, function in registry.functions_of(module):
            yield ImportedTable(name, _columns(function), {"function": f"{module}.{name}"})


def _columns(function: registry.TableFunction) -> tuple[ImportedColumn, ...]:
    return tuple(ImportedColumn(name, type_) for name, type_ in function.columns.items())


def _function(table: Table) -> registry.TableFunction:
    """Find the function of a table, and check that it has the table's columns."""
    wrapper = cast("Functions.WrapperOptions", table.wrapper.options)
    options = cast("Functions.TableOptions", table.options)
    function = registry.find(options.function, wrapper.modules)
    for name in _unknown(table, function):
        raise WrapperError(
            f'the function {function.name} has no column "{name}"',
            sqlstate="HV005",
            hint=f"Its columns are {', '.join(function.columns)}.",
        )
    return function


def _unknown(table: Table, function: registry.TableFunction) -> Iterator[str]:
    return (column.name for column in table.columns if column.name not in function.columns)
