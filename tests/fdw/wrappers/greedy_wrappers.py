"""A wrapper that allocates without end."""

from __future__ import annotations

import itertools
import resource
import threading
from collections.abc import Iterator
from typing import Any

from exclave.fdw import ForeignDataWrapper, Options, ScanContext, ScanPlan, ScanRequest, Table

KEPT: list[Any] = []


def pages() -> None:
    taken = [bytearray(1 << 20) for _ in itertools.count()]
    del taken


def objects() -> None:
    taken: list[Any] = []
    while True:
        taken = [taken, {}]


def text() -> None:
    taken = "x"
    while True:
        taken += taken


def arrow() -> None:
    import pyarrow as pa

    taken = [pa.array(range(100_000)) for _ in itertools.count()]
    del taken


def threads() -> None:
    errors: list[BaseException] = []

    def take() -> None:
        try:
            pages()
        except MemoryError as error:
            errors.append(error)

    running = [threading.Thread(target=take) for _ in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    raise errors[0]


def kept() -> None:
    while True:
        KEPT.append(bytearray(1 << 20))


def stubborn() -> None:
    while True:
        try:
            kept()
        except MemoryError:
            continue


def limit() -> int:
    """Give what the kernel grants while Python runs, in megabytes; -1 is all there is."""
    bytes_granted, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return bytes_granted if bytes_granted == resource.RLIM_INFINITY else bytes_granted >> 20


def passing() -> None:
    """Take some, and give it back."""
    bytearray(20 << 20)


KINDS = {
    function.__name__: function
    for function in (pages, objects, text, arrow, threads, kept, stubborn, passing)
}


class Greedy(ForeignDataWrapper):
    """Takes all memory there is, in a way and at a place of the table's choice."""

    class TableOptions(Options):
        kind: str
        at: str = "row"
        rows: int = 1

    def take(self, table: Table, at: str) -> None:
        options: Any = table.options
        if options.at == at:
            KINDS[options.kind]()

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        self.take(table, "plan")
        return ScanPlan()

    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        self.take(context.table, "scan")
        return self.rows(context)

    def rows(self, context: ScanContext) -> Iterator[tuple[int]]:
        options: Any = context.table.options
        try:
            for _ in range(options.rows):
                yield (limit(),)
                self.take(context.table, "row")
        finally:
            KEPT.clear()
            self.take(context.table, "close")
