"""The init script, as the official image of PostgreSQL runs it: sourced or executed, by bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.objects import Catalog, Options, Secret

from ..plan.programs import client_program

SCRIPT = Path(__file__).parents[2] / "deploy" / "docker" / "50-exclave.sh"
PASSWORD = "it's a $(secret) `of` \\the remote"

SETTINGS = """
database = "postgresql://nobody@elsewhere.example/other"

[extensions.postgres_fdw]

[wrappers.postgres_fdw]
grants = { PUBLIC = "USAGE" }

[servers.accounts]
options = { host = "accounts.db" }

[servers.accounts.mappings.PUBLIC]
options = { user = "reader", password = { env = "ACCOUNTS_PASSWORD" } }

[foreign_tables.orders]
server = "accounts"
columns = { id = "bigint" }
checks = { odd = "':''x'' '':' <> 'y'" }
"""


@dataclass
class Image:
    """A folder of init scripts, and the environment that the image gives them."""

    folder: Path
    programs: Path
    database: Database
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *, executable: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the init script as the image's entrypoint does."""
        script = self.folder / SCRIPT.name
        shutil.copyfile(SCRIPT, script)
        script.chmod(0o755 if executable else 0o644)
        run = f'"{script}"' if executable else f'. "{script}"'
        return subprocess.run(
            ["bash", "-c", f"set -Eeo pipefail; {run}; echo 'the next script'"],
            env=self.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def held(self) -> Catalog:
        """Give what the database holds."""
        with self.database.connect() as connection:
            return read(connection).catalog

    def program(self, name: str, command: str) -> None:
        """Put a program in the image."""
        path = self.programs / name
        path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        path.chmod(0o755)

    def with_exclave(self) -> None:
        """Put exclave in the image."""
        self.program("exclave", f"'{sys.executable}' -c 'from exclave.cli import main; main()'")


@pytest.fixture
def image(tmp_path: Path, database: Database) -> Image:
    """An image with psql and the usual programs, whose server is running for the scripts."""
    made = Image(tmp_path / "initdb.d", tmp_path / "bin", database)
    made.folder.mkdir()
    made.programs.mkdir()
    psql, environment = client_program(database.cluster, "psql")
    made.program("psql", f"env 'LD_LIBRARY_PATH={environment.get('LD_LIBRARY_PATH', '')}' '{psql}'")
    made.environment = {
        "PATH": f"{made.programs}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(tmp_path),
        "PGDATA": str(database.cluster.data_dir),
        "PGHOST": "elsewhere.example",  # that of the container's own clients
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": database.name,
        "ACCOUNTS_PASSWORD": PASSWORD,
    }
    return made


def is_as_declared(found: Catalog) -> bool:
    """Tell whether a database holds what the settings declare."""
    [mapping] = found.user_mappings.values()
    assert isinstance(mapping.options, Options)
    password = mapping.options["password"]
    assert isinstance(password, Secret)
    return password.resolve() == PASSWORD and list(found.foreign_tables) == [("public", "orders")]


@pytest.mark.parametrize("executable", [False, True], ids=["sourced", "executed"])
def test_with_exclave_in_the_image_the_settings_are_applied(image: Image, executable: bool) -> None:
    image.with_exclave()
    (image.folder / "exclave.toml").write_text(SETTINGS)
    for last in ("5 changes: 5 to create.", "Nothing to do: the database is as declared."):
        done = image.start(executable=executable)
        assert (done.returncode, done.stderr) == (0, "")
        assert last in done.stdout
        assert done.stdout.endswith("the next script\n")
        assert PASSWORD not in done.stdout
        assert is_as_declared(image.held())


@pytest.mark.parametrize("as_file", [False, True], ids=["variable", "file"])
def test_without_exclave_in_the_image_its_sql_is_run(image: Image, as_file: bool) -> None:
    write_sql(image)
    if as_file:
        secret = image.folder / "a secret"
        secret.write_text(PASSWORD + "\n")
        del image.environment["ACCOUNTS_PASSWORD"]
        image.environment["ACCOUNTS_PASSWORD_FILE"] = str(secret)
    done = image.start()
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "the next script\n")
    assert is_as_declared(image.held())


def test_a_secret_that_is_missing_ends_the_start_and_leaves_nothing(image: Image) -> None:
    write_sql(image)
    del image.environment["ACCOUNTS_PASSWORD"]
    done = image.start()
    assert done.returncode != 0
    assert "set ACCOUNTS_PASSWORD or ACCOUNTS_PASSWORD_FILE" in done.stderr
    assert "the next script" not in done.stdout
    assert not image.held().servers


def test_a_statement_that_fails_ends_the_start_and_leaves_nothing(image: Image) -> None:
    write_sql(image)
    with (image.folder / "exclave.sql").open("a") as script:
        script.write("CREATE SERVER other FOREIGN DATA WRAPPER missing;\n")
    done = image.start()
    assert done.returncode != 0
    assert "does not exist" in done.stderr
    assert "the next script" not in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    assert not image.held().servers


def test_nothing_declared_ends_the_start(image: Image) -> None:
    done = image.start()
    assert done.returncode != 0
    assert "exclave.toml (with exclave in the image)" in done.stderr
    assert "the next script" not in done.stdout


def write_sql(image: Image) -> None:
    """Write the plan of the settings as SQL, as one would where the image is made."""
    (image.folder / "settings.toml").write_text(SETTINGS)
    with (image.folder / "exclave.sql").open("wb") as script:
        code = "from exclave.cli import main; main()"
        words = ["plan", "--sql", "--config", "settings.toml", "--database", image.database.dsn]
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=image.folder,
            env=image.environment,
            stdout=script,
        )
    assert done.returncode == 2
