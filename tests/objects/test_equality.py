"""Two objects are equal when they mean the same in PostgreSQL, and only then."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from exclave.errors import DeclarationError
from exclave.objects import (
    Catalog,
    Check,
    Column,
    Extension,
    ForeignTable,
    Generated,
    ImportForeignSchema,
    Partition,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)

A, B = Column("a", "int"), Column("b", "text", options={"column_name": "B"})

SAME: list[tuple[object, object]] = [
    (Column("a", "int4"), Column("a", "integer")),
    (Column("a", "int", options={"column_name": "a"}), Column("a", "int")),
    (
        Column("a", "int", options={"column_name": "a", "x": "y"}),
        Column("a", "int", options={"x": "y"}),
    ),
    (Column("a", "int", comment=""), Column("a", "int")),
    (Column("a", "int", generated="b"), Column("a", "int", generated=Generated("b"))),
    (Column("a", "int", renamed_from="z"), Column("a", "int")),
    (Column("a", "text", collation="C"), Column("a", "text", collation=QualifiedName("C"))),
    (Column("a", "int", identity="ALWAYS"), Column("a", "int", identity="ALWAYS", not_null=True)),
    (ForeignTable("t", [A, B], server="s"), ForeignTable("t", [B, A], server=Server("s"))),
    (ForeignTable("t", [], server="s"), ForeignTable(QualifiedName("t", "public"), [], server="s")),
    (ForeignTable("t", [], server="s", extension="e"), ForeignTable("t", [], server="s")),
    (
        ForeignTable("t", [], server="s", checks=[Check("a", "x"), Check("b", "y")]),
        ForeignTable("t", [], server="s", checks=[Check("b", "y"), Check("a", "x")]),
    ),
    (
        ForeignTable("t", [], server="s", inherits=["p.A", "q"]),
        ForeignTable("t", [], server="s", inherits=["q", QualifiedName("a", "p")]),
    ),
    (Partition("s.p", "FOR  VALUES\nIN ('a')"), Partition("s.p", "FOR VALUES IN ('a')")),
    (Server("s", options={"a": "1", "b": "2"}), Server("s", options={"b": 2, "a": 1})),
    (Server("s", comment=""), Server("s")),
    (Wrapper("w", handler="s.f"), Wrapper("w", handler=QualifiedName("f", "s"))),
    (UserMapping("s", "PUBLIC"), UserMapping(Server("s"))),
    (ImportForeignSchema("s", limit_to=["a"]), ImportForeignSchema(Server("s"), limit_to=("a",))),
    (Catalog([Server("s"), Schema("x")]), Catalog([Schema("x"), Server("s"), Server("s")])),
]

DIFFERENT: list[tuple[object, object]] = [
    (Column("a", "int"), Column("A", "int")),
    (Column("a", "int", options={"column_name": "A"}), Column("a", "int")),
    (Column("a", "int", options={"column_name": ""}), Column("a", "int")),
    (Column("a", "int", default=""), Column("a", "int")),
    (Column("a", "int", not_null=True), Column("a", "int")),
    (Column("a", "int", identity="ALWAYS"), Column("a", "int", identity="BY DEFAULT")),
    (Column("a", "int", generated="b"), Column("a", "int", generated=Generated("b", stored=False))),
    (Column("a", "int", grants={}), Column("a", "int")),
    (ForeignTable("t", [A], server="s"), ForeignTable("t", [A, B], server="s")),
    (ForeignTable("t", [], server="s"), ForeignTable("t", [], server="s", schema="x")),
    (ForeignTable("t", [], server="s"), ForeignTable("t", [], server="r")),
    (
        ForeignTable("t", [], server="s", checks=[Check("a", "x")]),
        ForeignTable("t", [], server="s", checks=[Check("a", "x", no_inherit=True)]),
    ),
    (Partition("p", "FOR VALUES IN ('a  b')"), Partition("p", "FOR VALUES IN ('a b')")),
    (Partition("p", "FOR VALUES IN ('a''  b')"), Partition("p", "FOR VALUES IN ('a'' b')")),
    (Server("s", type=""), Server("s")),
    (Server("s", version="1"), Server("s", version="1.0")),
    (Server("s", options={"a": ""}), Server("s")),
    (Extension("e", version="1"), Extension("e")),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_is_equal_and_hashes_alike(one: object, other: object) -> None:
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_in_postgresql_is_not_equal(one: object, other: object) -> None:
    assert one != other


@pytest.mark.parametrize("value", [value for pair in SAME for value in pair])
def test_replacing_nothing_gives_the_same(value: Any) -> None:
    if isinstance(value, Catalog):
        assert Catalog(value) == value
    else:
        assert dataclasses.replace(value) == value


def test_replacing_the_options_of_a_column_changes_what_it_means() -> None:
    column = dataclasses.replace(B, options={"column_name": "b"})
    assert column == Column("b", "text")


@pytest.mark.parametrize("value", [A, B, Server("s"), UserMapping("s"), Check("a", "b")])
def test_values_cannot_be_changed(value: Any) -> None:
    for field in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)


@pytest.mark.parametrize("value", [A, B, Server("s", options={"host": "h"}), Check("a", "b")])
def test_values_survive_pickling(value: object) -> None:
    assert pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize(
    "make",
    [
        lambda: ForeignTable("t", [A, Column("a", "text")], server="s"),
        lambda: ForeignTable("t", [], server="s", checks=[Check("c", "a"), Check("c", "b")]),
        lambda: ForeignTable("t", [], server="s", inherits=["a"], partition_of=Partition("p", "x")),
        lambda: Column("a", "int", default="1", generated="2"),
        lambda: Column("a", "int", identity="ALWAYS", generated="2"),
        lambda: Column("a", "int", identity="ALWAYS", default="2"),
        lambda: Column("a", "serial"),
        lambda: ImportForeignSchema("s", limit_to=["a"], except_=["b"]),
        lambda: ImportForeignSchema("s", limit_to="a"),
        lambda: Catalog([Server("s"), Server("s", type="x")]),
        lambda: Catalog(["s"]),  # type: ignore[list-item]
    ],
)
def test_a_contradiction_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(DeclarationError):
        make()


@pytest.mark.parametrize("text", ["a\0b", "\ud800", 3])
@pytest.mark.parametrize(
    "make",
    [
        lambda text: Server("s", comment=text),
        lambda text: Server("s", type=text),
        lambda text: Server("s", version=text),
        lambda text: Wrapper("w", comment=text),
        lambda text: Schema("x", comment=text),
        lambda text: ForeignTable("t", [], server="s", comment=text),
        lambda text: Column("a", "int", comment=text),
        lambda text: Column("a", "int", default=text),
        lambda text: Column("a", "int", generated=Generated(text)),
        lambda text: Check("c", text),
        lambda text: Partition("p", text),
    ],
)
def test_a_text_that_postgresql_could_not_store_is_refused(
    make: Callable[[Any], object], text: Any
) -> None:
    with pytest.raises(DeclarationError):
        make(text)


def test_a_catalog_finds_its_objects_by_name() -> None:
    table = ForeignTable("t", [A], server="s", schema="x")
    catalog = Catalog([table, Server("s"), UserMapping("s")])
    assert catalog.foreign_tables["x", "t"] is table
    assert catalog.user_mappings["s", "public"] == UserMapping("s")
    assert len(catalog) == 3
    assert len(catalog | [Schema("x")]) == 4
