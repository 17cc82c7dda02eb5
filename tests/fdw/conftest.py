"""A PostgreSQL of our own, with the host built and installed into it, and wrappers to try."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from exclave.cluster import Cluster, Database, Installation, find_installation, fresh_database

VERSIONS = [int(major) for major in os.environ.get("EXCLAVE_TEST_PG", "18").split(",")]
ROOT = Path(__file__).parents[2]
WRAPPERS = Path(__file__).parent / "wrappers"


def private_copy(installation: Installation, folder: Path) -> Installation:
    """Copy an installation, which finds its parts relative to its programs; others use the first.

    Debian keeps libraries, headers and data in three trees, which stay where they are relative to
    each other.
    """
    prefix = installation.bin_dir.parent
    trees = [prefix]
    if prefix.parts[-3:-1] == ("lib", "postgresql"):
        usr = prefix.parents[2]
        trees += [usr / "share/postgresql" / prefix.name, usr / "include/postgresql"]
    for tree in trees:
        if tree.is_dir():
            target = folder / tree.relative_to("/")
            shutil.copytree(tree, target, symlinks=True, dirs_exist_ok=True)
    moved = folder / prefix.relative_to("/")
    lib = installation.lib_dir
    lib_dir = folder / lib.relative_to("/") if lib.is_relative_to(prefix) else lib
    return Installation(
        installation.version, installation.major, moved / "bin", lib_dir, installation.source
    )


def build(installation: Installation, folder: Path) -> None:
    """Build the host in `folder` and install it into `installation`."""
    folder.mkdir()
    pg_config = installation.program("pg_config")
    done = subprocess.run(
        ["make", "-f", str(ROOT / "extension/Makefile"), "install", f"PG_CONFIG={pg_config}",
         f"PYTHON={sys.executable}", "COPT=-Werror"],
        cwd=folder, env=installation.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda major: f"pg{major}")
def host_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A cluster that can run wrappers in Python, those of `wrappers` beside this file too."""
    folder = tmp_path_factory.mktemp(f"host{request.param}")
    installation = private_copy(find_installation(request.param), folder / "postgresql")
    build(installation, folder / "build")
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    packages = next(venv.glob("lib/python*/site-packages"))
    here = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "here.pth").write_text(
        "\n".join([str(ROOT / "src"), str(WRAPPERS), *here]), encoding="utf-8"
    )
    with Cluster(installation=installation, settings={"exclave_fdw.python": str(venv)}) as cluster:
        yield cluster


@pytest.fixture
def host(host_cluster: Cluster) -> Iterator[Database]:
    """A fresh database with the extension."""
    with fresh_database(host_cluster) as made:
        with made.connect() as connection:
            connection.execute("CREATE EXTENSION exclave_fdw")
        yield made


@pytest.fixture
def connection(host: Database) -> Iterator[psycopg.Connection]:
    """A superuser's connection to `host`."""
    with host.connect() as made:
        yield made
