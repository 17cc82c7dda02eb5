"""``exclave apply``: asked or told, alone or not, and killed."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from exclave.catalog import read
from exclave.plan.apply import LOCK_KEY

from .conftest import DECLARED, Shell


def test_apply_does_what_the_plan_says_and_is_then_done(shell: Shell) -> None:
    shell.settings(DECLARED)
    done = shell.run("apply", "--yes")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith('+ extension "postgres_fdw"\n')
    assert done.out.endswith("4 changes: 4 to create.\nDone.\n")
    done = shell.run("apply", "--yes")
    assert (done.status, done.out) == (0, "Nothing to do: the database is as declared.\n")
    assert shell.run("plan").status == 0


def test_apply_for_programs_prints_json(shell: Shell) -> None:
    shell.settings(DECLARED)
    shown = json.loads(shell.run("apply", "--dry-run", "--json").out)
    assert (len(shown["changes"]), shown["applied"]) == (4, False)
    shown = json.loads(shell.run("apply", "--yes", "--json").out)
    assert (len(shown["changes"]), shown["applied"]) == (4, True)
    shown = json.loads(shell.run("apply", "--yes", "--json").out)
    assert (shown["changes"], shown["applied"]) == ([], False)


def test_a_dry_run_is_a_plan(shell: Shell) -> None:
    shell.settings(DECLARED)
    assert shell.run("apply", "--dry-run") == shell.run("plan")
    assert shell.run("check").status == 2


@pytest.mark.parametrize("words", [(), ("--quiet",), ("--json",)])
def test_where_nobody_can_be_asked_nothing_is_done(shell: Shell, words: tuple[str, ...]) -> None:
    shell.settings(DECLARED)
    done = shell.run("apply", *words, given="y\n")
    assert done.status == 1
    assert "There is nobody to ask. Nothing was changed" in done.err
    assert shell.run("check").status == 2


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 2), ("", 2)])
def test_at_a_terminal_a_person_is_asked(shell: Shell, answer: str, status: int) -> None:
    shell.settings(DECLARED)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", "from exclave.cli import main; main()", "apply"],
        cwd=shell.folder,
        env=shell.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        while b"[y/N]" not in seen:
            seen += os.read(ours, 4096)
        os.write(ours, f"{answer}\n".encode())
        for _ in iter(lambda: _read(ours), b""):
            pass
    os.close(ours)
    assert process.returncode == status
    assert shell.run("check").status == (2 if status else 0)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side is closed
        return b""


# Others at the same time --------------------------------------------------------------------------


@contextmanager
def running(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(admin: psycopg.Connection, condition: str, count: int = 1) -> None:
    """Wait until so many sessions of ours are in some state."""
    tick = threading.Event()
    for _ in range(1200):
        [(found,)] = admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'exclave' "  # noqa: S608
            f"AND datname = current_database() AND {condition}".encode()
        ).fetchall()
        if found == count:
            return
        tick.wait(0.05)
    pytest.fail(f"no {count} sessions with {condition}")


def test_of_two_at_once_one_works_and_one_waits_and_finds_nothing_to_do(shell: Shell) -> None:
    shell.settings(DECLARED)
    with (
        shell.database.connect() as admin,
        running(shell.start("apply", "--yes")) as one,
        running(shell.start("apply", "--yes")) as two,
    ):
        admin.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        wait_until(admin, "wait_event_type = 'Lock' AND wait_event = 'advisory'", 2)
        admin.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])
        ended = [one.communicate(), two.communicate()]
        assert [one.returncode, two.returncode] == [0, 0]
    outcomes = sorted(out.splitlines()[-1] for out, _ in ended)
    assert outcomes == [
        "Done.",
        "Nothing was left to do: another program has applied the same changes.",
    ]
    for _, err in ended:
        assert err == "Waiting for another program that applies a plan to this database …\n"
    assert shell.run("check").status == 0


def test_a_lock_timeout_ends_the_wait_and_nothing_is_changed(shell: Shell) -> None:
    shell.settings(DECLARED)
    with shell.database.connect() as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        done = shell.run("apply", "--yes", "--lock-timeout", "10ms", "--quiet")
        assert done.status == 1
        assert "Another program is applying a plan to this database" in done.err
    done = shell.run("apply", "--yes", "--lock-timeout", "soon")
    assert (done.status, done.err) == (
        1,
        'PostgreSQL refused: invalid value for parameter "lock_timeout": "soon"\n',
    )
    assert shell.run("check").status == 2


def test_kill_9_in_the_middle_leaves_nothing_half_done(shell: Shell) -> None:
    with shell.database.connect() as admin:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER accounts FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'old')",
            "CREATE FOREIGN TABLE orders (id int, note text) SERVER accounts",
        ):
            admin.execute(statement.encode())
        before = read(admin).catalog
        shell.settings(DECLARED)
        with (
            shell.database.connect(autocommit=False) as blocker,
            running(shell.start("apply", "--yes")) as process,
        ):
            blocker.execute("EXPLAIN SELECT * FROM orders")  # LOCK does not take foreign tables
            wait_until(admin, "wait_event_type = 'Lock' AND wait_event = 'relation'")
            [(done,)] = admin.execute(
                "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
            ).fetchall()
            assert done == 1  # the server and its mapping are made, and the table is not altered
            process.send_signal(signal.SIGKILL)
            process.wait()
            blocker.rollback()
        wait_until(admin, "true", 0)
        assert read(admin).catalog == before
    done = shell.run("apply", "--yes")
    assert (done.status, done.err) == (0, "")
    assert shell.run("check").status == 0


def test_ctrl_c_while_it_waits_changes_nothing(shell: Shell) -> None:
    shell.settings(DECLARED)
    with shell.database.connect() as admin, running(shell.start("apply", "--yes")) as process:
        admin.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        wait_until(admin, "wait_event_type = 'Lock' AND wait_event = 'advisory'")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        assert process.returncode == 130
        assert "Traceback" not in err
        wait_until(admin, "true", 0)
    assert shell.run("check").status == 2


def test_what_an_administrator_must_do_is_told(shell: Shell, new_role: Callable[..., str]) -> None:
    role = new_role("bare")
    shell.settings(DECLARED)
    url = shell.database.url(user=role, password=role)
    done = shell.run("apply", "--yes", DATABASE_URL=url)
    assert done.status == 1
    assert "An administrator must run:\n    CREATE EXTENSION postgres_fdw;" in done.err
    assert "Traceback" not in done.err
