"""Running PostgreSQL's programs when we are root, which they refuse.

Where the kernel gives us a user namespace, the programs believe that they are user 1000 and the
files stay root's own. Elsewhere they run as an unprivileged user who is given the files.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from exclave.errors import ClusterError

_NAMESPACE = ("--user", "--map-user=1000", "--map-group=1000", "--")


@dataclass(frozen=True)
class ServerUser:
    """The unprivileged user as whom PostgreSQL's programs run."""

    uid: int
    gid: int


def unprivileged(command: Sequence[str]) -> list[str]:
    """Give the command line that runs a program of PostgreSQL without root's rights.

    Parameters
    ----------
    command
        The program and its arguments.

    Returns
    -------
    list of str
        The same for an ordinary user; for root, wrapped in ``unshare`` where user namespaces
        work. Otherwise `server_user` says as whom it must be run.

    Notes
    -----
    Source: unshare(1); user_namespaces(7); "Server Setup and Operation: The PostgreSQL User
    Account" in PostgreSQL's documentation.
    """
    unshare = _unshare()
    if os.geteuid() == 0 and unshare is not None:
        return [unshare, *_NAMESPACE, *command]
    return list(command)


def server_user() -> ServerUser | None:
    """Say as which user PostgreSQL's programs must be run.

    Returns
    -------
    ServerUser or None
        None if they can be run as we are (an ordinary user, or root with user namespaces); else
        the user ``postgres``, or ``nobody`` where there is none.

    Raises
    ------
    ClusterError
        If we are root, without user namespaces, and neither user exists.
    """
    if os.geteuid() != 0 or _unshare() is not None:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_uid, entry.pw_gid)
    raise ClusterError(
        "PostgreSQL does not run as root; expected user namespaces (unshare --user) or a user "
        "named postgres or nobody, found neither; run as an ordinary user"
    )


def give_to_server_user(folder: Path) -> None:
    """Make `folder`, and what is in it, the property of `server_user`, if there is one."""
    user = server_user()
    if user is None:
        return
    os.chown(folder, user.uid, user.gid)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(os.path.join(parent, name), user.uid, user.gid, follow_symlinks=False)


def run_program(
    command: Sequence[str], environment: dict[str, str], *, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program of PostgreSQL to its end, without root's rights.

    Parameters
    ----------
    command
        The program and its arguments.
    environment
        The whole environment of the program.
    timeout
        Seconds after which it is killed.

    Returns
    -------
    subprocess.CompletedProcess
        With standard output and standard error, joined, as ``stdout``.

    Raises
    ------
    ClusterError
        If it cannot be run, takes too long, or ends with another status than 0.
    """
    user = server_user()
    try:
        done = subprocess.run(
            unprivileged(command),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            cwd="/",
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(f"cannot run {command[0]}: {error}") from error
    if done.returncode != 0:
        raise ClusterError(
            f"{command[0]} ended with status {done.returncode} and said:\n{done.stdout.strip()}"
        )
    return done


@cache
def _unshare() -> str | None:
    """Give the path of ``unshare`` if a user namespace can really be made with it."""
    program = shutil.which("unshare")
    if program is None:
        return None
    try:
        tried = subprocess.run(
            [program, *_NAMESPACE, "true"], capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if tried.returncode == 0 else None
