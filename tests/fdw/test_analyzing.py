"""ANALYZE: statistics of what the class samples, or of what the host finds in a scan."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Database


@pytest.fixture
def analyzed(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("SELECT exclave.create_wrapper('analyzed', 'trial_imports:Analyzed')")
    connection.execute("CREATE SERVER analyzed FOREIGN DATA WRAPPER analyzed")
    connection.execute("CREATE FOREIGN TABLE t (n bigint, d int, s text) SERVER analyzed")
    connection.execute("SET default_statistics_target = 1")
    return connection


def option(connection: psycopg.Connection, name: str, value: object, verb: str = "ADD") -> None:
    query = "ALTER FOREIGN TABLE t OPTIONS ({} {} {})"
    parts = sql.SQL(verb), sql.Identifier(name), sql.Literal(str(value))
    connection.execute(sql.SQL(query).format(*parts))


def statistics(connection: psycopg.Connection) -> dict[str, Any]:
    found = connection.execute("SELECT attname, n_distinct FROM pg_stats WHERE tablename = 't'")
    return dict(found.fetchall())


def size(connection: psycopg.Connection) -> Any:
    query = "SELECT reltuples, relpages > 0 FROM pg_class WHERE relname = 't'"
    return connection.execute(query).fetchone()


def test_the_host_scans_the_table_and_samples_it_itself(analyzed: psycopg.Connection) -> None:
    analyzed.execute("ANALYZE t")
    assert size(analyzed) == (5000, True)
    found = statistics(analyzed)
    assert found["d"] == 10
    assert found["s"] == 1
    assert found["n"] == -1
    bounds: Any = analyzed.execute(
        "SELECT (histogram_bounds::text::bigint[])[1], (histogram_bounds::text::bigint[])[2] "
        "FROM pg_stats WHERE tablename = 't' AND attname = 'n'"
    ).fetchone()
    assert bounds[0] < 500
    assert bounds[1] > 4500


def test_dropped_columns_and_few_rows_do_no_harm(analyzed: psycopg.Connection) -> None:
    analyzed.execute("ALTER FOREIGN TABLE t DROP COLUMN d, ALTER COLUMN s TYPE text")
    option(analyzed, "rows", 0)
    analyzed.execute("ANALYZE t")
    assert size(analyzed) == (0, True)


def test_a_class_gives_rows_as_a_sample(analyzed: psycopg.Connection) -> None:
    option(analyzed, "sample", "rows")
    analyzed.execute("ANALYZE t")
    assert size(analyzed) == (5000, True)
    assert statistics(analyzed)["d"] == 2


def test_a_class_gives_arrow_as_a_sample(analyzed: psycopg.Connection) -> None:
    analyzed.execute("ALTER FOREIGN TABLE t DROP COLUMN s")
    option(analyzed, "sample", "arrow")
    analyzed.execute("ANALYZE t")
    assert size(analyzed) == (1_000_000, True)
    assert statistics(analyzed) == {"n": -1, "d": 10}


def estimate(connection: psycopg.Connection, query: str) -> float:
    [(plan,)] = connection.execute(sql.SQL(f"EXPLAIN (FORMAT json) {query}")).fetchall()
    return plan[0]["Plan"]["Plan Rows"]


def test_a_class_that_does_not_know_its_rows_has_those_of_analyze(
    analyzed: psycopg.Connection,
) -> None:
    analyzed.execute("SET default_statistics_target = 20")  # all rows are in the sample
    option(analyzed, "known", "false")
    assert estimate(analyzed, "SELECT * FROM t") == 1000
    analyzed.execute("ANALYZE t")
    assert estimate(analyzed, "SELECT * FROM t") == 5000
    assert estimate(analyzed, "SELECT * FROM t WHERE d = 3") == 500  # exact
    assert estimate(analyzed, "SELECT * FROM t WHERE s = 'none'") == 1  # not exact
    assert analyzed.execute("SELECT count(*) FROM t WHERE d = 3").fetchone() == (500,)


def test_a_wrong_sample_is_an_error(analyzed: psycopg.Connection) -> None:
    option(analyzed, "sample", "none")
    for sample, message in (
        ("short", "expected rows of 3 values, found one of 2"),
        ("wrong", "expected Sample or None of analyze, found list"),
        ("negative", "a sample cannot be of -1 rows"),
        ("raises", "no sample today"),
    ):
        option(analyzed, "sample", sample, "SET")
        with pytest.raises(psycopg.Error, match=message):
            analyzed.execute("ANALYZE t")
    option(analyzed, "sample", "none", "SET")
    analyzed.execute("ANALYZE t")


def test_analyze_can_be_cancelled(analyzed: psycopg.Connection) -> None:
    option(analyzed, "sample", "endless")
    analyzed.execute("SET statement_timeout = '300ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        analyzed.execute("ANALYZE t")
    option(analyzed, "rows", 10**9)
    option(analyzed, "sample", "none", "SET")
    with pytest.raises(psycopg.errors.QueryCanceled):
        analyzed.execute("ANALYZE t")
    assert analyzed.execute("SELECT 1").fetchone() == (1,)


def test_a_class_can_want_no_analyze(connection: psycopg.Connection) -> None:
    notices: list[str] = []
    connection.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
    connection.execute("SELECT exclave.create_wrapper('silent', 'trial_imports:NotAnalyzed')")
    connection.execute("CREATE SERVER silent FOREIGN DATA WRAPPER silent")
    connection.execute("CREATE FOREIGN TABLE t (n bigint) SERVER silent")
    connection.execute("ANALYZE t")
    assert notices == ['skipping "t" --- cannot analyze this foreign table']


def test_the_owner_of_the_table_analyzes_it(host: Database) -> None:
    notices: list[str] = []
    with host.connect() as admin:
        admin.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
        admin.execute("CREATE ROLE table_owner")
        try:
            admin.execute("SELECT exclave.create_wrapper('analyzed', 'trial_imports:Analyzed')")
            admin.execute("CREATE SERVER analyzed FOREIGN DATA WRAPPER analyzed")
            admin.execute(
                "CREATE USER MAPPING FOR table_owner SERVER analyzed OPTIONS (who 'the owner')"
            )
            admin.execute("CREATE FOREIGN TABLE t (n bigint, d int, s text) SERVER analyzed")
            admin.execute("ALTER FOREIGN TABLE t OWNER TO table_owner")
            admin.execute("ANALYZE t")
            assert notices == ["table_owner is the owner"]
            assert size(admin) == (5000, True)
        finally:
            admin.execute("DROP OWNED BY table_owner; DROP ROLE table_owner")


def test_partitions_that_are_foreign_are_analyzed_with_their_parent(
    analyzed: psycopg.Connection,
) -> None:
    analyzed.execute("CREATE TABLE parent (d int, s text, n bigint) PARTITION BY LIST (s)")
    analyzed.execute(
        "CREATE FOREIGN TABLE child PARTITION OF parent FOR VALUES IN ('text') SERVER analyzed"
    )
    analyzed.execute("ANALYZE parent")
    found = analyzed.execute(
        "SELECT attname, n_distinct FROM pg_stats WHERE tablename = 'parent' AND inherited"
    ).fetchall()
    assert dict(found) == {"n": -1, "s": 1, "d": 10}
