"""Ansible as a user runs it: with the collection installed, and nothing of this machine's own."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from exclave.cluster import Cluster

ROOT = Path(__file__).parents[2]
COLLECTION = ROOT / "deploy" / "ansible"
MODULE = "exclave.postgresql.foreign_data"

_numbers = itertools.count(1)


@dataclass
class Played:
    """What Ansible gave."""

    status: int
    shown: str
    """All that was printed, on both channels."""

    @property
    def result(self) -> dict[str, Any]:
        """What the one module returned."""
        _, arrow, text = self.shown.partition(" => ")
        assert arrow, self.shown
        return json.JSONDecoder().raw_decode(text)[0]


class Ansible:
    """Ansible with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.collections = home / "collections"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "ANSIBLE_HOME": str(home / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_NOCOLOR": "true",
        }

    def run(self, program: str, *words: str, **environment: str) -> Played:
        """Run one of Ansible's programs."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name(program)), *words],
            cwd=self.home,
            env={**self._environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Played(done.returncode, done.stdout)

    def module(self, parameters: dict[str, Any], *words: str, **environment: str) -> Played:
        """Run the module on this host."""
        return self.run(
            "ansible", "localhost", "-m", MODULE, "-a", json.dumps(parameters), *words,
            **environment,
        )  # fmt: skip


@pytest.fixture(scope="session")
def ansible(tmp_path_factory: pytest.TempPathFactory) -> Ansible:
    """Ansible with the collection, built and installed as it is published."""
    made = Ansible(tmp_path_factory.mktemp("ansible"))
    built = made.run("ansible-galaxy", "collection", "build", str(COLLECTION))
    assert built.status == 0, built.shown
    [package] = made.home.glob("*.tar.gz")
    installed = made.run(
        "ansible-galaxy", "collection", "install", str(package),
        "--offline", "--collections-path", str(made.collections),
    )  # fmt: skip
    assert installed.status == 0, installed.shown
    return made


@pytest.fixture
def new_role(cluster: Cluster) -> Callable[..., str]:
    """Make a role that may log in with its name as its password, and give its name."""

    def make(name: str) -> str:
        unique = f"{name}_of_deploy_{next(_numbers)}"
        with cluster.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(unique), sql.Literal(unique)
                )
            )
        return unique

    return make
