"""How many rows files have, and how many of them fulfil conditions: for the planner."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Iterable
from typing import Any, cast

from exclave.fdw import And, AnyOf, Comparison, Condition, IsNull, Not, Or
from exclave.wrappers.files import engine
from exclave.wrappers.files.background import in_background
from exclave.wrappers.files.engine import EngineSettings, quoted_paths
from exclave.wrappers.files.paths import Files

_MOST_FILES = 20
"""Files that are looked into; the others are taken to be like them."""

_SAMPLED = 65_536
"""Bytes of text that are looked at, to learn how long lines are."""

_PACKED = 5
"""How much longer text is than packed."""

_EQUAL, _ORDER = 0.005, 1 / 3
"""The shares of rows that PostgreSQL supposes where it knows nothing."""


def rows_of(settings: EngineSettings, files: Files) -> float:
    """Give the number of rows of files: exact for a few of Parquet and Arrow, else an estimate."""
    some = files.paths[:_MOST_FILES]
    rows, size = _counted(settings, files.format, some, files.version)
    return rows * (files.size / size) if size and len(some) < len(files.paths) else rows


@functools.lru_cache(maxsize=64)
def _counted(
    settings: EngineSettings, kind: str, paths: tuple[str, ...], version: int
) -> tuple[float, int]:
    size = sum(os.stat(path).st_size for path in paths)
    if kind == "parquet":
        sql = f"FROM parquet_file_metadata({quoted_paths(paths)}) SELECT sum(num_rows)::BIGINT"
        return float(engine.fetch(settings, sql)[0][0] or 0), size
    if kind == "arrow":
        [rows] = in_background(lambda: iter([_in_arrow(paths)]), _nothing)  # pyarrow has threads
        return float(rows), size
    return float(sum(_lines(path, os.stat(path).st_size) for path in paths)), size


def _in_arrow(paths: tuple[str, ...]) -> int:
    dataset: Any = importlib.import_module("pyarrow.dataset")
    return dataset.dataset(list(paths), format="ipc").count_rows()


def _nothing() -> None:
    """Let it end by itself: it reads no more than lengths."""


def _lines(path: str, size: int) -> float:
    with open(path, "rb") as file:
        start = file.read(_SAMPLED)
    packed = path.endswith((".gz", ".zst"))
    if packed:
        return size * _PACKED / 100
    lines = start.count(b"\n") or 1
    return lines * size / max(len(start), 1)


def share(conditions: Iterable[Condition]) -> float:
    """Guess the share of the rows that fulfil conditions, as PostgreSQL does without statistics."""
    product = 1.0
    for condition in conditions:
        product *= _share(condition)
    return product


def _share(condition: Condition) -> float:
    match condition:
        case Comparison(_, operator, value):
            return 0.5 if isinstance(value, bool) else _of_operator(operator)
        case AnyOf(_, operator, values, every):
            count = len(cast("tuple[object, ...]", values)) if isinstance(values, tuple) else 10
            if every:
                return _of_operator(operator) ** count
            return min(1.0, _of_operator(operator) * count)
        case IsNull(_, negated):
            return 1 - _EQUAL if negated else _EQUAL
        case And(parts):
            return share(parts)
        case Or(parts):
            return min(1.0, sum(_share(part) for part in parts))
        case Not(inner):
            return 1 - _share(inner)


def _of_operator(operator: str) -> float:
    if operator in ("=", "~~"):
        return _EQUAL
    return 1 - _EQUAL if operator in ("<>", "!~~") else _ORDER
