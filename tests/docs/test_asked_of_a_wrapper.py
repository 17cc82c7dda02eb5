"""The page on what wrappers are asked for: its class is run, EXPLAIN says what the page says."""

from __future__ import annotations

import itertools
from pathlib import Path

import psycopg
import pytest
from tests.docs.test_pages import ROOT, blocks_of

from exclave.cluster import Database

BLOCKS = blocks_of(ROOT / "docs" / "explanation" / "asked-of-a-wrapper.md")


@pytest.fixture
def parcels(host: Database) -> psycopg.Connection:
    """A connection to a database whose Python has the page's module."""
    with host.connect() as connection:
        [(environment,)] = connection.execute("SHOW exclave_fdw.python").fetchall()
        packages = next(Path(str(environment)).glob("lib/python*/site-packages"))
        [module] = [block for block in BLOCKS if block.language == "python"]
        (packages / str(module.file)).write_text(module.code, encoding="utf-8")
    return host.connect()


def test_explain_says_what_the_page_says(parcels: psycopg.Connection) -> None:
    with parcels:
        checked = 0
        for block, after in itertools.pairwise(BLOCKS):
            if block.language != "sql":
                continue
            cursor = parcels.execute(block.code.encode())
            if after.language == "text":
                found = [str(row[0]) for row in cursor]
                assert found == after.code.rstrip().split("\n"), str(after)
                checked += 1
        assert checked == 2


def test_its_rows_are_those_of_postgresql(parcels: psycopg.Connection) -> None:
    with parcels:
        setup = next(block for block in BLOCKS if block.language == "sql")
        parcels.execute(setup.code.encode())
        parcels.execute('CREATE TABLE heap (id int, city text COLLATE "C", grams int)')
        parcels.execute("INSERT INTO heap SELECT * FROM parcels")
        parcels.execute("SET plan_cache_mode = force_generic_plan")
        for query in (
            "SELECT * FROM {} ORDER BY id",
            "SELECT count(*), avg(grams), min(city), sum(id) FROM {}",
            "SELECT count(*), sum(id), min(city) FROM {} WHERE grams < 0",
            "SELECT city, count(*), avg(grams) FROM {} GROUP BY city ORDER BY 2 DESC, 1 LIMIT 2",
            "SELECT city FROM {} WHERE city <> 'Gent' OR grams > 20 ORDER BY id DESC LIMIT 3",
            "SELECT DISTINCT city FROM {} ORDER BY city NULLS FIRST OFFSET 1 LIMIT 1",
            "SELECT 1 FROM {} WHERE city > 'E'",
            "SELECT id FROM {} WHERE upper(city) = 'GENT' ORDER BY grams LIMIT 1",
        ):
            found = parcels.execute(query.format("parcels").encode()).fetchall()
            assert found == parcels.execute(query.format("heap").encode()).fetchall(), query
