"""A hub whose members are plain foreign servers, on the servers of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exclave.cluster import Cluster
from exclave.testing import HubDatabase
from exclave.testing.session import run_databases
from exclave.testing.settings import Settings

from .servers import MEMBER_SCHEMA, SLUGS, foreign_servers


@pytest.fixture(scope="module")
def module_hub(cluster_pair: tuple[Cluster, Cluster]) -> Iterator[HubDatabase]:
    """Give a hub and two members, with proxies in between."""
    here, there = (each.dsn(tcp=True) for each in cluster_pair)
    settings = Settings(hub=here, members=dict.fromkeys(SLUGS, there), proxies=True)
    with run_databases(
        settings, SLUGS, member_schema=MEMBER_SCHEMA, hub_schema=foreign_servers
    ) as hub:
        yield hub


@pytest.fixture
def hub(module_hub: HubDatabase) -> Iterator[HubDatabase]:
    """Give the hub; its members are healed after the test."""
    yield module_hub
    module_hub.heal()
