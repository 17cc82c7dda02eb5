"""Making the directory that a server runs on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from exclave.cluster.installation import Installation
from exclave.cluster.privilege import give_to_server_user, run_program
from exclave.cluster.settings import Setting, configuration
from exclave.errors import ClusterError

Auth = Literal["trust", "scram"]

SUPERUSER = "postgres"

_CONFIGURATION = "exclave.conf"


def check_auth(auth: str) -> None:
    """Refuse a way to log in that a cluster does not know."""
    if auth not in get_args(Auth):
        raise ClusterError(f"expected auth {' or '.join(get_args(Auth))}, found {auth!r}")


def initialize(installation: Installation, data: Path) -> None:
    """Run ``initdb``: UTF-8, locale C, superuser ``postgres``, and nothing flushed to the disk.

    Parameters
    ----------
    installation
        Whose ``initdb`` to run.
    data
        The directory to make, or an empty one; its parent must be the server's user's.

    Raises
    ------
    ClusterError
        If ``initdb`` fails; with what it said.
    """
    run_program(
        [
            str(installation.program("initdb")),
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ],
        installation.environment(),
    )


def check_free(data: Path) -> None:
    """Refuse a data directory on which a server runs, before anything in it is changed.

    What a killed server left behind is no hindrance.

    Notes
    -----
    Source: "postmaster.pid" in "Database File Layout" of PostgreSQL's documentation; which
    processes count as alive is as in `CreateLockFile` of its miscinit.c.
    """
    with suppress(OSError, ValueError):
        lock = data / "postmaster.pid"
        process = abs(int(lock.read_text().partition("\n")[0]))
        if process == os.getpid():
            return
        os.kill(process, 0)
        # Root reaches all processes; one of another user than the server's has taken its number.
        status = Path(f"/proc/{process}")
        if status.exists() and status.stat().st_uid != lock.stat().st_uid:
            return
        raise ClusterError(
            f"another server, process {process}, runs on {data}; stop it first, or take another "
            "directory"
        )


def check_version(installation: Installation, data: Path) -> None:
    """Refuse a data directory of another major version."""
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(installation.major):
        raise ClusterError(
            f"{data} was made by PostgreSQL {found}, but {installation.bin_dir} is PostgreSQL "
            f"{installation.version}; ask for major {found}, or take another directory"
        )


def configure(data: Path, settings: Mapping[str, Setting], auth: Auth) -> None:
    """Write the settings and who may connect how.

    ALTER SYSTEM still overrides the settings, because they stand in an included file.

    Notes
    -----
    Source: "The pg_hba.conf File" and "Configuration File Includes" in PostgreSQL's documentation.
    """
    (data / _CONFIGURATION).write_text(configuration(settings))
    main = data / "postgresql.conf"
    text = main.read_text()
    include = f"include_if_exists = '{_CONFIGURATION}'\n"
    if include not in text:
        main.write_text(f"{text}\n{include}")
    over_tcp = {"trust": "trust", "scram": "scram-sha-256"}[auth]
    (data / "pg_hba.conf").write_text(
        "local all         all              trust\n"
        "local replication all              trust\n"
        f"host  all         all 127.0.0.1/32 {over_tcp}\n"
        f"host  all         all ::1/128      {over_tcp}\n"
    )
    give_to_server_user(data)
