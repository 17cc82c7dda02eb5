"""Placeholders are rewritten, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from exclave.sqlalchemy.placeholders import percent_style


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("SELECT $1", ["a"], ("SELECT %s", ("a",))),
        ("SELECT $2, $1, $2", ["a", "b"], ("SELECT %s, %s, %s", ("b", "a", "b"))),
        ("SELECT $10::text", list("abcdefghij"), ("SELECT %s::text", ("j",))),
        ("SELECT 5 % $1", [2], ("SELECT 5 %% %s", (2,))),
        ("SELECT '$1 100%', $1", ["a"], ("SELECT '$1 100%%', %s", ("a",))),
        ("SELECT 'it''s $1', $1", ["a"], ("SELECT 'it''s $1', %s", ("a",))),
        (r"SELECT E'\'$1', $1", ["a"], (r"SELECT E'\'$1', %s", ("a",))),
        (r"SELECT '\', $1", ["a"], (r"SELECT '\', %s", ("a",))),
        ('SELECT "a$1""$1", $1', ["a"], ('SELECT "a$1""$1", %s', ("a",))),
        ("SELECT a$1, $1", ["a"], ("SELECT a$1, %s", ("a",))),
        ("SELECT $x$ $1 $$ $x$, $1", ["a"], ("SELECT $x$ $1 $$ $x$, %s", ("a",))),
        ("SELECT $$ $1 $$, $1", ["a"], ("SELECT $$ $1 $$, %s", ("a",))),
        ("SELECT /* $1 */ $1 -- $1 50%", ["a"], ("SELECT /* $1 */ %s -- $1 50%%", ("a",))),
    ],
)
def test_dollar_numbers_become_percent_s_outside_of_quotes_and_comments(
    sql: str, parameters: list[object], expected: tuple[str, tuple[object, ...]]
) -> None:
    assert percent_style(sql, parameters) == expected
