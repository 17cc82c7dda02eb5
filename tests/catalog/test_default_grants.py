"""What new objects of the current role are granted at once is read too."""

from __future__ import annotations

from collections.abc import Callable

from exclave.catalog import read
from exclave.cluster import Database
from exclave.objects import PUBLIC, Grant

NewRole = Callable[..., str]


def test_a_new_table_is_granted_what_was_foretold(database: Database, new_role: NewRole) -> None:
    maker, reader = new_role(), new_role()
    with database.connect() as connection:
        for statement in (
            "CREATE FOREIGN DATA WRAPPER any_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER any_fdw",
            f"GRANT USAGE ON FOREIGN SERVER s TO {maker}",
            f"GRANT CREATE ON DATABASE {database.name} TO {maker}",
            f"CREATE SCHEMA here AUTHORIZATION {maker}",
            f"CREATE SCHEMA there AUTHORIZATION {maker}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {maker} GRANT SELECT ON TABLES TO PUBLIC",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {maker} IN SCHEMA here "
            f"GRANT SELECT, INSERT ON TABLES TO {reader} WITH GRANT OPTION",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {maker} IN SCHEMA here "
            "GRANT SELECT ON TABLES TO PUBLIC",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {maker} GRANT USAGE ON SCHEMAS TO {reader}",
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {maker} GRANT EXECUTE ON FUNCTIONS TO {reader}",
            "ALTER DEFAULT PRIVILEGES GRANT UPDATE ON TABLES TO PUBLIC",
        ):
            connection.execute(statement.encode())
    with database.connect(user=maker) as connection:
        foretold = read(connection)
        connection.execute("CREATE SCHEMA late")
        for schema in ("here", "there", "late"):
            connection.execute(f"CREATE FOREIGN TABLE {schema}.t (a int) SERVER s".encode())
        catalog = read(connection).catalog
    everyone = Grant(PUBLIC, "SELECT")
    expected = {
        "here": {everyone, Grant(reader, "SELECT", True), Grant(reader, "INSERT", True)},
        "there": {everyone},
        "late": {everyone},
    }
    for schema, grants in expected.items():
        assert foretold.default_grants.of(schema) == grants
        assert catalog.foreign_tables[schema, "t"].grants == grants
    assert foretold.default_schema_grants.of("late") == {Grant(reader, "USAGE")}
    assert catalog.schemas["late"].grants == {Grant(reader, "USAGE")}


def test_a_privilege_given_everywhere_and_in_the_schema_is_one_grant(
    database: Database, new_role: NewRole
) -> None:
    user = new_role()
    with database.connect() as connection:
        connection.execute(
            f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {user} WITH GRANT OPTION".encode()
        )
        connection.execute(
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {user}".encode()
        )
        connection.execute("CREATE FOREIGN DATA WRAPPER any_fdw")
        connection.execute("CREATE SERVER s FOREIGN DATA WRAPPER any_fdw")
        connection.execute("CREATE FOREIGN TABLE t (a int) SERVER s")
        snapshot = read(connection)
    grants = snapshot.catalog.foreign_tables["public", "t"].grants
    assert grants == {Grant(user, "SELECT", True)}
    assert snapshot.default_grants.of("public") == grants


def test_without_default_privileges_a_new_table_is_granted_to_nobody(database: Database) -> None:
    with database.connect() as connection:
        assert read(connection).default_grants.of("public") == frozenset()
