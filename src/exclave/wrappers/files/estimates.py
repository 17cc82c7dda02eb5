"""How many rows files have, for the planner."""

from __future__ import annotations

import functools
import importlib
import os
from typing import Any

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
