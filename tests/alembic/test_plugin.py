"""The plug-in is found by Alembic itself, costs little, and keeps out of what is not its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import alembic.op
import pytest
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

import exclave.alembic.op
import exclave.alembic.plugin
from exclave import Extension, Schema, Server
from exclave.alembic.operations.operation import OPERATIONS
from exclave.objects import ForeignObject
from exclave.sqlalchemy import register_foreign

from .conftest import NewProject
from .project import calls, upgrade_of


def test_alembic_finds_the_plugin_by_its_entry_point() -> None:
    found = {each.name: each for each in entry_points(group="alembic.plugins")}
    assert found["alembic.autogenerate.exclave"].load() is exclave.alembic.plugin


def test_the_entry_point_serves_an_alembic_that_iterates_over_it() -> None:
    assert list(exclave.alembic.plugin) == [exclave.alembic.plugin]  # type: ignore[call-overload]


BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
import alembic
from alembic import op
op.create_server
print(*(name for name in sys.modules if name.startswith("exclave.")))
"""


def imported_without(*blocked: str) -> set[str]:
    """Import Alembic where some packages are not installed; give what it loads of exclave."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCKER.format(blocked=set(blocked))],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_alembic_can_be_imported_with_only_the_base_package_installed() -> None:
    loaded = imported_without("pglast", "typer", "rich", "pg0", "psycopg", "psycopg2", "asyncpg")
    rooms = {name.split(".")[1] for name in loaded}
    assert rooms == {"alembic", "errors", "objects"}


def test_a_project_of_another_database_is_left_alone(tmp_path: Path) -> None:
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    register_foreign(metadata, Server("s"))
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        operations = produce_migrations(context, metadata).upgrade_ops
    engine.dispose()
    assert operations is not None
    assert [type(each).__name__ for each in operations.ops] == ["CreateTableOp"]


def test_a_project_that_declares_nothing_foreign_is_left_alone(new_project: NewProject) -> None:
    project = new_project()
    declared = sa.MetaData()
    register_foreign(declared, Extension("postgres_fdw"), Server("s"))
    project.migrate(declared)
    metadata = sa.MetaData()
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True))
    assert calls(upgrade_of(project.migrate(metadata))) == ["create_table t"]
    project.options["exclave_unmanaged"] = "drop"
    assert calls(upgrade_of(project.migrate(metadata))) == ["drop_server s"]


def test_the_plugin_can_be_turned_off(new_project: NewProject) -> None:
    plugins = ["alembic.autogenerate.*", "~alembic.autogenerate.exclave"]
    project = new_project(autogenerate_plugins=plugins)
    metadata = sa.MetaData()
    register_foreign(metadata, Schema("x"))
    assert upgrade_of(project.migrate(metadata)) == []


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in OPERATIONS}, key=str))
def test_there_is_an_operation_of_each_action_on_each_kind(kind: type[ForeignObject]) -> None:
    names = {OPERATIONS[kind, action].name for action in ("create", "alter", "drop")}
    [noun] = {name.partition("_")[2] for name in names}
    for name in names:
        assert name.endswith(noun)
        assert callable(getattr(Operations, name))
        assert getattr(exclave.alembic.op, name) is getattr(alembic.op, name)


def test_the_typed_operations_are_those_of_alembic() -> None:
    assert exclave.alembic.op.create_table is alembic.op.create_table
    assert set(dir(exclave.alembic.op)) == set(dir(alembic.op))


@pytest.mark.parametrize(
    "module",
    [
        "alembic",
        "alembic.op",
        "alembic.command",
        "alembic.operations",
        "alembic.autogenerate",
        "exclave.alembic",
        "exclave.alembic.op",
        "exclave.alembic.plugin",
        "exclave.alembic.operations",
        "exclave.alembic.render",
        "exclave.alembic.compare",
    ],
)
def test_any_module_can_be_the_first_that_is_imported(module: str) -> None:
    code = f"import {module}; from alembic import op; op.create_server"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
