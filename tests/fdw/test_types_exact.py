"""jsonb and numeric are made without their input functions: byte by byte what those make."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st
from psycopg import sql

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.integers(-(10**40), 10**40) | st.text(max_size=9)
    | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(-(10**9), 10**9, places=4)
)  # fmt: skip
KEYS = st.text('abé"\\\n', max_size=3) | st.text(max_size=40)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(KEYS, inner, max_size=70),
    max_leaves=60,
)  # fmt: skip


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """Write a document in one of the ways in which it can be written."""
    text = json.dumps(
        draw(DOCUMENTS), default=str, ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 0, 3])),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\r", "\t: ")])),
    )  # fmt: skip
    return draw(st.sampled_from(["", " ", "\n\t"])) + text


def prepare(connection: psycopg.Connection, kind: str, stream: str, texts: Sequence[str]) -> None:
    """Make the tables `g`, which gives the stream, and `h` with the texts."""
    connection.execute("DROP FOREIGN TABLE IF EXISTS g; DROP TABLE IF EXISTS h")
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE g (i bigint, v {}) SERVER given OPTIONS (arrow {})").format(
            sql.SQL(kind), stream
        )
    )
    connection.execute(sql.SQL("CREATE TABLE h (i bigint, v text)"))
    with connection.cursor().copy("COPY h FROM STDIN") as copy:
        for row in enumerate(texts):
            copy.write_row(row)


def outcome(connection: psycopg.Connection, query: str, kind: str) -> object:
    """Give the rows of a query, or the state of its error."""
    try:
        return connection.execute(sql.SQL(query).format(sql.SQL(kind))).fetchall()
    except psycopg.Error as error:
        return error.sqlstate


DIFFERENT = (
    "SELECT h.v, g.v::text FROM h JOIN g USING (i)"
    " WHERE NOT record_image_eq(ROW(h.v::{}), ROW(g.v))"
)
COUNTED = "SELECT count(v::{}) FROM h"


def check(connection: psycopg.Connection, kind: str, stream: str, texts: Sequence[str]) -> None:
    """Compare what both make of the texts: the same values, or the same error."""
    prepare(connection, kind, stream, texts)
    expected = outcome(connection, COUNTED, kind)
    if isinstance(expected, list):
        assert outcome(connection, COUNTED.replace(" h", " g"), kind) == expected
        assert outcome(connection, DIFFERENT, kind) == []
    else:
        assert outcome(connection, "SELECT v::{} FROM g", kind) == expected, texts


def of_texts(texts: Sequence[str]) -> str:
    return f"pa.table({{'i': range({len(texts)}), 'v': pa.array({list(texts)!r}, pa.string())}})"


@settings(max_examples=60)
@generated(st.lists(spelled(), min_size=1, max_size=30))
def test_jsonb_of_what_is_well_written(given: psycopg.Connection, texts: list[str]) -> None:
    texts = [text for text in texts if "\\u0000" not in text] or ["1"]
    check(given, "jsonb", of_texts(texts), texts)


WORDS = ['{"a": [1, -0.50, 1E-2, "x"], "b": {"c": null}}', '["\\n\\u00e9\\/", true, 12345]', "-0.0",
         '{"k": 1, "k": {"k": 2}, "": []}', "1e400", "123456789012345678901.5e-3"]  # fmt: skip


def test_jsonb_of_what_is_badly_written(given: psycopg.Connection) -> None:
    dice = random.Random(5)
    letters = '{}[]",:\\0123456789.eE+-truefalsn \t\x01\x1fé'
    texts = ["", " ", "[1,]", "01", "1.", "-", "[" * 70 + "]" * 70, '{"a" 1}', '"\\x"', "nul",
             "1 1", '{"a":1,}', "[" * 64 + "1" + "]" * 64, '"a\nb"', "1e", "+1"]  # fmt: skip
    for _ in range(150):
        text = list(dice.choice(WORDS))
        for _ in range(dice.randrange(1, 3)):
            at = dice.randrange(len(text))
            text[at : at + dice.randrange(2)] = dice.choice(letters)
        texts.append("".join(text))
    for text in texts:
        check(given, "jsonb", of_texts([text]), [text])


LARGE: list[Any] = [
    {str(i): i for i in range(64)},
    {str(i): i for i in range(65)},
    list(range(10_000)),
    list(range(20_000)),
    ["x" * 1000] * 50,
    [[[str(i), {"a": [i / 7]}] for i in range(100)] for _ in range(40)],
]


def test_jsonb_of_what_is_large(given: psycopg.Connection) -> None:
    texts = [json.dumps(value) for value in LARGE]
    check(given, "jsonb", of_texts(texts), texts)


FORMS = [(32, 9), (64, 18), (128, 18), (128, 38), (256, 76)]
"""Bits of Arrow's decimals, and how many digits they hold."""


@st.composite
def columns(draw: st.DrawFn) -> tuple[int, int, int, list[int]]:
    """Choose a type of Arrow and numbers that it holds: their digits, and a scale for all."""
    bits, precision = draw(st.sampled_from(FORMS))
    scale = draw(st.integers(-5, precision))
    most = 10**precision - 1
    digits = st.integers(-most, most) | st.integers(-20000, 20000) | st.sampled_from([most, -most])
    zeros = st.builds(lambda n, e: n * 10**e if abs(n) * 10**e <= most else n,
                      st.integers(-999, 999), st.integers(0, precision))  # fmt: skip
    numbers = draw(st.lists(digits | zeros, min_size=1, max_size=50))
    return bits, precision, scale, numbers


@settings(max_examples=60)
@generated(
    columns(),
    st.sampled_from(["numeric"] * 3 + ["numeric(9,4)", "numeric(38,10)", "numeric(18,0)"]),
    st.booleans(),
)
def test_numeric_of_decimals(
    given: psycopg.Connection, column: tuple[int, int, int, list[int]], kind: str, fitting: bool
) -> None:
    bits, precision, scale, numbers = column
    if fitting and kind != "numeric":
        scale = min(int(kind[:-1].split(",")[1]), precision)
    with_point = [f"{number}e{-scale}" for number in numbers]
    stored = b"".join(number.to_bytes(bits // 8, "little", signed=True) for number in numbers)
    stream = (
        f"pa.table({{'i': range({len(numbers)}), 'v': pa.Array.from_buffers("
        f"pa.decimal{bits}({precision}, {scale}), {len(numbers)},"
        f" [None, pa.py_buffer({stored})])}})"
    )
    check(given, kind, stream, with_point)


@pytest.mark.parametrize("bits", ["int", "uint"])
def test_numeric_of_integers(given: psycopg.Connection, bits: str) -> None:
    low, high = (0, 2**64 - 1) if bits == "uint" else (-(2**63), 2**63 - 1)
    numbers = [low, high, 0, 9999, 10000, 10001, 10**8, 123400000000]
    stream = f"pa.table({{'i': range({len(numbers)}), 'v': pa.array({numbers}, pa.{bits}64())}})"
    check(given, "numeric", stream, [str(number) for number in numbers])
