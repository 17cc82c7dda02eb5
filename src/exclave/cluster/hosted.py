"""A PostgreSQL that can run wrappers in Python: a copy of an installation, with the host in it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from exclave.cluster.cache import unpack_once
from exclave.cluster.discovery import find_installation
from exclave.cluster.host import host_sources, install_host, interpreter
from exclave.cluster.installation import Installation


def hosted_installation(
    major: int | None = None, *, python: str | Path | None = None
) -> Installation:
    """Give a PostgreSQL with the host of wrappers, for tests; the one that it is made of stays.

    The first time it is copied and the host is built, which takes some seconds and 100 MB in the
    cache; there is one for each version of PostgreSQL, Python and exclave.

    Parameters
    ----------
    major
        PostgreSQL's major version, for instance 18; None takes the first one found.
    python
        The Python that it embeds, or its virtual environment; None takes the one that runs. Give
        the cluster the setting ``exclave_fdw.python`` as well.

    Raises
    ------
    ClusterError
        If no such PostgreSQL is found, or if the host cannot be built.
    """
    original = find_installation(major)
    embedded = interpreter(python)

    def make(folder: Path) -> Path:
        return install_copy(original, folder / "made", python=embedded.program)

    name = f"host-{original.major}-{_digest(original, embedded.version)}"
    return copied(original, unpack_once(name, make))


def install_copy(
    original: Installation,
    folder: Path,
    *,
    python: str | Path | None = None,
    more_trees: Iterable[Path] = (),
    flags: Sequence[str] = (),
) -> Path:
    """Copy an installation into a new folder, and build the host into the copy.

    Parameters
    ----------
    original
        What is copied.
    folder
        Where to.
    python
        The Python that the host embeds.
    more_trees
        Folders that belong to it and are elsewhere, such as headers.
    flags
        For ``make``.
    """
    for tree in (*_trees(original), *more_trees):
        shutil.copytree(tree, _place(tree, folder), symlinks=True, dirs_exist_ok=True)
    install_host(copied(original, folder), python, flags=flags)
    return folder


def copied(original: Installation, folder: Path) -> Installation:
    """Describe the copy of an installation in a folder."""
    prefix = original.bin_dir.parent
    moved = _place(prefix, folder)
    lib = original.lib_dir
    lib_dir = moved / lib.relative_to(prefix) if lib.is_relative_to(prefix) else lib
    return Installation(original.version, original.major, moved / "bin", lib_dir, original.source)


def _trees(installation: Installation) -> list[Path]:
    """Give the folders of an installation; Debian keeps programs, data and headers apart."""
    prefix = installation.bin_dir.parent
    trees = [prefix]
    if prefix.parts[-3:-1] == ("lib", "postgresql"):
        usr = prefix.parents[2]
        trees += [usr / "share/postgresql" / prefix.name, usr / "include/postgresql"]
    return [tree for tree in trees if tree.is_dir()]


def _place(tree: Path, folder: Path) -> Path:
    """Say where a tree goes: those of Debian stay as they are relative to each other."""
    parts = tree.parts
    start = max((i for i, part in enumerate(parts) if part == "usr"), default=len(parts) - 1)
    return folder.joinpath(*parts[start:])


def _digest(installation: Installation, python: tuple[int, int]) -> str:
    digest = hashlib.sha256(f"{installation.version} {installation.bin_dir} {python}".encode())
    sources = host_sources()
    for file in sorted(sources.rglob("*")):
        if file.suffix in {".c", ".h", ".sql", ".control"} or file.name == "Makefile":
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
