"""Autogenerate leaves the tables of federations to the hub."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from exclave.cluster import Database
from exclave.federation import FederatedTable, Federation, Hub, Member
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


def test_what_a_hub_has_of_a_federation_is_left_alone_by_its_owner_too(
    new_project: NewProject, database: Database, remote_database: Database
) -> None:
    owner = f"owner_of_{database.name}"
    hub = Hub(database.dsn, owner=owner)
    try:
        hub.install()
        cluster = remote_database.cluster
        with remote_database.connect() as connection:
            connection.execute("CREATE TABLE users (id int PRIMARY KEY, boss_id int)")
        companies = Federation("companies", [FederatedTable("users", stale=True)])
        where = {"host": "127.0.0.1", "port": cluster.port, "dbname": remote_database.name}
        who = {"user": cluster.superuser, "password": cluster.password}
        hub.add_member(companies, Member.postgres("jfk", **where, **who))
        hub.apply(companies)
        hub.refresh(companies)
        with database.connect() as connection:
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {owner}".encode())
        as_owner = {"connect_args": {"options": f"-c role={owner}"}}
        project = new_project(include_schemas=True, engine=as_owner)
        text = project.migrate(joined("companies"))
        assert calls(upgrade_of(text)) == ["create_table users"]
        project.check()
        assert [member.slug for member in hub.members(companies)] == ["jfk"]
    finally:
        hub.close()
        with database.connect() as connection:
            connection.execute(f"DROP OWNED BY {owner} CASCADE".encode())
            connection.execute(f"DROP ROLE {owner}".encode())
