"""Wrappers that group, sort and limit themselves, as the class's options say."""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from exclave.fdw import (
    Aggregate,
    And,
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    ForeignDataWrapper,
    IsNull,
    Not,
    Options,
    Or,
    ScanContext,
    ScanPlan,
    ScanRequest,
    SortKey,
    Table,
    Unrepresentable,
)

Row = dict[str, Any]


def ordered(value: Any) -> Any:
    """Give what sorts like the value does in PostgreSQL: NaN is the greatest number."""
    nan = value != value
    return (nan, 0 if nan else value) if isinstance(value, float | int | Decimal) else value


def same(value: Any) -> Any:
    """Give what is equal when PostgreSQL says so: NaN equals NaN."""
    return "NaN" if value != value else value


FUNCTIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "count": len,
    "sum": sum,
    "min": lambda given: min(given, key=ordered),
    "max": lambda given: max(given, key=ordered),
    "bool_and": all,
    "bool_or": any,
}


def aggregated(rows: Iterable[Row], aggregate: dict[str, Any]) -> Any:
    """Compute one aggregate of rows."""
    column = aggregate["column"]
    if column is None:
        return len(list(rows))
    values = [row[column] for row in rows if row[column] is not None]
    if aggregate["distinct"]:
        values = list({same(value): value for value in values}.values())
    if not values and aggregate["function"] != "count":
        return None
    return FUNCTIONS[aggregate["function"]](values)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compared(row: Row, column: str, name: str, value: Any) -> bool | None:
    """Compare as SQL does: NULL with anything is neither true nor false."""
    if isinstance(value, ColumnReference):
        value = row[value.column]
    if row[column] is None or value is None:
        return None
    return OPERATORS[name](ordered(row[column]), ordered(value))


def every(truths: Iterable[bool | None]) -> bool | None:
    """AND of three values."""
    found = set(truths)
    return False if False in found else None if None in found else True


def fulfils(row: Row, condition: Condition) -> bool | None:
    """Say whether a row fulfils a condition."""
    match condition:
        case Comparison(column, name, value):
            return compared(row, column, name, value)
        case AnyOf(column, name, values, True):
            return every(compared(row, column, name, value) for value in values)
        case AnyOf(column, name, values):
            return opposite(every(opposite(compared(row, column, name, value)) for value in values))
        case IsNull(column, negated):
            return (row[column] is None) is not negated
        case And(conditions):
            return every(fulfils(row, each) for each in conditions)
        case Or(conditions):
            return opposite(every(opposite(fulfils(row, each)) for each in conditions))
        case Not(inner):
            return opposite(fulfils(row, inner))


def opposite(truth: bool | None) -> bool | None:
    """NOT of three values."""
    return None if truth is None else not truth


def is_known(condition: Condition, table: Table) -> bool:
    """Say whether `fulfils` does as PostgreSQL does."""
    match condition:
        case Comparison(column, name, value, collation) | AnyOf(column, name, value, _, collation):
            kind = next(each.type for each in table.columns if each.name == column)
            values = value if isinstance(condition, AnyOf) and isinstance(value, tuple) else [value]
            return (
                name in OPERATORS
                and kind not in {"character(3)", "mood"}
                and not any(isinstance(each, Unrepresentable) for each in values)
                and (collation in {None, "C"} or name in {"=", "<>"})
            )
        case IsNull():
            return True
        case And(conditions) | Or(conditions):
            return all(is_known(each, table) for each in conditions)
        case Not(inner):
            return is_known(inner, table)


class Counting(ForeignDataWrapper):
    """Rows that a Python expression in the table's options gives."""

    pushdown = frozenset({"sort", "limit", "aggregate"})

    class TableOptions(Options):
        rows: str

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        texts: list[SortKey | Aggregate] = [
            *request.sort,
            *(each for each in request.aggregates if each.function in {"min", "max"}),
        ]
        if any(each.collation not in {None, "C"} for each in texts):
            return ScanPlan()
        return ScanPlan(
            exact=[each for each in request.conditions if is_known(each, table)],
            remote={
                "sort": [[key.column, key.descending, key.nulls_first] for key in request.sort],
                "limit": request.limit,
                "group_by": list(request.group_by),
                "aggregates": [
                    {"name": each.name, "function": each.function, "column": each.column,
                     "distinct": each.distinct, "type": each.type}
                    for each in request.aggregates
                ],
            },
            sorted=bool(request.sort),
            limited=request.limit is not None,
            aggregated="aggregate" in request.kinds,
        )  # fmt: skip

    def rows(self, context: ScanContext) -> list[Row]:
        """Give the rows of the table."""
        options: Any = context.table.options
        names = [column.name for column in context.table.columns]
        given = eval(options.rows, {"D": Decimal, "datetime": datetime, "nan": float("nan")})
        rows = [dict(zip(names, row, strict=True)) for row in given]
        known = [each for each in context.conditions if is_known(each, context.table)]
        return [row for row in rows if all(fulfils(row, condition) for condition in known)]

    def grouped(self, rows: list[Row], remote: Any) -> Iterator[Row]:
        """Give a row for each group."""
        group_by = remote["group_by"]
        groups: dict[tuple[Any, ...], list[Row]] = {} if group_by else {(): []}
        for row in rows:
            groups.setdefault(tuple(same(row[name]) for name in group_by), []).append(row)
        for members in groups.values():
            keys = {name: members[0][name] for name in group_by}
            yield keys | {each["name"]: aggregated(members, each) for each in remote["aggregates"]}

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[object, ...]]:
        remote: Any = plan.remote
        rows = self.rows(context)
        if remote.get("group_by") or remote.get("aggregates"):
            rows = list(self.grouped(rows, remote))
        for column, descending, nulls_first in reversed(remote.get("sort", [])):
            nulls = [row for row in rows if row[column] is None]
            others = [row for row in rows if row[column] is not None]
            others.sort(key=lambda row: ordered(row[column]), reverse=descending)
            rows = nulls + others if nulls_first else others + nulls
        for row in rows[: remote.get("limit")]:
            yield tuple(row[name] for name in plan.columns)


class Liar(Counting):
    """Promises all, and then gives as many rows as it likes."""

    class TableOptions(Options):
        rows: str
        repeat: int

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[object, ...]]:
        options: Any = context.table.options
        yield from [*super().scan(plan, context)] * options.repeat


class Parallel(Counting):
    """May do its work in parallel workers."""

    parallel_safe = True


class Modest(Counting):
    """Could do all, and is asked for nothing."""

    pushdown = frozenset()

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        assert not request.kinds
        return ScanPlan()


class Asking(Counting):
    """One row: the name of the user whose rights count."""

    class TableOptions(Options):
        pass

    def rows(self, context: ScanContext) -> list[Row]:
        return [{"name": context.user}]


class Quacking(Counting):
    """The same rows in DuckDB, which does the work, and gives them as Arrow."""

    types: ClassVar[dict[str, str]] = {
        "mood": "text",
        "positive": "integer",
        "character(3)": "text",
    }
    insert: ClassVar[str] = "INSERT INTO rows VALUES ({})"

    def selected(self, plan: ScanPlan, table: Table) -> str:
        """Write the plan as SQL; texts are read into columns of any type, domains too."""
        remote: Any = plan.remote
        outputs = {
            column.name: f'CAST(rows."{column.name}" AS text)'
            if column.type == "positive"
            else f'rows."{column.name}"'
            for column in table.columns
            if column.name in plan.columns
        }
        for each in remote["aggregates"]:
            column = "*" if each["column"] is None else f'rows."{each["column"]}"'
            distinct = "DISTINCT " if each["distinct"] else ""
            call = f"{each['function']}({distinct}{column})"
            whole = each["type"] in {"smallint", "integer", "bigint"}
            outputs[each["name"]] = f"CAST({call} AS {each['type']})" if whole else call
        listed = ", ".join(f'{outputs[name]} AS "{name}"' for name in plan.columns)
        parts = ["SELECT", listed or "NULL", "FROM rows"]
        if remote["group_by"]:
            parts.append("GROUP BY " + ", ".join(f'rows."{name}"' for name in remote["group_by"]))
        orders = [
            f"{outputs.get(name, name) if name.startswith(tuple(FUNCTIONS)) else f'rows.{name}'} "
            f"{'DESC' if down else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"
            for name, down, first in remote["sort"]
        ]
        parts += ["ORDER BY", ", ".join(orders)] if orders else []
        parts += ["LIMIT", str(remote["limit"])] if remote["limit"] is not None else []
        return " ".join(parts)

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        import duckdb

        connection = duckdb.connect()
        columns = [
            f'"{column.name}" {self.types.get(column.type, column.type)}'
            for column in context.table.columns
        ]
        connection.execute(f"CREATE TABLE rows ({', '.join(columns)})")
        insert = self.insert.format(", ".join("?" * len(columns)))
        for row in self.rows(context):
            connection.execute(insert, list(row.values()))
        return connection.sql(self.selected(plan, context.table)).to_arrow_table()
