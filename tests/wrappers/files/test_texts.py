"""Texts in files as values of the columns' types, where DuckDB reads them unlike PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import make, rows


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_texts_are_bytes_if_they_are_written_as_such(
    files: psycopg.Connection, folder: Path, kind: str
) -> None:
    def fill(*values: str) -> None:
        table = pa.table({"b": [*values, None]})
        pq.write_table(table, folder / "b.parquet")
        (folder / "b.csv").write_text("b\n" + "".join(f"{value}\n" for value in values))
        (folder / "b.jsonl").write_text(
            "".join(json.dumps({"b": value}) + "\n" for value in values)
        )

    fill("\\x4142", "\\x", "\\xFf")
    make(files, "b", "b bytea", path=f"b.{kind}")
    query = "SELECT b FROM b WHERE b IS NOT NULL ORDER BY b"
    assert rows(files, query) == [(b"",), (b"AB",), (b"\xff",)]
    assert rows(files, "SELECT count(*) FROM b WHERE b = 'AB'") == [(1,)]
    for wrong in ("AB", "\\x4", "\\x4x"):
        fill(wrong)
        with pytest.raises(psycopg.Error, match=r'column "b": .* is no bytea'):
            rows(files, query)


def test_a_number_of_csv_that_does_not_fit_is_an_error(
    files: psycopg.Connection, folder: Path
) -> None:
    (folder / "f.csv").write_text("f,r\n1e39,1.5\ninf,Infinity\n-Inf,NaN\n,\n")
    make(files, "f", "f float8, r real", path="f.csv")
    found = [tuple(map(str, row)) for row in rows(files, "SELECT * FROM f")]
    assert found == [("1e+39", "1.5"), ("inf", "inf"), ("-inf", "nan"), ("None", "None")]
    (folder / "f.csv").write_text("f,r\n1e400,-1e39\n")
    for query, told in (("SELECT f FROM f", '"f": 1e400'), ("SELECT r FROM f", '"r": -1e39')):
        with pytest.raises(psycopg.Error, match=f"column {told} is out of range"):
            rows(files, query)
