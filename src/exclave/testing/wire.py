"""One connection through a proxy: bytes in both directions, late or not at all where told so."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

_CHUNK = 65536
_IN_FLIGHT = 64
"""Chunks that wait in a direction before its sender is made to wait."""

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Weather:
    """What a proxy does to all that passes, now.

    Parameters
    ----------
    delay
        Seconds by which each message arrives later, in each direction.
    """

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        self.calm = asyncio.Event()
        """Unset while nothing passes."""
        self.calm.set()


class Wire:
    """A client's connection and the one to the server that belongs to it.

    Parameters
    ----------
    client
        The client's side.
    weather
        What happens to bytes on their way.
    """

    def __init__(
        self, client: tuple[asyncio.StreamReader, asyncio.StreamWriter], weather: Weather
    ) -> None:
        self._from_client, self._to_client = client
        self._weather = weather
        self._writers = [self._to_client]

    async def run(self, host: str, port: int) -> None:
        """Connect to the server and carry bytes until either side leaves.

        Both sides are reset when something fails, when the server cannot be reached, and when
        this is cancelled.
        """
        try:
            await self._weather.calm.wait()
            from_server, to_server = await _connect(host, port)
            self._writers.append(to_server)
            request = asyncio.ensure_future(self._carry(self._from_client, to_server))
            try:
                await self._carry(from_server, self._to_client)
            finally:
                request.cancel()
                await asyncio.gather(request, return_exceptions=True)
            for writer in self._writers:
                writer.close()
        except OSError:
            self._reset()
        except BaseException:
            self._reset()
            raise
        finally:
            for writer in self._writers:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def _reset(self) -> None:
        for writer in self._writers:
            connection: socket.socket = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry bytes in one direction until its source ends, then tell the other side."""
        now = asyncio.get_running_loop().time
        parcels: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_IN_FLIGHT)
        collecting = asyncio.ensure_future(self._collect(source, parcels, now))
        try:
            while True:
                due, chunk = await parcels.get()
                await asyncio.sleep(max(0.0, due - now()))
                await self._weather.calm.wait()
                if not chunk:
                    break
                sink.write(chunk)
                await sink.drain()
            if sink.can_write_eof():
                sink.write_eof()
            await collecting
        finally:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)

    async def _collect(
        self,
        source: asyncio.StreamReader,
        parcels: asyncio.Queue[tuple[float, bytes]],
        now: Callable[[], float],
    ) -> None:
        chunk = b"-"
        while chunk:
            try:
                chunk = await source.read(_CHUNK)
            except OSError:
                chunk = b""
            await parcels.put((now() + self._weather.delay, chunk))


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a host, or to the socket in a folder, as libpq does."""
    if host.startswith("/"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return await asyncio.open_connection(host, port)
