"""A wrapper whose session remembers what it was told of, and fails where it is asked to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Literal

from trial_wrappers import Faulty

from exclave.fdw import ForeignDataWrapper, Options, ScanContext, ScanPlan, Session
from exclave.fdw.messages import Messages

told: list[str] = []
faults: dict[str, str] = {}
contexts: list[ScanContext] = []


class Recorder(Session):
    """Writes down each call, after the name of its server."""

    def tell(self, method: str, level: int = 0) -> None:
        told.append(f"{self.server.name} {method}" + (f" {level}" if level else ""))
        if method == "close":
            Messages().log("LOG", f"session of {self.server.name} is closed")
        kind = faults.get(f"{self.server.name} {method}")
        if kind == "spi":
            _ = contexts[-1].session
        elif kind:
            Messages().log("LOG", f"{self.server.name} {method} goes wrong")
            Faulty().fail(kind)

    def begin(self) -> None:
        self.tell("begin")

    def prepare(self) -> None:
        self.tell("prepare")

    def commit(self) -> None:
        self.tell("commit")

    def abort(self) -> None:
        self.tell("abort")

    def savepoint(self, level: int) -> None:
        self.tell("savepoint", level)

    def release(self, level: int) -> None:
        self.tell("release", level)

    def rollback_to(self, level: int) -> None:
        self.tell("rollback_to", level)

    def close(self) -> None:
        self.tell("close")


class Recording(ForeignDataWrapper):
    """Uses its session, shows what sessions were told of, or sets where they fail."""

    Session = Recorder

    class ServerOptions(Options):
        note: str = ""

    class TableOptions(Options):
        does: Literal["use", "tell", "fail", "thread"]
        method: str = ""
        kind: str = ""

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[str, ...]]:
        for row in self.texts(context):
            yield (row,) * len(plan.columns)

    def texts(self, context: ScanContext) -> Iterator[str]:
        options: Any = context.table.options
        contexts[:] = [context]
        if options.does == "use":
            assert context.session is context.session
            yield context.session.server.options.note
        elif options.does == "tell":
            found = told[:]
            told.clear()
            yield from found
        elif options.does == "thread":
            thread = threading.Thread(target=self.ask, args=(context,))
            thread.start()
            thread.join()
            yield told.pop()
        elif options.method:
            faults[options.method] = options.kind
        else:
            faults.clear()

    parallel_safe = True

    def ask(self, context: ScanContext) -> None:
        try:
            _ = context.session
        except RuntimeError as error:
            told.append(str(error))
