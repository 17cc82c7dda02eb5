"""Placeholders of drivers, as PostgreSQL's own and back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.query.placeholders import native

PIECES = st.sampled_from(["a", " ", "'", "%%", "%s", "%b", "%t", "é€", "1", '"', "IN ", "$", "\n"])
NAMED = st.sampled_from(["a", " ", "%%", "%(x)s", "%(long name)s", "%(x)b", "%(é)t", "日", "7"])


@given(st.lists(PIECES).map("".join) | st.lists(NAMED).map("".join))
def test_every_character_but_placeholders_is_found_again(sql: str) -> None:
    found = native(sql, "pyformat")
    kept = re.sub(r"%%|%\([^)]+\)[sbt]|%[sbt]", lambda match: "\0" * len(match[0]), sql)
    place = 0
    for position, character in enumerate(kept):
        if character == "\0":
            continue
        place = next(
            each
            for each in range(place, len(found.text))
            if found.text[each] == character and found.written(each) == position
        )


@pytest.mark.parametrize(
    ("sql", "text", "keys"),
    [
        ("%s, %b, %t", "$1, $2, $3", (0, 1, 2)),
        ("%(a)s, %(b b)t, %(a)s", "$1, $2, $1", ("a", "b b")),
        ("'%s' -- %s %%s %%%s", "'$1' -- $2 %s %$3", (0, 1, 2)),
        ("100%", "100%", ()),
    ],
)
def test_parameters_are_numbered_as_psycopg_does(
    sql: str, text: str, keys: tuple[str | int, ...]
) -> None:
    found = native(sql, "pyformat")
    assert (found.text, found.keys) == (text, keys)


@pytest.mark.parametrize("sql", ["100% $1 %s %(a)s %%", "", "%"])
def test_native_text_is_taken_as_it_is(sql: str) -> None:
    found = native(sql, "native")
    assert found.text == sql
    assert [found.written(place) for place in range(len(sql))] == list(range(len(sql)))


def test_placeholders_stand_apart_from_words_and_in_lists() -> None:
    assert native("LIKE%sAND x IN %s OR y IN(%s)", "pyformat").text == (
        "LIKE $1 AND x IN ($2) OR y IN($3)"
    )
