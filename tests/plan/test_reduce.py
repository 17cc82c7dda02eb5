"""An alteration that holds only what differs has the same statements, both ways."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from exclave import Check, Column, ForeignTable, Generated, Server
from exclave.plan import Change, Policy, compare, reduced

from .generate import catalogs, with_renames


@given(data=st.data())
@settings(max_examples=100)
def test_a_reduced_change_has_the_statements_of_the_whole_one(data: st.DataObject) -> None:
    before = data.draw(catalogs())
    after = data.draw(with_renames(before, data.draw(catalogs())))
    for change in compare(before, after, Policy(unmanaged="drop", cascade=True)):
        smaller = reduced(change)
        assert smaller.statements == change.statements
        assert smaller.reverse().statements == change.reverse().statements
        assert smaller.action == change.action


def table(*columns: Column, **more: object) -> ForeignTable:
    return ForeignTable("t", columns, server="s", **more)  # type: ignore[arg-type]


def test_of_a_server_only_what_differs_is_kept() -> None:
    before = Server(
        "s", options={"host": "h", "fetch_size": 1}, comment="c", grants={"a": ["USAGE"]}
    )
    after = Server(
        "s",
        options={"host": "h", "fetch_size": 2},
        comment="c",
        grants={"a": ["USAGE"], "b": ["USAGE"]},
    )
    smaller = reduced(Change(before, after))
    assert smaller.before == Server("s", options={"fetch_size": 1}, grants={})
    assert smaller.after == Server("s", options={"fetch_size": 2}, grants={"b": ["USAGE"]})


def test_of_a_table_only_the_columns_that_differ_are_kept() -> None:
    id_ = Column("id", "bigint", comment="same")
    before = table(id_, Column("n", "text", comment="old", options={"column_name": "N"}))
    after = table(id_, Column("n", "text", comment="new", options={"column_name": "N"}))
    smaller = reduced(Change(before, after))
    assert smaller.before == table(Column("n", "text", comment="old"))
    assert smaller.after == table(Column("n", "text", comment="new"))


def test_where_a_type_changes_computed_columns_and_checks_are_kept() -> None:
    computed = Column("twice", "bigint", generated=Generated("n * 2"))
    check = Check("positive", "n > 0")
    other = Column("other", "text")
    before = table(Column("n", "integer"), computed, other, checks=[check], comment="same")
    after = table(Column("n", "bigint"), computed, other, checks=[check], comment="same")
    smaller = reduced(Change(before, after))
    assert smaller.before == table(Column("n", "integer"), computed, checks=[check])
    assert smaller.after == table(Column("n", "bigint"), computed, checks=[check])


def test_a_renamed_column_keeps_its_former_name() -> None:
    before = table(Column("id", "bigint"), Column("total", "numeric"))
    after = table(Column("id", "bigint"), Column("sum", "numeric", renamed_from="total"))
    smaller = reduced(Change(before, after))
    assert isinstance(smaller.after, ForeignTable)
    assert [column.renamed_from for column in smaller.after.columns] == ["total"]
    assert [s.text for s in smaller.reverse().statements] == [
        "ALTER FOREIGN TABLE public.t RENAME COLUMN sum TO total"
    ]


def test_what_is_no_alteration_stays_as_it_is() -> None:
    for change in (
        Change(None, Server("s")),
        Change(Server("s"), None),
        Change(Server("s"), Server("s", "file_fdw"), "its wrapper changes"),
    ):
        assert reduced(change) is change
