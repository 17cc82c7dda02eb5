"""Where a server listens: a TCP port that is free, and a socket whose path is not too long."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path

_LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107  # bytes, see unix(7)


def make_folder() -> Path:
    """Make a temporary folder in which a server can open its socket.

    It stands in the usual temporary folder, or in ``/tmp`` where the path would become too long.
    """
    for parent in (None, "/tmp"):
        folder = Path(tempfile.mkdtemp(prefix="exclave-", dir=parent))
        if len(os.fsencode(folder / ".s.PGSQL.65535")) <= _LONGEST_SOCKET_PATH:
            return folder
        folder.rmdir()
    raise AssertionError("a folder in /tmp has a short path")


class Port:
    """A TCP port on 127.0.0.1 that is kept for us.

    A socket that is bound to it but does not listen keeps the kernel from giving the port to
    others, while PostgreSQL, which sets SO_REUSEADDR, can listen on it (Linux; elsewhere it is
    free to be taken until the server listens).
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]
        if sys.platform != "linux":
            self._socket.close()

    def release(self) -> None:
        """Let others have the port."""
        self._socket.close()
