"""``exclave redact`` on files and pipes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from exclave.cli.app import app

DUMP = (
    b"-- \xe9t\xe9, \xff\r\n"
    b"CREATE USER MAPPING FOR a SERVER b OPTIONS (user '\xe9\xff', password 'hunter2 \xe9');\r\n"
    b"ALTER ROLE a PASSWORD 'hunter2';\n"
)
CLEAN = DUMP.replace(b"hunter2 \xe9", b"********").replace(b"'hunter2'", b"NULL")
FOUND = "line 2: option password of a user mapping\nline 3: password of a role\n"
TOLD = "masked: option password of a user mapping\nmasked: password of a role\n"


def run(*words: object, given: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["redact", *map(str, words)], input=given)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.sql"
    path.write_bytes(DUMP)
    return path


def test_bytes_in_any_encoding_come_through(dump: Path, tmp_path: Path) -> None:
    for done in (run(dump), run(given=DUMP), run("-", given=DUMP)):
        assert (done.exit_code, done.stdout_bytes, done.stderr) == (0, CLEAN, TOLD)
    done = run(dump, "-o", tmp_path / "clean.sql")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", TOLD)
    assert (tmp_path / "clean.sql").read_bytes() == CLEAN
    done = run(tmp_path / "clean.sql")
    assert (done.stdout_bytes, done.stderr) == (CLEAN, "There was nothing to mask.\n")
    assert run(dump, "--quiet").stderr == ""


def test_check_tells_each_place_and_writes_nothing(dump: Path, tmp_path: Path) -> None:
    done = run(dump, "--check")
    assert (done.exit_code, done.stdout) == (2, FOUND)
    assert run(dump, "--check", "-q").stdout == ""
    run(dump, "-o", tmp_path / "clean.sql")
    done = run(tmp_path / "clean.sql", "--check")
    assert (done.exit_code, done.stdout) == (0, "")


def test_a_file_is_there_only_when_it_is_whole(dump: Path, tmp_path: Path) -> None:
    dump.write_bytes(DUMP + b"SELECT 'hunter2")
    clean = tmp_path / "clean.sql"
    clean.write_text("as before")
    done = run(dump, "-o", clean)
    assert done.exit_code == 1
    assert "The dump ends within a quoted text" in done.stderr
    assert clean.read_text() == "as before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.sql", "dump.sql"]
    done = run(dump, "-o", dump)
    assert (done.exit_code, done.stderr) == (
        1,
        f"{dump} is the dump itself; write to another file.\n",
    )
    assert dump.read_bytes().startswith(DUMP)


def test_what_cannot_be_read_or_written_is_told(dump: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "none.sql")
    assert (done.exit_code, "cannot be read: No such file" in done.stderr) == (1, True)
    done = run(dump, "-o", tmp_path / "no" / "such")
    assert (done.exit_code, "cannot be written: No such file" in done.stderr) == (1, True)


def test_a_large_dump_goes_through_a_pipe_in_little_memory(tmp_path: Path) -> None:
    """The limit is a fraction of the dump: were it read whole, the command would fail."""
    line = b"COPY t FROM stdin;\n" + b"1\t'password\n" * 5000 + b"\\.\n" + DUMP
    count = 1500
    program = (
        "import resource, sys; from exclave.cli.app import app; "
        "import exclave.cli, exclave.objects.registry; "
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize(); "
        "resource.setrlimit(resource.RLIMIT_AS, (used + (32 << 20),) * 2); "
        "sys.argv = ['exclave', 'redact', '--quiet']; app()"
    )
    target = tmp_path / "clean.sql"
    with target.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=out
        )
        assert process.stdin is not None
        with process.stdin:
            for _ in range(count):
                process.stdin.write(line)
        assert process.wait() == 0
    assert target.stat().st_size == count * (len(line) - len(DUMP) + len(CLEAN))
    with target.open("rb") as clean:
        assert not any(b"hunter2" in line for line in clean)
