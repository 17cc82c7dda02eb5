"""``exclave fdw check``: a class tried without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from exclave.cli.app import app

MODULE = """
from exclave.fdw import (
    ForeignDataWrapper, ImportedColumn, ImportedTable, Options, ScanPlan, SecretText,
)

class Good(ForeignDataWrapper):
    class TableOptions(Options):
        count: int = 2

    class MappingOptions(Options):
        token: SecretText | None = None

    class ImportOptions(Options):
        prefix: str = ""

    def plan_scan(self, table, request):
        assert table.mapping is None
        return ScanPlan(remote={"count": table.options.count}, rows=table.options.count)

    def explain(self, plan, table):
        return {"Count": plan.remote["count"]}

    def scan(self, plan, context):
        for n in range(plan.remote["count"]):
            yield tuple({"n": n, "kind": type(n).__name__}[name] for name in plan.columns)

    def import_schema(self, request, context):
        return [ImportedTable(request.options.prefix + "t", [ImportedColumn("n", "int")])]

class Leaky(Good):
    def scan(self, plan, context):
        raise ValueError("refused with " + context.table.mapping.token)

class Batches(Good):
    def scan(self, plan, context):
        import pyarrow as pa
        return pa.table({"kind": ["a", None], "n": [1, 2]})

class Narrow(Good):
    def scan(self, plan, context):
        return [(1,), (2,)]

class Unkept(Good):
    def plan_scan(self, table, request):
        return ScanPlan(remote={"x": object()})

class Plain:
    pass
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "cli_wrappers.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    monkeypatch.setattr("exclave.fdw.bridge._classes", {})
    monkeypatch.setattr("exclave.fdw.redaction._known", {})
    yield
    __import__("sys").modules.pop("cli_wrappers", None)


COLUMNS = ("--column", "n:bigint", "--column", "kind:text")


def check(name: str, *words: str) -> Result:
    return CliRunner().invoke(app, ["fdw", "check", f"cli_wrappers:{name}", *words])


def test_a_class_is_planned_explained_and_scanned() -> None:
    done = check("Good", *COLUMNS, "--table-option", "count=1")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "cli_wrappers:Good is a wrapper.",
        'plan: rows=1 cost=10..100 {"count": 1}',
        "Count: 1",
    ]
    assert "│ 0 │ int  │" in lines


def test_programs_read_json() -> None:
    done = check("Good", *COLUMNS, "--json", "--rows", "1", "--import-schema", "x",
                 "--import-option", "prefix=a_")  # fmt: skip
    found = json.loads(done.stdout)
    assert found["rows"] == [[0, "int"]]
    assert found["explain"] == {"Count": 2}
    assert found["plan"]["remote"] == {"count": 2}
    assert found["tables"] == [{"name": "a_t", "columns": {"n": "int"}, "options": {}}]


def test_arrow_is_shown_as_rows() -> None:
    found = json.loads(check("Batches", *COLUMNS, "--json").stdout)
    assert found["rows"] == [[1, "a"], [2, None]]


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("Good", ["--table-option", "cuont=1"], 'Hint: Perhaps you meant the option "count".'),
        ("Good", ["--table-option", "count=x"], "Hint: It takes an integer."),
        ("Good", ["--table-option", "count"], "--table-option takes NAME=VALUE"),
        ("Good", ["--column", "n"], "--column takes NAME:TYPE"),
        ("Good", ["--mapping-option", "token=x"], "others can see command lines"),
        ("Good", ["--secret", "tokne=X"], "no such option"),
        ("Good", ["--secret", "token=NOT_SET"], "the variable is not set"),
        ("Narrow", [*COLUMNS], "expected rows of 2 values, one for each of n, kind; found (1,)"),
        ("Unkept", [], "the plan cannot be kept as JSON"),
        ("Plain", [], "is not a subclass of exclave.fdw.ForeignDataWrapper"),
        ("Missing", [], "has no attribute 'Missing'"),
        ("Batches", ["--column", "missing:int"], "the Arrow data has no field missing"),
    ],
)
def test_what_is_wrong_is_told(name: str, words: list[str], message: str) -> None:
    done = check(name, *words)
    assert done.exit_code == 1
    assert message in done.stderr


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "very-secret")
    done = check("Leaky", *COLUMNS, "--secret", "token=TOKEN")
    assert done.exit_code == 1
    assert "scan: ValueError: refused with ***" in done.stderr
    assert "very-secret" not in done.stderr + done.stdout
