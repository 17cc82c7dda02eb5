"""The second article as a project: Django's users of three companies, joined; on both layouts."""

from __future__ import annotations

import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.orm import Session

from exclave.cluster import Cluster, Database, fresh_database
from exclave.federation import Federation, Hub

EXAMPLE = Path(__file__).parents[2] / "examples" / "all_connections"
USERS = {"nl-sales": ["piet"], "uk-prod": ["jan"], "de-lager": []}
_numbers = itertools.count(1)


def loaded(name: str) -> ModuleType:
    """Load one of the example's modules."""
    spec = importlib.util.spec_from_file_location(f"all_connections_{name}", EXAMPLE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def manage(cluster: Cluster, dbname: str, *arguments: str) -> None:
    """Run the deployment's own command line."""
    environment = {
        **os.environ,
        "PGHOST": "127.0.0.1",
        "PGPORT": str(cluster.port),
        "PGDATABASE": dbname,
        "PGUSER": "postgres",
        "PGPASSWORD": cluster.password or "",
        "DJANGO_SUPERUSER_PASSWORD": "not used",
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLE / "manage.py"), *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class World:
    """The overall tool's hub, and the companies' databases."""

    federation: Federation
    database: Database
    companies: dict[str, Database]

    def run(self, name: str) -> list[tuple]:
        """Run one of the example's SQL files as it is."""
        with self.database.connect() as connection:
            return connection.execute((EXAMPLE / "queries" / f"{name}.sql").read_bytes()).fetchall()


@pytest.fixture(scope="module")
def deployments(remote_cluster: Cluster) -> Iterator[dict[str, Database]]:
    """Three databases made by `manage.py migrate`, with a superuser and some users each."""
    with ExitStack() as stack:
        template = stack.enter_context(fresh_database(remote_cluster, prefix="production"))
        manage(remote_cluster, template.name, "migrate", "--verbosity=0")
        admin = ("--noinput", "--username=admin", "--email=admin@example.org")
        manage(remote_cluster, template.name, "createsuperuser", *admin, "--verbosity=0")
        made: dict[str, Database] = {}
        for slug, names in USERS.items():
            database = fresh_database(remote_cluster, template=template.name, prefix="company")
            made[slug] = stack.enter_context(database)
            with made[slug].connect() as connection:
                for name in names:
                    connection.execute(
                        "INSERT INTO auth_user (username, password, is_superuser, first_name, "
                        "last_name, email, is_staff, is_active, date_joined) "
                        "VALUES (%s, '', false, '', '', '', false, true, now())",
                        [name],
                    )
        yield made


@pytest.fixture(params=["inheritance", "union"])
def world(
    request: pytest.FixtureRequest,
    cluster: Cluster,
    deployments: dict[str, Database],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """A hub on which the three companies are registered, and the tool's own table of them."""
    example = loaded("companies")
    federation = example.companies(request.param)
    owner = f"all_connections_{next(_numbers)}_{os.getpid()}"
    with fresh_database(cluster, prefix="overall") as database:
        with database.connect() as connection:
            connection.execute("CREATE TABLE admin_tool_entity (slug text PRIMARY KEY)")
        hub = Hub(database.dsn, owner=owner)
        hub.install()
        try:
            for slug, company in deployments.items():
                there = company.cluster
                with there.connect() as connection:
                    _production_role(connection)
                with company.connect() as connection:
                    connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO production")
                    connection.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO production")
                monkeypatch.setenv("PRODUCTION_PASSWORD", "production's")
                example.register(
                    hub, federation, slug, host="127.0.0.1", port=there.port, dbname=company.name
                )
                with database.connect() as connection:
                    connection.execute("INSERT INTO admin_tool_entity VALUES (%s)", [slug])
            hub.apply(federation)
            yield World(federation, database, deployments)
        finally:
            hub.uninstall(cascade=True)


def _production_role(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT FROM pg_roles WHERE rolname = 'production'").fetchone()
    if found is None:
        statement = sql.SQL("CREATE ROLE production LOGIN PASSWORD {}")
        connection.execute(statement.format(sql.Literal("production's")))


EVERYBODY = [
    ("de-lager", 1, "admin"),
    ("nl-sales", 1, "admin"),
    ("uk-prod", 1, "admin"),
    ("uk-prod", 2, "jan"),
    ("nl-sales", 2, "piet"),
]


def test_the_articles_queries_in_sql(world: World) -> None:
    assert len(world.run("all_users")) == 5
    name = "users_with_company" if world.federation.layout == "inheritance" else "users_with_member"
    with world.database.connect() as connection:
        text = (EXAMPLE / "queries" / f"{name}.sql").read_text()
        chosen = f"SELECT entity_slug, id, username FROM ({text}) AS q ORDER BY username, 1"  # noqa: S608 - the example's
        assert connection.execute(chosen.encode()).fetchall() == EVERYBODY
    if world.federation.layout == "inheritance":
        [(first,)] = world.run("insert_user")
        [(second,)] = world.run("insert_user_by_member")
    else:
        [(second,)] = world.run("insert_user_by_member")
        first = second - 1
    assert second == first + 1
    with world.companies["nl-sales"].connect() as connection:
        found = connection.execute(
            "SELECT username FROM auth_user WHERE id = %s", [second]
        ).fetchall()
        assert found == [("user2",)]
        connection.execute("DELETE FROM auth_user WHERE username LIKE 'user%'")


def test_the_articles_queries_with_sqlalchemy(world: World) -> None:
    models = loaded("models")
    engine = sa.create_engine(world.database.url())
    try:
        with engine.connect() as connection:
            users = models.users_of(world.federation, connection)
            names = [(name,) for _, _, name in EVERYBODY]
            assert models.all_users(users, connection) == names
            assert models.users_with_company(users, connection) == EVERYBODY
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                models.rename_user(users, session, "uk-prod", "jan", "Jan")
                session.commit()
            made = models.insert_user(
                users,
                connection,
                "uk-prod",
                username="user3",
                email="",
                password="",
                first_name="",
                last_name="",
                is_superuser=False,
                is_staff=False,
                is_active=True,
                date_joined=sa.func.now(),
            )
            found = connection.execute(
                sa.select(users.c.member, users.c.first_name, users.c.username)
                .where(users.c.id.in_([2, made]), users.c.member == "uk-prod")
                .order_by(users.c.id)
            ).all()
            assert [tuple(row) for row in found] == [
                ("uk-prod", "Jan", "jan"),
                ("uk-prod", "", "user3"),
            ]
            connection.rollback()
        with world.companies["uk-prod"].connect() as connection:
            left = connection.execute("SELECT username FROM auth_user ORDER BY id").fetchall()
            assert left == [("admin",), ("jan",)]
    finally:
        engine.dispose()
