"""Names that PostgreSQL would cut, refuse or misread are refused first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave.cluster import Cluster
from exclave.errors import DeclarationError
from exclave.objects import (
    PUBLIC,
    Check,
    Column,
    Extension,
    ForeignTable,
    ImportForeignSchema,
    MaterializedView,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects.quoting import quote_identifier, quote_literal

MAKERS: list[Callable[[Any], object]] = [
    Extension,
    Wrapper,
    Server,
    lambda name: Server("s", name),
    UserMapping,
    lambda name: UserMapping("s", name),
    Schema,
    lambda name: Column(name, "int"),
    lambda name: Check(name, "true"),
    lambda name: ForeignTable(name, [], server="s"),
    lambda name: ForeignTable("t", [], server=name),
    lambda name: ForeignTable("t", [], server="s", schema=name or " " * 64),
    lambda name: ForeignTable("t", [], server="s", owner=name or " " * 64),
    lambda name: Server("s", grants={name: "USAGE"}),
    lambda name: ImportForeignSchema(name),
    lambda name: QualifiedName(name),
    lambda name: QualifiedName("t", name),
]

NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=63
).filter(lambda name: len(name.encode()) <= 63)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 64, "é" * 32, "😀" * 16, "\ud800", 3, b"x"])
@pytest.mark.parametrize("make", MAKERS)
def test_a_name_that_postgresql_could_not_keep_is_refused(
    make: Callable[[Any], object], name: Any
) -> None:
    with pytest.raises(DeclarationError):
        make(name)


@pytest.mark.parametrize("name", ["x" * 63, "é" * 31, "😀" * 15, " ", '"', "'", "\n", "a.b", "%s"])
@pytest.mark.parametrize("make", MAKERS)
def test_any_other_name_is_accepted(make: Callable[[Any], object], name: str) -> None:
    make(name)


@given(NAMES, st.none() | NAMES)
def test_a_qualified_name_is_read_back_from_its_sql_spelling(name: str, schema: str | None) -> None:
    qualified = QualifiedName(name, schema)
    assert QualifiedName.of(str(qualified)) == qualified


@pytest.fixture(scope="module")
def connection(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """A connection to ask PostgreSQL how it reads names."""
    with cluster.connect() as connection:
        yield connection


@given(NAMES)
def test_postgresql_reads_a_quoted_identifier_as_the_name(
    connection: psycopg.Connection, name: str
) -> None:
    row = connection.execute("SELECT parse_ident(%s, true)", [quote_identifier(name)]).fetchone()
    assert row == ([name],)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_postgresql_reads_a_quoted_literal_as_the_value(
    connection: psycopg.Connection, value: str
) -> None:
    for conforming in ("on", "off"):
        connection.execute(f"SET standard_conforming_strings = {conforming}".encode())
        statement = f"SELECT {quote_literal(value)}"
        try:
            row = connection.execute(statement.encode()).fetchone()
        finally:
            connection.execute("RESET standard_conforming_strings")
        assert row == (value,)


def test_no_keyword_that_cannot_be_a_column_label_is_left_unquoted(
    connection: psycopg.Connection,
) -> None:
    keywords = connection.execute(
        "SELECT word FROM pg_get_keywords() WHERE catcode <> 'U' OR quote_ident(word) <> word"
    ).fetchall()
    assert len(keywords) > 100
    assert [word for (word,) in keywords if quote_identifier(word) == word] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ("a", None)),
        ("A", ("a", None)),
        ('"A"', ("A", None)),
        ("s.A", ("a", "s")),
        (' "S" . "a.b" ', ("a.b", "S")),
        ('"a""b"', ('a"b', None)),
        ("Ä", ("Ä", None)),
        ("_a$1", ("_a$1", None)),
        ("été.x", ("x", "été")),
    ],
)
def test_sql_names_are_read_as_postgresql_reads_them(
    connection: psycopg.Connection, text: str, parts: tuple[str, str | None]
) -> None:
    assert QualifiedName.of(text) == QualifiedName(*parts)
    row = connection.execute("SELECT parse_ident(%s)", [text]).fetchone()
    assert row == ([part for part in reversed(parts) if part is not None],)


@pytest.mark.parametrize(
    "text",
    ["", ".", "a.", ".a", "a.b.c", '"a', 'a"b', '""', "a b", "a;b", "a-b", "1a", "a()", "\0"],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(DeclarationError):
        QualifiedName.of(text)


def test_public_is_one_role_in_both_spellings() -> None:
    assert UserMapping("s", "PUBLIC") == UserMapping("s", PUBLIC) == UserMapping("s")
    assert Server("s", grants={"PUBLIC": "USAGE"}) == Server("s", grants={PUBLIC: "USAGE"})


@pytest.mark.parametrize(
    "declare",
    [
        lambda former: ForeignTable("t", [], server="s", schema="new", renamed_from=former),
        lambda former: MaterializedView("v", "SELECT 1", schema="new", renamed_from=former),
    ],
)
def test_a_bare_former_name_is_not_taken_for_one_with_its_schema(
    declare: Callable[[str | QualifiedName], ForeignTable | MaterializedView],
) -> None:
    assert declare("Old").renamed_from == QualifiedName("Old", "new")
    assert declare("v1.5 (old)").renamed_from == QualifiedName("v1.5 (old)", "new")
    assert declare(QualifiedName("a.b", "c")).renamed_from == QualifiedName("a.b", "c")
    with pytest.raises(DeclarationError, match=r"write QualifiedName\('old', 's1'\), and"):
        declare("s1.old")
