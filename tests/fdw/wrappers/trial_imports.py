"""Wrappers that explain, analyze and import, for the tests of those phases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exclave.fdw import ForeignDataWrapper, Options, ScanContext, ScanPlan, SecretText, Table


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
