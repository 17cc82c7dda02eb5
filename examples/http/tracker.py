"""A small tracker to try with: three issues a page, for those who have its token."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

TOKEN = "a-token-of-the-tracker"
PAGE = 3
ISSUES = [
    {
        "id": number,
        "state": "open" if number % 3 else "closed",
        "title": f"Issue {number}",
        "author": {"login": "ann" if number % 2 else "bo"},
        "labels": ["bug"] if number % 4 == 0 else [],
    }
    for number in range(1, 12)
]


class Tracker(BaseHTTPRequestHandler):
    """Answers ``/api/issues``, with the parameters ``state`` and ``page``."""

    def do_GET(self) -> None:
        """Give one page, and where the next one is."""
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"error": "who are you?"})
        if parts.path != "/api/issues":
            return self.answer(404, {"error": "there is nothing here"})
        wanted = [each for each in ISSUES if asked.get("state") in (None, each["state"])]
        page = int(asked.get("page", "1"))
        shown = wanted[(page - 1) * PAGE : page * PAGE]
        more = page * PAGE < len(wanted)
        following = f"{parts.path}?{urlencode(asked | {'page': page + 1})}" if more else None
        return self.answer(200, {"items": shown, "links": {"next": following}})

    def answer(self, status: int, body: object) -> None:
        """Send JSON."""
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Tracker).serve_forever()
