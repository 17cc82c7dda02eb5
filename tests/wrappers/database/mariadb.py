"""A MariaDB of our own: unpacked by ``make mariadb``, thrown away at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest

UNPACKED = Path(__file__).parents[3] / ".cache" / "mariadb"
PASSWORD = "Ölf@ß:%41/secret"
SMALL = (
    "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=0", "--lc-messages=en_US",
)  # fmt: skip


@dataclass(frozen=True)
class MariaDB:
    """A running server, in which ``shop`` with the password may do all in the database shop."""

    port: int
    socket: str

    def connect(self) -> Any:
        """Connect as the server's superuser."""
        return pymysql.connect(
            unix_socket=self.socket, user="root", database="shop", charset="utf8mb4",
            autocommit=True,
        )  # fmt: skip

    def run(self, *statements: str) -> None:
        """Run statements."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Give the rows of a query."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    @property
    def url(self) -> str:
        """URL of the database shop, over TCP."""
        return f"mysql+pymysql://127.0.0.1:{self.port}/shop"


def _program() -> str:
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", str(UNPACKED / "usr" / "sbin")])
    found = shutil.which("mariadbd", path=path)
    if found is None:
        message = "THERE IS NO MARIADB: it is not tested; `make mariadb` may get it"
        if os.environ.get("EXCLAVE_MARIADB") == "required":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started() -> Iterator[MariaDB]:
    """Start a server, and stop it."""
    program = _program()
    usr = Path(program).parents[1]
    scripts = usr / "share" / "mysql"
    libraries = ":".join(map(str, (UNPACKED / "usr" / "lib").glob("*")))
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    with tempfile.TemporaryDirectory(prefix="exclave-mariadb-") as name:
        folder = Path(name)
        command = [
            program, "--no-defaults", f"--basedir={usr}", f"--lc-messages-dir={scripts}",
            f"--datadir={folder / 'data'}", *SMALL,
            *(["--user=root"] if os.getuid() == 0 else []),
        ]  # fmt: skip
        (folder / "data").mkdir()
        names = ("mysql_system_tables", "mysql_performance_tables", "mysql_system_tables_data")
        script = "".join((scripts / f"{each}.sql").read_text() for each in names)
        begin = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n"
        done = subprocess.run(
            [*command, "--bootstrap"], input=begin + script, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        made = MariaDB(_free_port(), str(folder / "socket"))
        process = subprocess.Popen(
            [*command, f"--socket={made.socket}", f"--port={made.port}",
             "--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}"],
            env=environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert any("ready for connections" in line for line in lines), "MariaDB ended"
            _prepare(made)
            yield made
        finally:
            process.terminate()
            process.communicate(timeout=60)


def _prepare(made: MariaDB) -> None:
    connection = pymysql.connect(unix_socket=made.socket, user="root", autocommit=True)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE shop")  # latin1, and a collation that ignores case
        cursor.execute("CREATE USER shop@'127.0.0.1' IDENTIFIED BY %s", (PASSWORD,))
        cursor.execute("CREATE USER shop@localhost IDENTIFIED BY %s", (PASSWORD,))
        cursor.execute("GRANT ALL ON shop.* TO shop@'127.0.0.1'")
        cursor.execute("GRANT ALL ON shop.* TO shop@localhost")
