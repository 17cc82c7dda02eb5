"""The program that runs a cluster's server, and cleans up when the process that wanted it dies.

It is run as ``python -I -S guardian.py OWNER LOG [FOLDER]`` with the process id of its owner, the
file for what the server writes, and the folder to remove at the end; so it must import nothing but
the standard library. It starts the server, tells its owner what happens, and obeys. When its owner
is gone, however it died, it stops the server at once and removes the folder.

Orders come on standard input, one JSON object a line:

``{"do": "start", "command": […], "environment": {…}, "uid": …, "gid": …}``
    Start the server; ``uid`` and ``gid`` are null to keep our own.
``{"do": "signal", "number": …}``
    Send a signal to the postmaster.
``{"do": "kill"}``
    Kill the postmaster and all its children with SIGKILL, so that they cannot tidy up.
``{"do": "log", "number": …}``
    Write what the server has said until now to the log, then tell it with the same number.

End of file there means that the owner is done, or dead. Events go to standard output, one JSON
object a line: ``{"event": "started", "pid": …}`` or ``{"event": "failed"}``, ``{"event": "ready"}``
(again after a crash from which the server recovered), ``{"event": "logged", "number": …}`` and,
when the last of the server's processes is gone, ``{"event": "exited", "status": …}``.
"""

from __future__ import annotations

import json
import os
import select
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any

READY = b"database system is ready to accept connections"
PIPE = 1 << 20  # bytes: no pipe holds more unless root has raised the limit (pipe(7))
GRACE = 10.0  # seconds that an immediate shutdown may take before the server is killed


class Guardian:
    """Runs one server at a time; lives as long as the cluster in the owner's process."""

    def __init__(self, owner: int, log: IO[bytes]) -> None:
        self.owner = owner
        self.log = log
        self.server: subprocess.Popen[bytes] | None = None
        self.orders = b""  # the beginning of a line that has not ended yet
        self.line = b""  # the same for the log
        self.events = selectors.DefaultSelector()
        self.events.register(0, selectors.EVENT_READ, "order")
        self._watch_owner()

    def _watch_owner(self) -> None:
        """Notice the owner's death also where a fork of it still holds our standard input."""
        with suppress(AttributeError, OSError):  # not Linux, an old kernel, or already dead
            self.events.register(os.pidfd_open(self.owner), selectors.EVENT_READ, "orphaned")

    def serve(self) -> None:
        """Obey the owner until it is gone, then stop the server."""
        while os.getppid() == self.owner:
            happened = {key.data for key, _ in self.events.select()}
            if "log" in happened:
                self._copy_log()
            if "orphaned" in happened or ("order" in happened and not self._read_orders()):
                break
        self._stop_at_once()

    def _read_orders(self) -> bool:
        """Do what the owner says; False when it will say no more."""
        chunk = os.read(0, 65536)
        *lines, self.orders = (self.orders + chunk).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if order["do"] == "start":
                self._start(order)
            elif order["do"] == "log":
                if self.server is not None and select.select([_output(self.server)], [], [], 0)[0]:
                    self._copy_log()
                tell(event="logged", number=order["number"])
            elif self.server is not None and order["do"] == "signal":
                self.server.send_signal(order["number"])
            elif self.server is not None and order["do"] == "kill":
                kill_with_children(self.server.pid)
        return chunk != b""

    def _start(self, order: dict[str, Any]) -> None:
        uid: int | None = order["uid"]
        try:
            self.server = subprocess.Popen(
                order["command"],
                env=order["environment"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                user=uid,
                group=order["gid"],
                extra_groups=None if uid is None else [],
            )
        except OSError as error:
            self.log.write(f"cannot run {order['command']}: {error}\n".encode())
            tell(event="failed")
            return
        self.events.register(_output(self.server), selectors.EVENT_READ, "log")
        tell(event="started", pid=self.server.pid)

    def _copy_log(self) -> None:
        """Copy what the server wrote; the end of it is the end of all its processes."""
        if self.server is None:
            return
        output = _output(self.server)
        chunk = os.read(output.fileno(), PIPE)
        self.log.write(chunk)
        *lines, self.line = (self.line + chunk).split(b"\n")
        if any(READY in line for line in lines):
            tell(event="ready")
        if not chunk:
            self.events.unregister(output)
            output.close()
            status = self.server.wait()
            self.server = None
            tell(event="exited", status=status)

    def _stop_at_once(self) -> None:
        self.events.unregister(0)
        if self.server is not None:
            self.server.send_signal(signal.SIGQUIT)
        deadline = time.monotonic() + GRACE
        while self.server is not None:
            happened = self.events.select(max(0.0, deadline - time.monotonic()))
            if any(key.data == "log" for key, _ in happened):
                self._copy_log()
            elif time.monotonic() >= deadline:
                kill_with_children(self.server.pid)
                self.server.wait()
                return
            else:  # the owner's death, which stays readable
                for key, _ in happened:
                    self.events.unregister(key.fileobj)


def kill_with_children(postmaster: int) -> None:
    """Kill a postmaster and its children, and wait for their end where the kernel tells it.

    The postmaster is stopped first, so that it starts no more of them.
    """
    descriptors: list[int] = []
    with suppress(ProcessLookupError):
        os.kill(postmaster, signal.SIGSTOP)
    for process in (*children(postmaster), postmaster):
        with suppress(AttributeError, OSError):  # not Linux, an old kernel, or it has ended
            descriptors.append(os.pidfd_open(process))
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for descriptor in descriptors:
        select.select([descriptor], [], [], GRACE)
        os.close(descriptor)


def children(parent: int) -> Iterator[int]:
    """List the processes that `parent` started (from proc(5), or ps(1) where there is none)."""
    processes = [name for name in os.listdir("/proc") if name.isdigit()] if _has_proc() else []
    for name in processes:
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                status = file.read()
        except OSError:  # it ended meanwhile
            continue
        if int(status.rpartition(b")")[2].split()[1]) == parent:
            yield int(name)
    if not processes:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True)
        for line in listed.stdout.splitlines():
            process, its_parent = line.split()
            if int(its_parent) == parent:
                yield int(process)


def tell(**event: object) -> None:
    """Tell the owner what happened; it may be gone."""
    with suppress(BrokenPipeError):
        os.write(1, json.dumps(event).encode() + b"\n")


def main(owner: str, log: str, folder: str | None = None) -> None:
    """Guard until the owner is gone, then remove `folder`."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the owner decides; its death is our signal
    with open(log, "ab", buffering=0) as file:
        Guardian(int(owner), file).serve()
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)


def _has_proc() -> bool:
    return os.path.exists("/proc/self/stat")


def _output(server: subprocess.Popen[bytes]) -> IO[bytes]:
    if server.stdout is None:
        raise RuntimeError("the server was started without a pipe for its log")
    return server.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
