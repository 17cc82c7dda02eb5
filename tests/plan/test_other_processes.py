"""Processes that apply plans at the same time, or are killed while they do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.objects import Column, Server
from exclave.plan import make

from .refusal import Connection, orders

CLIENT = """
import sys, psycopg
from exclave.plan import make
from exclave.objects import *

with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    plan = make(connection, [
        Server("one"),
        UserMapping("one", options={"user": "u", "password": Secret.literal("p")}),
        ForeignTable("orders", [Column("id", "bigint")], schema="erp", server="s"),
        Server("two"),
    ])
    print("made", flush=True)
    sys.stdin.readline()
    print(plan.apply(connection), flush=True)
"""


class Client:
    """A process that has made a plan and waits to be told to apply it."""

    def __init__(self, database: Database, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, f"{database.dsn} application_name={name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.read() == "made"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


def _wait(admin: Connection, condition: str) -> None:
    for _ in range(300):
        rows = admin.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE {condition}".encode()  # noqa: S608
        )
        if rows.fetchall() != [(0,)]:
            return
        time.sleep(0.05)
    pytest.fail(f"no session has {condition}")


def test_two_processes_apply_the_same_plan_one_after_the_other(
    admin: Connection, database: Database
) -> None:
    with (
        Client(database, "one") as one,
        Client(database, "two") as two,
        database.connect(autocommit=False) as blocker,
    ):
        blocker.execute("EXPLAIN SELECT * FROM erp.orders")  # LOCK does not take foreign tables
        one.go()
        _wait(admin, "application_name = 'one' AND wait_event = 'relation'")
        two.go()
        _wait(admin, "application_name = 'two' AND wait_event = 'advisory'")
        blocker.rollback()
        assert one.read() == "True"
        assert two.read() == "False"
    assert {"one", "two"} <= read(admin).catalog.servers.keys()


def test_a_killed_client_leaves_nothing_half_done(admin: Connection, database: Database) -> None:
    before = read(admin).catalog
    with (
        Client(database, "victim") as client,
        database.connect(autocommit=False) as blocker,
    ):
        blocker.execute("EXPLAIN SELECT * FROM erp.orders")  # LOCK does not take foreign tables
        client.go()
        _wait(admin, "application_name = 'victim' AND wait_event = 'relation'")
        client.process.send_signal(signal.SIGKILL)
        client.process.wait()
        blocker.rollback()
    _wait(admin, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'victim')")
    assert read(admin).catalog == before
    plan = make(admin, [Server("one"), orders(columns=[Column("id", "bigint")])])
    assert plan.apply(admin)  # the lock is free
