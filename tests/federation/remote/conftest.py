"""A hub with a role of no rights but to one member, and that member's tables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from exclave.cluster import Cluster, fresh_database

from .member import PASSWORD, Member

_numbers = itertools.count(1)

MakeMember = Callable[[Cluster, Cluster], AbstractContextManager[Member]]


@contextmanager
def made_member(hub: Cluster, remote: Cluster) -> Iterator[Member]:
    """Make a hub, a member, and a role at each."""
    number = next(_numbers)
    with fresh_database(hub, prefix="hub") as here, fresh_database(remote, prefix="at") as there:
        member = Member(here, there, f"branch_owner_{number}", f"branch_reader_{number}")
        member.on_remote(f"CREATE ROLE {member.reader} LOGIN PASSWORD '{PASSWORD}'")
        member.on_hub(
            f"CREATE ROLE {member.owner} LOGIN PASSWORD '{PASSWORD}'",
            "CREATE EXTENSION postgres_fdw",
            f"REVOKE TEMPORARY ON DATABASE {here.name} FROM PUBLIC",
            f"GRANT TEMPORARY ON DATABASE {here.name} TO {member.owner}",
            f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {member.owner}",
            f"CREATE SERVER branch FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', "
            f"port '{remote.port}', dbname '{there.name}', connect_timeout '5')",
            f"ALTER SERVER branch OWNER TO {member.owner}",
            f"CREATE USER MAPPING FOR {member.owner} SERVER branch "
            f"OPTIONS (user '{member.reader}', password '{PASSWORD}')",
        )
        yield member
    for cluster, role in ((hub, member.owner), (remote, member.reader)):
        with cluster.connect() as connection:
            connection.execute(f"DROP ROLE {role}".encode())


@pytest.fixture(scope="module")
def make_member() -> MakeMember:
    """Make a member of a hub, on any two clusters."""
    return made_member


@pytest.fixture(scope="module")
def member(cluster_pair: tuple[Cluster, Cluster]) -> Iterator[Member]:
    """Give an empty member of the hub's version."""
    with made_member(*cluster_pair) as made:
        yield made
