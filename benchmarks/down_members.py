"""Claim: with three of ten members silent, the others' rows come within the timeout and a second.

Measured on PostgreSQL 18 and 15, when nothing is known of the members (*cold*: the program has just
started), when they were connected to before (*warm*), and when it is known already who is silent.
The ratio is that of the whole query to the timeout. What a probe of ten members that answer adds to
a query is measured too, at a round trip of 2 ms.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from exclave.cluster import ClusterSpec, find_installation, fresh_database, start_clusters
from exclave.errors import ClusterError
from exclave.federation import Federation, Hub, Member
from exclave.testing import Proxy

VERSIONS = (18, 15)
MEMBERS = 10
SILENT = ("m1", "m4", "m8")
TIMEOUT = 2.0
DELAY = 0.001
RUNS = 5
TABLE = "CREATE TABLE flights (id bigint PRIMARY KEY, carrier text)"
ROWS = "INSERT INTO flights SELECT n, 'XX' FROM generate_series(1, 1000) AS n"
QUERY = "SELECT member, count(*) FROM world.flights GROUP BY member"


def main() -> None:
    """Measure, and print one JSON object a line: metric, value, unit."""
    for major in VERSIONS:
        try:
            installation = find_installation(major)
        except ClusterError:
            sys.stderr.write(f"PostgreSQL {major} is not installed\n")
            continue
        with ExitStack() as stack:
            spec = ClusterSpec(installation=installation, auth="scram")
            measure(stack, major, [spec, spec])


def measure(stack: ExitStack, major: int, specs: list[ClusterSpec]) -> None:
    """Measure on one version."""
    hub_cluster, remote = stack.enter_context(start_clusters(specs))
    database = stack.enter_context(fresh_database(hub_cluster))
    federation = Federation("world", ["flights"])
    proxies: dict[str, Proxy] = {}
    first = Hub(database.dsn)
    first.install()
    for number in range(MEMBERS):
        there = stack.enter_context(fresh_database(remote))
        with there.connect() as connection:
            connection.execute(TABLE)
            connection.execute(ROWS)
        proxy = stack.enter_context(Proxy("127.0.0.1", remote.port))
        slug = f"m{number}"
        proxies[slug] = proxy
        at = {"host": proxy.host, "port": proxy.port, "dbname": there.name}
        login = {"user": "postgres", "password": remote.password}
        first.add_member(federation, Member(slug, server_options=at, mapping_options=login))
    first.apply(federation)
    first.close()

    def asked(hub: Hub) -> float:
        start = time.perf_counter()
        result = hub.query(QUERY, federation=federation, down="skip", timeout_seconds=TIMEOUT)
        seconds = time.perf_counter() - start
        if len(result) != MEMBERS - len(result.completeness.missing):
            raise SystemExit(f"rows of {len(result)} members came: {result.completeness}")
        return seconds

    with ExitStack() as silence:
        for slug in SILENT:
            silence.enter_context(proxies[slug].silence())
        hub = Hub(database.dsn)
        cold = asked(hub)
        print_figure(f"3 of 10 silent, cold, on {major}", cold, "s")
        print_figure(f"3 of 10 silent, cold, on {major}", cold / TIMEOUT, "ratio to the timeout")
        known = statistics.median(asked(hub) for _ in range(RUNS))
        print_figure(f"3 of 10 silent and known to be, on {major}", known, "s")
        hub.close()
    hub = Hub(database.dsn)
    asked(hub)
    with ExitStack() as silence:
        for slug in SILENT:
            silence.enter_context(proxies[slug].silence())
        hub.watch.forget(federation.name)
        warm = asked(hub)
        print_figure(f"3 of 10 silent, warm, on {major}", warm, "s")
        print_figure(f"3 of 10 silent, warm, on {major}", warm / TIMEOUT, "ratio to the timeout")
    hub.probe(federation)
    with ExitStack() as delays:
        for proxy in proxies.values():
            delays.enter_context(proxy.delay(DELAY))
        calls: dict[str, Callable[[], object]] = {
            "probe of 10 warm members": lambda: hub.probe(federation, depth="connect"),
            "query of 10 warm members": lambda: hub.query(QUERY, federation=federation),
        }
        for name, call in calls.items():
            call()
            value = statistics.median(timed(call) for _ in range(RUNS))
            print_figure(f"{name}, round trip {DELAY * 2000:g} ms, on {major}", value, "s")
    hub.close()


def timed(call: Callable[[], object]) -> float:
    """Give the seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def print_figure(metric: str, value: float, unit: str) -> None:
    """Print a figure as JSON."""
    sys.stdout.write(json.dumps({"metric": metric, "value": round(value, 4), "unit": unit}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
