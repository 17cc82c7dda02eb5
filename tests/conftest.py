"""Real servers for all tests: two clusters of each PostgreSQL version, databases and roles.

``EXCLAVE_TEST_PG`` names the major versions, separated by commas (``18,15`` unless given). One
that is not installed is a failure; ``EXCLAVE_TEST_PG_MISSING=skip`` skips its tests instead.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from tests.hosting import host_environment, hosted_installation

from exclave.cluster import (
    Cluster,
    ClusterSpec,
    Database,
    find_installation,
    fresh_database,
    start_clusters,
)
from exclave.errors import ClusterError

VERSIONS = [int(major) for major in os.environ.get("EXCLAVE_TEST_PG", "18,15").split(",")]

pytest.register_assert_rewrite("tests.plan.hub", "tests.plan.refusal")

_numbers = itertools.count(1)

settings.register_profile(
    "fuzz",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=10_000,
)
# what was tested is tested again, whoever asks; `make fuzz` looks for what was not
settings.register_profile(
    "default", settings.get_profile("fuzz"), derandomize=True, max_examples=100
)
settings.load_profile("default")


class ClusterPairs:
    """For each version the two clusters that were started for it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._pairs: dict[int, tuple[Cluster, Cluster]] = {}

    def of(self, major: int) -> tuple[Cluster, Cluster]:
        """Give the running pair, starting it in parallel the first time."""
        if major not in self._pairs:
            spec = ClusterSpec(installation=find_installation(major), auth="scram")
            first, second = self._stack.enter_context(start_clusters([spec, spec]))
            self._pairs[major] = (first, second)
        first, second = self._pairs[major]
        for cluster in (first, second):
            cluster.start()  # a test may have killed it
        return first, second


@pytest.fixture(scope="session")
def cluster_pairs() -> Iterator[ClusterPairs]:
    """The clusters of this process (each worker of pytest-xdist has its own)."""
    with ExitStack() as stack:
        yield ClusterPairs(stack)


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda major: f"pg{major}")
def cluster_pair(
    request: pytest.FixtureRequest, cluster_pairs: ClusterPairs
) -> tuple[Cluster, Cluster]:
    """Two clusters of one version."""
    try:
        find_installation(request.param)
    except ClusterError as error:
        if os.environ.get("EXCLAVE_TEST_PG_MISSING") == "skip":
            pytest.skip(f"PostgreSQL {request.param} is not installed")
        pytest.fail(str(error), pytrace=False)
    return cluster_pairs.of(request.param)


@pytest.fixture(scope="session")
def cluster(cluster_pair: tuple[Cluster, Cluster]) -> Cluster:
    """A running cluster; over TCP it asks for passwords (the superuser's is in its URLs)."""
    return cluster_pair[0]


@pytest.fixture(scope="session")
def remote_cluster(cluster_pair: tuple[Cluster, Cluster]) -> Cluster:
    """Another running cluster of the same version, with a system identifier of its own."""
    return cluster_pair[1]


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A fresh, empty database on `cluster`."""
    with fresh_database(cluster) as made:
        yield made


@pytest.fixture
def remote_database(remote_cluster: Cluster) -> Iterator[Database]:
    """A fresh, empty database on `remote_cluster`."""
    with fresh_database(remote_cluster, prefix="remote") as made:
        yield made


@pytest.fixture(scope="session", params=VERSIONS, ids=lambda major: f"pg{major}")
def host_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A cluster that can run wrappers in Python, those of ``tests/fdw/wrappers`` too."""
    installation = hosted_installation(request.param)
    wrappers = Path(__file__).parent / "fdw" / "wrappers"
    examples = Path(__file__).parents[1] / "examples" / "python_function"
    environment = host_environment(tmp_path_factory.mktemp("host") / "venv", wrappers, examples)
    settings = {"exclave_fdw.python": str(environment)}
    with Cluster(installation=installation, settings=settings) as made:
        yield made


@pytest.fixture
def host(host_cluster: Cluster) -> Iterator[Database]:
    """A fresh database with the extension exclave_fdw."""
    with fresh_database(host_cluster) as made:
        with made.connect() as connection:
            connection.execute("CREATE EXTENSION exclave_fdw")
        yield made


@pytest.fixture
def new_role(cluster: Cluster) -> Callable[..., str]:
    """Make a role that may log in, with a name of its own on the cluster, and give the name."""

    def make(name: str = "role", attributes: str = "LOGIN") -> str:
        unique = f"{name}_{next(_numbers)}"
        with cluster.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(unique))
            )
        return unique

    return make
