"""The example of functions: rows, rows for an argument, Arrow."""

from __future__ import annotations

import datetime

import psycopg
import pytest

from exclave.cluster import Database

from .hosted import rows, run_script


def test_functions_are_tables(host: Database) -> None:
    with host.connect() as connection:
        connection.execute("DROP EXTENSION exclave_fdw")
        run_script(connection, "python_function/calendars.sql")
        assert rows(connection, "SELECT name FROM months WHERE year = 2024 AND days = 29") == [
            ("February",)
        ]
        leap = datetime.date(2024, 2, 29)
        christmas = datetime.date(2024, 12, 25)
        assert rows(
            connection,
            "SELECT day, weekday, week FROM weekdays WHERE day IN ('2024-02-29', '2024-12-25')",
        ) == [(leap, "Thursday", 9), (christmas, "Wednesday", 52)]
        assert rows(
            connection,
            "SELECT year, days FROM generate_series(2023, 2024) AS year JOIN months USING (year) "
            "WHERE month = 2 ORDER BY year",
        ) == [(2023, 28), (2024, 29)]
        assert rows(connection, "SELECT count(*), max(square) FROM squares") == [
            (1_000_000, 999_999**2)
        ]
        with pytest.raises(psycopg.Error, match="needs a value of year") as error:
            rows(connection, "SELECT * FROM months")
        assert error.value.diag.message_hint == "Write WHERE year = …."
