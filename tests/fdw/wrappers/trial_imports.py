"""Wrappers that explain, analyze and import, for the tests of those phases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from exclave.fdw import (
    ForeignDataWrapper,
    ImportContext,
    ImportedColumn,
    ImportedTable,
    ImportRequest,
    Options,
    Sample,
    ScanContext,
    ScanPlan,
    ScanRequest,
    SecretText,
    Table,
    WrapperError,
)


class Explained(ForeignDataWrapper):
    """Adds lines of every kind to EXPLAIN."""

    class TableOptions(Options):
        token: SecretText = "nothing"

    def explain(self, plan: ScanPlan, table: Table) -> Mapping[str, object]:
        options: Any = table.options
        return {
            "URL": f"https://example.com/?token={options.token}",
            "Pages": 3,
            "Share": 0.25,
            "Cached": True,
            "Files": ["a.csv", f"{options.token}.csv"],
            "Nothing": None,
            "Beyond": 2**70,
            "Half": "\ud800",
        }

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        raise AssertionError("EXPLAIN scans nothing")


class Importing(ForeignDataWrapper):
    """Imports a few tables with names and types of every kind, or what is wrong."""

    class ServerOptions(Options):
        base: str = "nowhere"

    class MappingOptions(Options):
        password: SecretText

    class TableOptions(Options):
        source: str
        depth: int = 1

    class ColumnOptions(Options):
        original: str | None = None

    class ImportOptions(Options):
        prefix: str = ""
        wrong: str = ""

    def import_schema(
        self, request: ImportRequest, context: ImportContext
    ) -> Iterable[ImportedTable]:
        options: Any = request.options
        server: Any = context.server.options
        context.notice(f"{context.user} asks {server.base} for {request.remote_schema}")
        if options.wrong:
            return [wrong(options.wrong)]
        if request.remote_schema != "there":
            raise WrapperError(f'there is no schema "{request.remote_schema}"', sqlstate="HV00Q")
        columns = [
            ImportedColumn("id", "bigint", not_null=True),
            ImportedColumn('Say "hi"', "text", options={"original": "it's"}, collation="C"),
            ImportedColumn("price", "numeric(10, 2)"),
            ImportedColumn("tags", "text[]"),
        ]
        return [
            ImportedTable(options.prefix + name, columns, {"source": name, "depth": 2})
            for name in ("first", 'Sec"ond', "select")
        ]

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        yield from ()


def wrong(kind: str) -> Any:
    """Give a table that is wrong in one way."""
    column: dict[str, Any] = {
        "unknown type": ImportedColumn("c", "no_such_type"),
        "injected type": ImportedColumn("c", "int); DROP TABLE kept; --"),
        "pseudo type": ImportedColumn("c", "anyelement"),
        "no name": ImportedColumn("", "int"),
        "nul": ImportedColumn("a\0b", "int"),
        "euro": ImportedColumn("€", "int"),
        "long": ImportedColumn("é" * 40, "int"),
        "option": ImportedColumn("c", "int", options={"orignal": "x"}),
        "value": ImportedColumn("c", "int", options={"original": ["x"]}),
        "collation": ImportedColumn("c", "text", collation="no_such"),
        "no column": ("c", "int"),
        "surrogate": ImportedColumn("\ud800", "int"),
        "type of type": ImportedColumn("c", int),  # type: ignore[arg-type]
    }
    if kind == "no table":
        return "table"
    if kind == "table option":
        return ImportedTable("t", [ImportedColumn("c", "int")], {"source": "x", "depth": "deep"})
    if kind == "missing option":
        return ImportedTable("t", [ImportedColumn("c", "int")])
    return ImportedTable("t", [column[kind]], {"source": "x"})


class Analyzed(ForeignDataWrapper):
    """Rows (n, n % 10, 'text'), whose sample comes in one of several ways."""

    class TableOptions(Options):
        rows: int = 5000
        known: bool = True
        sample: Literal[
            "none", "rows", "arrow", "short", "wrong", "negative", "endless", "raises"
        ] = "none"

    class MappingOptions(Options):
        who: str = "nobody"

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        options: Any = table.options
        exact = [each for each in request.conditions if getattr(each, "column", "") == "d"]
        return ScanPlan(rows=options.rows if options.known else None, exact=exact)

    def analyze(self, table: Table, context: ScanContext, wanted: int) -> Any:
        options: Any = table.options
        mapping: Any = context.table.mapping
        if mapping is not None:
            context.notice(f"{context.user} is {mapping.who}")
        match options.sample:
            case "rows":
                return Sample((self.row(n) for n in range(0, options.rows, 5)), options.rows)
            case "arrow":
                import pyarrow as pa

                part = pa.table({"n": range(1000), "d": [n % 10 for n in range(1000)]})
                return Sample(part, 1_000_000)
            case "short":
                return Sample([(1, 2)], 1)
            case "wrong":
                return [(1, 2, "x")]
            case "negative":
                return Sample([], -1)
            case "endless":
                return Sample(self.endless(), 1)
            case "raises":
                raise ValueError("no sample today")
        return None

    @staticmethod
    def row(n: int) -> tuple[int, int, str]:
        return n, n % 10, "text"

    def endless(self) -> Iterator[tuple[Any, ...]]:
        while True:
            pass
        yield self.row(0)

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        options: Any = context.table.options
        wanted = ["nds".index(name) for name in plan.columns]
        digits = [condition.value for condition in context.conditions if condition.column == "d"]
        for n in range(options.rows):
            row = self.row(n)
            if any(row[1] != digit for digit in digits):
                continue
            yield tuple(row[place] for place in wanted)


class NotAnalyzed(Analyzed):
    """Wants no ANALYZE."""

    analyzable = False


class Leaking(ForeignDataWrapper):
    """Tells the password of the mapping wherever it can."""

    class MappingOptions(Options):
        password: SecretText

    class TableOptions(Options):
        how: Literal["raise", "chain", "log", "row type", "detail"]

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        mapping: Any = context.table.mapping
        options: Any = context.table.options
        password = mapping.password
        match options.how:
            case "raise":
                raise ValueError(f"cannot log in with {password}")
            case "chain":
                try:
                    raise OSError(f"https://me:{password}@example.com/")
                except OSError as error:
                    raise RuntimeError("refused") from error
            case "detail":
                raise WrapperError("refused", detail=f"tried {password}", hint=f"not {password}")
            case "row type":
                return iter([password])  # type: ignore[list-item]
        context.log("WARNING", f"logging in with {password}")
        return iter([])


class Environment(ForeignDataWrapper):
    """Tells how Python was started."""

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        import json
        import os
        import sys

        told = {
            "path": sys.path,
            "cwd": os.getcwd(),
            "isolated": sys.flags.isolated,
            "user_site": sys.flags.no_user_site,
            "json": json.__file__,
            "evil": [name for name in sys.modules if "evil" in name or "usercustomize" in name],
        }
        yield from [(json.dumps(told),)]


class Failing(ForeignDataWrapper):
    """Fails in one of the phases beside scans, in one of many ways."""

    class ServerOptions(Options):
        where: str = ""
        how: str = "value"

    def _fail(self, where: str, server: Any) -> None:
        if server.options.where == where:
            fail(server.options.how)

    def import_schema(
        self, request: ImportRequest, context: ImportContext
    ) -> Iterator[ImportedTable]:
        self._fail("import", context.server)
        yield ImportedTable("t")
        self._fail("second table", context.server)

    def analyze(self, table: Table, context: ScanContext, wanted: int) -> Sample:
        self._fail("analyze", table.server)
        return Sample(self._sample(table), 3)

    def _sample(self, table: Table) -> Iterator[tuple[int]]:
        yield (1,)
        self._fail("sample", table.server)

    def explain(self, plan: ScanPlan, table: Table) -> Mapping[str, object]:
        self._fail("explain", table.server)
        return {"Label": self if table.server.options.where == "label" else 1}  # type: ignore[attr-defined]

    def __str__(self) -> str:
        raise ValueError("no text")

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        yield from ()


def fail(how: str) -> None:
    """Raise something, or never end."""
    match how:
        case "exit":
            raise SystemExit(3)
        case "interrupt":
            raise KeyboardInterrupt
        case "memory":
            raise MemoryError
        case "recursion":
            fail(how)
        case "loop":
            while True:
                pass
        case "stubborn":
            while True:
                try:
                    while True:
                        pass
                except BaseException:  # noqa: BLE001 - that is what it is for
                    continue
        case "name":
            raise WrapperError("of its own", sqlstate="HV00N", hint="Do something.")
        case _:
            raise ValueError("of no use")
