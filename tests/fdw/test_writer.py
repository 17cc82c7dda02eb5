"""What a class answers to writes is checked before PostgreSQL sees it."""

from __future__ import annotations

from typing import Any

import pytest

from exclave.fdw import ForeignDataWrapper, Server, Table, WrapperError, WriteContext
from exclave.fdw.options import NoOptions
from exclave.fdw.table import Column, Wrapper
from exclave.fdw.writer import Writer, batch_size, key_columns, updatable

NONE = NoOptions()
COLUMNS = tuple(
    Column(number, name, "integer", 23, -1, False, NONE) for number, name in enumerate("ab", 1)
)
TABLE = Table(1, "public", "t", COLUMNS, NONE, Server("s", NONE), Wrapper("w", NONE))


class Answers(ForeignDataWrapper):
    """Answers what it was made with, whatever it is asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def scan(self, plan: Any, context: Any) -> Any:
        return []

    def insert(self, rows: Any, context: Any) -> Any:
        return self.answer

    def delete(self, keys: Any, context: Any) -> Any:
        return self.answer

    def key_columns(self, table: Table) -> Any:
        return self.answer

    def batch_size(self, table: Table) -> int:
        return self.answer


def writer(answer: Any, *returning: str, ignore_conflicts: bool = False) -> Writer:
    context = WriteContext(TABLE, ("a",), (), returning, ignore_conflicts)
    return Writer(Answers(answer), context)


def test_entries_are_rows_or_nothing() -> None:
    assert writer([(1,), [2]], "b").insert([(1,), (2,)], ("a",)) == [(1,), (2,)]
    assert writer(iter([()])).insert([(1,)], ("a",)) == [()]
    assert writer(None, "a").insert([(1,)], ("a",)) is None
    assert writer([None]).delete([(1,)], ()) == [None]
    assert writer([None], ignore_conflicts=True).insert([(1,)], ("a",)) == [None]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([], "Answers.insert gave 0 entries for 1 rows"),
        ([(1,), (2,)], "gave more than 1 entries for 1 rows"),
        (((1,) for _ in iter(int, 1)), "gave more than 1 entries"),
        ([(1, 2)], "gave an entry of 2 values, wanted are 1"),
        (["x"], "gave str as an entry"),
        ([1], "gave int as an entry"),
        ([None], "gave None for a row"),
        (None, 'gave no rows, and the value of column "b" is wanted'),
    ],
)
def test_wrong_answers_name_the_method(answer: Any, said: str) -> None:
    with pytest.raises(WrapperError, match=said) as error:
        writer(answer, "b").insert([(1,)], ("a",))
    assert error.value.hint


def test_what_a_class_overrides_is_what_it_can_do() -> None:
    assert updatable(Answers(None), TABLE) == {"insert", "delete"}


def test_keys_are_columns_of_the_table() -> None:
    assert key_columns(Answers(["b"]), TABLE) == (2,)
    with pytest.raises(WrapperError, match='names "c", which foreign table "t" has not'):
        key_columns(Answers(["c"]), TABLE)
    with pytest.raises(WrapperError, match='rows of foreign table "t" have no key'):
        key_columns(Answers([]), TABLE)


@pytest.mark.parametrize("size", [0, -1, 100_001])
def test_batches_have_a_size_that_memory_allows(size: int) -> None:
    assert batch_size(Answers(7), TABLE) == 7
    with pytest.raises(WrapperError, match=f"Answers.batch_size gave {size}"):
        batch_size(Answers(size), TABLE)
