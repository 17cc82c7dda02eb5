"""A project's ordinary objects, and those of another plug-in, are migrated as without exclave."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

import exclave as xc
from exclave.cluster import Database
from exclave.sqlalchemy import ForeignTable, register_foreign

from .conftest import NewProject
from .other_plugins import plugin
from .project import Project, calls, downgrade_of, upgrade_of

SERVER = xc.Server("accounts", options={"host": "accounts.db"})


class Mood(enum.Enum):
    """An enumeration of the project."""

    SAD = "sad"
    GLAD = "glad"


class Colour(enum.Enum):
    """Another one."""

    RED = "red"


def ordinary(version: int) -> sa.MetaData:
    """Ordinary tables with most of what such tables have, in two versions."""
    metadata = sa.MetaData()
    people = sa.Table(
        "people",
        metadata,
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String(30 if version == 1 else 60), nullable=version == 1, index=True),
        sa.Column("mood", sa.Enum(Mood, name="mood"), server_default="GLAD"),
        sa.Column("born", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.UniqueConstraint("name", "born", name="people_once"),
        comment="people",
    )
    if version == 2:
        people.append_column(sa.Column("colour", sa.Enum(Colour, name="colour")))
        sa.Table("added", metadata, sa.Column("id", sa.BigInteger, primary_key=True))
    sa.Table(
        "notes",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.ForeignKey("people.id", name="of_person")),
        sa.Column("text", sa.Text, comment="what was said" if version == 2 else None),
        sa.Index("by_text", sa.text("lower(text)"), unique=version == 2),
        schema="erp",
    )
    return metadata


def with_foreign(metadata: sa.MetaData, version: int) -> sa.MetaData:
    """Add foreign objects to a metadata."""
    server = xc.Server("accounts", options={"host": "accounts.db", "fetch_size": version})
    register_foreign(metadata, xc.Extension("postgres_fdw"), server)
    ForeignTable(
        "orders",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.ForeignKey("people.id"), index=True),
        *([sa.Column("total", sa.Numeric)] if version == 2 else []),
        server=server,
        schema="erp",
        comment="orders",
    )
    return metadata


@pytest.fixture
def project(new_project: NewProject, database: Database) -> Project:
    """A project of two schemas."""
    with database.connect() as administrator:
        administrator.execute("CREATE SCHEMA erp")
    return new_project(include_schemas=True, compare_server_default=True)


def without_foreign(lines: list[str]) -> list[str]:
    """Leave out the statements about foreign objects."""
    nouns = ("server", "foreign_table", "extension", "user_mapping")
    statements = ast.parse("\n".join(lines)).body
    return [
        text
        for text in map(ast.unparse, statements)
        if not text.removeprefix("op.").partition("(")[0].endswith(nouns)
    ]


def migrated(project: Project, *steps: sa.MetaData) -> list[tuple[list[str], list[str]]]:
    """Go through all steps and back; give what was written, less what is foreign."""
    texts = [project.migrate(metadata) for metadata in steps]
    project.downgrade()
    project.upgrade()
    project.downgrade()
    return [
        (without_foreign(upgrade_of(text)), without_foreign(downgrade_of(text))) for text in texts
    ]


@pytest.fixture
def enums() -> Iterator[None]:
    """The plug-in alembic-postgresql-enum."""
    with plugin("alembic_postgresql_enum"):
        yield


@pytest.mark.usefixtures("enums")
def test_ordinary_tables_and_enums_are_migrated_as_without_exclave(project: Project) -> None:
    plain = migrated(project, ordinary(1), ordinary(2), ordinary(1))
    project.forget()
    mixed = migrated(
        project,
        with_foreign(ordinary(1), 1),
        with_foreign(ordinary(2), 2),
        with_foreign(ordinary(1), 1),
    )
    assert mixed == plain
    assert "op.sync_enum_values" not in str(plain)
    [create, change, _] = plain
    assert any("create_table('people'" in statement for statement in create[0])
    assert any("colour" in statement for statement in change[0])


def moody(metadata: sa.MetaData, kind: type[enum.Enum] | None) -> sa.MetaData:
    """Add a foreign table of an enumeration that no ordinary table uses."""
    register_foreign(metadata, xc.Extension("postgres_fdw"), SERVER)
    ForeignTable(
        "moods",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("it", sa.Enum(kind, name=kind.__name__.lower()) if kind else sa.Text),
        server=SERVER,
    )
    return metadata


@pytest.mark.usefixtures("enums")
def test_the_enum_of_a_foreign_table_is_made_before_it_and_dropped_after_it(
    new_project: NewProject,
) -> None:
    project = new_project()
    first = project.migrate(moody(sa.MetaData(), Mood))
    assert calls(upgrade_of(first))[-1] == "create_foreign_table moods"
    assert "create('moods')" not in first
    made = upgrade_of(first)
    assert any("mood" in line and ".create(" in line for line in made)
    changed = upgrade_of(project.migrate(moody(sa.MetaData(), Colour)))
    order = [
        next(place for place, line in enumerate(changed) if mark in line)
        for mark in (".create(", "op.alter_foreign_table", ".drop(")
    ]
    assert order == sorted(order)
    project.migrate(moody(sa.MetaData(), None))
    project.downgrade()
    project.upgrade()


@contextmanager
def entities(*values: tuple[str, str, str]) -> Iterator[None]:
    """Have alembic_utils look after views and functions, of which these are declared."""
    with plugin("alembic_utils.replaceable_entity"):
        from alembic_utils.pg_function import PGFunction
        from alembic_utils.pg_view import PGView
        from alembic_utils.replaceable_entity import register_entities, registry

        kinds = {"view": PGView, "function": PGFunction}
        declared = [
            kinds[kind](schema="public", signature=name, definition=text)
            for kind, name, text in values
        ]
        register_entities(declared, entity_types=list(kinds.values()))
        try:
            yield
        finally:
            registry.clear()


VIEW = ("view", "names", "SELECT name FROM people")
FUNCTION = ("function", "one()", "RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$")


@pytest.mark.usefixtures("enums")
def test_views_and_functions_of_alembic_utils_are_migrated_as_without_exclave(
    project: Project,
) -> None:
    results: list[list[list[str]]] = []
    for foreign in (False, True):
        metadata = with_foreign(ordinary(1), 1) if foreign else ordinary(1)
        with entities():
            project.migrate(metadata)
        with entities(VIEW, FUNCTION):
            text = project.migrate(metadata)
            project.downgrade("-1")
            project.upgrade()
        project.downgrade()
        project.forget()
        results.append([without_foreign(upgrade_of(text)), without_foreign(downgrade_of(text))])
    assert results[0] == results[1]
    assert "names" in str(results[0])
    assert "one" in str(results[0])


def test_a_view_of_alembic_utils_on_a_foreign_table(project: Project) -> None:
    metadata = with_foreign(ordinary(1), 1)
    project.migrate(metadata)
    with entities(("view", "ids", "SELECT id FROM erp.orders")):
        text = project.migrate(metadata)
        assert "SELECT id FROM erp.orders" in text
        project.downgrade("-1")
        project.upgrade()
    project.downgrade()
