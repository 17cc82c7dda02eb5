"""A TCP proxy in front of a server, which can make the way to it bad."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

from exclave.cluster.endpoint import Port
from exclave.testing.fault import Fault
from exclave.testing.wire import Weather, Wire

_BACKLOG = 128


class Proxy:
    """A port of 127.0.0.1 that leads to a server, until it is told to behave badly.

    It runs in a thread of its own, so that it goes on while a test waits for PostgreSQL. What
    it is told has happened when the call returns. Nothing happens until ``with`` starts it.

    Parameters
    ----------
    host
        Where the server is: a host's name or address, or the folder of its Unix socket.
    port
        The server's port.
    """

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._target_port = port
        self._port: Port | None = None
        self._running: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._weather = Weather()
        self._wires: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    def __repr__(self) -> str:
        where = f"port {self._port.number}" if self._port else "not started"
        return f"<Proxy of {self._host}:{self._target_port}, {where}>"

    @property
    def port(self) -> int:
        """The port to connect to, the same from the start to the end."""
        if self._port is None:
            raise self._not_started()
        return self._port.number

    def __enter__(self) -> Self:
        self._port = Port()
        self._running = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._running.run_forever, name=repr(self), daemon=True
        )
        self._thread.start()
        self._do(self._listen)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.refuse()
        loop, thread, port = self._running, self._thread, self._port
        self._running = self._thread = self._port = None
        if loop is not None and thread is not None and port is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
            port.release()

    def pass_through(self) -> None:
        """Let everything pass at once, as in the beginning."""
        self._weather.delay = 0.0
        self._do(self._speak)
        self._do(self._listen)

    def refuse(self) -> Fault:
        """Refuse new connections and reset those that are open, like a host without a server."""
        self._do(self._stop_listening)
        self.cut()
        return Fault("connections are refused", lambda: self._do(self._listen))

    def silence(self) -> Fault:
        """Accept connections and say nothing, on those that are open as well.

        When it is healed, what was sent in the meantime arrives.
        """
        self._do(self._fall_silent)
        return Fault("nothing is answered", lambda: self._do(self._speak))

    def delay(self, seconds: float) -> Fault:
        """Let each message arrive later, in each direction: a round trip takes twice as much.

        Parameters
        ----------
        seconds
            How much later; messages that are on their way keep theirs.
        """
        if seconds < 0:
            raise ValueError(f"expected a delay of 0 seconds or more, found {seconds}")
        before = self._weather.delay

        def undo() -> None:
            self._weather.delay = before

        self._weather.delay = seconds
        return Fault(f"messages are {seconds:g} s late", undo)

    def cut(self) -> None:
        """Reset all open connections; new ones are accepted."""
        self._do(self._end_wires)

    def _do(self, action: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run something in the proxy's thread, and wait for it."""
        if self._running is None:
            raise self._not_started()
        asyncio.run_coroutine_threadsafe(action(), self._running).result()

    @staticmethod
    def _not_started() -> RuntimeError:
        return RuntimeError("the proxy was not started, or has ended; enter it with `with`")

    async def _listen(self) -> None:
        if self._listener is not None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self.host, self.port))
        self._listener = await asyncio.start_server(self._accept, sock=listening, backlog=_BACKLOG)

    async def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    async def _fall_silent(self) -> None:
        self._weather.calm.clear()

    async def _speak(self) -> None:
        self._weather.calm.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire((reader, writer), self._weather)
        running = asyncio.ensure_future(wire.run(self._host, self._target_port))
        self._wires.add(running)
        running.add_done_callback(self._wires.discard)
        if self._listener is None:
            running.cancel()

    async def _end_wires(self) -> None:
        ended = [*self._wires]
        for wire in ended:
            wire.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
