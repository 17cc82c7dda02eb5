"""Autogenerate leaves the tables of federations to the hub."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from exclave.cluster import Database
from exclave.federation import Federation
from exclave.sqlalchemy import federated_table

from .conftest import NewProject
from .project import calls, upgrade_of


def joined(federation: str) -> sa.MetaData:
    """Declare a table, and the one that a federation makes of it."""
    metadata = sa.MetaData()
    sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("boss_id", sa.ForeignKey("users.id")),
    )
    federated_table(Federation(federation, ["users"]), "users", metadata)
    return metadata


def test_a_joined_table_is_neither_created_nor_dropped(
    new_project: NewProject, database: Database, new_role: Callable[..., str]
) -> None:
    project = new_project(include_schemas=True)
    text = project.migrate(joined("companies"))
    assert calls(upgrade_of(text)) == ["create_table users"]
    owner = new_role("owner")
    with database.connect() as connection:
        for statement in (
            "CREATE SCHEMA companies AUTHORIZATION owner",
            "CREATE VIEW companies.users AS SELECT text 'jfk' AS member, * FROM users",
            "CREATE SCHEMA companies_private AUTHORIZATION owner",
            'CREATE TABLE companies_private."users@stale" (member text)',
            "CREATE SCHEMA exclave",
            "CREATE TABLE exclave.registry ()",
            "ALTER TABLE exclave.registry OWNER TO owner",
        ):
            connection.execute(statement.replace(" owner", f" {owner}").encode())
    project.check()
    project.declare(joined("others"))
    project.check()
