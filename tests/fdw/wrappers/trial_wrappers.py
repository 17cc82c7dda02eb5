"""Wrappers that the tests of the host run inside PostgreSQL."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any, Literal

from exclave.fdw import (
    ForeignDataWrapper,
    Options,
    ScanContext,
    ScanPlan,
    ScanRequest,
    Table,
    WrapperError,
)
from exclave.fdw.messages import Messages


class Numbers(ForeignDataWrapper):
    """Rows (1, 'row 1'), (2, 'row 2') and so on, as tuples."""

    class ServerOptions(Options):
        prefix: str = "row"

    class TableOptions(Options):
        count: int
        start: int = 1

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        options: Any = table.options
        return ScanPlan(remote={"columns": list(request.columns)}, rows=options.count)

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[object, ...]]:
        assert plan.remote["columns"] == list(plan.columns)
        options: Any = context.table.options
        server: Any = context.table.server.options
        for number in range(options.start, options.start + options.count):
            row = {"id": number, "label": f"{server.prefix} {number}"}
            yield tuple(row[name] for name in plan.columns)


class Given(ForeignDataWrapper):
    """Rows, or an Arrow table, that a Python expression in the table's options gives."""

    class TableOptions(Options):
        rows: str | None = None
        arrow: str | None = None

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        import datetime
        import decimal
        import mmap
        import uuid

        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        def forever() -> Iterator[Any]:
            while True:
                time.sleep(0.01)

        names = {
            "forever": forever,
            "pa": pa,
            "pc": pc,
            "np": np,
            "mmap": mmap,
            "datetime": datetime,
            "D": decimal.Decimal,
            "uuid": uuid,
            "plan": plan,
            "context": context,
        }
        options: Any = context.table.options
        return eval(options.rows or options.arrow, names)


class Faulty(ForeignDataWrapper):
    """Does what its option says at the phase that its option says."""

    class TableOptions(Options):
        at: Literal["plan", "scan", "row", "close"]
        kind: str

    def fail(self, kind: str) -> None:
        if kind == "recursion":
            self.fail(kind)
        if kind == "wrapper":
            raise WrapperError("no such thing", sqlstate="22012", detail="why", hint="what next")
        if kind == "surrogate":
            raise ValueError("half a character: \udc80")
        if kind == "nul":
            raise ValueError("a\0b")
        if kind == "unprintable":

            class UnprintableError(Exception):
                def __str__(self) -> str:
                    raise ValueError("not even that")

            raise UnprintableError
        if kind.endswith(("loop", "sleep", "socket", "asyncio", "thread", "process")):
            Messages().log("LOG", f"{kind} begins")
        if kind == "loop":
            while True:
                pass
        while kind.startswith("stubborn"):
            try:
                while kind == "stubborn loop":
                    pass
                time.sleep(60)
            except BaseException:  # noqa: BLE001
                pass
        if kind == "another sleep":
            try:
                time.sleep(60)
            except BaseException as error:
                raise RuntimeError("what became of it") from error
        if kind == "asyncio":
            asyncio.run(asyncio.sleep(60))
        if kind == "thread":
            thread = threading.Thread(target=time.sleep, args=(60,))
            thread.start()
            thread.join()
        if kind == "process":
            subprocess.run(["sleep", "60"], check=True)
        if kind == "sleep":
            time.sleep(60)
        if kind == "socket":
            ours, _theirs = socket.socketpair()
            ours.recv(1)
        errors = {"exit": SystemExit, "keyboard": KeyboardInterrupt, "memory": MemoryError}
        raise errors.get(kind, RuntimeError)(kind)

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        options: Any = table.options
        if options.at == "plan":
            self.fail(options.kind)
        return ScanPlan()

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        options: Any = context.table.options
        if options.at == "scan":
            self.fail(options.kind)
        return self.rows(options)

    def rows(self, options: Any) -> Iterator[tuple[int, ...]]:
        try:
            for number in range(10):
                if options.at == "row" and number == 5:
                    self.fail(options.kind)
                yield (number,)
        finally:
            if options.at == "close":
                self.fail(options.kind)


class Forbidden(ForeignDataWrapper):
    """Takes a password from the mapping."""

    class MappingOptions(Options):
        password: str

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[str, ...]]:
        mapping: Any = context.table.mapping
        yield ("none" if mapping is None else mapping.password,)
