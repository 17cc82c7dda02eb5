"""The order of a plan's changes beside those of another tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from exclave import (
    Catalog,
    Column,
    Extension,
    ForeignTable,
    Partition,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects import ForeignObject
from exclave.plan import Change, Policy, around_others, compare

PARENT = QualifiedName("measures", "public")


def planned(before: Iterable[ForeignObject], after: Iterable[ForeignObject]) -> list[Change]:
    policy = Policy(unmanaged="drop", cascade=True)
    return list(compare(Catalog(before), Catalog(after), policy))


def split(
    changes: list[Change], touched: Callable[[QualifiedName], bool] = lambda _: False
) -> tuple[list[str], list[str]]:
    before, after = around_others(changes, touched)
    return [str(change) for change in before], [str(change) for change in after]


def table(name: str, *columns: str, **more: object) -> ForeignTable:
    made = [Column(column, "integer") for column in columns]
    return ForeignTable(name, made, server="s", **more)  # type: ignore[arg-type]


def test_servers_and_schemas_come_first_and_new_tables_last() -> None:
    new = [Extension("postgres_fdw"), Server("s"), UserMapping("s"), Schema("x"), table("t")]
    assert split(planned([], new)) == (
        [
            'create schema "x"',
            'create extension "postgres_fdw"',
            'create foreign server "s"',
            'create user mapping for PUBLIC on server "s"',
        ],
        ['create foreign table "public"."t"'],
    )


def test_what_is_dropped_is_dropped_first() -> None:
    assert split(planned([Server("s"), UserMapping("s"), table("t")], [])) == (
        [
            'drop foreign table "public"."t"',
            'drop user mapping for PUBLIC on server "s"',
            'drop foreign server "s"',
        ],
        [],
    )
    before = [Server("s"), Server("unused"), table("t", "a")]
    assert split(planned(before, [Server("s"), table("t", "b")])) == (
        ['drop foreign server "unused"'],
        ['alter foreign table "public"."t"'],
    )


def test_altered_tables_come_last() -> None:
    before = [Server("s"), table("t", "a"), table("u", "a")]
    after = [Server("s"), table("t", "a", "b")]
    assert split(planned(before, after)) == (
        ['drop foreign table "public"."u"'],
        ['alter foreign table "public"."t"'],
    )


def test_a_table_gets_out_of_the_way_of_its_old_name_first() -> None:
    changes = planned(
        [Server("s"), table("t")], [Server("s"), table("old", renamed_from="t", comment="c")]
    )
    assert split(changes) == (
        ['alter foreign table "public"."old"'],
        ['alter foreign table "public"."old"'],
    )


def test_a_replacement_is_a_drop_and_a_creation() -> None:
    changes = planned([Server("s"), table("t")], [Server("s", "file_fdw"), table("t")])
    before, after = split(changes)
    assert before == [
        'drop foreign table "public"."t"',
        'drop foreign server "s"',
        'create foreign server "s"',
    ]
    assert after == ['create foreign table "public"."t"']


def test_a_table_is_detached_from_a_parent_while_the_other_tool_alters_it() -> None:
    partition = Partition(PARENT, "DEFAULT")
    before = [Server("s"), table("t", "a", partition_of=partition)]
    after = [Server("s"), table("t", "a", "b", partition_of=partition)]
    changes = planned(before, after)
    assert split(changes) == ([], ['alter foreign table "public"."t"'])
    first, last = around_others(changes, {PARENT}.__contains__)
    assert [s.text for change in first for s in change.statements] == [
        "ALTER TABLE public.measures DETACH PARTITION public.t"
    ]
    assert [s.text for change in last for s in change.statements] == [
        "ALTER FOREIGN TABLE public.t ADD COLUMN b integer",
        "ALTER TABLE public.measures ATTACH PARTITION public.t DEFAULT",
    ]


def test_a_table_leaves_a_parent_before_the_other_tool_drops_it() -> None:
    before = [Server("s"), table("t", "a", inherits=[PARENT])]
    after = [Server("s"), table("t", "a")]
    first, last = around_others(planned(before, after), {PARENT}.__contains__)
    assert [s.text for change in first for s in change.statements] == [
        "ALTER FOREIGN TABLE public.t NO INHERIT public.measures"
    ]
    assert last == []


def test_no_change_is_lost() -> None:
    before = [Server("s"), Server("gone"), table("t", "a"), table("u")]
    after = [Server("s", options={"host": "h"}), table("t", "b"), table("v")]
    changes = planned(before, after)
    first, last = around_others(changes)
    assert set(map(str, [*first, *last])) == set(map(str, changes))
    assert len(first) + len(last) == len(changes)


def test_what_is_replaced_goes_before_its_wrapper_is_altered() -> None:
    old = Server("s", "w", options={"any": "1"})
    changes = planned(
        [Wrapper("w"), old], [Wrapper("w", validator="v"), Server("s", "w", type="new")]
    )
    assert split(changes)[0] == [
        'drop foreign server "s"',
        'alter foreign-data wrapper "w"',
        'create foreign server "s"',
    ]
