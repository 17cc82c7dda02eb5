"""Materialized views on a real server: what is a difference, and what a rebuild takes along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import PlanError, PrerequisiteError
from exclave.objects import (
    Column,
    ForeignTable,
    Index,
    IndexKey,
    MaterializedView,
    QualifiedName,
    Schema,
    Server,
    ViewColumn,
)
from exclave.plan import Policy, adopt, install_ledger, make, removal, syntax

Connection = psycopg.Connection[Any]
NewRole = Callable[..., str]


@pytest.fixture
def hub(database: Database) -> Iterator[Connection]:
    """The superuser, in a database with a foreign table that nothing is behind."""
    with database.connect() as connection:
        run(
            connection,
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SCHEMA erp",
            "CREATE FOREIGN TABLE erp.orders (id int, note text) SERVER s",
            "CREATE TABLE erp.kinds (id int, kind text)",
            "INSERT INTO erp.kinds VALUES (1, 'one'), (2, 'two')",
        )
        yield connection


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.encode()).fetchall()


def orders(**changes: Any) -> ForeignTable:
    given: dict[str, Any] = {
        "columns": [Column("id", "int"), Column("note", "text")], "server": "s", "schema": "erp",
    }  # fmt: skip
    return ForeignTable("orders", **{**given, **changes})


def view(
    name: str = "m", query: str = "SELECT id FROM erp.orders", **more: Any
) -> MaterializedView:
    return MaterializedView(name, query, **{"schema": "erp", "with_data": False, **more})


RESPELLED = "SELECT id FROM erp.orders WHERE id IN (1, 2)"
"""A query that PostgreSQL prints otherwise, whichever version: ``= ANY (ARRAY[1, 2])``."""


def kinds(query: str = "SELECT id, kind FROM erp.kinds", **more: Any) -> MaterializedView:
    """A view that can have data, since it reads a local table."""
    return view("kinds_kept", query, **{"with_data": True, **more})


def oid(connection: Connection, name: str = "erp.m") -> int:
    return rows(connection, f"SELECT '{name}'::regclass::oid")[0][0]


# What is a difference -----------------------------------------------------------------------------


def test_a_query_is_compared_by_its_syntax_tree(hub: Connection) -> None:
    assert make(hub, [view()]).apply(hub)
    kept = oid(hub)
    for same in (
        "select ID from ERP.orders -- all of them",
        "SELECT (id)\n/* the key */ FROM   erp.orders;",
        read(hub).catalog.materialized_views["erp", "m"].query,
    ):
        plan = make(hub, [view(query=same)])
        assert not plan
        assert not plan.notes
    for other in (
        "SELECT id FROM erp.orders WHERE id > 1",
        "SELECT id AS n FROM erp.orders",
        "SELECT id FROM erp.orders LIMIT 10",
    ):
        plan = make(hub, [view(query=other)])
        assert [change.action for change in plan] == ["drop", "create"]
    assert oid(hub) == kept
    limited = make(hub, [view(query="SELECT id FROM erp.orders LIMIT 10")])
    assert limited.apply(hub)
    assert make(hub, [view(query="SELECT id FROM erp.orders LIMIT 11")])


def test_a_view_that_was_made_anew_by_hand_is_a_difference(hub: Connection) -> None:
    assert make(hub, [view()]).apply(hub)
    run(
        hub,
        "DROP MATERIALIZED VIEW erp.m",
        "CREATE MATERIALIZED VIEW erp.m AS SELECT id + 1 AS id FROM erp.orders WITH NO DATA",
    )
    plan = make(hub, [view()])
    assert [change.action for change in plan] == ["drop", "create"]
    assert "its query changes" in plan.text()
    assert plan.apply(hub)
    assert not make(hub, [view()])


def test_a_view_that_exclave_did_not_make_is_taken_for_right_until_it_is_adopted(
    hub: Connection,
) -> None:
    run(hub, "CREATE MATERIALIZED VIEW erp.m AS SELECT id FROM erp.orders WITH NO DATA")
    plan = make(hub, [view(query="select o.id from erp.orders o")])
    assert not plan
    [note] = plan.notes
    assert "no record of how it was made" in note
    assert "exclave.plan.adopt" in note
    [adopted] = adopt(hub, [view(), orders()])
    assert adopted.name == "m"
    plan = make(hub, [view()])
    assert not plan
    assert not plan.notes
    assert make(hub, [view(query="select o.id from erp.orders o")])


def test_after_an_upgrade_of_postgresql_a_view_is_not_made_anew(hub: Connection) -> None:
    """Another major version prints another text: told here by a record of an older one."""
    declared = view(query=RESPELLED)
    assert make(hub, [declared]).apply(hub)
    run(hub, "UPDATE exclave.view_query SET major = 14, definition = 'SELECT x.id FROM x'")
    plan = make(hub, [declared])
    assert not plan
    assert any("prints it otherwise" in note for note in plan.notes)
    assert make(hub, [view(query="SELECT id + 1 AS id FROM erp.orders")])
    adopt(hub, [declared])
    assert not make(hub, [declared]).notes


def test_without_a_grammar_queries_are_compared_as_text(
    hub: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syntax, "has_grammar", lambda: False)
    monkeypatch.setattr("exclave.plan.view_spelling.has_grammar", lambda: False)
    syntax._tree.cache_clear()  # pyright: ignore[reportPrivateUsage]
    try:
        assert make(hub, [view()]).apply(hub)
        assert not make(hub, [view(query="SELECT id\nFROM   erp.orders")])
        plan = make(hub, [view(query="select id from erp.orders")])
        assert plan
        assert any("exclave[views]" in note for note in plan.notes)
    finally:
        syntax._tree.cache_clear()  # pyright: ignore[reportPrivateUsage]


def test_whether_it_has_data_is_no_difference(hub: Connection) -> None:
    assert make(hub, [kinds(with_data=False)]).apply(hub)
    assert not read(hub).catalog.materialized_views["erp", "kinds_kept"].with_data
    assert not make(hub, [kinds(with_data=True)])
    run(hub, "REFRESH MATERIALIZED VIEW erp.kinds_kept")
    assert read(hub).catalog.materialized_views["erp", "kinds_kept"].with_data
    assert not make(hub, [kinds(with_data=False)])


def test_index_expressions_are_compared_by_meaning(hub: Connection) -> None:
    def declared(where: str, expression: str) -> MaterializedView:
        keys = [
            IndexKey(expression=expression, descending=True),
            IndexKey("kind", opclass="text_pattern_ops", collation="C"),
        ]
        return kinds(indexes=[Index("i", keys, where=where, comment="c")])

    assert make(hub, [declared("id>1", "LOWER(kind)")]).apply(hub)
    assert not make(hub, [declared("id > 1", "lower( kind )")])
    assert not make(hub, [declared("kinds_kept.id > 1", "lower(kinds_kept.kind)")])
    plan = make(hub, [declared("id > 2", "lower(kind)")])
    assert "WHERE id > 2" in plan.sql()
    assert plan.apply(hub)
    assert "DESC" in rows(hub, "SELECT indexdef FROM pg_indexes WHERE indexname = 'i'")[0][0]


@pytest.mark.parametrize("expression", ["kind", " ( KIND )", '"kind"'])
def test_an_expression_that_is_a_column_is_taken_for_it_as_postgresql_does(
    hub: Connection, expression: str
) -> None:
    views = [kinds(indexes=[Index("i", [IndexKey(expression=expression, descending=True)])])]
    assert make(hub, views).apply(hub)
    assert not make(hub, views)
    other = [kinds(indexes=[Index("i", [IndexKey(expression="id", descending=True)])])]
    assert "CREATE INDEX i" in make(hub, other).sql()


@pytest.mark.parametrize(
    "expression",
    ['kind COLLATE "C"', 'lower(kind) collate pg_catalog."C"', """(kind || ')') COLLATE "C" """],
)
def test_a_collation_in_an_expression_of_an_index_is_compared(
    hub: Connection, expression: str
) -> None:
    def declared(expression: str) -> list[MaterializedView]:
        return [kinds(indexes=[Index("i", [IndexKey(expression=expression)])])]

    bare = expression[: expression.lower().index(" collate")]
    for each in (declared(expression), declared(bare), declared(expression)):
        assert make(hub, each).apply(hub)
        assert not make(hub, each)


# What it needs ------------------------------------------------------------------------------------


def test_what_the_query_reads_must_be_there(hub: Connection) -> None:
    with pytest.raises(PrerequisiteError, match=r"reads erp\.nowhere, which is not there"):
        make(hub, [view(query="SELECT * FROM erp.nowhere")]).apply(hub)


def test_a_name_of_a_with_clause_is_no_table(hub: Connection) -> None:
    query = "WITH few AS (SELECT id FROM erp.orders LIMIT 3) SELECT id FROM few"
    assert make(hub, [view(query=query)]).apply(hub)
    assert not make(hub, [view(query=query)])


def test_what_a_role_may_not_read_or_own_is_named(
    hub: Connection, database: Database, new_role: NewRole
) -> None:
    role = new_role("maker")
    run(hub, f"GRANT USAGE ON SCHEMA erp TO {role}")
    with database.connect(user=role) as session:
        with pytest.raises(PrerequisiteError) as caught:
            make(session, [kinds()]).apply(session)
        assert f"GRANT CREATE ON SCHEMA erp TO {role};" in caught.value.remedies
        assert f"GRANT SELECT ON erp.kinds TO {role};" in caught.value.remedies
        run(hub, *(remedy.rstrip(";") for remedy in caught.value.remedies))
        assert make(session, [kinds()]).apply(session)
        assert not make(session, [kinds()])
        run(hub, "ALTER MATERIALIZED VIEW erp.kinds_kept OWNER TO CURRENT_USER")
        with pytest.raises(PrerequisiteError, match="no member of"):
            make(session, [kinds(comment="new")]).apply(session)


def test_a_role_without_a_ledger_makes_no_view_again_and_again(
    hub: Connection, database: Database, new_role: NewRole
) -> None:
    role = new_role("keeper")
    run(hub, f"GRANT USAGE, CREATE ON SCHEMA erp TO {role}", f"GRANT SELECT ON erp.kinds TO {role}")
    declared = kinds("SELECT id, kind FROM erp.kinds WHERE id IN (1, 2)")
    with database.connect(user=role) as session:
        assert make(session, [declared]).apply(session)
        assert rows(hub, "SELECT to_regnamespace('exclave')") == [(None,)]
        plan = make(session, [declared])
        assert not plan
        assert any("no record" in note for note in plan.notes)
        with pytest.raises(PlanError, match="install_ledger"):
            adopt(session, [declared])
        assert install_ledger(hub)
        assert adopt(session, [declared])
        assert not make(session, [declared]).notes
        assert make(session, [kinds("SELECT id, kind FROM erp.kinds WHERE id IN (1, 3)")])


def test_records_of_another_role_count_only_if_it_has_the_owners_rights(
    hub: Connection, database: Database, new_role: NewRole
) -> None:
    liar, owner = new_role("liar"), new_role("owner")
    declared = kinds("SELECT id, kind FROM erp.kinds WHERE id IN (1, 2)")
    assert install_ledger(hub)
    run(
        hub,
        f"GRANT USAGE, CREATE ON SCHEMA erp TO {owner}",
        f"GRANT SELECT ON erp.kinds TO {owner}",
    )
    with database.connect(user=owner) as session:
        assert make(session, [declared]).apply(session)
    with database.connect(user=liar) as session:
        session.execute(
            "INSERT INTO exclave.view_query (schema, name, query, definition, major) "
            "VALUES ('erp', 'kinds_kept', 'SELECT 1', 'SELECT 1', 18)"
        )
        assert rows(session, "SELECT count(*) FROM exclave.view_query") == [(1,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(
                "INSERT INTO exclave.view_query (schema, name, query, definition, major, "
                "written_by) VALUES ('erp', 'kinds_kept', '', '', 18, %s)",
                [owner],
            )
    assert not make(hub, [declared])
    assert not make(hub, [declared]).notes


# What a rebuild takes along -----------------------------------------------------------------------


def test_declared_views_are_rebuilt_with_the_table_that_they_read(hub: Connection) -> None:
    upper = view("upper", "SELECT id FROM erp.m")
    assert make(hub, [upper, view(), orders()]).apply(hub)
    moved = [upper, view(), orders(server="other"), Server("other")]
    plan = make(hub, moved)
    order = [str(change) for change in plan if "server" not in str(change)]
    names = [change.split('"')[-2] for change in order]
    assert names == ["upper", "m", "orders", "orders", "m", "upper"]
    assert "reads erp.orders, which goes" in plan.text()
    assert plan.apply(hub)
    assert not make(hub, moved)
    assert plan.reverse().apply(hub)
    assert not make(hub, [upper, view(), orders()])


def test_a_view_that_nobody_declared_is_put_back_if_that_is_allowed(hub: Connection) -> None:
    run(
        hub,
        "CREATE MATERIALIZED VIEW erp.m AS SELECT id FROM erp.orders WITH NO DATA",
        "CREATE UNIQUE INDEX u ON erp.m (id)",
        "COMMENT ON COLUMN erp.m.id IS 'kept'",
        "CREATE MATERIALIZED VIEW erp.n AS SELECT id FROM erp.m WITH NO DATA",
    )
    before = read(hub).catalog.materialized_views
    moved = [orders(server="other"), Server("other")]
    with pytest.raises(PlanError, match="on an object that must be replaced"):
        make(hub, moved)
    assert make(hub, moved, Policy(cascade=True)).apply(hub)
    assert read(hub).catalog.materialized_views == before


def test_an_ordinary_view_in_between_is_named_and_refused(hub: Connection) -> None:
    assert make(hub, [view()]).apply(hub)
    run(hub, "CREATE VIEW erp.behind AS SELECT id FROM erp.m")
    with pytest.raises(PlanError, match=r"view erp\.behind depends on materialized view"):
        make(hub, [view(query="SELECT id + 1 AS id FROM erp.orders")])


def test_a_view_is_rebuilt_only_for_columns_that_it_reads(hub: Connection) -> None:
    assert make(hub, [view(), orders()]).apply(hub)
    kept = oid(hub)
    assert make(hub, [view(), orders(columns=[Column("id", "int")])]).apply(hub)
    assert oid(hub) == kept
    retyped = orders(columns=[Column("id", "bigint")])
    assert "reads the columns id of erp.orders, which change" in make(hub, [view(), retyped]).text()
    assert make(hub, [view(), retyped]).apply(hub)
    assert read(hub).catalog.materialized_views["erp", "m"].columns[0].type == "bigint"


@pytest.mark.parametrize(
    ("column", "becomes", "query"),
    [
        ("note", "varchar(9)", "SELECT id FROM erp.orders WHERE note <> 'x'"),
        ("id", "numeric", "SELECT id FROM erp.orders WHERE id > 5"),
    ],
)
def test_a_view_that_is_rebuilt_over_another_type_is_as_declared(
    hub: Connection, column: str, becomes: str, query: str
) -> None:
    """PostgreSQL prints the same query otherwise for the new type."""
    views = [view(query=query), view("n", RESPELLED)]
    types = {"id": "int", "note": "text"}
    before = [orders(columns=[Column(*each) for each in types.items()]), *views]
    types[column] = becomes
    after = [orders(columns=[Column(*each) for each in types.items()]), *views]
    assert make(hub, before).apply(hub)
    plan = make(hub, after)
    assert "query changes" not in plan.text()
    assert plan.apply(hub)
    assert not make(hub, after)
    assert not make(hub, after).notes
    assert plan.reverse().apply(hub)
    assert not make(hub, before)
    assert make(hub, after).apply(hub)
    assert not make(hub, after)


def test_a_view_that_is_renamed_and_rebuilt_is_as_declared(hub: Connection) -> None:
    def views(below: str, upper: str, top: str, **more: Any) -> list[MaterializedView]:
        return [
            view("m", below),
            view(upper, "SELECT id FROM erp.m WHERE id IN (3, 4)", **more),
            view("top", top),
        ]

    before = views(RESPELLED, "n", "SELECT id FROM erp.n WHERE id IN (5, 6)")
    changed, top = RESPELLED.replace("2", "7"), "SELECT id FROM erp.a WHERE id IN (5, 6)"
    after = views(changed, "a", top, renamed_from=QualifiedName("n", "erp"))
    assert make(hub, before).apply(hub)
    plan = make(hub, after)
    assert plan.apply(hub)
    assert not make(hub, after)
    assert not make(hub, after).notes
    assert plan.reverse().apply(hub)
    assert not make(hub, before)


def test_a_view_of_one_without_data_gets_none_either(hub: Connection) -> None:
    upper = view("upper", "SELECT id FROM erp.m", with_data=True)
    assert make(hub, [upper, view()]).apply(hub)
    assert not read(hub).catalog.materialized_views["erp", "upper"].with_data


def test_a_view_that_loses_its_data_is_noted(hub: Connection) -> None:
    assert make(hub, [kinds()]).apply(hub)
    changed = kinds("SELECT id, upper(kind) AS kind FROM erp.kinds", with_data=False)
    plan = make(hub, [changed])
    assert any("cannot be read until a refresh" in note for note in plan.notes)


# Names and what nobody declared -------------------------------------------------------------------


def test_a_view_keeps_its_data_under_another_name(hub: Connection) -> None:
    assert make(hub, [kinds(indexes=[Index("u", ["id"], unique=True)])]).apply(hub)
    kept = oid(hub, "erp.kinds_kept")
    moved = MaterializedView(
        "moved",
        "SELECT id, kind FROM erp.kinds",
        schema="x",
        indexes=[Index("u", ["id"], unique=True)],
        renamed_from=QualifiedName("kinds_kept", "erp"),
    )
    run(hub, "CREATE SCHEMA x")
    assert make(hub, [moved, Schema("x")]).apply(hub)
    assert oid(hub, "x.moved") == kept
    plan = make(hub, [moved])
    assert not plan
    assert not plan.notes
    assert rows(hub, "SELECT kind FROM x.moved ORDER BY id") == [("one",), ("two",)]


def test_only_views_that_exclave_made_are_dropped_for_being_undeclared(hub: Connection) -> None:
    run(hub, "CREATE MATERIALIZED VIEW erp.theirs AS SELECT id FROM erp.kinds")
    assert make(hub, [kinds()]).apply(hub)
    server = Server("s")
    plan = make(hub, [server, orders()], Policy(unmanaged="drop"))
    assert [str(change) for change in plan] == ['drop materialized view "erp"."kinds_kept"']
    assert plan.apply(hub)
    assert plan.reverse().apply(hub)
    assert not make(hub, [kinds()])


def test_views_are_removed_each_before_what_it_reads(hub: Connection) -> None:
    upper = view("upper", "SELECT id FROM erp.m")
    assert make(hub, [view(), upper]).apply(hub)
    assert removal(hub, [view(), upper, orders()]).apply(hub)
    assert not read(hub).catalog.materialized_views


def test_what_a_reversed_plan_puts_back_is_as_it_was_declared(hub: Connection) -> None:
    first, second = view(query=RESPELLED), view(query=RESPELLED.replace("2", "3"))
    assert make(hub, [first]).apply(hub)
    plan = make(hub, [second])
    assert plan.apply(hub)
    assert plan.reverse().apply(hub)
    assert not make(hub, [first])
    assert make(hub, [second]).apply(hub)
    assert not make(hub, [second])
    dropping = removal(hub, [second])
    assert dropping.apply(hub)
    assert dropping.reverse().apply(hub)
    assert not make(hub, [second])


def test_what_is_said_of_columns_comes_back_after_a_replacement(hub: Connection) -> None:
    columns = [ViewColumn("id", comment="the key", grants={"public": ["SELECT"]})]
    declared = kinds(columns=columns)
    assert make(hub, [declared]).apply(hub)
    changed = replace(declared, query="SELECT id, kind || '!' AS kind FROM erp.kinds")
    assert make(hub, [changed]).apply(hub)
    found = read(hub).catalog.materialized_views["erp", "kinds_kept"].columns
    assert found[0].comment == "the key"
    assert found[0].grants == columns[0].grants
