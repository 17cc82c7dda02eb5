"""Commands as a user runs them: in a folder with settings, on a database of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import sql
from typer.testing import CliRunner

from exclave.cli.app import app
from exclave.cluster import Cluster, Database

_numbers = itertools.count(1)

DECLARED = """
[extensions.postgres_fdw]

[servers.accounts]
options = { host = "accounts.db", fetch_size = 10_000 }

[servers.accounts.mappings.PUBLIC]
options = { user = "reader", password = { env = "ACCOUNTS_PASSWORD" } }

[foreign_tables.orders]
server = "accounts"
columns = { id = { type = "bigint", not_null = true }, total = "numeric(10,2)" }
"""


PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from exclave.cli import main; main()"
)
"""The command, for which Ctrl-C is what it is in a terminal, however the tests were started."""


@dataclass
class Done:
    """What a command gave."""

    status: int
    out: str
    err: str


class Shell:
    """A folder, an environment with the database's address, and the command."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "DATABASE_URL": database.url(),
            "ACCOUNTS_PASSWORD": "hunter2",
            "COLUMNS": "120",
            "TERM": "xterm",
        }
        self.settings("")

    def write(self, name: str, text: str) -> Path:
        """Write a file in the folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def settings(self, text: str) -> None:
        """Write ``exclave.toml``."""
        self.write("exclave.toml", f'database = {{ env = "DATABASE_URL" }}\n{text}')

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, given: str = "", **environment: str) -> Done:
        """Run the command to its end, in this process, which is quicker."""
        outside: dict[str, str | None] = dict.fromkeys(os.environ)
        path, modules = list(sys.path), set(sys.modules)
        try:
            with contextlib.chdir(self.folder):
                done = CliRunner().invoke(
                    app, words, input=given, env={**outside, **self.environment, **environment}
                )
        finally:
            sys.path[:] = path
            for name in set(sys.modules) - modules:
                file = getattr(sys.modules[name], "__file__", None)
                if file and Path(file).is_relative_to(self.folder):
                    del sys.modules[name]
        return Done(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def shell(tmp_path: Path, database: Database) -> Iterator[Shell]:
    """A folder with settings that name the database and declare nothing yet."""
    return Shell(tmp_path, database)


@pytest.fixture
def new_role(cluster: Cluster) -> Callable[..., str]:
    """Make a role that may log in with its name as its password, and give its name."""

    def make(name: str = "role", attributes: str = "LOGIN") -> str:
        unique = f"{name}_of_cli_{next(_numbers)}"
        with cluster.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} " + attributes + " PASSWORD {}").format(
                    sql.Identifier(unique), sql.Literal(unique)
                )
            )
        return unique

    return make
