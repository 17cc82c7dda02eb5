"""The folder in which unpacked PostgreSQL installations are kept between runs."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from exclave.cluster import privilege
from exclave.errors import ClusterError


def cache_folder() -> Path:
    """Give the folder for unpacked installations, creating it where that is needed.

    Returns
    -------
    Path
        ``$XDG_CACHE_HOME/exclave`` or ``~/.cache/exclave``; for a root user whose servers have
        to run as somebody else, ``/var/cache/exclave``, which everybody may read. Where none of
        these can be written, a folder of this user's own below the temporary folder.

    Raises
    ------
    ClusterError
        If no folder can be written, or the temporary one belongs to somebody else.

    Notes
    -----
    Source: the XDG Base Directory Specification.
    """
    for folder in _preferred_folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return _temporary_folder()


def unpack_once(name: str, unpack: Callable[[Path], Path]) -> Path:
    """Fill a folder of the cache, exactly once among all processes that ask for it.

    Parameters
    ----------
    name
        The folder's name below `cache_folder`; it must name the version of what is unpacked.
    unpack
        Called with an empty working folder on the same file system; gives the folder in it that
        is to be kept. Called only if the cache has no folder of that name.

    Returns
    -------
    Path
        The filled folder, which is complete whenever it exists.
    """
    folder = cache_folder() / name
    if folder.is_dir():
        return folder
    with _locked(folder.parent / f".{name}.lock"):
        if folder.is_dir():
            return folder
        work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder.parent))
        try:
            unpack(work).rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return folder


def _preferred_folders() -> Iterator[Path]:
    if privilege.server_user() is not None:
        yield Path("/var/cache/exclave")
        return
    home = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(home):
        yield Path(home) / "exclave"
    try:
        yield Path.home() / ".cache" / "exclave"
    except RuntimeError:  # no home directory can be determined
        return


def _temporary_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"exclave-cache-{os.getuid()}"
    mode = 0o755 if privilege.server_user() is not None else 0o700
    try:
        folder.mkdir(mode=mode, exist_ok=True)
    except OSError as error:
        raise ClusterError(
            f"expected a folder to unpack PostgreSQL into, but cannot make {folder}: {error}; "
            "set XDG_CACHE_HOME to a folder that can be written"
        ) from error
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid():
        raise ClusterError(
            f"{folder} belongs to another user (uid {status.st_uid}) and is not trusted; "
            "set XDG_CACHE_HOME to a folder that can be written"
        )
    return folder


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
