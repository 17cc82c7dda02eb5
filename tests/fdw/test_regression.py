"""Tests in PostgreSQL's style: scripts in ``extension/sql``, output in ``extension/expected``."""

from __future__ import annotations

import difflib
import subprocess
from pathlib import Path

import pytest

from exclave.cluster import Cluster, fresh_database

EXTENSION = Path(__file__).parents[2] / "extension"
SCRIPTS = sorted(script.stem for script in (EXTENSION / "sql").glob("*.sql"))


def output(cluster: Cluster, script: Path) -> list[str]:
    """Run a script as pg_regress does, in an empty database, and give the lines that come."""
    installation = cluster.installation
    settings = "-c lc_messages=C -c timezone=PST8PDT -c datestyle=Postgres,MDY"
    with fresh_database(cluster) as database, script.open(encoding="utf-8") as statements:
        done = subprocess.run(
            [installation.program("psql"), "-X", "-a", "-q", database.dsn],
            env=installation.environment() | {"PGOPTIONS": settings},
            stdin=statements,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    return done.stdout.splitlines()


def test_there_are_scripts_with_output_that_is_expected() -> None:
    assert SCRIPTS
    assert sorted(found.stem for found in (EXTENSION / "expected").glob("*.out")) == SCRIPTS
    makefile = (EXTENSION / "Makefile").read_text(encoding="utf-8")
    assert f"REGRESS = {' '.join(SCRIPTS)}\n" in makefile


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_gives_what_is_expected(host_cluster: Cluster, name: str) -> None:
    expected = (EXTENSION / "expected" / f"{name}.out").read_text(encoding="utf-8").splitlines()
    found = output(host_cluster, EXTENSION / "sql" / f"{name}.sql")
    assert not list(difflib.unified_diff(expected, found, lineterm="", n=1))
