"""The example of a database: a SQLite file is joined with an own table, and written by an ORM."""

from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from exclave.cluster import Cluster, Database, fresh_database

from .hosted import EXAMPLES, run_script


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the till's file is, as the example made it."""
    with tempfile.TemporaryDirectory(prefix="exclave-till-") as name:
        Path(name).chmod(0o755)
        subprocess.run(
            [sys.executable, EXAMPLES / "database" / "till.py", "make", name], check=True
        )
        yield Path(name)


@pytest.fixture(scope="module")
def shop(host_cluster: Cluster, folder: Path) -> Iterator[Database]:
    """A database in which the example's script was run."""
    with fresh_database(host_cluster) as database:
        with database.connect() as made:
            run_script(made, "database/till.sql", {"/srv/data": str(folder)})
        yield database


@pytest.fixture(scope="module")
def till() -> Iterator[Any]:
    """The module of the example."""
    spec = importlib.util.spec_from_file_location("till", EXAMPLES / "database" / "till.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["till"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["till"]


def test_an_orm_joins_the_file_with_an_own_table_and_writes_to_it(
    shop: Database, folder: Path, till: Any
) -> None:
    engine = sa.create_engine(shop.url())
    try:
        with Session(engine) as session:
            assert till.report(session) == [("Ada", 370), ("Ben", 250)]
            ben = session.get_one(till.Customer, 2)
            assert till.sell(session, ben, "bread", 300).id == 4
            session.commit()
            sale = till.sell(session, ben, "wine", 900)
            assert (sale.id, till.report(session)[1]) == (5, ("Ben", 1450))
            session.rollback()
            sale = session.get_one(till.Sale, 1)
            sale.cents = 200
            session.commit()
            assert till.report(session) == [("Ada", 320), ("Ben", 550)]
    finally:
        engine.dispose()
    with closing(sqlite3.connect(folder / "till.db")) as file:
        found = file.execute("SELECT id, item, cents FROM sale WHERE id IN (1, 4, 5) ORDER BY id")
        assert found.fetchall() == [(1, "tea", 200), (4, "bread", 300)]
