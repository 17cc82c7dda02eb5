"""Privileges: one value for all ways to write them."""

from __future__ import annotations

from typing import Any

import pytest

from exclave.errors import DeclarationError
from exclave.objects import PUBLIC, Column, ForeignTable, Grant, Schema, Server, Wrapper
from exclave.objects.grant import PRIVILEGES, expand_all


def test_all_ways_to_write_grants_are_equal() -> None:
    written: list[Any] = [
        {"app": "USAGE"},
        {"app": ["USAGE"]},
        {"app": ("usage", "USAGE")},
        [Grant("app", "USAGE")],
        frozenset({Grant("app", "USAGE")}),
        iter([Grant("app", "USAGE"), Grant("app", "USAGE")]),
    ]
    servers = [Server("s", grants=grants) for grants in written]
    assert len(set(servers)) == 1
    assert servers[0].grants == {Grant("app", "USAGE")}


def test_no_grants_and_unmanaged_grants_differ() -> None:
    for grants in ({}, [], (), frozenset[Grant]()):
        assert Server("s", grants=grants).grants == frozenset()
    assert Server("s").grants is None
    assert Server("s", grants={}) != Server("s")


def test_a_grant_option_wins_over_the_same_privilege_without() -> None:
    one = Server("s", grants={"app": ["USAGE", "USAGE WITH GRANT OPTION"]})
    other = Server("s", grants=frozenset({Grant("app", "USAGE"), Grant("app", "USAGE", True)}))
    assert one.grants == other.grants == {Grant("app", "USAGE", True)}


@pytest.mark.parametrize("text", ["usage with grant option", "  Usage  WITH grant  option "])
def test_case_and_spaces_mean_nothing(text: str) -> None:
    assert Server("s", grants={"app": text}).grants == {Grant("app", "USAGE", True)}


@pytest.mark.parametrize("grants", [{"app": "SELECT"}, [Grant("app", "USAGES")], {"app": ""}])
def test_a_privilege_of_another_kind_is_refused(grants: Any) -> None:
    for make in (
        lambda value: Server("s", grants=value),
        lambda value: Server("s", grants=frozenset(value) if isinstance(value, list) else value),
        lambda value: Wrapper("w", grants=value),
        lambda value: Schema("s", grants=value),
    ):
        with pytest.raises(DeclarationError, match="is no privilege of a"):
            make(grants)
    with pytest.raises(DeclarationError):
        Column("a", "int", grants={"app": "DELETE"})


def test_all_means_what_the_version_has() -> None:
    grants = ForeignTable("t", [], server="s", grants={"app": "all privileges"}).grants
    assert grants == {Grant("app", "ALL")}
    for version in (15, 16):
        assert expand_all(grants, "foreign table", version) == {
            Grant("app", name) for name in PRIVILEGES["foreign table"] if name != "MAINTAIN"
        }
    assert len(expand_all(grants, "foreign table", 17)) == len(PRIVILEGES["foreign table"])


def test_expanding_keeps_a_grant_option_given_besides() -> None:
    grants = frozenset({Grant("app", "ALL"), Grant("app", "USAGE", True)})
    assert expand_all(grants, "foreign server", 18) == {Grant("app", "USAGE", True)}


def test_a_grant_option_for_public_is_refused() -> None:
    for role in ("PUBLIC", PUBLIC):
        with pytest.raises(DeclarationError, match="grant options go to roles"):
            Server("s", grants={role: "USAGE WITH GRANT OPTION"})
