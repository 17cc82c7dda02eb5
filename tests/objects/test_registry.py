"""Options are checked against what is known of a wrapper before any SQL is sent."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from exclave.errors import DeclarationError
from exclave.objects import HIDDEN, Options, Secret
from exclave.objects.registry import Level, check_options, is_secret, rules_of

WRAPPERS = sorted(
    entry.name.removesuffix(".toml")
    for entry in files("exclave.objects.registry").iterdir()
    if entry.name.endswith(".toml")
)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_every_file_can_be_read(wrapper: str) -> None:
    rules = rules_of(wrapper)
    assert rules is not None
    assert rules.extension or wrapper in ("database", "files", "http", "python")
    assert any(rules.options.values())
    for level, options in rules.options.items():
        for name, rule in options.items():
            assert (rule.name, rule.level) == (name, level)
            assert rule.type in ("text", "integer", "number", "boolean")


def test_every_file_names_its_source() -> None:
    for wrapper in WRAPPERS:
        text = files("exclave.objects.registry").joinpath(f"{wrapper}.toml").read_text()
        assert text.startswith(f"# {wrapper}: ")


@pytest.mark.parametrize("wrapper", ["unheard_of", "../x", "", "a.b", "POSTGRES_FDW", "\0"])
def test_an_unknown_wrapper_is_accepted_unchecked(wrapper: str) -> None:
    assert rules_of(wrapper) is None
    check_options(Options({"anything": "x"}), wrapper, "server", "x")


def refused(options: Any, level: Level, wrapper: str = "postgres_fdw", version: int = 18) -> str:
    with pytest.raises(DeclarationError) as caught:
        check_options(Options(options), wrapper, level, 'foreign server "s"', version)
    assert 'foreign server "s"' in str(caught.value)
    return str(caught.value)


def test_a_misspelt_option_is_refused_with_the_closest_one() -> None:
    assert "Did you mean 'fetch_size'?" in refused({"fetchsize": 1}, "server")
    assert "Did you mean 'schema_name'?" in refused({"schema": "x"}, "table")


def test_an_option_without_a_close_one_is_refused_with_all() -> None:
    assert "It knows column_name" in refused({"zzz": "x"}, "column")


def test_an_option_of_another_level_is_refused_with_that_level() -> None:
    assert "is an option of a user mapping" in refused({"user": "x"}, "server")
    assert "is an option of a foreign server" in refused({"host": "x"}, "user_mapping")
    assert "has no options there" in refused({"x": "y"}, "wrapper")


def test_an_option_of_a_later_version_is_refused_with_both_versions() -> None:
    message = refused({"parallel_abort": "true"}, "server", version=15)
    assert "PostgreSQL 16" in message
    assert "PostgreSQL 15" in message
    check_options(Options({"parallel_abort": "true"}), "postgres_fdw", "server", "x", 16)
    check_options(Options({"parallel_abort": "true"}), "postgres_fdw", "server", "x")


@pytest.mark.parametrize(
    "options",
    [
        {"fetch_size": "many"},
        {"fetch_size": 0},
        {"fetch_size": -1},
        {"fetch_size": ""},
        {"fdw_tuple_cost": "x"},
        {"fdw_tuple_cost": "nan"},
        {"fdw_tuple_cost": -0.5},
        {"updatable": "maybe"},
        {"updatable": "yes"},
        {"updatable": 1},
        {"analyze_sampling": "sometimes"},
    ],
)
def test_a_value_that_the_wrapper_could_not_read_is_refused(options: dict[str, Any]) -> None:
    assert "must be" in refused(options, "server")


@pytest.mark.parametrize(
    "options",
    [
        {"fetch_size": 10_000},
        {"fdw_tuple_cost": 0.5},
        {"updatable": False},
        {"updatable": "ON"},
        {"host": ""},
        {"options": "-c a=b"},
        {"fetch_size": Secret.env("SIZE")},
        {"fetch_size": HIDDEN},
    ],
)
def test_all_else_is_accepted(options: dict[str, Any]) -> None:
    check_options(Options(options), "postgres_fdw", "server", "x", 18)


def test_hidden_options_are_not_checked() -> None:
    check_options(HIDDEN, "postgres_fdw", "user_mapping", "x", 18)


def test_passwords_of_known_wrappers_are_secrets() -> None:
    assert is_secret("postgres_fdw", "user_mapping", "password", "x")
    assert not is_secret("postgres_fdw", "user_mapping", "user", "x")
    assert is_secret("anything", "server", "whatever", Secret.literal("x"))
