"""Each Alembic project under examples/ is taken from nothing to its last revision and back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

import exclave as xc
from exclave import Catalog
from exclave.catalog import read
from exclave.cluster import Cluster, Database, fresh_database

EXAMPLES = Path(__file__).parents[2] / "examples"

SECRETS = {
    "alembic_plain": {"ACCOUNTS_PASSWORD": "pw of 2026", "ACCOUNTS_PASSWORD_2027": "pw of 2027"},
    "alembic_schemas": {},
    "alembic_async": {"WEATHER_PASSWORD": "pw of 2026", "WEATHER_TOKEN": "pw of 2027"},
    "alembic_databases": {},
}
OLD_SECRETS = {
    "alembic_plain": {"ACCOUNTS_CURRENT_USER_PASSWORD_OLD": "pw of 2026"},
    "alembic_async": {"WEATHER_PUBLIC_PASSWORD_OLD": "pw of 2026"},
}


@dataclass
class Project:
    """A copy of an example, and its databases."""

    folder: Path
    databases: dict[str, Database]
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def run(self, *words: str) -> str:
        """Run a command of Alembic's, and give what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *words],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    def catalogs(self) -> dict[str, Catalog]:
        """Read all databases, but for the schema in which exclave remembers what it made."""
        found: dict[str, Catalog] = {}
        for name, database in self.databases.items():
            with database.connect() as connection:
                catalog = read(connection).catalog
            found[name] = Catalog(value for value in catalog if value.key != "exclave")
        return found

    def revisions(self) -> list[str]:
        """Give the texts of the revisions, the oldest first."""
        paths = (self.folder / "migrations" / "versions").glob("*.py")
        return [path.read_text() for path in sorted(paths, key=lambda path: path.name)]

    def revision(self, number: int) -> str:
        """Let Alembic write a revision, and give its text."""
        self.run("revision", "--autogenerate", "--rev-id", f"{number:04}", "-m", "next")
        return self.revisions()[-1]


@pytest.fixture(params=sorted(SECRETS))
def project(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[Project]:
    """A copy of each example, with fresh databases."""
    name: str = request.param
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with fresh_database(cluster) as one, fresh_database(cluster) as two:
        databases = {"hub": one, "reports": two} if name == "alembic_databases" else {"": one}
        asynchronous = name == "alembic_async" and cluster.major == 18
        driver = "asyncpg" if asynchronous else "psycopg"
        variables = {
            f"{key.upper()}_URL" if key else "DATABASE_URL": made.url(driver=driver)
            for key, made in databases.items()
        }
        yield Project(folder, databases, {**variables, **SECRETS[name]})


def bodies(revision: str) -> str:
    """Give what a revision does, without comments and empty lines."""
    functions = revision[revision.index("def upgrade") :]
    lines = [line for line in functions.splitlines() if line.startswith("    ")]
    return "\n".join(line for line in lines if "pass" not in line and '"""' not in line)


def test_a_project_goes_all_the_way_and_back(project: Project) -> None:
    name = project.folder.name
    empty = project.catalogs()

    first = project.revision(1)
    assert "op.create_server(" in first
    assert "op.create_foreign_table(" in first
    check_offline(project)
    project.run("upgrade", "head")
    begun = project.catalogs()
    assert begun != empty
    project.run("check")

    second = project.revision(2)
    assert "op." not in bodies(second).replace("op.get_bind", "")
    project.run("upgrade", "head")
    assert project.catalogs() == begun

    shutil.copy(project.folder / "models_later.py", project.folder / "models.py")
    third = project.revision(3)
    assert "op.alter_server(" in third
    assert "op.alter_foreign_table(" in third
    project.run("upgrade", "head")
    changed = project.catalogs()
    for key in changed:
        assert unchanged(begun[key], changed[key], empty[key]) == set()
    project.run("check")

    project.environment |= OLD_SECRETS.get(name, {})
    project.run("downgrade", "0002")
    assert project.catalogs() == begun
    project.run("upgrade", "head")
    assert project.catalogs() == changed
    project.run("downgrade", "base")
    assert project.catalogs() == empty

    everything = "\n".join(project.revisions())
    assert not [value for value in SECRETS[name].values() if value in everything]
    check_readme(project, everything)


def check_offline(project: Project) -> None:
    """Without a database the same is written as SQL, with variables where secrets would stand."""
    said = project.run("upgrade", "head", "--sql")
    said += "\n".join(path.read_text() for path in project.folder.glob("*.sql"))
    assert "CREATE FOREIGN TABLE" in said
    secrets = SECRETS[project.folder.name]
    assert not [value for value in secrets.values() if value in said]
    assert not secrets or any(f":'{variable}'" in said for variable in secrets)


def check_readme(project: Project, written: str) -> None:
    """What the README shows is what autogenerate has written."""
    readme = (project.folder / "README.md").read_text(encoding="utf-8")
    text = re.sub("^    ", "", written, flags=re.MULTILINE)
    for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL):
        assert block.strip() in text


IDENTITY = {"name", "schema", "server", "role", "extension", "renamed_from"}
DERIVED = {"column_set", "effective_options", "with_data", "uses"}


def unchanged(before: Catalog, after: Catalog, empty: Catalog) -> set[str]:
    """Name the properties that were declared and of no object have changed."""
    before = Catalog(value for value in before if value not in set(empty))
    used: set[str] = set()
    changed: set[str] = set()
    for kind, one, other in pairs(before, after):
        for each in fields(one):
            if each.name in IDENTITY | DERIVED:
                continue
            values = getattr(one, each.name), getattr(other, each.name)
            label = f"{kind}.{each.name}"
            if values[0] != values[1]:
                changed.add(label)
            elif values[0] and each.name != "wrapper":
                used.add(label)
    return {label for label in used - changed if label not in ALWAYS}


ALWAYS = {"Column.type", "Column.not_null", "Extension.version"}
ALWAYS |= {f"{kind}.owner" for kind in ("Server", "Wrapper", "Schema", "ForeignTable")}
ALWAYS |= {"ViewColumn.type", "MaterializedView.owner"}
"""What every object has, so that it need not change in each project."""


def pairs(before: Catalog, after: Catalog) -> Iterator[tuple[str, Any, Any]]:
    """Give both states of all objects and columns that are there before and after."""
    old = {(type(value), value.key): value for value in before}
    for value in after:
        one = old.get((type(value), value.key))
        if one is None or (isinstance(one, xc.Wrapper) and one.extension):
            continue
        yield type(value).__name__, one, value
        if isinstance(value, xc.MaterializedView) and isinstance(one, xc.MaterializedView):
            described = {column.name: column for column in one.columns}
            for column in value.columns:
                if column.name in described:
                    yield "ViewColumn", described[column.name], column
        if isinstance(value, xc.ForeignTable) and isinstance(one, xc.ForeignTable):
            columns = {column.name: column for column in one.columns}
            for column in value.columns:
                if column.name in columns:
                    yield "Column", columns[column.name], column
