"""Installed, filled and removed: nothing is left, and nothing of others was touched."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import psycopg
import pytest
from psycopg import sql

from exclave import Server, UserMapping
from exclave.cluster import Database
from exclave.errors import DependentsError, PrerequisiteError
from exclave.federation import Federation, Hub, Member
from exclave.plan import make

uninstalling: Any = import_module("exclave.federation.registry.uninstall")

NewRole = Callable[..., str]
Connection = psycopg.Connection[Any]

SHOPS = Federation("shops", ["orders"], readers=["PUBLIC"])
ORDERS = (
    "CREATE TABLE orders (id serial PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'a')"
)


def everything(connection: Connection) -> set[str]:
    """Describe all that a database and its cluster hold, with owners and rights."""
    rights = (
        "ARRAY(SELECT x::text FROM aclexplode(coalesce({0}acl, acldefault('{1}', {0}owner))) x)"
    )
    database, schema, relation, wrapper = (
        rights.format(*each) for each in (("dat", "d"), ("nsp", "n"), ("rel", "r"), ("fdw", "F"))
    )
    rows = connection.execute(
        sql.SQL(
            "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend "
            "WHERE deptype <> 'p' AND objid >= 16384 "
            "UNION SELECT format('role %s', rolname) FROM pg_roles "
            "UNION SELECT format('schema %s %s %s', nspname, nspowner, {schema}) "
            "FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' "
            "UNION SELECT format('relation %s %s %s', oid::regclass, relowner, {relation}) "
            "FROM pg_class WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace "
            "UNION SELECT format('wrapper %s %s %s', fdwname, fdwowner, {wrapper}) "
            "FROM pg_foreign_data_wrapper "
            "UNION SELECT format('database %s %s', datname, {database}) "
            "FROM (SELECT *, datdba AS datowner FROM pg_database) AS d "
            "WHERE datname = current_database() "
            "UNION SELECT format('membership %s %s', roleid::regrole, member::regrole) "
            "FROM pg_auth_members"
        ).format(
            schema=sql.SQL(schema),
            relation=sql.SQL(relation),
            wrapper=sql.SQL(wrapper),
            database=sql.SQL(database),
        )
    ).fetchall()
    return {text for (text,) in rows}


@pytest.fixture
def owner(new_role: NewRole) -> str:
    """Give the name of a role that is not there."""
    return f"{new_role('free')}_owner"


def filled(hub: Hub, remote: Database, *slugs: str) -> None:
    """Give a hub a federation whose members are one database, once or several times."""
    with remote.connect() as connection:
        connection.execute(ORDERS.encode())
    cluster = remote.cluster
    for slug in slugs or ("north",):
        member = Member.postgres(
            slug,
            host="127.0.0.1",
            port=cluster.port,
            dbname=remote.name,
            user="postgres",
            password=cluster.password,
        )
        hub.add_member(SHOPS, member)
    hub.apply(SHOPS)
    with hub.session() as session:
        rows = session.fetch("SELECT member, note FROM shops.orders ORDER BY member")
        assert rows == [(slug, "a") for slug in slugs or ("north",)]


def test_nothing_is_left_of_what_a_superuser_installed(
    database: Database, remote_database: Database, owner: str
) -> None:
    hub = Hub(database.dsn, owner=owner)
    with database.connect() as admin:
        before = everything(admin)
        hub.install()
        filled(hub, remote_database)
        assert everything(admin) != before
        done = hub.uninstall()
        assert everything(admin) == before
    assert {"VIEW shops.orders", "SERVER shops_north", "SCHEMA exclave"} <= set(done.dropped)
    assert (done.along, done.left) == ((), ())
    assert not hub.uninstall()


@pytest.mark.parametrize("attributes", ["LOGIN", "LOGIN CREATEROLE"])
def test_nothing_is_left_of_what_another_role_installed(
    database: Database,
    remote_database: Database,
    new_role: NewRole,
    owner: str,
    attributes: str,
) -> None:
    role = new_role("maker", attributes)
    with database.connect() as admin, database.connect(user=role) as session:
        admin.execute("CREATE EXTENSION postgres_fdw")
        granting = " WITH GRANT OPTION" if "CREATEROLE" in attributes else ""
        for right, on in (
            ("USAGE", "FOREIGN DATA WRAPPER postgres_fdw"),
            ("CREATE", f"DATABASE {database.name}"),
        ):
            admin.execute(f"GRANT {right} ON {on} TO {role}{granting}".encode())
        before = everything(admin)
        hub = Hub(session, owner=owner)
        if not granting:
            with pytest.raises(PrerequisiteError) as refused:
                hub.install()
            for statement in refused.value.remedies:
                admin.execute(statement.encode())
            before = everything(admin)
        hub.install()
        filled(hub, remote_database)
        done = hub.uninstall()
        assert everything(admin) == before
    assert done.left == ()


def test_what_the_role_may_not_take_back_is_told(
    database: Database, new_role: NewRole, owner: str
) -> None:
    with database.connect() as admin:
        Hub(admin, owner=owner).install()
        role = new_role("second")
        admin.execute(f"GRANT {owner} TO {role}".encode())
        with database.connect(user=role) as session:
            done = Hub(session, owner=owner).uninstall()
        assert f"DROP ROLE {owner};" in done.left
        for statement in done.left:
            admin.execute(statement.encode())
        assert admin.execute("SELECT to_regrole(%s)::text", [owner]).fetchone() == (None,)


def test_what_others_made_upon_it_is_listed_and_stays(
    database: Database, remote_database: Database, new_role: NewRole, owner: str
) -> None:
    reader = new_role("reader")
    hub = Hub(database.dsn, owner=owner)
    hub.install()
    filled(hub, remote_database)
    with database.connect() as admin:
        for statement in (
            "CREATE SCHEMA reports",
            "CREATE VIEW reports.notes AS SELECT note FROM shops.orders",
            "CREATE VIEW reports.more AS SELECT * FROM reports.notes",
            f"ALTER VIEW reports.notes OWNER TO {reader}",
            "CREATE TABLE reports.kept (like_them shops.orders)",
            f"CREATE USER MAPPING FOR {reader} SERVER shops_north OPTIONS (user 'r')",
            "CREATE TABLE shops.mine (id int)",
        ):
            admin.execute(statement.encode())
        before = everything(admin)
        with pytest.raises(DependentsError) as refused:
            hub.uninstall()
        assert set(refused.value.dependents) == {
            "column like_them of table reports.kept",
            f"user mapping for {reader} on server shops_north",
            "table shops.mine",
            "view reports.notes",
            "view reports.more",
        }
        assert everything(admin) == before


def test_what_others_made_upon_it_goes_along_when_asked(
    database: Database, remote_database: Database, owner: str
) -> None:
    hub = Hub(database.dsn, owner=owner)
    with database.connect() as admin:
        admin.execute("CREATE SCHEMA reports")
        admin.execute("CREATE TABLE reports.own (id int)")
        before = everything(admin)
        hub.install()
        filled(hub, remote_database)
        admin.execute("CREATE VIEW reports.notes AS SELECT note FROM shops.orders")
        done = hub.uninstall(cascade=True)
        assert "view reports.notes" in done.along
        assert everything(admin) == before


def test_a_large_hub_is_removed_by_and_by_and_an_interruption_is_made_good(
    database: Database, remote_database: Database, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(database.dsn, owner=owner)
    with database.connect() as admin:
        before = everything(admin)
        hub.install()
        filled(hub, remote_database, "north", "south", "west")
        monkeypatch.setattr(uninstalling, "_AT_ONCE", 3)
        drop = uninstalling._Work.drop
        steps: list[Any] = []

        def interrupted(work: Any, step: Any) -> None:
            if steps:
                raise KeyboardInterrupt
            steps.append(step)
            drop(work, step)

        with monkeypatch.context() as patched:
            patched.setattr(uninstalling._Work, "drop", interrupted)
            with pytest.raises(KeyboardInterrupt):
                hub.uninstall()
        gone, there = (
            admin.execute("SELECT to_regclass(%s) IS NULL", [name]).fetchone()
            for name in ("shops.orders", "shops_north.orders")
        )
        assert (gone, there) == ((True,), (False,))
        assert hub.uninstall()
        assert everything(admin) == before


def test_the_ledger_of_others_stays(
    database: Database, remote_database: Database, new_role: NewRole, owner: str
) -> None:
    role, other = new_role("app"), new_role("mapped")
    hub = Hub(database.dsn, owner=owner)
    hub.install()
    filled(hub, remote_database)
    with database.connect() as admin, database.connect(user=role) as session:
        admin.execute(f"GRANT CREATE ON DATABASE {database.name} TO {role}".encode())
        admin.execute(f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role}".encode())
        declared = [
            Server("accounts"),
            UserMapping("accounts", other, options={"user": "u", "password": "hunter2"}),
        ]
        make(session, declared).apply(session)
        hub.uninstall()
        assert not make(session, declared)
        left = admin.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'exclave'::regnamespace "
            "AND relkind = 'r'"
        ).fetchall()
        assert left == [("secret_digest",)]
        text = sql.SQL("SELECT fdwname FROM pg_foreign_data_wrapper")
        assert admin.execute(text).fetchall() == [("postgres_fdw",)]
    assert hub.install()
