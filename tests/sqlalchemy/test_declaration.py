"""What a Table says is what the foreign table becomes; what cannot be is refused with a reason."""

from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, String, Text
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import FetchedValue

import exclave as xc
from exclave.errors import DeclarationError
from exclave.sqlalchemy import (
    ForeignTable,
    NamedType,
    foreign_column_info,
    foreign_object,
    foreign_objects,
    foreign_table_args,
    is_foreign,
    register_foreign,
)


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Shout(sa.types.TypeDecorator[str]):
    impl = String(20)
    cache_ok = True


@pytest.mark.parametrize("given", [{"partition_of": "e.part"}, {"inherits": "par"}], ids=str)
def test_a_parent_of_another_kind_says_what_is_expected(given: dict[str, Any]) -> None:
    [(name, value)] = given.items()
    with pytest.raises(DeclarationError, match=name) as caught:
        ForeignTable("t", MetaData(), Column("id", Integer), server="s", **given)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (Integer(), "integer"),
        (sa.BigInteger(), "bigint"),
        (sa.SmallInteger(), "smallint"),
        (String(), "character varying"),
        (String(20), "character varying(20)"),
        (Text(), "text"),
        (sa.Numeric(10, 2), "numeric(10,2)"),
        (sa.Double(), "double precision"),
        (sa.Boolean(create_constraint=True, name="b"), "boolean"),
        (sa.DateTime(timezone=True), "timestamp with time zone"),
        (sa.LargeBinary(), "bytea"),
        (sa.Uuid(), "uuid"),
        (sa.JSON(), "json"),
        (sa.Interval(), "interval"),
        (pg.JSONB(), "jsonb"),
        (pg.INET(), "inet"),
        (pg.ARRAY(String(5)), "character varying(5)[]"),
        (pg.TSTZRANGE(), "tstzrange"),
        (pg.BIT(3), "bit(3)"),
        (sa.Enum(Mood), "mood"),
        (sa.Enum(Mood, name="Mood %", schema="Erp"), '"Erp"."Mood %"'),
        (sa.Enum(Mood, native_enum=False, create_constraint=True), "character varying(4)"),
        (pg.DOMAIN("money", sa.Numeric(), schema="erp"), "erp.money"),
        (Shout(), "character varying(20)"),
        (NamedType("gis.geometry"), "gis.geometry"),
    ],
)
def test_every_type_is_written_as_postgresql_writes_it(type_: Any, expected: str) -> None:
    table = ForeignTable("t", MetaData(), Column("a", type_), server="s")
    declared = foreign_object(table)
    assert declared.columns == (xc.Column("a", expected),)
    assert not declared.checks


def test_an_integer_primary_key_is_no_serial_and_expects_a_value() -> None:
    table = ForeignTable("t", MetaData(), Column("id", Integer, primary_key=True), server="s")
    assert foreign_object(table).columns == (xc.Column("id", "integer", not_null=True),)
    assert table.c.id.autoincrement is False
    assert table.autoincrement_column is None


def test_defaults_generated_columns_identities_and_collations_are_declared() -> None:
    table = ForeignTable(
        "t",
        MetaData(),
        Column("a", Integer, server_default="7"),
        Column("b", Text, server_default="100% 'x' :y \\"),
        Column("c", sa.DateTime, server_default=sa.func.now()),
        Column("d", Integer, server_default=sa.text("1 % 2")),
        Column("e", Integer, sa.Computed("a % 2")),
        Column("f", Integer, sa.Identity()),
        Column("g", Integer, sa.Identity(always=True)),
        Column("h", String(20, collation="C")),
        Column("i", pg.ARRAY(Text(collation="de-x-icu"))),
        Column("j", Integer, server_default=FetchedValue()),
        Column("k", Integer, comment="it's % :x"),
        server="s",
    )
    assert foreign_object(table).columns == (
        xc.Column("a", "integer", default="'7'"),
        xc.Column("b", "text", default=r"E'100% ''x'' :y \\'"),
        xc.Column("c", "timestamp", default="now()"),
        xc.Column("d", "integer", default="1 % 2"),
        xc.Column("e", "integer", generated="a % 2"),
        xc.Column("f", "integer", identity="BY DEFAULT", not_null=True),
        xc.Column("g", "integer", identity="ALWAYS", not_null=True),
        xc.Column("h", "varchar(20)", collation="C"),
        xc.Column("i", "text[]", collation="de-x-icu"),
        xc.Column("j", "integer", generated="NULL::integer"),
        xc.Column("k", "integer", comment="it's % :x"),
    )


def test_checks_keep_their_names_and_get_one_where_they_have_none() -> None:
    table = ForeignTable(
        "t",
        MetaData(),
        Column("a", Integer, CheckConstraint("a > 1")),
        Column("b", Integer),
        CheckConstraint("b % 2 = 0", name="even"),
        CheckConstraint(sa.column("b", Text) > "5% \\ :x '"),
        server="s",
    )
    assert foreign_object(table).checks == {
        xc.Check("even", "b % 2 = 0"),
        xc.Check("t_check", "a > 1"),
        xc.Check("t_check1", r"b > '5% \ :x '''"),
    }


def test_checks_are_named_by_the_naming_convention_of_the_metadata() -> None:
    metadata = MetaData(naming_convention={"ck": "ck_%(table_name)s_%(constraint_name)s"})
    check = CheckConstraint("a > 1", name="positive")
    table = ForeignTable("t", metadata, Column("a", Integer), check, server="s")
    assert foreign_object(table).checks == {xc.Check("ck_t_positive", "a > 1")}


def test_options_of_columns_come_from_the_table_or_from_their_own_info() -> None:
    table = ForeignTable(
        "t",
        MetaData(),
        Column("a", Integer, info=foreign_column_info(column_name="A")),
        Column("b", Integer),
        server="s",
        column_options={"b": {"column_name": "B"}},
    )
    assert [column.options for column in foreign_object(table).columns] == [
        xc.Options({"column_name": "A"}),
        xc.Options({"column_name": "B"}),
    ]


def test_owner_grants_parents_and_the_users_own_info_are_kept() -> None:
    table = ForeignTable(
        "t",
        MetaData(),
        Column("a", Integer),
        server=xc.Server("s"),
        schema="erp",
        owner="app",
        grants={"PUBLIC": ["SELECT"]},
        inherits=["public.parent"],
        comment="c",
        info={"mine": 1},
    )
    assert table.info["mine"] == 1
    assert foreign_object(table) == xc.ForeignTable(
        "t",
        [xc.Column("a", "integer")],
        schema="erp",
        server="s",
        owner="app",
        grants={"PUBLIC": ["SELECT"]},
        inherits=["public.parent"],
        comment="c",
    )


def test_a_declarative_class_declares_the_same_as_a_table() -> None:
    class Base(DeclarativeBase):
        pass

    args = foreign_table_args(
        "s", remote_schema="public", remote_table="ORDERS", schema="erp", remote_generated=["id"]
    )

    class Order(Base):
        __tablename__ = "orders"
        __table_args__ = (CheckConstraint("total > 0", name="positive"), args)
        id: Mapped[int] = mapped_column(primary_key=True)
        total: Mapped[int | None] = mapped_column(info=foreign_column_info(column_name="TOTAL"))

    assert is_foreign(Order.__table__)
    assert list(foreign_objects(Base.metadata)) == [
        xc.ForeignTable(
            "orders",
            [
                xc.Column("id", "integer", generated="NULL::integer", not_null=True),
                xc.Column("total", "integer", options={"column_name": "TOTAL"}),
            ],
            schema="erp",
            server="s",
            options={"schema_name": "public", "table_name": "ORDERS"},
            checks=[xc.Check("positive", "total > 0")],
        )
    ]


def test_a_former_name_is_declared_for_a_table_and_for_columns() -> None:
    table = ForeignTable(
        "orders",
        MetaData(),
        Column("id", Integer),
        Column("number", Integer),
        server="s",
        schema="erp",
        renamed_from="bills",
        column_renamed_from={"number": "no"},
    )
    declared = foreign_object(table)
    assert declared.renamed_from == xc.QualifiedName("bills", "erp")
    assert [column.renamed_from for column in declared.columns] == [None, "no"]


def test_like_takes_columns_and_keys_and_leaves_what_only_the_remote_has() -> None:
    metadata = MetaData()
    sa.Table("authors", metadata, Column("id", Integer, primary_key=True))
    books = sa.Table(
        "books",
        metadata,
        Column("id", Integer, sa.Identity(), primary_key=True),
        Column("author", sa.ForeignKey("authors.id"), nullable=False, index=True),
        Column("title", Text, unique=True, key="name", default="?", server_default="x"),
        Column("size", Integer, sa.Computed("id * 2")),
        CheckConstraint("author > 0"),
    )
    table = ForeignTable("books_fdw", metadata, like=books, server="s")
    assert table is metadata.tables["books_fdw"]
    assert foreign_object(table).columns == (
        xc.Column("id", "integer", not_null=True),
        xc.Column("author", "integer", not_null=True),
        xc.Column("title", "text", default="'x'"),
        xc.Column("size", "integer", generated="id * 2"),
    )
    assert not foreign_object(table).checks
    assert not table.indexes
    assert table.c.author.references(metadata.tables["authors"].c.id)
    assert table.primary_key.columns.keys() == ["id"]
    assert table.c.name.default.arg == "?"
    assert books.c.name.default.column is books.c.name
    only = ForeignTable("titles", metadata, like=books, only=["id", "title"], server="s")
    assert only.columns.keys() == ["id", "name"]
    assert not only.foreign_keys
    other = ForeignTable(
        "other", metadata, Column("id", sa.BigInteger), like=books, only=["id"], server="s"
    )
    assert foreign_object(other).columns == (xc.Column("id", "bigint"),)


def test_like_in_another_metadata_leaves_out_keys_to_tables_that_are_not_there() -> None:
    there, here = MetaData(), MetaData(schema="erp")
    sa.Table("authors", there, Column("id", Integer, primary_key=True))
    books = sa.Table(
        "books",
        there,
        Column("id", Integer, primary_key=True),
        Column("author", sa.ForeignKey("authors.id")),
        Column("sequel_of", sa.ForeignKey("books.id")),
    )
    table = ForeignTable("books_fdw", here, like=books, server="s", info=None)
    assert here.sorted_tables == [table]
    [key] = table.foreign_keys
    assert key.column is table.c.id


def test_the_metadata_says_in_which_order_tables_are_made() -> None:
    metadata = MetaData()
    foreign = ForeignTable(
        "a",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("z", sa.ForeignKey("z.id")),
        server="s",
    )
    local = sa.Table("z", metadata, Column("id", Integer, primary_key=True))
    assert metadata.sorted_tables == [local, foreign]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"column_options": {"b": {"x": "y"}}}, "no column 'b'"),
        ({"remote_generated": ["b"]}, "no column 'b'"),
        ({"remote_generated": "a"}, "several names"),
        ({"column_renamed_from": {"b": "c"}}, "no column 'b'"),
        ({"column_renamed_from": {"a": ""}}, "empty"),
        ({"only": ["a"]}, "like="),
        ({"options": {"table_name": "x"}, "remote_table": "y"}, "given twice"),
        ({"grants": {"app": ["USAGE"]}}, "no privilege"),
        ({"server": ""}, "empty"),
        ({"options": {"a=b": "x"}}, "'a=b'"),
    ],
)
def test_what_cannot_be_declared_is_refused(arguments: dict[str, Any], message: str) -> None:
    arguments = {"server": "s", **arguments}
    with pytest.raises(DeclarationError, match=message):
        ForeignTable("t", MetaData(), Column("a", Integer), **arguments)


def test_a_column_that_only_is_said_to_take_must_exist() -> None:
    like = sa.Table("t", MetaData(), Column("a", Integer))
    with pytest.raises(DeclarationError, match=r"no column 'b'; it has a"):
        ForeignTable("f", MetaData(), like=like, only=["b"], server="s")
    with pytest.raises(DeclarationError, match="several names"):
        ForeignTable("f", MetaData(), like=like, only="a", server="s")


def test_an_autoincrement_that_nobody_would_fire_is_refused() -> None:
    key = Column("id", Integer, primary_key=True, autoincrement=True)
    with pytest.raises(DeclarationError, match="remote_generated"):
        ForeignTable("t", MetaData(), key, server="s")


def test_a_value_generated_here_and_there_is_refused() -> None:
    column = Column("a", Integer, sa.Computed("1"))
    with pytest.raises(DeclarationError, match="on the hub and by the remote"):
        ForeignTable("t", MetaData(), column, server="s", remote_generated=["a"])


def test_what_sqlalchemy_reads_as_a_parameter_is_refused_rather_than_lost() -> None:
    table = ForeignTable(
        "t", MetaData(), Column("a", Text, server_default=sa.text("'a :b'")), server="s"
    )
    with pytest.raises(DeclarationError, match=r"reads :b in .* as a parameter"):
        foreign_object(table)


def test_a_column_without_a_type_is_refused() -> None:
    table = ForeignTable("t", MetaData(), Column("a"), server="s")
    with pytest.raises(DeclarationError, match='column "a" of "t" has no type'):
        foreign_object(table)


def test_options_of_an_identity_that_would_be_lost_are_refused() -> None:
    table = ForeignTable("t", MetaData(), Column("a", Integer, sa.Identity(start=5)), server="s")
    with pytest.raises(DeclarationError, match="start"):
        foreign_object(table)


def test_an_ordinary_table_declares_nothing_foreign() -> None:
    metadata = MetaData()
    table = sa.Table("t", metadata, Column("a", Integer))
    assert not is_foreign(table)
    assert len(foreign_objects(metadata)) == 0
    with pytest.raises(DeclarationError, match="ordinary table"):
        foreign_object(table)


def test_an_ordinary_table_cannot_reference_a_foreign_one() -> None:
    metadata = MetaData()
    ForeignTable("remote", metadata, Column("id", Integer, primary_key=True), server="s")
    sa.Table("local", metadata, Column("r", sa.ForeignKey("remote.id")))
    with pytest.raises(DeclarationError, match=r'"local" has a foreign key \(r\) to the foreign'):
        foreign_objects(metadata)


def test_only_what_is_no_table_can_be_registered() -> None:
    table = ForeignTable("t", MetaData(), Column("a", Integer), server="s")
    metadata = MetaData()
    with pytest.raises(DeclarationError, match="cannot be registered"):
        register_foreign(metadata, foreign_object(table))  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="Two different declarations"):
        register_foreign(metadata, xc.Server("s"), xc.Server("s", type="x"))
    assert len(foreign_objects(metadata)) == 0
    register_foreign(metadata, xc.Server("s"))
    register_foreign(metadata, xc.Server("s"), xc.Extension("e"))
    assert list(foreign_objects(metadata)) == [xc.Extension("e"), xc.Server("s")]


def test_two_metadata_do_not_share_what_is_registered() -> None:
    one, two = MetaData(), MetaData()
    register_foreign(one, xc.Server("s"))
    register_foreign(two, xc.Server("t"))
    assert list(foreign_objects(one)) == [xc.Server("s")]
