"""Options are an immutable mapping whose order means nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.errors import DeclarationError
from exclave.objects import HIDDEN, Column, ForeignTable, Options, Secret, Server, UserMapping
from exclave.objects.registry import open_mapping_options

NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="=\0"), min_size=1, max_size=15
)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.dictionaries(NAMES, VALUES), st.randoms())
def test_order_means_nothing(values: dict[str, str], random: Any) -> None:
    shuffled = list(values.items())
    random.shuffle(shuffled)
    one, other = Options(values), Options(dict(shuffled))
    assert one == other
    assert hash(one) == hash(other)
    assert Server("s", options=one) == Server("s", options=other)


@given(st.dictionaries(NAMES, VALUES, min_size=1))
def test_one_option_less_is_a_difference(values: dict[str, str]) -> None:
    options = Options(values)
    name = next(iter(values))
    assert options.without(name) != options
    assert options.without(name).with_values({name: values[name]}) == options


@given(NAMES)
def test_an_empty_value_differs_from_an_absent_option(name: str) -> None:
    assert Options({name: ""}) != Options()


def test_numbers_and_booleans_become_postgresqls_text() -> None:
    options = Options({"a": 10_000, "b": True, "c": False, "d": 0.01, "e": ""})
    assert dict(options) == {"a": "10000", "b": "true", "c": "false", "d": "0.01", "e": ""}


@pytest.mark.parametrize("name", ["", "a=b", "=", "a\0", "x" * 64, "é" * 32, None, 3])
def test_a_name_that_postgresql_could_not_keep_is_refused(name: Any) -> None:
    for make in (
        lambda: Options({name: "v"}),
        lambda: Server("s", options={name: "v"}),
        lambda: UserMapping("s", options={name: "v"}),
        lambda: ForeignTable("t", [], server="s", options={name: "v"}),
        lambda: Column("a", "int", options={name: "v"}),
    ):
        with pytest.raises(DeclarationError):
            make()


@pytest.mark.parametrize("value", [None, b"x", ["x"], {"a": 1}, object(), "a\0b", "\ud800"])
def test_a_value_that_postgresql_could_not_keep_is_refused(value: Any) -> None:
    with pytest.raises(DeclarationError, match="option 'a' of foreign server \"s\""):
        Server("s", options={"a": value})


def test_an_error_names_the_object_and_never_the_value() -> None:
    with pytest.raises(DeclarationError) as caught:
        Server("here", options={"password": "hush\0hush"})
    assert 'foreign server "here"' in str(caught.value)
    assert "hush" not in str(caught.value)


def test_options_cannot_be_changed() -> None:
    values: Any = {"a": "b"}
    options: Any = Options(values)
    values["a"] = "c"
    assert options["a"] == "b"
    with pytest.raises(TypeError):
        options["a"] = "c"


def test_a_number_may_be_a_secret_too() -> None:
    options = Options({"password": 12345, "fetch_size": 12345})
    assert options["password"] == Secret.literal("12345")
    assert options["fetch_size"] == "12345"


def test_sealing_holds_all_but_open_values_as_secrets() -> None:
    options = Options({"user": "me", "x": "y", "z": HIDDEN, "p": Secret.env("P")})
    assert dict(options.sealed(frozenset({"user"}))) == {
        "user": "me",
        "x": Secret.literal("y"),
        "z": HIDDEN,
        "p": Secret.env("P"),
    }


def test_options_of_a_user_mapping_are_sealed_but_for_known_open_ones() -> None:
    assert {"user", "username"} <= open_mapping_options()
    assert not {"password", "sslpassword"} & open_mapping_options()
    mapping = UserMapping("s", options={"user": "me", "odd": "x"})
    assert mapping.options == Options({"user": "me", "odd": Secret.literal("x")})


@pytest.mark.parametrize("name", ["password_required", "use_remote_estimate", "host"])
def test_what_is_no_secret_stays_readable(name: str) -> None:
    assert Options({name: "true"})[name] == "true"
