"""Foreign catalogs that nobody here designed: what PostgreSQL's own regression scripts leave.

Each script runs once in one psql session. At some of its sections, and at its end, what it has
made is read, applied to an empty database, and compared. The scripts are fetched by
``make regression``; without them these tests are skipped, or fail if ``EXCLAVE_REGRESSION`` is
``required``.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue

import psycopg
import pytest

from exclave.catalog import read
from exclave.cluster import Cluster, Database, Installation
from exclave.errors import ApplyError
from exclave.objects import Catalog, Extension, ForeignObject, Schema
from exclave.objects.quoting import quote_literal
from exclave.plan import Plan, make

from .programs import client_program

SCRIPTS = Path(__file__).parents[2] / ".cache" / "regression"
SESSION = {
    "PGTZ": "PST8PDT",
    "PGDATESTYLE": "Postgres, MDY",
    "PGOPTIONS": "-c intervalstyle=postgres_verbose -c client_min_messages=error "
    "-c statement_timeout=10s",
}
SECONDS = 30
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Script:
    """A regression script.

    It is looked at some times on the way and at its end, and must have made things of some
    kinds. What it has made may be impossible to make again at a few of these times.
    """

    path: str
    looks: int
    makes: tuple[str, ...]
    impossible: int = 0


POSTGRES_FDW = Script(
    "contrib/postgres_fdw/sql/postgres_fdw.sql", 8, ("servers", "user_mappings", "foreign_tables")
)
FILE_FDW = Script("contrib/file_fdw/sql/file_fdw.sql", 3, ("servers", "foreign_tables"))
FOREIGN_DATA = Script(
    "src/test/regress/sql/foreign_data.sql", 8, ("wrappers", "servers", "user_mappings"), 4
)


class Loopback(Installation):
    """A PostgreSQL whose foreign servers without a host are on 127.0.0.1, as pg_regress has it."""

    def environment(self) -> dict[str, str]:
        """Give the environment in which to run its programs."""
        return {**super().environment(), "PGHOST": Cluster.host, "PGUSER": Cluster.superuser}


@pytest.fixture(scope="module")
def loopback(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster of its own: the scripts make roles, and drop what they own."""
    given = cluster.installation
    installation = Loopback(
        given.version, given.major, given.bin_dir, given.lib_dir, source=given.source
    )
    with Cluster(installation=installation) as made:
        yield made


@pytest.fixture
def scripts(cluster: Cluster) -> Path:
    """Where the scripts of this version are, or of the nearest one."""
    there = [int(folder.parent.name) for folder in SCRIPTS.glob("*/complete")]
    if not there:
        message = "PostgreSQL's regression scripts are not here; `make regression` gets them"
        if os.environ.get("EXCLAVE_REGRESSION") == "required":
            pytest.fail(message, pytrace=False)
        pytest.skip(f"NOT TESTED: {message}")
    return SCRIPTS / str(min(there, key=lambda major: abs(major - cluster.major)))


class Session:
    """A psql that is fed a script piece by piece."""

    def __init__(self, database: Database, sources: Path) -> None:
        self._database, self._sources = database, sources
        self._start()

    def _start(self) -> None:
        database, sources = self._database, self._sources
        psql, environment = client_program(database.cluster, "psql")
        self._process = subprocess.Popen(
            [psql, "-X", "-q", "-f", "-", database.cluster.dsn(database.name, tcp=True)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **environment,
                **SESSION,
                "PG_ABS_SRCDIR": str(sources),
                "PG_LIBDIR": str(database.cluster.installation.lib_dir),
                "PG_DLSUFFIX": ".so",
            },
            text=True,
            errors="replace",
        )
        self._said: Queue[str | None] = Queue()
        arguments = (self._process, self._said)
        threading.Thread(target=self._listen, args=arguments, daemon=True).start()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    @staticmethod
    def _listen(process: subprocess.Popen[str], said: Queue[str | None]) -> None:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.put(line)
        except ValueError:
            pass  # closed
        said.put(None)

    def feed(self, text: str) -> None:
        """Run a piece of the script, and wait until it is done; errors in it are its own affair.

        A script that is newer than the server may bring it down, or into an endless loop. The
        rest of the piece is then left out, and the next one is given to a new session.
        """
        ready = self._times_ready()
        mark = f"piece {next(_numbers)} is done"
        threading.Thread(target=self._write, args=(text, mark), daemon=True).start()
        said = [""]
        while mark not in said[-1]:
            try:
                line = self._said.get(timeout=SECONDS)
            except Empty:
                self._stop()
                self._end_sessions()
                self._start()
                return
            if line is None:
                self._stop()
                self._wait_for_recovery(ready)
                self._start()
                return
            said.append(line)

    def _write(self, text: str, mark: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError, ValueError):
            self._process.stdin.write(f"{text}\n\\o\n\\echo {mark}\n")
            self._process.stdin.flush()

    def _end_sessions(self) -> None:
        with self._database.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def _times_ready(self) -> int:
        return self._database.cluster.log().count("ready to accept connections")

    def _wait_for_recovery(self, before: int) -> None:
        """Wait until it is ready anew; before it notices the crash it still takes connections."""
        for _ in range(SECONDS * 10):
            if self._times_ready() > before:
                return
            time.sleep(0.1)
        pytest.fail("psql lost its connection, and the server did not recover")


def pieces(text: str, looks: int) -> list[str]:
    """Cut a script between statements, into pieces of about the same number of lines."""
    lines = text.splitlines()
    ends = [
        number
        for number, (line, following) in enumerate(itertools.pairwise(lines), start=1)
        if line.rstrip().endswith(";") and re.match(r"--|\s*$", following)
    ]
    bodies = itertools.accumulate(len(re.findall(r"\$\w*\$", line)) for line in lines)
    outside = {number for number, marks in enumerate(bodies, start=1) if marks % 2 == 0}
    ends = [end for end in ends if end in outside]
    wanted = [len(lines) * part // (looks + 1) for part in range(1, looks + 1)]
    cuts = sorted({min(ends, key=lambda end: abs(end - place)) for place in wanted})
    return [
        "\n".join(lines[start:end]) for start, end in itertools.pairwise([0, *cuts, len(lines)])
    ]


LOCAL = re.compile(r"^\d+; \d+ \d+ (TYPE|DOMAIN|TABLE|FUNCTION|PROCEDURE|COLLATION|SEQUENCE) ")


def copy_local(source: Database, target: Database, folder: Path) -> None:
    """Bring types, local tables and functions over, which are none of exclave's business."""
    pg_dump, environment = client_program(source.cluster, "pg_dump")
    pg_restore = pg_dump.with_name("pg_restore")
    archive, contents = folder / "archive", folder / "contents"
    run = {"env": environment, "check": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    subprocess.run(
        [pg_dump, "-Fc", "--schema-only", "--section=pre-data", "-f", archive, source.dsn], **run
    )
    listed = subprocess.run([pg_restore, "-l", archive], text=True, **run).stdout
    contents.write_text("".join(f"{line}\n" for line in listed.splitlines() if LOCAL.match(line)))
    subprocess.run(
        [pg_restore, "-L", contents, "-d", target.dsn, archive], **{**run, "check": False}
    )


def _as_script(plan: Plan) -> str:
    """Write a plan as SQL to run by psql, with its secrets in it."""
    parts = re.split(r":'secret(?:_\d+)?'", plan.sql())
    values = [
        quote_literal(secret.resolve())
        for change in plan
        for statement in change.statements
        for secret in statement.secrets
    ]
    assert len(parts) == len(values) + 1
    return "".join(itertools.chain(*itertools.zip_longest(parts, values, fillvalue="")))


def round_trip(source: Database, folder: Path) -> Catalog | None:
    """Read what is there, apply it to an empty database by plan, and by its SQL; compare.

    ``None`` when what is there cannot be made again by anybody.
    """
    with source.connect() as connection:
        catalog = read(connection).catalog
    for way in ("apply", "psql"):
        target = Database(source.cluster, f"copy_{next(_numbers)}")
        source.cluster.create_database(target.name, template="template0")
        try:
            with target.connect() as connection:
                first: list[ForeignObject] = [
                    value for value in catalog if isinstance(value, Extension | Schema)
                ]
                make(connection, first).apply(connection)
                copy_local(source, target, folder)
                plan = make(connection, catalog)
                try:
                    with _possible(connection, plan):
                        if way == "apply":
                            plan.apply(connection)
                        else:
                            _run_script(target, _as_script(plan))
                except ApplyError as error:
                    _refuse_unless_impossible(source, error)
                    return None
                again = read(connection).catalog
                assert sorted(map(str, again)) == sorted(map(str, catalog))
                for one, other in zip(_sorted(again), _sorted(catalog), strict=True):
                    assert one == other
                assert again == catalog
                assert not make(connection, catalog)
        finally:
            source.cluster.drop_database(target.name)
    return catalog


def _refuse_unless_impossible(source: Database, error: ApplyError) -> None:
    """Pass over what pg_dump cannot restore either, for the same reason.

    PostgreSQL lets a wrapper keep its options when it gets a validator that refuses them.
    """
    pg_dump, environment = client_program(source.cluster, "pg_dump")
    psql, _ = client_program(source.cluster, "psql")
    dumped = subprocess.run(
        [pg_dump, "--schema-only", source.dsn], env=environment, check=True, stdout=subprocess.PIPE
    ).stdout
    target = Database(source.cluster, f"copy_{next(_numbers)}")
    source.cluster.create_database(target.name, template="template0")
    try:
        said = subprocess.run(
            [psql, "-X", "-q", target.dsn],
            input=dumped,
            env=environment,
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ).stderr.decode()
    finally:
        source.cluster.drop_database(target.name)
    reason = str(error).splitlines()[0].partition(": ")[2]
    if f"ERROR:  {reason}" not in said:
        raise error


@contextmanager
def _possible(connection: psycopg.Connection, plan: Plan) -> Iterator[None]:
    """Do what the plan's notes ask for; PostgreSQL does not ask for it once a thing is there.

    A script takes the superuser's right from a role that owns a wrapper. So nobody could create
    that wrapper as it is.
    """
    for note in plan.notes:
        assert "ALTER ROLE" in note, note
    superusers = set(re.findall(r"ALTER ROLE (\w+) SUPERUSER;", " ".join(plan.notes)))
    for role in superusers:
        connection.execute(f"ALTER ROLE {role} SUPERUSER".encode())
    try:
        yield
    finally:
        for role in superusers:
            connection.execute(f"ALTER ROLE {role} NOSUPERUSER".encode())


def _sorted(catalog: Catalog) -> list[ForeignObject]:
    return sorted(catalog, key=str)


def _run_script(database: Database, script: str) -> None:
    psql, environment = client_program(database.cluster, "psql")
    done = subprocess.run(
        [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", database.dsn],
        input=script,
        env={**environment, "PGCLIENTENCODING": "UTF8"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "script", [POSTGRES_FDW, FILE_FDW, FOREIGN_DATA], ids=lambda script: Path(script.path).stem
)
def test_what_a_regression_script_makes_is_the_same_after_a_round_trip(
    loopback: Cluster, scripts: Path, tmp_path: Path, script: Script
) -> None:
    source = scripts / script.path
    database = Database(loopback, "contrib_regression")
    loopback.create_database(database.name, template="template0")
    seen: list[Catalog | None] = []
    try:
        with Session(database, source.parents[1]) as session:
            for piece in pieces(source.read_text(), script.looks):
                session.feed(piece)
                seen.append(round_trip(database, tmp_path))
    finally:
        loopback.drop_database(database.name)
    assert len(seen) > script.looks // 2
    assert seen.count(None) <= script.impossible
    for noun in script.makes:  # the script did make something, and more than once
        sizes = [len(getattr(catalog, noun)) for catalog in seen if catalog is not None]
        assert sum(size > 0 for size in sizes) > 1, noun
        print(f"{noun}: {sizes}")  # noqa: T201 - pytest shows it with -rP
