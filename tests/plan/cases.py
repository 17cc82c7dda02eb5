"""Every kind of object taken through every change that PostgreSQL allows, step by step.

Each case is a list of steps; each step is a title and what is declared after it. Owners and
grants are always declared, and expressions are written as PostgreSQL prints them, so that what
is read back must be equal as whole values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from exclave import (
    PUBLIC,
    Check,
    Column,
    Extension,
    ForeignTable,
    Generated,
    Grant,
    Index,
    IndexKey,
    MaterializedView,
    Partition,
    QualifiedName,
    Schema,
    Secret,
    Server,
    UserMapping,
    ViewColumn,
    Wrapper,
)
from exclave.objects import ForeignObject

ADMIN = "postgres"
APP = "xc app"
OTHER = "xc'other%"

ROLES = (APP, OTHER)

SETUP = """
CREATE SCHEMA "x c"
CREATE SCHEMA other
CREATE EXTENSION IF NOT EXISTS file_fdw
CREATE TYPE "x c"."mo'od" AS ENUM ('sad', 'glad')
CREATE TABLE "x c".parent (id integer, note text)
CREATE TABLE "x c".second (id integer)
CREATE TABLE "x c".parted (k text, v integer) PARTITION BY LIST (k)
""".strip().splitlines()


@dataclass(frozen=True)
class Step:
    """What is declared at one point of a case."""

    title: str
    objects: tuple[ForeignObject, ...]


class Case:
    """A growing list of steps, each given as a change of one object of the step before."""

    def __init__(self, *base: ForeignObject) -> None:
        self.base = base
        self.steps: list[Step] = []
        self._now: Any = None

    def start(self, title: str, value: ForeignObject) -> Case:
        """Declare an object for the first time, or a wholly other one in its place."""
        self._now = value
        self.steps.append(Step(title, (*self.base, value)))
        return self

    def then(self, title: str, **changes: Any) -> Case:
        """Declare the object with some properties changed."""
        former = {"renamed_from": None} if hasattr(self._now, "renamed_from") else {}
        self._now = replace(self._now, **(former | changes))
        self.steps.append(Step(title, (*self.base, self._now)))
        return self

    def gone(self) -> Case:
        """Declare the object no more."""
        self.steps.append(Step("drop", self.base))
        return self


def _wrapper() -> Case:
    case = Case()
    case.start(
        "create",
        Wrapper(
            'wrap"per',
            options={"mode": "it's", "empty": ""},
            owner=ADMIN,
            grants={APP: ["USAGE"]},
            comment="100% 'ours'",
        ),
    )
    case.then("add, set and drop options", options={"mode": "back\\slash", "ne w": "1"})
    case.then("set the validator", validator="pg_catalog.postgresql_fdw_validator", options={})
    case.then("set the handler", handler="public.file_fdw_handler")
    case.then("take both away", handler=None, validator=None)
    case.then("allow to grant on", grants={APP: ["USAGE WITH GRANT OPTION"], PUBLIC: ["USAGE"]})
    case.then("take the grant option away", grants={APP: ["USAGE"]})
    case.then("revoke all", grants={})
    case.then("change the comment", comment="another")
    case.then("remove the comment", comment=None)
    case.then("rename", name="wrapped", renamed_from='wrap"per')
    return case.gone()


def _server() -> Case:
    case = Case(
        Wrapper("any", owner=ADMIN, grants={}), Wrapper("some other", owner=ADMIN, grants={})
    )
    case.start(
        "create",
        Server(
            "ser'ver",
            "any",
            options={"host": "a%b", "port": 5432, "on": True},
            type="kind",
            version="1",
            owner=ADMIN,
            grants={APP: ["USAGE"]},
            comment="first",
        ),
    )
    case.then("add, set and drop options", options={"port": "5433", "host": "a%b", "dbname": ":x"})
    case.then("drop all options", options={})
    case.then("change the version", version="2'")
    case.then("remove the version", version=None)
    case.then("change the owner", owner=APP, grants={})
    case.then("grant to the former owner", grants={ADMIN: ["USAGE"], OTHER: ["USAGE"]})
    case.then("allow to grant on", grants={OTHER: [Grant(OTHER, "USAGE", True).privilege]})
    case.then("change the comment", comment="second")
    case.then("remove the comment", comment=None)
    case.then("rename", name="server two", renamed_from="ser'ver")
    case.then("replace for another type", type="kind two", comment="put back")
    case.then("replace for another wrapper", wrapper="some other", grants={PUBLIC: ["USAGE"]})
    return case.gone()


def _rebuilt_server() -> Case:
    case = Case(
        Wrapper("any", owner=ADMIN, grants={}), Wrapper("some other", owner=ADMIN, grants={})
    )
    server = Server("place", "any", owner=ADMIN, grants={})
    mapping = UserMapping(server, APP, options={"user": "u", "password": "s3cr3t"})
    table = ForeignTable(
        "there",
        [Column("id", "int", comment="kept", grants={APP: ["SELECT"]})],
        server=server,
        schema="x c",
        owner=ADMIN,
        grants={APP: ["INSERT"], PUBLIC: ["SELECT"]},
        comment="kept too",
    )
    moved = replace(server, wrapper="some other")
    case.steps = [
        Step("create", (*case.base, server, mapping, table)),
        Step(
            "replace the server, and put back what stands on it",
            (*case.base, moved, mapping, table),
        ),
    ]
    return case.gone()


def _user_mapping() -> Case:
    server = Server("place", "any", owner=ADMIN, grants={})
    case = Case(Wrapper("any", owner=ADMIN, grants={}), server)
    case.start(
        "create for a role",
        UserMapping(server, APP, options={"user": "u'%", "password": Secret.literal("p'\\%:x")}),
    )
    case.then("rotate the secret", options={"user": "u'%", "password": Secret.literal("new")})
    case.then("add, set and drop options", options={"user": "v", "token": Secret.literal("t")})
    case.then("drop all options", options={})
    case.start("replace by one for PUBLIC", UserMapping(server, PUBLIC, options={"user": "all"}))
    return case.gone()


def _schema() -> Case:
    case = Case()
    case.start(
        "create", Schema("sche ma", owner=ADMIN, grants={APP: ["USAGE", "CREATE"]}, comment="one")
    )
    case.then("change privileges", grants={APP: ["CREATE"], PUBLIC: ["USAGE"]})
    case.then("change the owner", owner=OTHER)
    case.then("change the comment", comment="two")
    case.then("remove comment and privileges", comment=None, grants={})
    return case.gone()


def _table(name: str = "ta'ble", columns: Iterable[Column] = (), **more: Any) -> ForeignTable:
    defaults: dict[str, Any] = {"server": "place", "schema": "x c", "owner": ADMIN, "grants": {}}
    return ForeignTable(name, columns, **{**defaults, **more})


def _table_case() -> Case:
    return Case(
        Wrapper("any", owner=ADMIN, grants={}),
        Server("place", "any", owner=ADMIN, grants={}),
        Server("elsewhere", "any", owner=ADMIN, grants={}),
    )


def _foreign_table() -> Case:
    ident, note = Column("id", "int4", grants={}), Column("no te", "text", grants={})
    case = _table_case()
    case.start("create", _table(columns=[ident, note], options={"table": "t%"}, comment="it's"))
    case.then("add, set and drop options", options={"table": "u", "schema_name": "S 1"})
    case.then("drop all options", options={})
    case.then("change the comment", comment="two")
    case.then("remove the comment", comment=None)
    case.then("grant", grants={APP: ["SELECT", "INSERT WITH GRANT OPTION"], PUBLIC: ["SELECT"]})
    case.then("revoke some", grants={APP: ["SELECT", "INSERT"]})
    case.then("change the owner", owner=APP, grants={})
    case.then("grant to the former owner", grants={ADMIN: ["TRUNCATE"]})
    case.then("add checks", checks=[Check("pos", "(id > 0)"), Check('sol"o', "true", True)])
    case.then("change a check", checks=[Check("pos", "(id > 1)"), Check('sol"o', "true")])
    case.then("drop the checks", checks=[])
    case.then("rename", name="table two", renamed_from="ta'ble")
    case.then(
        "move to another schema",
        schema="other",
        renamed_from=QualifiedName("table two", "x c"),
    )
    case.then(
        "move and rename at once",
        schema="x c",
        name="third",
        renamed_from=QualifiedName("table two", "other"),
    )
    case.then("comment and grant again", comment="kept", grants={OTHER: ["DELETE"]})
    case.then("replace for another server", server="elsewhere")
    return case.gone()


def _columns() -> Case:
    case = _table_case()
    case.start("create", _table(columns=[Column("a", "integer", grants={})]))

    def column(title: str, **changes: Any) -> None:
        [now] = case.steps[-1].objects[-1].columns  # pyright: ignore[reportAttributeAccessIssue]
        case.then(title, columns=[replace(now, **({"renamed_from": None} | changes))])

    column("options", options={"column_name": "A", "x y": "1"})
    column("set and drop options", options={"column_name": "B%"})
    column("option equal to its name is none", options={"column_name": "a"})
    column("not null", not_null=True)
    column("comment", comment="it's")
    column("grants", grants={APP: ["SELECT", "UPDATE WITH GRANT OPTION"]})
    column("default", default="7")
    column("another default", default="(1 + 1)")
    column("another type, and its default", type="bigint", default="'0'::bigint")
    column("rename", name="be%ta", renamed_from="a")
    column("no default, comment or grants", default=None, comment=None, grants={})
    column("nullable", not_null=False)
    column("identity", identity="BY DEFAULT", not_null=True)
    column("another identity", identity="ALWAYS")
    column("no identity", identity=None)
    column("generated", generated="'5'::bigint", comment="computed", grants={APP: ["SELECT"]})
    column("generated otherwise", generated="'6'::bigint")
    column("no longer generated", generated=None)
    column("a text type", type="varchar(10)")
    column("a collation", collation=QualifiedName("C", "pg_catalog"))
    column("no collation", collation=None)
    column("a type of the hub", type='"x c"."mo\'od"[]')
    return case.gone()


def _generated_columns() -> Case:
    base = Column("a", "integer", grants={})
    case = _table_case()
    case.start(
        "create",
        _table(columns=[base, Column("g", "bigint", generated="(a * 2)", grants={}, comment="g")]),
    )
    case.then(
        "change the type of what it is computed from",
        columns=[
            replace(base, type="bigint"),
            Column("g", "bigint", generated="(a * 2)", grants={}, comment="g"),
        ],
    )
    case.then("drop it and its base", columns=[Column("z", "text", grants={})])
    return case.gone()


def _parents() -> Case:
    ident, note = Column("id", "integer", grants={}), Column("note", "text", grants={})
    case = _table_case()
    case.start("create as a child", _table(columns=[ident, note], inherits=['"x c".parent']))
    case.then("another parent too", inherits=['"x c".parent', '"x c".second'])
    case.then("one parent less", inherits=['"x c".second'])
    case.then("add a column", columns=[ident, note, Column("own", "date", grants={})])
    case.then("no parent", inherits=[])
    return case.gone()


def _partitions() -> Case:
    columns = [Column("k", "text", grants={}), Column("v", "integer", grants={})]
    case = _table_case()
    case.start(
        "create as a partition",
        _table(columns=columns, partition_of=Partition('"x c".parted', "FOR VALUES IN ('a')")),
    )
    case.then(
        "change the bound",
        partition_of=Partition('"x c".parted', "FOR VALUES IN ('a', 'it''s')"),
    )
    case.then("detach", partition_of=None)
    case.then("attach as the default", partition_of=Partition('"x c".parted', "DEFAULT"))
    return case.gone()


def _foreign_parents() -> Case:
    ident = Column("id", "integer", grants={})
    extra = Column("extra", "text", grants={})
    case = _table_case()
    parent, child = _table("parent t"), _table("a child", inherits=['"x c"."parent t"'])

    def both(title: str, columns: list[Column]) -> None:
        objects = (replace(child, columns=columns), replace(parent, columns=columns))
        case.steps.append(Step(title, (*case.base, *objects)))

    both("create, parent first", [ident])
    both("add a column to both", [ident, extra])
    both("drop one of both", [extra])
    case.steps.append(
        Step("drop the parent only", (*case.base, replace(child, columns=[extra], inherits=[])))
    )
    return case.gone()


COLUMNS = tuple(ViewColumn(name, grants={}) for name in ("a", "no te"))


def _view(name: str = "vi'ew", query: str = "", **more: Any) -> MaterializedView:
    """A materialized view; two relations in its query have columns printed alike everywhere."""
    query = query or ('SELECT t.a,\n    t."no te"\n   FROM "x c"."ta\'ble" t,\n    "x c".parent p')
    defaults: dict[str, Any] = {
        "schema": "x c", "owner": ADMIN, "grants": {}, "with_data": False, "columns": COLUMNS,
    }  # fmt: skip
    return MaterializedView(name, query, **{**defaults, **more})


def _view_base() -> tuple[Wrapper, Server, ForeignTable]:
    columns = [Column("a", "integer", grants={}), Column("no te", "text", grants={})]
    return (
        Wrapper("any", owner=ADMIN, grants={}),
        Server("place", "any", owner=ADMIN, grants={}),
        _table(columns=columns),
    )


def _materialized_view() -> Case:
    unique = Index("by a", ["a"], unique=True)
    lower = Index(
        "lo'wer",
        [
            IndexKey(expression='lower("no te")', descending=True, nulls_first=False),
            IndexKey("no te", opclass="pg_catalog.text_pattern_ops"),
            IndexKey("no te", collation=QualifiedName("C", "pg_catalog"), nulls_first=True),
            IndexKey(expression="(a + 1)"),
        ],
        where="(a > 0)",
        include=["a"],
        options={"fillfactor": 70},
        comment="100% 'ours'",
    )
    case = Case(*_view_base())
    case.start("create", _view(indexes=[unique, lower], comment="it's", grants={APP: ["SELECT"]}))
    case.then("rename an index", indexes=[unique, replace(lower, name="lower")])
    case.then(
        "change indexes and a comment",
        indexes=[
            replace(unique, nulls_not_distinct=True),
            replace(lower, name="lower", comment=None),
            Index("hash'ed", ["no te"], method="hash"),
        ],
    )
    case.then("drop the indexes", indexes=[])
    case.then("grant", grants={APP: ["SELECT WITH GRANT OPTION"], PUBLIC: ["SELECT"]})
    case.then("revoke some", grants={APP: ["SELECT"]})
    case.then("change the owner", owner=APP, grants={})
    case.then("grant to the former owner", grants={ADMIN: ["SELECT"]})
    case.then("change the comment", comment="two")
    case.then("remove the comment", comment=None)
    case.then(
        "comment and grant on a column",
        columns=[ViewColumn("a", comment="A%", grants={APP: ["SELECT"]}), COLUMNS[1]],
        owner=ADMIN,
        grants={},
    )
    case.then("rename", name="view two", renamed_from="vi'ew")
    case.then(
        "move to another schema", schema="other", renamed_from=QualifiedName("view two", "x c")
    )
    case.then(
        "move and rename at once",
        schema="x c",
        name="third",
        renamed_from=QualifiedName("view two", "other"),
        indexes=[unique],
        comment="kept",
        grants={OTHER: ["SELECT"]},
    )
    case.then(
        "replace the query, and put back what stood on it",
        query='SELECT p.id AS a,\n    p.note AS "no te"\n   FROM "x c".parent p,\n'
        '    "x c".second s',
    )
    return case.gone()


def _view_levels() -> Case:
    """Three levels over a table that changes under them."""
    wrapper, server, table = _view_base()
    elsewhere = Server("elsewhere", "any", owner=ADMIN, grants={})
    case = Case(wrapper, server, elsewhere)
    first = _view("first", indexes=[Index("unique", ["a"], unique=True)], comment="kept")
    second = _view(
        "a second",
        'SELECT f.a,\n    p.note AS "no te"\n   FROM "x c".first f,\n    "x c".parent p',
        grants={APP: ["SELECT"]},
    )
    third = _view(
        "3rd",
        'SELECT s.a,\n    f."no te"\n   FROM "x c"."a second" s,\n    "x c".first f',
    )

    def step(title: str, *objects: ForeignObject) -> None:
        case.steps.append(Step(title, (*case.base, *objects)))

    step("create, each after what it reads", third, second, first, table)
    retyped = replace(table, columns=[Column("a", "bigint", grants={}), table.columns[1]])
    step("another type below all three", third, second, first, retyped)
    moved = replace(retyped, server="elsewhere")
    step("the table is replaced below all three", third, second, first, moved)
    renamed = replace(moved, name="table", renamed_from="ta'ble")
    query = first.query.replace('"ta\'ble"', '"table"')
    changed = replace(first, query=query)
    step("the table is renamed, and the query with it", third, second, changed, renamed)
    step("the last one goes", second, changed, replace(renamed, renamed_from=None))
    return case.gone()


def _extension() -> Case:
    case = Case()
    case.start("create", Extension("postgres_fdw", schema="x c", version="1.0"))
    case.then("update to a later version", version="1.1")
    case.then("move to another schema", schema="other")
    return case


def _virtual_columns() -> Case:
    case = _table_case()
    virtual = Generated("(a * 2)", stored=False)
    base = Column("a", "integer", grants={})
    case.start(
        "create", _table(columns=[base, Column("v", "integer", generated=virtual, grants={})])
    )
    case.then(
        "make it stored", columns=[base, Column("v", "integer", generated="(a * 2)", grants={})]
    )
    return case.gone()


CASES: dict[str, Case] = {
    "extension": _extension(),
    "wrapper": _wrapper(),
    "schema": _schema(),
    "server": _server(),
    "server_with_dependants": _rebuilt_server(),
    "user_mapping": _user_mapping(),
    "foreign_table": _foreign_table(),
    "column": _columns(),
    "generated_column": _generated_columns(),
    "virtual_column": _virtual_columns(),
    "parent": _parents(),
    "partition": _partitions(),
    "foreign_parent": _foreign_parents(),
    "materialized_view": _materialized_view(),
    "materialized_view_levels": _view_levels(),
}
"""Each case by the name of its golden file."""

SINCE = {"virtual_column": 18}
"""The first PostgreSQL version of cases that are not for all."""

ONE_WAY = {"update to a later version"}
"""Steps that PostgreSQL offers no way back from."""
