"""One PostgreSQL on this machine: its programs, its version, how to run it."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from exclave.errors import ClusterError

Source = Literal["EXCLAVE_PG", "embedded", "pg_config", "debian", "npm"]


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
    said = output_of(str(bin_dir / "postgres"), "--version", environment=unknown.environment())
    match = re.search(r"\(PostgreSQL\) ((\d+)\S*)", said)
    if match is None:
        return None
    return Installation(match[1], int(match[2]), bin_dir, lib_dir, source)


def _carries_its_libraries(lib_dir: Path) -> bool:
    return Path("/usr") not in lib_dir.parents and any(lib_dir.glob("libpq.*"))


def output_of(*command: str, environment: dict[str, str] | None = None) -> str:
    """Give what a program prints, or nothing when it cannot be run or fails."""
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
