"""The types of `exclave.alembic.op` agree with the operations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .stubs import STUB, generated

TYPED = """
import exclave as xc
from exclave.alembic import op

op.create_server("s", options={"host": "h"}, grants={"app": ["USAGE"]})
op.alter_server("s", before={"options": {"port": 1}}, after={"options": {"port": 2}, "name": "t"})
op.create_foreign_table("t", xc.Column("id", "bigint"), server="s", schema="x")
op.drop_user_mapping("s", "app")
op.create_table("ordinary")
reveal_type(op.drop_server("s"))
"""

WRONG = """
from exclave.alembic import op

op.create_server(1)
op.alter_server("s", before={"type": "x"}, after={})
op.create_foreign_table("t", "id", server="s")
"""


def test_the_stub_is_as_generated() -> None:
    assert STUB.read_text(encoding="utf-8") == generated(), "run python tests/alembic/stubs.py"


def errors_in(text: str, folder: Path) -> list[str]:
    module = folder / "migration.py"
    module.write_text(text, encoding="utf-8")
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    return [line.strip() for line in done.stdout.splitlines() if " - error: " in line]


def test_operations_are_typed(tmp_path: Path) -> None:
    assert errors_in(TYPED, tmp_path) == []


def test_wrong_arguments_are_errors_of_types(tmp_path: Path) -> None:
    lines = {error.split(":")[1] for error in errors_in(WRONG, tmp_path)}
    assert lines == {"4", "5", "6"}
