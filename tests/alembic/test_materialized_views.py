"""Materialized views and their indexes in migrations."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

import exclave as xc
from exclave.cluster import Database
from exclave.errors import ApplyError
from exclave.sqlalchemy import ForeignTable, MaterializedView

from .conftest import NewProject
from .project import Project, calls, downgrade_of, upgrade_of
from .shop import declared, orders


@pytest.fixture
def project(new_project: NewProject) -> Project:
    """A project whose schemas are all looked at."""
    return new_project(include_schemas=True)


def model(name: str = "totals", *conditions: str, **more: Any) -> sa.MetaData:
    """A view over an ordinary table, declared beside a foreign one."""
    metadata = declared(xc.Schema("erp"))
    orders(metadata)
    sales = sa.Table("sales", metadata, sa.Column("id", sa.Integer), sa.Column("sum", sa.Numeric))
    query = sa.select(sales.c.id, sa.func.sum(sales.c.sum).label("total")).group_by(sales.c.id)
    for condition in conditions:
        query = query.where(sa.text(condition))
    MaterializedView(name, metadata, query, **more)
    return metadata


def changed(project: Project, before: sa.MetaData, after: sa.MetaData) -> str:
    """Migrate to one metadata, then to another, back and forth; give the second revision."""
    project.migrate(before)
    start = project.read()
    text = project.migrate(after)
    end = project.read()
    assert end != start
    project.downgrade("-1")
    assert project.read() == start
    project.upgrade()
    assert project.read() == end
    project.check()
    return text


def test_a_view_is_created_after_what_it_reads(project: Project) -> None:
    empty = project.read()
    text = project.migrate(model(indexes=[sa.Index("totals_key", "id", unique=True)]))
    assert calls(upgrade_of(text))[-3:] == [
        "create_table sales",
        "create_foreign_table orders",
        "create_materialized_view totals",
    ]
    assert calls(downgrade_of(text))[0] == "drop_materialized_view totals"
    assert 'indexes=[xc.Index("totals_key", ["id"], unique=True)]' in text
    project.downgrade()
    assert project.read() == empty


def test_views_over_foreign_tables_go_with_them(project: Project) -> None:
    def metadata(*views: str) -> sa.MetaData:
        made = declared()
        table = orders(made)
        for name in views:
            view = MaterializedView(name, made, sa.select(table.c.id), with_data=False)
            table = view
        return made

    project.migrate(metadata())
    text = project.migrate(metadata("one", "two"))
    assert calls(upgrade_of(text)) == [
        "create_materialized_view one",
        "create_materialized_view two",
    ]
    assert "with_data=False" in text
    text = project.migrate(metadata())
    assert calls(upgrade_of(text)) == ["drop_materialized_view two", "drop_materialized_view one"]
    project.downgrade("-1")
    project.upgrade()
    text = project.migrate(declared())
    assert calls(upgrade_of(text)) == ["drop_foreign_table orders"]


def test_a_view_on_a_foreign_table_that_changes_its_type_is_made_again(project: Project) -> None:
    def metadata(type_: Any) -> sa.MetaData:
        made = declared()
        table = orders(made, sa.Column("sum", type_))
        MaterializedView("sums", made, sa.select(table.c.sum), with_data=False)
        return made

    text = changed(project, metadata(sa.Numeric(10, 2)), metadata(sa.Numeric(12, 2)))
    assert calls(upgrade_of(text)) == [
        "drop_materialized_view sums",
        "alter_foreign_table orders",
        "create_materialized_view sums",
    ]


def test_a_view_that_is_made_again_over_another_type_is_as_declared(project: Project) -> None:
    def metadata(type_: Any) -> sa.MetaData:
        made = declared()
        table = orders(made, sa.Column("kind", type_))
        kept = sa.select(table.c.id).where(table.c.kind != "x")
        MaterializedView("kept", made, kept, with_data=False)
        return made

    text = changed(project, metadata(sa.Text), metadata(sa.String(9)))
    assert calls(upgrade_of(text))[-1] == "create_materialized_view kept"
    assert "<> 'x'::text" not in "".join(upgrade_of(text))


@pytest.mark.parametrize(
    ("after", "operations"),
    [
        ("retyped", ["alter_column people"]),
        ("foreign", ["drop_table people", "create_foreign_table people"]),
    ],
)
def test_views_on_an_ordinary_table_that_changes_are_made_again(
    project: Project, after: str, operations: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL refuses to change the type of what a view reads, and to drop it."""
    text = changed(project, with_people(), with_people(after))
    assert calls(upgrade_of(text)) == [
        "drop_materialized_view ids",
        "drop_materialized_view names",
        *operations,
        "create_materialized_view names",
        "create_materialized_view ids",
    ]
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    text = project.migrate(with_people())
    back = [line.replace("create_foreign_table", "create_table") for line in operations]
    back = [line.replace("drop_table", "drop_foreign_table") for line in back]
    assert calls(upgrade_of(text))[2:-2] == back


def test_a_view_is_left_alone_when_an_ordinary_table_loses_what_it_does_not_read(
    project: Project,
) -> None:
    project.migrate(with_people())
    text = project.migrate(with_people("fewer"))
    assert calls(upgrade_of(text)) == ["drop_column people"]


def test_a_view_of_others_is_left_to_them_when_an_ordinary_table_changes(
    project: Project, database: Database
) -> None:
    project.migrate(with_people(views=False))
    with database.connect() as administrator:
        administrator.execute("CREATE MATERIALIZED VIEW theirs AS SELECT who FROM people")
    project.declare(with_people("retyped", views=False))
    assert calls(upgrade_of(project.revision())) == ["alter_column people"]


def with_people(step: str = "", *, views: bool = True) -> sa.MetaData:
    """An ordinary table, or a foreign one, and a view of it with another on that."""
    made = declared()
    columns = [
        sa.Column("id", sa.Integer),
        sa.Column("who", sa.String(50) if step == "retyped" else sa.Text),
    ]
    if step != "fewer":
        columns.append(sa.Column("note", sa.Text))
    if step == "foreign":
        people = ForeignTable("people", made, *columns, server="accounts")
    else:
        people = sa.Table("people", made, *columns)
    if views:
        query = sa.select(people.c.id, people.c.who).where(people.c.who != "x")
        index = sa.Index("by_who", "who")
        names = MaterializedView("names", made, query, indexes=[index], with_data=False)
        MaterializedView("ids", made, sa.select(names.c.id), with_data=False)
    return made


@pytest.mark.parametrize(
    "after",
    [
        {"indexes": ["total"]},
        {"comment": "what was sold"},
        {"grants": {"pg_monitor": ["SELECT"]}},
        {"owner": "pg_monitor"},
        {"column_grants": {"total": {"pg_monitor": ["SELECT"]}}},
        {"name": "sums", "renamed_from": "totals"},
    ],
    ids=lambda after: next(iter(after)),
)
def test_each_property_is_altered_in_place(project: Project, after: dict[str, Any]) -> None:
    if "indexes" in after:  # one belongs to one table, so each test has its own
        after = {"indexes": [sa.Index(f"by_{column}", column) for column in after["indexes"]]}
    text = changed(project, model(), model(**after))
    assert calls(upgrade_of(text)) == ["alter_materialized_view totals"]


def test_another_query_is_another_view(project: Project) -> None:
    text = changed(project, model(), model("totals", "sum > 0"))
    assert calls(upgrade_of(text)) == [
        "drop_materialized_view totals",
        "create_materialized_view totals",
    ]
    assert calls(downgrade_of(text)) == calls(upgrade_of(text))


def test_views_that_others_made_are_left_alone(project: Project, database: Database) -> None:
    project.migrate(declared())
    with database.connect() as administrator:
        administrator.execute("CREATE MATERIALIZED VIEW theirs AS SELECT 1 AS one")
    project.check()


def test_filters_are_asked_for_views(project: Project) -> None:
    asked: list[tuple[Any, str, str, bool]] = []

    def include_object(value: Any, name: str, type_: str, reflected: bool, _: Any) -> bool:
        asked.append((value, name, type_, reflected))
        return type_ != "materialized_view"

    project.options["include_object"] = include_object
    metadata = model()
    assert "create_materialized_view totals" not in calls(upgrade_of(project.migrate(metadata)))
    assert (metadata.tables["totals"], "totals", "materialized_view", False) in asked


def test_views_can_be_written_by_hand(new_project: NewProject) -> None:
    project = new_project()
    project.written(
        'op.create_materialized_view("v", "SELECT 1 AS one", comment="c", with_data=False)\n'
        "op.alter_materialized_view(\n"
        '    "v", before={"comment": "c"}, after={"indexes": [xc.Index("i", ["one"])]}\n'
        ")",
        'op.drop_materialized_view("v")',
    )
    project.upgrade()
    view = project.read().materialized_views["public", "v"]
    assert (view.comment, [index.name for index in view.indexes]) == (None, ["i"])
    assert "CREATE MATERIALIZED VIEW public.v AS" in project.sql()
    project.downgrade()
    assert not project.read().materialized_views
    project.written('op.create_materialized_view("v", "SELECT nothing")')
    with pytest.raises(ApplyError, match="Could not create materialized view"):
        project.upgrade("heads")
