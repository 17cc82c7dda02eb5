"""A server on this machine that answers with JSON, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What is answered: text as it is, other values as JSON."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


Route = Callable[[Asked], Answer]


@dataclass
class Api:
    """The server: `routes` says who answers for each path."""

    url: str = ""
    routes: dict[str, Route] = field(default_factory=dict[str, Route])
    asked: list[Asked] = field(default_factory=list[Asked])
    waiting: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


def serve(api: Api) -> ThreadingHTTPServer:
    """Make a server of an API on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers.items()))
            api.asked.append(asked)
            route = api.routes.get(parts.path, lambda _: Answer({}, 404))
            answer = route(asked)
            body = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            content = body.encode()
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_port}"
    return server


def running() -> Iterator[Api]:
    """Give an API that is served meanwhile."""
    api = Api()
    server = serve(api)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield api
    finally:
        api.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def api() -> Iterator[Api]:
    """An API."""
    yield from running()


@pytest.fixture
def elsewhere() -> Iterator[Api]:
    """Another one, of another origin."""
    yield from running()
