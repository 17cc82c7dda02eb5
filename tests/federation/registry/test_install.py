"""Making a database a hub: what is made, who may, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from exclave import Server, UserMapping
from exclave.cluster import Database
from exclave.errors import PrerequisiteError, RegistryError
from exclave.federation import Hub
from exclave.federation.registry.tables import TABLES
from exclave.objects import ForeignObject
from exclave.plan import install_ledger, make

NewRole = Callable[..., str]
Connection = psycopg.Connection[Any]


def run(database: Database, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def value(connection: Connection, text: str, *parameters: object) -> Any:
    row = connection.execute(text.encode(), parameters or None).fetchone()
    return row and row[0]


@pytest.fixture
def owner(new_role: NewRole) -> str:
    """Give the name of a role that is not there."""
    return f"{new_role('taken')}_owner"


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """Give the superuser's session."""
    with database.connect() as connection:
        yield connection


def relations(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT relname, relowner::regrole::text FROM pg_class "
        "WHERE relnamespace = 'exclave'::regnamespace AND relkind = 'r'"
    )
    return dict(rows.fetchall())


def test_a_superuser_makes_all_of_it_and_a_second_time_nothing(
    admin: Connection, owner: str
) -> None:
    hub = Hub(admin, owner=owner)
    assert hub.install()
    assert not hub.install()
    found = relations(admin)
    assert {name: found[name] for name in TABLES} == dict.fromkeys(TABLES, owner)
    row = admin.execute(
        "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s",
        [owner],
    ).fetchone()
    assert row == (False, False, False, False)
    [event] = hub.history()
    assert (event.role, event.action) == ("postgres", "install")
    assert {"role", "extension postgres_fdw", "registry"} <= set(event.detail["made"])


def test_a_superusers_hub_has_a_ledger_for_every_role(admin: Connection, owner: str) -> None:
    Hub(admin, owner=owner).install()
    assert relations(admin)["secret_digest"] == "postgres"


def test_a_role_that_may_create_roles_and_owns_the_database_needs_one_statement(
    database: Database, new_role: NewRole, owner: str
) -> None:
    role = new_role("manager", "LOGIN CREATEROLE")
    run(database, f"ALTER DATABASE {database.name} OWNER TO {role}")
    with database.connect(user=role) as session:
        hub = Hub(session, owner=owner)
        with pytest.raises(PrerequisiteError) as refused:
            hub.install()
        assert value(session, "SELECT to_regrole(%s) IS NULL", owner)
        run(database, "CREATE EXTENSION postgres_fdw")
        run(
            database,
            f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role} WITH GRANT OPTION",
        )
        assert hub.install()
        assert not hub.install()
        with hub.transaction() as connection:
            assert connection.fetch("SELECT current_user::text")[0][0] == owner
        assert value(session, "SELECT current_user::text") == role
    assert "CREATE EXTENSION postgres_fdw;" in refused.value.remedies


@pytest.mark.parametrize("attributes", ["LOGIN", "LOGIN CREATEROLE"])
def test_what_an_administrator_is_told_to_run_is_enough(
    database: Database, new_role: NewRole, owner: str, attributes: str
) -> None:
    role = new_role("plain", attributes)
    with database.connect(user=role) as session:
        hub = Hub(session, owner=owner)
        before = value(session, "SELECT count(*) FROM pg_depend")
        with pytest.raises(PrerequisiteError) as refused:
            hub.install()
        assert value(session, "SELECT count(*) FROM pg_depend") == before
        assert f"CREATE ROLE {owner} NOLOGIN;" in str(refused.value)
        run(database, *refused.value.remedies)
        assert hub.install()
        assert not hub.install()
        assert relations(session)["registry"] == owner


def test_a_role_that_is_there_can_be_the_owner(
    database: Database, admin: Connection, new_role: NewRole
) -> None:
    role = new_role("existing", "NOLOGIN")
    assert Hub(admin, owner=role).install()
    assert relations(admin)["registry"] == role
    assert "role" not in Hub(admin, owner=role).history()[0].detail["made"]


def test_a_superuser_is_no_owner(admin: Connection) -> None:
    with pytest.raises(RegistryError, match="is a superuser"):
        Hub(admin, owner="postgres").install()


def test_a_second_application_joins_a_hub_once_it_is_a_member_of_the_owner(
    database: Database, admin: Connection, new_role: NewRole, owner: str
) -> None:
    assert Hub(admin, owner=owner).install()
    role = new_role("second")
    with database.connect(user=role) as session:
        hub = Hub(session, owner=owner)
        with pytest.raises(PrerequisiteError) as refused:
            hub.install()
        [remedy] = refused.value.remedies
        assert remedy.startswith(f"GRANT {owner} TO {role}")
        run(database, remedy)
        assert not hub.install()
        assert len(hub.history()) == 1


def test_another_owner_than_the_installed_one_is_refused(
    admin: Connection, new_role: NewRole, owner: str
) -> None:
    Hub(admin, owner=owner).install()
    other = new_role("other", "NOLOGIN")
    with pytest.raises(RegistryError, match=f'of the role "{owner}", not "{other}"'):
        Hub(admin, owner=other).install()
    with (
        pytest.raises(RegistryError, match=f'Hub\\(…, owner="{owner}"\\)'),
        Hub(admin, owner=other).transaction(),
    ):
        pytest.fail("opened")


def test_a_database_without_a_registry_is_told_to_be_made_a_hub(
    admin: Connection, owner: str
) -> None:
    with (
        pytest.raises(RegistryError, match="exclave fed init"),
        Hub(admin, owner=owner).transaction(),
    ):
        pytest.fail("opened")


def test_a_schema_of_another_role_is_refused_until_it_is_given_over(
    database: Database, admin: Connection, new_role: NewRole, owner: str
) -> None:
    other = new_role("squatter")
    run(database, f"CREATE ROLE {owner} NOLOGIN", f"CREATE SCHEMA exclave AUTHORIZATION {other}")
    hub = Hub(admin, owner=owner)
    with pytest.raises(RegistryError, match=f'belongs to the role "{other}"') as refused:
        hub.install()
    run(database, str(refused.value).rpartition(": ")[2])
    assert hub.install()


def test_a_schema_that_the_caller_made_for_its_ledger_holds_the_registry_too(
    database: Database, new_role: NewRole, owner: str
) -> None:
    role = new_role("app")
    run(
        database,
        f"GRANT CREATE ON DATABASE {database.name} TO {role}",
        "CREATE EXTENSION postgres_fdw",
        f"CREATE ROLE {owner} NOLOGIN",
        f"GRANT {owner} TO {role}",
        f"GRANT CREATE ON DATABASE {database.name} TO {owner}",
        f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {owner}",
    )
    with database.connect(user=role) as session:
        session.execute("CREATE SCHEMA exclave")
        assert Hub(session, owner=owner).install()
        assert not Hub(session, owner=owner).install()
        assert relations(session)["registry"] == owner


def test_the_ledger_of_a_role_serves_it_on_after_the_schema_became_the_hubs(
    database: Database, admin: Connection, new_role: NewRole, owner: str
) -> None:
    role, mapped = new_role("app"), new_role("mapped")
    run(
        database,
        f"GRANT CREATE ON DATABASE {database.name} TO {role}",
        "CREATE EXTENSION postgres_fdw",
        f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role}",
        f"CREATE ROLE {owner} NOLOGIN",
    )

    def declared(password: str) -> list[ForeignObject]:
        options = {"user": "u", "password": password}
        return [Server("accounts"), UserMapping("accounts", mapped, options=options)]

    with database.connect(user=role) as session:
        assert make(session, declared("one")).apply(session)
        with pytest.raises(RegistryError, match=f'belongs to the role "{role}"') as refused:
            Hub(admin, owner=owner).install()
        run(database, str(refused.value).rpartition(": ")[2])
        assert Hub(admin, owner=owner).install()
        assert relations(admin)["secret_digest"] == role
        assert not make(session, declared("one"))
        assert make(session, declared("two")).apply(session)


def test_a_role_whose_hub_is_its_own_can_be_given_a_ledger_by_an_administrator(
    database: Database, admin: Connection, new_role: NewRole, owner: str
) -> None:
    role = new_role("plain")
    with database.connect(user=role) as session:
        hub = Hub(session, owner=owner)
        with pytest.raises(PrerequisiteError) as refused:
            hub.install()
        run(database, *refused.value.remedies)
        assert hub.install()
        assert set(relations(session)) == set(TABLES)
        assert install_ledger(admin)
        assert relations(session)["secret_digest"] == "postgres"
        assert not hub.install()


def test_tables_of_the_registrys_names_that_are_not_its_own_are_refused(
    database: Database, admin: Connection, owner: str
) -> None:
    run(database, "CREATE SCHEMA exclave", "CREATE TABLE exclave.history (id int)")
    with pytest.raises(RegistryError, match=r"already exclave\.history, of the role \"postgres\""):
        Hub(admin, owner=owner).install()
    run(
        database,
        f"CREATE ROLE {owner} NOLOGIN",
        f"ALTER TABLE exclave.history OWNER TO {owner}",
    )
    with pytest.raises(RegistryError, match="no table registry: history"):
        Hub(admin, owner=owner).install()
    assert relations(admin) == {"history": owner}


def test_tables_with_other_columns_are_refused(
    database: Database, admin: Connection, owner: str
) -> None:
    hub = Hub(admin, owner=owner)
    hub.install()
    run(database, "ALTER TABLE exclave.member DROP COLUMN chunk")
    with pytest.raises(RegistryError, match=r"exclave\.member is not as version \d+ .* chunk int"):
        hub.install()


@pytest.mark.parametrize(("version", "expected"), [(0, "fed upgrade"), (99, "later exclave")])
def test_a_registry_of_another_version_is_refused(
    admin: Connection, owner: str, version: int, expected: str
) -> None:
    hub = Hub(admin, owner=owner)
    hub.install()
    admin.execute("UPDATE exclave.registry SET version = %s", [version])
    for act in (hub.install, hub.history):
        with pytest.raises(RegistryError, match=expected):
            act()


def test_a_registry_in_a_schema_of_a_stranger_is_not_read(
    database: Database, admin: Connection, new_role: NewRole, owner: str
) -> None:
    hub = Hub(admin, owner=owner)
    hub.install()
    other = new_role("stranger")
    run(database, f"ALTER SCHEMA exclave OWNER TO {other}")
    with pytest.raises(RegistryError, match=f'belongs to the role "{other}"'):
        hub.history()


def test_the_columns_that_are_expected_are_those_that_are_made(
    admin: Connection, owner: str
) -> None:
    Hub(admin, owner=owner).install()
    found = admin.execute(
        "SELECT c.relname, array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) "
        "ORDER BY a.attnum) FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'exclave'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 "
        "AND c.relowner = %s::regrole GROUP BY c.relname",
        [owner],
    ).fetchall()
    assert dict(found) == {name: list(columns) for name, columns in TABLES.items()}


def test_two_sessions_that_install_at_once_make_one_registry(
    database: Database, owner: str
) -> None:
    with database.connect() as first, database.connect() as second:
        second.execute("SET lock_timeout = '100ms'")
        with first.transaction():
            assert Hub(first, owner=owner).install()
            with pytest.raises(psycopg.errors.LockNotAvailable):
                Hub(second, owner=owner).install()
        assert not Hub(second, owner=owner).install()
