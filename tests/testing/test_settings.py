"""What a test run is told, and how it names what it makes."""

from __future__ import annotations

import pytest

from exclave.errors import FixtureError
from exclave.testing.settings import Names, Settings, member_variable, read_settings


def test_the_environment_names_servers() -> None:
    environment = {
        "EXCLAVE_TEST_HUB": "host=hub password=hush",
        "EXCLAVE_TEST_MEMBER_NL_SALES": "host=nl password=hush",
        "EXCLAVE_TEST_MEMBER_UK": "",
    }
    found = read_settings(("nl-sales", "uk"), postgresql="18", environment=environment)
    assert found == Settings(
        postgresql=18,
        hub="host=hub password=hush",
        members={"nl-sales": "host=nl password=hush"},
    )
    assert "hush" not in repr(found)


def test_proxies_stand_before_members_where_the_hub_is_ours() -> None:
    def with_proxies(proxies: str, **environment: str) -> bool:
        return read_settings((), proxies=proxies, environment=environment).with_proxies

    assert with_proxies("")
    assert not with_proxies("false")
    assert not with_proxies("", EXCLAVE_TEST_HUB="host=hub")
    assert with_proxies("true", EXCLAVE_TEST_HUB="host=hub")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"servers": "both"}, 'exclave_servers: expected "shared" or "own", found \'both\''),
        ({"proxies": "yes"}, 'exclave_proxies: expected "true" or "false", found \'yes\''),
        ({"postgresql": "new"}, "exclave_postgresql: expected a major version such as 18"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(FixtureError, match=message):
        read_settings((), environment={}, **settings)


def test_members_with_one_variable_are_refused() -> None:
    assert member_variable("nl.sales") == member_variable("nl-sales")
    with pytest.raises(FixtureError, match=r"nl.sales: EXCLAVE_TEST_MEMBER_NL_SALES"):
        read_settings(("nl.sales", "nl-sales"), environment={})


def test_names_tell_the_worker_and_differ_from_run_to_run() -> None:
    worker = {"PYTEST_XDIST_WORKER": "gw1"}
    one, two = Names(worker), Names(worker)
    assert one.name("jfk") == one.name("jfk") != two.name("jfk")
    assert one.name("nl-sales").startswith("exclave_gw1_")
    assert one.name("nl-sales").endswith("_nl-sales")
    assert Names({}).name("hub").startswith("exclave_main_")


def test_a_name_that_postgresql_would_cut_is_made_shorter_and_stays_its_own() -> None:
    names = Names({})
    long = {names.name("é" * 40 + last) for last in "ab"}
    assert len(long) == 2
    assert max(len(name.encode()) for name in long) <= 63
