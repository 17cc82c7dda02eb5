"""Columns of files are found by their names, of which none is taken for another."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import make, rows


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "arrow"])
def test_of_names_that_differ_only_in_case_none_is_taken_for_another(
    files: psycopg.Connection, folder: Path, kind: str
) -> None:
    both = pa.table([[1], [2]], names=["x", "X"])
    (folder / "a.csv").write_text("x,X\n1,2\n", encoding="utf-8")
    (folder / "a.jsonl").write_text('{"x": 1, "X": 2}\n', encoding="utf-8")
    pq.write_table(both, folder / "a.parquet")
    with pa.ipc.new_file(str(folder / "a.arrow"), both.schema) as writer:
        writer.write_table(both)
    make(files, "lower", "x int", path=f"a.{kind}")
    assert rows(files, "SELECT * FROM lower") == [(1,)]
    for number, columns in enumerate(['"X" int', 'x int, "X" int', '"X" int, x int']):
        make(files, f"t{number}", columns, path=f"a.{kind}")
        with pytest.raises(psycopg.errors.FdwColumnNameNotFound, match="x or X_1") as error:
            rows(files, f"TABLE t{number}")
    named = "x int, \"X\" int OPTIONS (column 'X_1')"
    make(files, "named", named, path=f"a.{kind}")
    if kind == "jsonl":  # where no key has this name
        with pytest.raises(psycopg.errors.FdwColumnNameNotFound, match="x or X_1"):
            rows(files, "SELECT * FROM named")
    else:
        assert "option column" in str(error.value.diag.message_hint)
        assert rows(files, "SELECT * FROM named") == [(1, 2)]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_column_of_the_files_is_not_taken_for_two_names(
    files: psycopg.Connection, folder: Path, kind: str
) -> None:
    (folder / "a.csv").write_text("x,x_1\n1,2\n", encoding="utf-8")
    (folder / "a.jsonl").write_text('{"x": 1, "x_1": 2}\n', encoding="utf-8")
    make(files, "a", "x int, x_1 int, y int OPTIONS (column 'x')", path=f"a.{kind}")
    assert rows(files, "SELECT * FROM a") == [(1, 2, 1)]
    make(files, "b", 'x int, "X" int', path=f"a.{kind}")
    with pytest.raises(psycopg.errors.FdwColumnNameNotFound, match='"x" and "X" of table "b"'):
        rows(files, "SELECT x FROM b")
