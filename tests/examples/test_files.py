"""The example of files: real flights in Parquet, and what is left to DuckDB."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from exclave.cluster import Cluster, fresh_database

from .flights import flights
from .hosted import EXAMPLES, rows, run_script


@pytest.fixture(scope="module")
def departures() -> list[dict[str, str]]:
    """The flights, read without any code of the example."""
    return list(flights())


@pytest.fixture(scope="module")
def connection(host_cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A database in which the example was run, and a heap table with the same rows."""
    with tempfile.TemporaryDirectory(prefix="exclave-flights-") as folder:
        Path(folder).chmod(0o755)
        subprocess.run([sys.executable, EXAMPLES / "files" / "flights.py", folder], check=True)
        with fresh_database(host_cluster) as database, database.connect() as made:
            run_script(made, "files/flights.sql", {"/srv/data": folder})
            made.execute("CREATE TABLE heap AS SELECT * FROM flights")
            made.execute("ANALYZE heap; ANALYZE airline")
            yield made


def explained(connection: psycopg.Connection, query: str) -> str:
    return "\n".join(str(row[0]) for row in rows(connection, f"EXPLAIN {query}"))


def pushed(shown: str) -> set[str]:
    """Give the conditions that DuckDB is sent, which PostgreSQL orders by cost."""
    [where] = re.findall(r" WHERE (.+)", shown)
    return set(re.sub(r"\$\d+", "$", where).split(" AND "))


def test_all_flights_are_there_and_counted_by_duckdb(
    connection: psycopg.Connection, departures: list[dict[str, str]]
) -> None:
    query = "SELECT count(*) FROM flights"
    assert rows(connection, query) == [(len(departures),)] == [(336_776,)]
    assert "SELECT count(*) FROM 'flights.parquet'" in explained(connection, query)
    assert "Aggregate" not in explained(connection, query).replace("Aggregates", "")


def test_a_filter_is_left_to_duckdb(
    connection: psycopg.Connection, departures: list[dict[str, str]]
) -> None:
    query = "SELECT tailnum, distance FROM flights WHERE dest = 'HNL' AND distance > 4980"
    wanted = [
        (row["tailnum"], int(row["distance"]))
        for row in departures
        if row["dest"] == "HNL" and int(row["distance"]) > 4980
    ]
    assert sorted(map(str, rows(connection, query))) == sorted(map(str, wanted))
    shown = explained(connection, query)
    assert pushed(shown) == {'"dest" = CAST($ AS VARCHAR)', '"distance" > CAST($ AS BIGINT)'}
    assert "  Filter:" not in shown


def test_the_first_rows_of_an_order_are_left_to_duckdb(
    connection: psycopg.Connection, departures: list[dict[str, str]]
) -> None:
    query = (
        "SELECT carrier, dep_delay FROM flights WHERE origin = 'JFK' "
        "ORDER BY dep_delay DESC NULLS LAST LIMIT 3"
    )
    delays = sorted(
        (
            (int(row["dep_delay"]), row["carrier"])
            for row in departures
            if row["origin"] == "JFK" and row["dep_delay"] != "NA"
        ),
        reverse=True,
    )
    assert rows(connection, query) == [(carrier, delay) for delay, carrier in delays[:3]]
    shown = explained(connection, query)
    assert 'ORDER BY "dep_delay" DESC NULLS LAST LIMIT 3' in shown
    assert shown.startswith("Foreign Scan")


def test_groups_are_left_to_duckdb(
    connection: psycopg.Connection, departures: list[dict[str, str]]
) -> None:
    query = "SELECT origin, count(*), sum(distance), max(air_time) FROM {} GROUP BY origin"
    counts: dict[str, int] = defaultdict(int)
    for row in departures:
        counts[row["origin"]] += 1
    found = rows(connection, query.format("flights"))
    assert {row[0]: row[1] for row in found} == counts
    assert sorted(map(str, found)) == sorted(map(str, rows(connection, query.format("heap"))))
    assert 'GROUP BY "origin"' in explained(connection, query.format("flights"))


def test_a_join_with_a_local_table_fetches_only_what_it_needs(
    connection: psycopg.Connection,
) -> None:
    query = (
        "SELECT name, count(*), min(time_hour) FROM {} JOIN airline USING (carrier) "
        "WHERE dest = 'LAX' AND arr_delay > 120 GROUP BY name ORDER BY name"
    )
    assert rows(connection, query.format("flights")) == rows(connection, query.format("heap"))
    shown = explained(connection, query.format("flights"))
    assert pushed(shown) == {'"dest" = CAST($ AS VARCHAR)', '"arr_delay" > CAST($ AS BIGINT)'}
    assert '"tailnum"' not in shown


def test_an_application_reads_through_the_view(connection: psycopg.Connection) -> None:
    connection.execute("DROP ROLE IF EXISTS application; CREATE ROLE application")
    connection.execute("GRANT SELECT ON departure, flights TO application")
    connection.execute("SET ROLE application")
    try:
        query = "SELECT count(*) FROM departure WHERE origin = 'EWR'"
        assert rows(connection, query) == [(120_835,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(connection, "SELECT count(*) FROM flights")
    finally:
        connection.execute("RESET ROLE; DROP OWNED BY application; DROP ROLE application")
