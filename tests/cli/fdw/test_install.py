"""``exclave fdw install``: the host in a PostgreSQL that had none, built by a compiler."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.hosting import host_environment
from typer.testing import CliRunner, Result

from exclave.cli.app import app
from exclave.cluster import Cluster, install_host
from exclave.cluster.host import host_sources, interpreter, unreadable_folder
from exclave.errors import ClusterError


def install(*words: object) -> Result:
    return CliRunner().invoke(app, ["fdw", "install", *map(str, words)])


def test_it_is_built_and_says_what_to_set(
    host_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPT", "-O0")  # quick
    original = host_cluster.installation
    trees = original.bin_dir.parents
    root = next(tree for tree in trees if tree.parent.name == "host")
    shutil.copytree(root, tmp_path / "copy", symlinks=True)
    where = original.bin_dir.relative_to(root)
    copy = tmp_path / "copy" / where
    for found in (tmp_path / "copy").rglob("exclave_fdw*"):
        found.unlink() if not found.is_dir() else shutil.rmtree(found)
    venv = host_environment(tmp_path / "venv")
    done = install("--pg-config", copy / "pg_config", "--python", venv, "--json")
    assert done.exit_code == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["python"] == str(venv)
    assert Path(said["bin_dir"]) == copy
    assert list((tmp_path / "copy").rglob("exclave_fdw.so"))
    assert list((tmp_path / "copy").rglob("exclave_fdw.control"))


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    for words, message in (
        (["--pg-config", tmp_path / "none"], "is not a pg_config that runs"),
        (["--python", tmp_path], "neither a Python that runs nor a virtual environment"),
        (["--pg-config", tmp_path / "none", "--version", 18], "not both"),
        (["--version", 3], "no PostgreSQL 3 found"),
    ):
        done = install(*words)
        assert done.exit_code == 1
        assert message in done.stderr.replace("\n", " ")
    assert unreadable_folder(str(tmp_path / "closed" / "venv")) is not None


def test_a_compiler_is_needed(
    host_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClusterError, match="a C compiler and make are needed"):
        install_host(host_cluster.installation)


def test_sources_and_python_are_found() -> None:
    assert (host_sources() / "src" / "host.h").is_file()
    assert interpreter().version >= (3, 11)
