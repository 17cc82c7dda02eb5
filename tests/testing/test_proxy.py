"""A proxy: what passes through it, and what does not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import psycopg
import pytest

from exclave.cluster import Cluster, Database
from exclave.cluster.endpoint import Port
from exclave.testing.proxy import Proxy

TIMEOUT = 30.0
"""Seconds after which something that should have happened counts as never."""


class Echo:
    """A server that sends back whatever it gets."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with ExitStack() as stack:
            while True:
                connection, _ = self._listening.accept()
                stack.enter_context(connection)
                first = connection.recv(65536)
                if first == b"end":
                    return
                answering = threading.Thread(target=self._answer, args=(connection, first))
                answering.start()
                stack.callback(answering.join)

    @staticmethod
    def _answer(connection: socket.socket, data: bytes) -> None:
        with suppress(OSError):
            while data:
                connection.sendall(data)
                data = connection.recv(65536)
            connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"end")
        self._thread.join()
        self._listening.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy("127.0.0.1", echo.port) as running:
        yield running


def connected(proxy: Proxy) -> socket.socket:
    """Connect to the proxy; what never comes is an error."""
    return socket.create_connection((proxy.host, proxy.port), timeout=TIMEOUT)


def received(connection: socket.socket, size: int) -> bytes:
    """Wait for so many bytes."""
    data = b""
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return data


def says(connection: socket.socket, text: bytes) -> None:
    """Send something, and see that it comes back."""
    connection.sendall(text)
    assert received(connection, len(text)) == text


def is_quiet(connection: socket.socket) -> bool:
    """Tell whether nothing comes for a moment."""
    connection.settimeout(0.05)
    try:
        return not connection.recv(1)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(TIMEOUT)


def test_bytes_pass_in_both_directions_however_many(proxy: Proxy) -> None:
    with connected(proxy) as one, connected(proxy) as two:
        says(one, b"hello")
        says(two, b"you too")
        text = bytes(range(256)) * 40_000
        sending = threading.Thread(target=one.sendall, args=(text,))
        sending.start()
        assert received(one, len(text)) == text
        sending.join()


def test_one_side_can_end_and_still_gets_the_answer(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        connection.sendall(b"last words")
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            assert answer.read() == b"last words"


def test_a_proxy_that_refuses_resets_what_is_open_and_comes_back_on_the_same_port(
    proxy: Proxy,
) -> None:
    port = proxy.port
    with connected(proxy) as connection:
        says(connection, b"hello")
        with proxy.refuse() as fault:
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
            with pytest.raises(ConnectionRefusedError):
                connected(proxy)
    assert fault.healed
    with connected(proxy) as connection:
        says(connection, b"hello again")
    assert proxy.port == port


def test_a_silent_proxy_accepts_and_what_was_said_arrives_when_it_is_healed(proxy: Proxy) -> None:
    with connected(proxy) as before:
        says(before, b"hello")
        with proxy.silence(), connected(proxy) as later:
            later.sendall(b"who is there")
            before.sendall(b"still there")
            assert is_quiet(later)
            assert is_quiet(before)
            proxy.pass_through()
            assert received(later, 12) == b"who is there"
            assert received(before, 11) == b"still there"


def test_cut_resets_what_is_open_and_accepts_anew(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        says(connection, b"hello")
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with connected(proxy) as connection:
        says(connection, b"hello")


def test_messages_arrive_late_and_in_order(proxy: Proxy) -> None:
    with connected(proxy) as connection:
        says(connection, b"hello")
        with proxy.delay(0.1):
            connection.sendall(b"one ")
            assert is_quiet(connection)
        connection.sendall(b"two")
        assert received(connection, 7) == b"one two"


def test_a_negative_delay_is_refused(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="expected a delay of 0 seconds or more"):
        proxy.delay(-1)


def test_a_proxy_shows_where_it_leads(proxy: Proxy, echo: Echo) -> None:
    assert repr(proxy) == f"<Proxy of 127.0.0.1:{echo.port}, port {proxy.port}>"
    outside = Proxy("db", 5432)
    assert repr(outside) == "<Proxy of db:5432, not started>"
    with pytest.raises(RuntimeError, match="enter it with `with`"):
        _ = outside.port


def test_a_server_that_is_not_there_is_a_connection_that_ends() -> None:
    nobody = Port()
    with (
        Proxy("127.0.0.1", nobody.number) as proxy,
        pytest.raises(ConnectionResetError),  # it may come while connecting
        connected(proxy) as connection,
    ):
        connection.recv(1)
    nobody.release()


def test_postgresql_is_reached_through_a_proxy_over_tcp_and_by_its_socket(
    cluster: Cluster, database: Database
) -> None:
    for host in (cluster.host, str(cluster.socket_dir)):
        with Proxy(host, cluster.port) as proxy:
            url = cluster.url(database.name, driver=None).replace(
                f":{cluster.port}/", f":{proxy.port}/"
            )
            with psycopg.connect(url) as connection:
                rows = connection.execute("SELECT count(*) FROM generate_series(1, 5)").fetchone()
                assert rows == (5,)
                proxy.cut()
                with pytest.raises(psycopg.OperationalError):
                    connection.execute("SELECT 1")
