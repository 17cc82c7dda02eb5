"""The options that members' servers get unless told otherwise."""

from __future__ import annotations

import pytest

from exclave.federation import Federation, Member
from exclave.federation.provisioning.server_options import DEFAULTS, server_options
from exclave.objects.registry import rules_of

PLAIN = Federation("f", [])
MEMBER = Member.postgres("m", host="m.db", dbname="app")


@pytest.mark.parametrize("version", [150018, 150019, 160000, 170011, 180001, 180006])
def test_every_option_is_one_that_the_version_has(version: int) -> None:
    rules = rules_of("postgres_fdw")
    assert rules is not None
    given = server_options(PLAIN, MEMBER, version)
    assert given.keys() >= DEFAULTS.keys() | {"host", "dbname", "parallel_commit"}
    for name in given:
        assert rules.options["server"][name].since <= version // 10000


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        (150018, False),
        (150019, True),
        (170010, False),
        (170011, True),
        (180001, False),
        (180006, True),
    ],
)
def test_scans_are_asynchronous_where_the_minor_version_is_safe(version: int, safe: bool) -> None:
    assert ("async_capable" in server_options(PLAIN, MEMBER, version)) is safe


def test_parallel_abort_came_with_16() -> None:
    assert "parallel_abort" not in server_options(PLAIN, MEMBER, 150019)
    assert server_options(PLAIN, MEMBER, 160000)["parallel_abort"] == "true"


def test_a_federation_and_a_member_have_their_say() -> None:
    federation = Federation(
        "f", [], server_options={"options": None, "fetch_size": 50, "async_capable": True}
    )
    member = Member.postgres("m", host="m.db", fetch_size="7", writable=False)
    given = server_options(federation, member, 180001)
    assert "options" not in given
    assert (given["fetch_size"], given["async_capable"], given["updatable"]) == (
        "7",
        "true",
        "false",
    )
    assert server_options(federation, MEMBER, 180001)["fetch_size"] == "50"


def test_another_wrapper_gets_none_of_postgres_fdws_options() -> None:
    assert server_options(PLAIN, Member("m", "file_fdw"), 180001) == {}
