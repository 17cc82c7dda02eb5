"""The host of wrappers in Python, the extension exclave_fdw: built, installed into PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from exclave.cluster.installation import Installation, output_of
from exclave.errors import ClusterError

_QUESTIONS = (
    "import json, sys, sysconfig as s; from pathlib import Path as P;"
    "print(json.dumps([sys.version_info[:2], sys.prefix != sys.base_prefix, sys.prefix,"
    " bool(s.get_config_var('Py_ENABLE_SHARED')), P(s.get_path('include'), 'Python.h').is_file()]))"
)
_OLDEST = (3, 11)
_LINES_OF_AN_ERROR = 15


@dataclass(frozen=True)
class Interpreter:
    """A Python that the host can embed.

    Parameters
    ----------
    program
        The interpreter.
    version
        For instance ``(3, 13)``.
    setting
        The value of ``exclave_fdw.python``: the folder of its virtual environment, or the
        interpreter itself.
    """

    program: Path
    version: tuple[int, int]
    setting: str


def host_sources() -> Path:
    """Give the folder of the extension's sources: in the package, or beside it in a checkout.

    Raises
    ------
    ClusterError
        If they are in neither.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "extension", package.parents[1] / "extension"):
        if (folder / "Makefile").is_file():
            return folder
    raise ClusterError(
        f"the sources of the extension exclave_fdw are not in {package}; install exclave again"
    )


def interpreter(python: str | Path | None = None) -> Interpreter:
    """Look whether a Python can be embedded.

    Parameters
    ----------
    python
        An interpreter or the folder of a virtual environment; None takes the one that runs.

    Raises
    ------
    ClusterError
        If there is none, or if it is too old, or lacks its headers or its shared library.
    """
    given = Path(sys.executable if python is None else python).expanduser().absolute()
    program = given / "bin" / "python" if given.is_dir() else given
    said = output_of(str(program), "-I", "-c", _QUESTIONS)
    if not said:
        raise ClusterError(f"{given} is neither a Python that runs nor a virtual environment")
    version, is_venv, prefix, is_shared, has_header = json.loads(said)
    name = f"Python {version[0]}.{version[1]} ({program})"
    if tuple(version) < _OLDEST:
        raise ClusterError(f"{name} is too old; wrappers need Python 3.11 or newer")
    if not is_shared:
        raise ClusterError(
            f"{name} has no shared library, so PostgreSQL cannot load it; use your system's "
            "Python, or one that was configured with --enable-shared"
        )
    if not has_header:
        raise ClusterError(
            f"{name} has no headers; install them "
            f"(Debian: apt install python{version[0]}.{version[1]}-dev)"
        )
    return Interpreter(program, (version[0], version[1]), prefix if is_venv else str(program))


def install_host(
    installation: Installation,
    python: str | Path | None = None,
    *,
    flags: Sequence[str] = (),
) -> Interpreter:
    """Build the host and install it into a PostgreSQL.

    Parameters
    ----------
    installation
        Where to; its folders must be writable.
    python
        The Python that it embeds, as `interpreter` takes it.
    flags
        For ``make``, such as ``COPT=-Werror``.

    Returns
    -------
    Interpreter
        The Python that it embeds, with what to set ``exclave_fdw.python`` to.

    Raises
    ------
    ClusterError
        If something that is needed is missing, or if the build fails; with what it said.
    """
    found = interpreter(python)
    make = _needed_programs(installation)
    folder = Path(tempfile.mkdtemp(prefix="exclave-host-"))
    try:
        sources = folder / "extension"
        ignored = shutil.ignore_patterns("*.o", "*.so", "*.bc")
        shutil.copytree(host_sources(), sources, ignore=ignored)
        pg_config = installation.program("pg_config")
        done = subprocess.run(
            [make, "-j2", "install", f"PG_CONFIG={pg_config}", f"PYTHON={found.program}", *flags],
            cwd=sources, env=installation.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            check=False,
        )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        raise _build_failed(installation, done.stdout)
    return found


def _needed_programs(installation: Installation) -> str:
    """Check what is needed, and give the program ``make``."""
    environment = installation.environment()
    pg_config = str(installation.program("pg_config"))
    said = output_of(pg_config, "--pgxs", "--includedir-server", environment=environment)
    pgxs, headers = (Path(line) for line in said.splitlines() or ("", ""))
    if not pgxs.is_file() or not (headers / "postgres.h").is_file():
        raise ClusterError(
            f"the {installation.source} PostgreSQL {installation.version} has no headers to build "
            f"with in {headers}; install them "
            f"(Debian: apt install postgresql-server-dev-{installation.major})"
        )
    make = shutil.which("gmake") or shutil.which("make")
    if make is None or not (shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")):
        raise ClusterError(
            "a C compiler and make are needed to build the host; install them "
            "(Debian: apt install gcc make)"
        )
    return make


def _build_failed(installation: Installation, said: str) -> ClusterError:
    last = "\n".join(said.strip().splitlines()[-_LINES_OF_AN_ERROR:])
    if "Permission denied" in said or "Read-only file system" in said:
        advice = f"Run it as who may write into the PostgreSQL in {installation.bin_dir.parent}."
    else:
        advice = "Please report it if PostgreSQL, Python and their headers belong together."
    return ClusterError(f"the host could not be built and installed. {advice}\n{last}")


def unreadable_folder(path: str) -> Path | None:
    """Give the folder of a path that other users may not enter, such as a home; None if none."""
    folder = Path(path).resolve()
    for parent in reversed([folder, *folder.parents]):
        try:
            mode = parent.stat().st_mode
        except OSError:
            return parent
        if not mode & 0o001 and os.path.isdir(parent):
            return parent
    return None
