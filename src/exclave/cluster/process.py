"""The server's process as the cluster sees it: asked for and waited for through a guardian."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from exclave.cluster import privilege
from exclave.errors import ClusterError

_LOG_TIMEOUT = 10.0  # seconds
_GUARDIAN = Path(__file__).with_name("guardian.py")


class ServerProcess:
    """A server that is stopped at once when this Python process ends, even by ``kill -9``.

    Parameters
    ----------
    log
        The file to which what the server writes is appended.
    remove
        The folder to remove in the end, or None.
    """

    def __init__(self, log: Path, remove: Path | None) -> None:
        if not sys.executable:
            raise ClusterError(
                "expected sys.executable to name a Python that can guard the server, found "
                "nothing; this Python is embedded in another program: set sys.executable"
            )
        arguments = [str(os.getpid()), str(log), *([str(remove)] if remove else [])]
        self._log = log
        self._lines: list[bytes] = []
        self._rest = b""
        self._asking = threading.Lock()
        self._asked = 0
        self._pid: int | None = None
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARDIAN), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd="/",
            start_new_session=True,  # Ctrl-C in a terminal is for us, not for the server
        )

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None while no server runs."""
        while self._pid is not None and self._event(deadline=0) is not None:
            pass
        return self._pid

    @property
    def log(self) -> str:
        """All that the server has written until now."""
        with suppress(ClusterError):  # the guardian is gone; what it wrote is still there
            self._complete_log()
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _complete_log(self) -> None:
        """Have the guardian write what is still on its way; any thread may ask."""
        with self._asking:
            self._asked += 1
            self._order(do="log", number=self._asked)
            deadline = time.monotonic() + _LOG_TIMEOUT
            aside: list[bytes] = []
            while (line := self._line(deadline)) is not None:
                event = json.loads(line)
                if event["event"] == "logged" and event["number"] == self._asked:
                    break
                aside.append(line)
            self._lines[:0] = aside

    def start(self, command: Sequence[str], environment: dict[str, str], timeout: float) -> bool:
        """Start the server and wait until it accepts connections.

        Returns
        -------
        bool
            False if it ended instead; `log` says why.

        Raises
        ------
        ClusterError
            If neither happens within `timeout` seconds; the server is then killed.
        """
        user = privilege.server_user()
        self._order(
            do="start",
            command=privilege.unprivileged(command),
            environment=environment,
            uid=None if user is None else user.uid,
            gid=None if user is None else user.gid,
        )
        deadline = time.monotonic() + timeout
        self._pid = None
        was_started = False  # events before that are an earlier server's
        while True:
            event = self._event(deadline)
            if event is None:
                self._order(do="kill")
                raise ClusterError(
                    f"the server was not ready within {timeout:g} s; its log ends with:\n"
                    f"{tail(self.log)}"
                )
            if event["event"] == "ready" and self._pid is not None:
                return True
            if event["event"] == "failed" or (event["event"] == "exited" and was_started):
                return False
            was_started = was_started or event["event"] == "started"

    def stop(self, number: int, timeout: float) -> None:
        """Send the postmaster a signal and wait until all its processes are gone.

        Raises
        ------
        ClusterError
            If they are not gone within `timeout` seconds.
        """
        self._order(do="signal", number=number)
        self._wait_until_gone(timeout)

    def kill(self, timeout: float) -> None:
        """Kill the server's processes with SIGKILL and wait until they are gone."""
        self._order(do="kill")
        self._wait_until_gone(timeout)

    def close(self, timeout: float) -> None:
        """Dismiss the guardian, which stops the server at once and removes the folder."""
        for pipe in (self._guardian.stdin, self._guardian.stdout):
            if pipe is not None:
                pipe.close()
        self._pid = None
        try:
            self._guardian.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise ClusterError(
                f"the server's guardian (process {self._guardian.pid}) did not end within "
                f"{timeout:g} s"
            ) from error

    def _wait_until_gone(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while True:
            event = self._event(deadline)
            if event is None:
                raise ClusterError(
                    f"the server did not end within {timeout:g} s; its log ends with:\n"
                    f"{tail(self.log)}"
                )
            if event["event"] == "exited":
                return

    def _order(self, **order: object) -> None:
        if self._guardian.stdin is None:
            raise RuntimeError("the guardian was started without a pipe")
        try:
            self._guardian.stdin.write(json.dumps(order).encode() + b"\n")
        except (BrokenPipeError, ValueError) as error:
            raise ClusterError("the server's guardian is gone, and the server with it") from error

    def _event(self, deadline: float) -> dict[str, Any] | None:
        """Give the guardian's next event, or None if there is none before the deadline."""
        with self._asking:
            line = self._line(deadline)
        if line is None:
            return None
        event: dict[str, Any] = json.loads(line)
        if event["event"] == "started":
            self._pid = event["pid"]
        elif event["event"] in ("failed", "exited"):
            self._pid = None
        return event

    def _line(self, deadline: float) -> bytes | None:
        if self._guardian.stdout is None:
            raise RuntimeError("the guardian was started without a pipe")
        with selectors.DefaultSelector() as events:
            events.register(self._guardian.stdout, selectors.EVENT_READ)
            while not self._lines:
                if not events.select(max(0.0, deadline - time.monotonic())):
                    return None
                chunk = os.read(self._guardian.stdout.fileno(), 65536)
                if not chunk:
                    raise ClusterError("the server's guardian is gone, and the server with it")
                *self._lines, self._rest = (self._rest + chunk).split(b"\n")
        return self._lines.pop(0)


def tail(log: str, lines: int = 20) -> str:
    """Give the last lines of a log, for an error message."""
    return "\n".join(log.splitlines()[-lines:])
