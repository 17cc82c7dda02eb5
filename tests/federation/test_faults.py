"""Provisioning that is killed, and provisioning by several programs beside readers."""

from __future__ import annotations

import os
import queue
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from exclave.federation import Hub

from .churn import FEDERATION
from .conftest import Company, Group

KILLS = int(os.environ.get("EXCLAVE_TEST_KILLS", "6"))
"""How often a program is killed; the more, the longer it takes."""

SECONDS = float(os.environ.get("EXCLAVE_TEST_CHURN", "6"))
"""How long readers read while members come and go."""

TABLES = (
    "CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'x');"
    "CREATE TABLE lines (id int PRIMARY KEY, line int); INSERT INTO lines VALUES (1, 1);"
)


def shown(connection: psycopg.Connection, table: str) -> set[str]:
    """Name the members that a joined table shows."""
    text = f"SELECT DISTINCT member FROM everything.{table}"  # noqa: S608 - a constant
    return {slug for (slug,) in connection.execute(text.encode())}


def started(group: Group, company: Company) -> subprocess.Popen[str]:
    """Start the program, and wait until it could begin."""
    database = company.database
    arguments = [
        group.database.dsn, group.hub.owner, company.slug, str(database.cluster.port),
        database.name, database.cluster.password or "",
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("churn.py")), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def killed(process: subprocess.Popen[str], after_seconds: float) -> None:
    """Let the program begin, and kill it after a while."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(after_seconds)
    process.kill()
    process.communicate()


def test_a_program_killed_at_any_moment_leaves_whole_members_and_the_next_apply_finishes(
    new_group: Callable[..., Group],
) -> None:
    group = new_group({"a": TABLES, "b": TABLES})
    group.hub.add_member(FEDERATION, group.companies["a"].member)
    group.hub.apply(FEDERATION)
    company = group.companies["b"]
    moments = random.Random(KILLS)
    with group.connect() as connection:
        process = started(group, company)
        for _ in range(KILLS):
            following = started(group, company)
            killed(process, moments.uniform(0.0, 1.5))
            process = following
            assert shown(connection, "orders") == shown(connection, "lines") >= {"a"}
            group.hub.apply(FEDERATION)
            states = {member.slug: member.state for member in group.hub.members(FEDERATION)}
            assert set(states.values()) == {"joined"}
            assert shown(connection, "orders") == shown(connection, "lines") == set(states)
            assert not group.hub.plan(FEDERATION)
        process.kill()
        process.communicate()


def test_readers_never_fail_while_members_come_and_go(new_group: Callable[..., Group]) -> None:
    slugs = ["a", "b", "c", "d", "e", "f"]
    group = new_group(dict.fromkeys(slugs, TABLES))
    group.hub.add_member(FEDERATION, group.companies["a"].member)
    group.hub.apply(FEDERATION)
    end = time.monotonic() + SECONDS
    absent: queue.SimpleQueue[str] = queue.SimpleQueue()
    present: queue.SimpleQueue[str] = queue.SimpleQueue()
    for slug in slugs[1:]:
        absent.put(slug)
    failures: list[BaseException] = []
    counts = {"reads": 0, "adds": 0, "removals": 0}

    def goes_on() -> bool:
        return time.monotonic() < end and not failures

    def read(number: int) -> None:
        tables = ["orders", "lines"] if number % 2 else ["lines", "orders"]
        with group.connect() as connection:
            while goes_on():
                with connection.transaction():
                    for table in tables:
                        assert "a" in shown(connection, table)
                counts["reads"] += 1

    def work(source: queue.SimpleQueue[str], target: queue.SimpleQueue[str], what: str) -> None:
        hub = Hub(group.database.dsn, owner=group.hub.owner)
        while goes_on():
            try:
                slug = source.get(timeout=0.2)
            except queue.Empty:
                continue
            if what == "adds":
                hub.add_member(FEDERATION, group.companies[slug].member)
                hub.apply(FEDERATION)
            else:
                hub.remove_member(FEDERATION, slug)
            target.put(slug)
            counts[what] += 1

    def watched(function: Callable[..., None], *arguments: object) -> None:
        try:
            function(*arguments)
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    threads = [threading.Thread(target=watched, args=(read, number)) for number in range(8)]
    for _ in range(2):
        threads.append(threading.Thread(target=watched, args=(work, absent, present, "adds")))
        threads.append(threading.Thread(target=watched, args=(work, present, absent, "removals")))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert min(counts.values()) > 0, counts
    members = {member.slug for member in group.hub.members(FEDERATION)}
    expected = {"a"}
    while not present.empty():
        expected.add(present.get())
    assert members == expected
    assert not group.hub.plan(FEDERATION)
    assert "deadlock detected" not in group.database.cluster.log()
