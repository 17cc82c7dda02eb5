"""The COLLATE clause at the end of an expression."""

from __future__ import annotations

import pytest

from exclave.objects import IndexKey, QualifiedName
from exclave.objects.collated import split_collation

C = QualifiedName("C")


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ('name COLLATE "C"', ("name", C)),
        ('"Na ""me"COLLATE\n"C" ', ('"Na ""me"', C)),
        ("t.name collate De", ("t.name", QualifiedName("de"))),
        ('lower(name) COLLATE pg_catalog."C"', ("lower(name)", QualifiedName("C", "pg_catalog"))),
        ("""f(a, ')', (b)) COLLATE "C\"""", ("f(a, ')', (b))", C)),
        ("""(a || 'it''s)') COLLATE "C\"""", ("(a || 'it''s)')", C)),
    ],
)
def test_a_collation_of_all_of_an_expression_is_taken_from_it(
    expression: str, parts: tuple[str, QualifiedName]
) -> None:
    assert split_collation(expression) == parts
    key = IndexKey(expression=expression)
    assert (key.expression, key.collation) == parts


@pytest.mark.parametrize(
    "expression",
    [
        "name",
        'a || b COLLATE "C"',
        '(a) = (b) COLLATE "C"',
        'lower(name COLLATE "C")',
        "'x COLLATE \"C\"'",
        "$$x COLLATE c$$",
        '"a COLLATE ""b"',
        '"a COLLATE b"',
        "f('x COLLATE c",
        'f($$)$$) COLLATE "C"',
        """'a' COLLATE "C\"""",
        "a$collate b",
    ],
)
def test_a_collation_of_a_part_of_an_expression_stays(expression: str) -> None:
    assert split_collation(expression) == (expression, None)
    assert IndexKey(expression=expression).expression == expression


def test_a_collation_that_is_given_besides_leaves_the_expression_as_it_is() -> None:
    key = IndexKey(expression='name COLLATE "C"', collation="de")
    assert (key.expression, key.collation) == ('name COLLATE "C"', QualifiedName("de"))
