"""Engines of every driver, and one way to use them whether they are asynchronous or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import exclave as xc
from exclave.cluster import Database

T = TypeVar("T")

DRIVERS = ("psycopg", "psycopg2", "asyncpg", "psycopg_async")


class Hub:
    """A database over one driver: `begin` and `run` work alike for all of them."""

    def __init__(self, database: Database, driver: str, **options: Any) -> None:
        self.database = database
        self.driver = driver
        self.is_async = driver in ("asyncpg", "psycopg_async")
        self.url = database.url(driver=driver)
        make = create_async_engine if self.is_async else sa.create_engine
        self.engine: Any = make(self.url, poolclass=NullPool, **options)

    def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Call a function with a connection in a transaction that is committed."""
        if not self.is_async:
            with self.engine.begin() as connection:
                return work(connection)

        async def asynchronously() -> T:
            async with self.engine.begin() as connection:
                return await connection.run_sync(work)

        return asyncio.run(asynchronously())

    def close(self) -> None:
        """Close what the engine holds."""
        if self.is_async:
            asyncio.run(self.engine.dispose())
        else:
            self.engine.dispose()


HubFactory = Callable[..., Hub]


@pytest.fixture
def make_hub(database: Database) -> Iterator[HubFactory]:
    """Make a `Hub` over a driver, with options of the engine."""
    with ExitStack() as stack:

        def make(driver: str, **options: Any) -> Hub:
            hub = Hub(database, driver, **options)
            stack.callback(hub.close)
            return hub

        yield make


@pytest.fixture(params=DRIVERS)
def hub(request: pytest.FixtureRequest, make_hub: HubFactory) -> Hub:
    """The database over each driver."""
    return make_hub(request.param)


@pytest.fixture
def engine(make_hub: HubFactory) -> sa.Engine:
    """The database over psycopg."""
    return make_hub("psycopg").engine


def loopback(database: Database, name: str = "remote_server", **options: Any) -> list[Any]:
    """Declare the extension, a server for a database, and a mapping for the superuser."""
    cluster = database.cluster
    server = xc.Server(
        name,
        options={
            "host": cluster.host,
            "port": cluster.port,
            "dbname": database.name,
            **options,
        },
    )
    password = xc.Secret.literal(cluster.password or "")
    mapping = xc.UserMapping(
        server, "CURRENT_USER", options={"user": cluster.superuser, "password": password}
    )
    return [xc.Extension("postgres_fdw"), server, mapping]


@pytest.fixture
def declare_loopback(remote_database: Database) -> Callable[..., list[Any]]:
    """Declare what is needed to reach `remote_database`."""

    def declare(name: str = "remote_server", **options: Any) -> list[Any]:
        return loopback(remote_database, name, **options)

    return declare
