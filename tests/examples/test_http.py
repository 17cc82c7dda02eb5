"""The example of HTTP: a tracker's issues, with its token."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from exclave.cluster import Database

from .hosted import EXAMPLES, rows, run_script


@pytest.fixture
def port() -> Iterator[int]:
    """The port on which the tracker listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    tracker = subprocess.Popen(
        [sys.executable, EXAMPLES / "http" / "tracker.py", str(number)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", number)) == 0:
                    break
            assert tracker.poll() is None
        yield number
    finally:
        tracker.terminate()
        tracker.communicate()


def test_issues_are_read_page_by_page_with_the_token(host: Database, port: int) -> None:
    with host.connect() as connection:
        connection.execute("DROP EXTENSION exclave_fdw")
        run_script(connection, "http/http.sql", {":8020": f":{port}"})
        assert rows(connection, "SELECT count(*) FROM issue") == [(11,)]
        query = "SELECT author, count(*) FROM issue WHERE state = 'open' GROUP BY author ORDER BY 1"
        assert rows(connection, query) == [("ann", 4), ("bo", 4)]
        assert rows(connection, "SELECT id FROM issue WHERE labels @> '{bug}'") == [(4,), (8,)]
        shown = "\n".join(str(row[0]) for row in rows(connection, f"EXPLAIN {query}"))
        assert re.search(r"Parameters: .*state", shown)
        connection.execute("DROP USER MAPPING FOR CURRENT_USER SERVER tracker")
        with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification, match="answered 401"):
            rows(connection, "SELECT * FROM issue")
