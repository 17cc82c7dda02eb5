"""What means the same to PostgreSQL is no difference, and what does not is shown."""

from __future__ import annotations

import pytest

from exclave.catalog import read
from exclave.errors import PlanError, PrerequisiteError
from exclave.objects import Check, Column, ForeignTable, Generated, Partition, QualifiedName
from exclave.plan import make

from .refusal import Connection, orders, refused, run

SCHEMAS = ("public", "erp")

SAME = {
    "DEFAULT NULL": Column("c", "uuid", default="null"),
    "DEFAULT NULL of a length": Column("c", "varchar(3)", default="NULL"),
    "the default collation": Column("c", "text", collation="default"),
}


@pytest.mark.parametrize("name", SAME)
def test_a_column_that_says_what_is_so_anyway_is_no_difference(
    admin: Connection, name: str
) -> None:
    desired = [orders(columns=[Column("id", "int"), SAME[name]])]
    plan = make(admin, desired)
    assert plan.apply(admin)
    assert not make(admin, desired)


def test_a_default_is_taken_away_by_null(admin: Connection) -> None:
    run(admin, "ALTER FOREIGN TABLE erp.orders ALTER COLUMN id SET DEFAULT 3")
    desired = [orders(columns=[Column("id", "int", default="NULL"), Column("note", "text")])]
    assert make(admin, desired).apply(admin)
    assert not make(admin, desired)


@pytest.mark.parametrize("check", ["orders.id > 0", "orders IS NOT NULL", "orders.* IS NOT NULL"])
def test_an_expression_may_name_its_own_table(admin: Connection, check: str) -> None:
    computed = Column("twice", "int", generated=Generated("orders.id * 2"))
    columns = [Column("id", "int"), Column("note", "text"), computed]
    desired = [orders(columns=columns, checks=[Check("c", check)])]
    assert make(admin, desired).apply(admin)
    assert not make(admin, desired)


RETYPED = {
    "text to jsonb": ("text", "jsonb", "'{}'"),
    "text to integer": ("text", "integer", "'1'"),
    "text to boolean": ("text", "boolean", "'true'"),
    "integer to text": ("integer", "text", "'1'"),
    "varchar to text": ("varchar(9)", "text", "'a'"),
}


@pytest.mark.parametrize("other", ["s", "other"], ids=["altered", "replaced"])
@pytest.mark.parametrize("name", RETYPED)
def test_an_expression_that_stays_is_written_anew_for_another_type(
    admin: Connection, name: str, other: str
) -> None:
    run(admin, "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw")
    before, after, expression = RETYPED[name]

    def declared(type_: str, server: str) -> ForeignTable:
        columns = [
            Column("id", "int"),
            Column("c", type_, default=expression),
            Column("d", type_, generated=Generated(expression)),
        ]
        return orders(columns=columns, server=server)

    make(admin, [declared(before, "s")]).apply(admin)
    start = read(admin).catalog
    plan = make(admin, [declared(after, other)])
    assert plan.apply(admin)
    assert not make(admin, [declared(after, other)])
    assert plan.reverse().apply(admin)
    assert read(admin).catalog == start


def test_a_column_is_computed_as_declared_from_one_of_another_type(admin: Connection) -> None:
    def declared(type_: str, expression: str) -> ForeignTable:
        computed = Column("twice", "int", generated=Generated(expression))
        return orders(columns=[Column("id", type_), computed])

    make(admin, [declared("int", "id")]).apply(admin)
    desired = [declared("text", "id::int")]
    plan = make(admin, desired)
    assert plan.apply(admin)
    assert not make(admin, desired)
    assert plan.reverse().apply(admin)


@pytest.mark.parametrize(
    ("by", "bound"),
    [
        ("RANGE (id)", "for values from (1) to (MaxValue)"),
        ("RANGE (id)", "default"),
        ("LIST (note)", "FOR VALUES IN ('A , b','from  x' ,null)"),
        ("HASH (id)", "FOR VALUES WITH (MODULUS 4 , REMAINDER 1)"),
        ("LIST (done)", "FOR VALUES IN (TRUE)"),
    ],
)
def test_bounds_may_be_written_as_in_the_manual(admin: Connection, by: str, bound: str) -> None:
    run(admin, f"CREATE TABLE erp.whole (id int, note text, done bool) PARTITION BY {by}")
    columns = [Column("id", "int"), Column("note", "text"), Column("done", "bool")]
    part = ForeignTable(
        "part", columns, server="s", schema="erp", partition_of=Partition("erp.whole", bound)
    )
    assert make(admin, [part]).apply(admin)
    assert not make(admin, [part])


def test_what_postgresql_writes_otherwise_is_shown(admin: Connection) -> None:
    run(admin, "CREATE TABLE erp.whole (id int) PARTITION BY RANGE (id)")
    bound = "FOR VALUES FROM (1 + 1) TO (9)"
    part = ForeignTable(
        "part",
        [Column("id", "int")],
        server="s",
        schema="erp",
        partition_of=Partition("erp.whole", bound),
    )
    refused(admin, [part], PlanError, '"erp"."part"', f"'FOR VALUES FROM (2) TO (9)' → '{bound}'")


@pytest.mark.parametrize("path", ["public", "nowhere, erp, public"])
def test_a_parent_of_the_same_plan_is_found_on_the_search_path(
    admin: Connection, path: str
) -> None:
    run(admin, f"SET search_path = {path}")

    def declared(parent: str, **changes: str) -> list[ForeignTable]:
        child = ForeignTable("Child", [Column("k", "int")], server="s", inherits=[parent])
        of = {"server": "s", **changes}
        return [child, *(ForeignTable(parent, child.columns, schema=x, **of) for x in SCHEMAS)]

    first = make(admin, declared("parent"))
    assert first.apply(admin)
    assert not make(admin, declared("parent"))
    schema = "erp" if "erp" in path else "public"
    before = read(admin).catalog
    assert before.foreign_tables["public", "Child"].inherits == {QualifiedName("parent", schema)}
    renamed = declared("other", renamed_from="parent")
    plan = make(admin, renamed)
    assert plan.apply(admin)
    assert not make(admin, renamed)
    assert plan.reverse().apply(admin)
    assert first.reverse().apply(admin)


def test_a_parent_that_is_declared_off_the_search_path_is_missing(admin: Connection) -> None:
    child = ForeignTable("child", [], server="s", inherits=["parent"])
    parent = ForeignTable("parent", [], server="s", schema="erp")
    refused(admin, [child, parent], PrerequisiteError, "parent table parent does not exist")
