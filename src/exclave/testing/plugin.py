"""The plug-in that pytest loads: settings and fixtures, all of which begin with ``exclave_``.

Nothing is imported, started or connected before a test asks for one of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from exclave.federation import Federation
    from exclave.testing.database import HubDatabase
    from exclave.testing.federated import Seed
    from exclave.testing.member import MemberDatabase
    from exclave.testing.rollback import RolledBackConnection


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings."""
    parser.addini(
        "exclave_members", "slugs of the members of a test run", "args", ["one", "two", "three"]
    )
    parser.addini(
        "exclave_servers",
        "whether members share a throw-away server or each has its own: shared, own",
        default="shared",
    )
    parser.addini(
        "exclave_proxies",
        "whether the hub reaches members through proxies: true, false "
        "(true where the hub is a throw-away one)",
        default="",
    )
    parser.addini(
        "exclave_postgresql", "the major version of throw-away servers, such as 18", default=""
    )


@pytest.fixture(scope="session")
def exclave_slugs(pytestconfig: pytest.Config) -> Iterable[str]:
    """The members' slugs; override it, or set ``exclave_members``."""
    return cast("list[str]", pytestconfig.getini("exclave_members"))


@pytest.fixture(scope="session")
def exclave_schema() -> object:
    """What each member holds, as of `exclave.testing.make_schema`; override it."""
    return None


@pytest.fixture(scope="session")
def exclave_hub_schema() -> object:
    """What the hub holds beside the federation, as of `exclave.testing.make_schema`; override it.

    A function gets the hub's `HubDatabase`, with its ``members``.
    """
    return None


@pytest.fixture(scope="session")
def exclave_federation() -> Federation | None:
    """The federation that joins the members' tables on the hub; override it."""
    return None


@pytest.fixture(scope="session")
def exclave_databases(
    pytestconfig: pytest.Config,
    exclave_slugs: Iterable[str],
    exclave_schema: object,
    exclave_hub_schema: object,
    exclave_federation: Federation | None,
) -> Generator[HubDatabase]:
    """The hub and the members of this run; each worker of pytest-xdist has its own."""
    from exclave.testing.session import run_databases
    from exclave.testing.settings import read_settings

    slugs = tuple(exclave_slugs)
    settings = read_settings(
        slugs,
        postgresql=pytestconfig.getini("exclave_postgresql"),
        servers=pytestconfig.getini("exclave_servers"),
        proxies=pytestconfig.getini("exclave_proxies"),
    )
    with run_databases(
        settings,
        slugs,
        member_schema=exclave_schema,
        hub_schema=exclave_hub_schema,
        federation=exclave_federation,
    ) as hub:
        yield hub


@pytest.fixture
def exclave_hub(exclave_databases: HubDatabase) -> Generator[HubDatabase]:
    """The hub's database; whatever a test broke about members is put right after it."""
    yield exclave_databases
    exclave_databases.heal()


@pytest.fixture
def exclave_members(exclave_hub: HubDatabase) -> Mapping[str, MemberDatabase]:
    """The members' databases by slug, and what can be broken about them."""
    return exclave_hub.members


@pytest.fixture
def exclave_connection(exclave_hub: HubDatabase) -> Generator[RolledBackConnection]:
    """A psycopg connection to the hub; all that a test writes through it is rolled back."""
    from exclave.testing.rollback import rolled_back

    with rolled_back(exclave_hub.dsn) as connection:
        yield connection
        exclave_hub.heal()  # or the rollback would wait for members that are silent


@pytest.fixture
def exclave_engine(exclave_connection: RolledBackConnection) -> Generator[sa.Engine]:
    """A SQLAlchemy engine whose connections all are `exclave_connection`."""
    from exclave.testing.rollback import engine_over

    with engine_over(exclave_connection) as engine:
        yield engine


@pytest.fixture
def exclave_session(
    exclave_engine: sa.Engine, exclave_connection: RolledBackConnection
) -> Generator[Session]:
    """A SQLAlchemy session on `exclave_connection`; its commits are savepoints."""
    from exclave.testing.rollback import session_over

    with session_over(exclave_engine, exclave_connection) as session:
        yield session


@pytest.fixture
def exclave_seed(
    exclave_hub: HubDatabase,
    exclave_connection: RolledBackConnection,
    exclave_federation: Federation | None,
) -> Seed:
    """Write rows to a member, which the rollback after the test undoes.

    ``exclave_seed("jfk", "flights", [{"tail": "N1"}])`` gives the rows as the member keeps them;
    see `exclave.testing.seed`.
    """
    from exclave.errors import FixtureError
    from exclave.testing.federated import seed

    if exclave_federation is None:
        raise FixtureError(
            "exclave_seed writes to tables of a federation, and there is none: override the "
            "fixture exclave_federation, or write to foreign tables with exclave_connection"
        )
    return partial(seed, exclave_connection, exclave_hub.owner, exclave_federation)
