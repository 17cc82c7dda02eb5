"""Every property of every object is read back equal to what was declared."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.objects import (
    PUBLIC,
    Catalog,
    Check,
    Column,
    Extension,
    ForeignTable,
    Generated,
    Grant,
    Options,
    Partition,
    QualifiedName,
    Schema,
    Secret,
    Server,
    UserMapping,
    Wrapper,
)

NewRole = Callable[..., str]

HOSTILE = "q\"d'u\\ % :name $1 \n é😀"


def ident(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    return psycopg.sql.Literal(value).as_string()


def run(database: Database, *statements: str) -> None:
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def catalog_of(database: Database) -> Catalog:
    with database.connect() as connection:
        return read(connection).catalog


def table_of(database: Database, name: str, schema: str = "public") -> ForeignTable:
    return catalog_of(database).foreign_tables[schema, name]


@pytest.fixture
def server(database: Database) -> str:
    """A server `remote` of a wrapper that checks no options."""
    run(
        database,
        "CREATE FOREIGN DATA WRAPPER any_fdw",
        "CREATE SERVER remote FOREIGN DATA WRAPPER any_fdw",
    )
    return "remote"


def test_an_empty_database_holds_its_schema_public_and_nothing_else(database: Database) -> None:
    catalog = catalog_of(database)
    assert list(catalog) == [catalog.schemas["public"]]


def test_a_snapshot_says_what_was_read_and_by_whom(database: Database, new_role: NewRole) -> None:
    role = new_role()
    with database.connect() as connection:
        snapshot = read(connection)
        assert (snapshot.role, snapshot.superuser) == (database.cluster.superuser, True)
        assert snapshot.database == database.name
        assert snapshot.version == connection.info.server_version
        assert snapshot.major == database.cluster.major
    with database.connect(user=role) as connection:
        snapshot = read(connection)
        assert (snapshot.role, snapshot.superuser) == (role, False)


def test_the_role_is_the_current_one_and_not_the_one_that_logged_in(
    database: Database, new_role: NewRole
) -> None:
    role = new_role()
    with database.connect() as connection:
        connection.execute(f"SET ROLE {role}".encode())
        snapshot = read(connection)
    assert (snapshot.role, snapshot.superuser) == (role, False)


def test_extensions_are_read_with_schema_and_version_whether_they_bring_a_wrapper_or_not(
    database: Database,
) -> None:
    run(
        database,
        "CREATE SCHEMA elsewhere",
        "CREATE EXTENSION file_fdw SCHEMA elsewhere VERSION '1.0'",
        "CREATE EXTENSION dblink",
        "CREATE FOREIGN DATA WRAPPER loose",
        "ALTER EXTENSION dblink DROP FOREIGN DATA WRAPPER dblink_fdw",
    )
    catalog = catalog_of(database)
    assert catalog.extensions["file_fdw"] == Extension("file_fdw", "elsewhere", "1.0")
    assert set(catalog.extensions) == {"file_fdw", "dblink"}
    assert catalog.wrappers["file_fdw"].extension == "file_fdw"
    assert catalog.wrappers["file_fdw"].handler == QualifiedName("file_fdw_handler", "elsewhere")
    assert catalog.wrappers["file_fdw"].validator == QualifiedName(
        "file_fdw_validator", "elsewhere"
    )
    assert catalog.wrappers["dblink_fdw"].handler is None
    assert catalog.wrappers["dblink_fdw"].extension is None
    assert catalog.wrappers["loose"].validator is None


def test_a_wrapper_is_read_whole(database: Database, new_role: NewRole) -> None:
    owner, user = new_role("boss", "SUPERUSER"), new_role("a user's")
    run(
        database,
        "CREATE EXTENSION postgres_fdw",
        f"CREATE FOREIGN DATA WRAPPER {ident(HOSTILE)} HANDLER postgres_fdw_handler "
        f"OPTIONS (empty '', {ident(HOSTILE.replace('=', ''))} {literal(HOSTILE)}, eq 'a=b=c')",
        f"ALTER FOREIGN DATA WRAPPER {ident(HOSTILE)} OWNER TO {owner}",
        f"GRANT USAGE ON FOREIGN DATA WRAPPER {ident(HOSTILE)} TO PUBLIC",
        f"GRANT USAGE ON FOREIGN DATA WRAPPER {ident(HOSTILE)} TO {ident(user)} WITH GRANT OPTION",
        f"COMMENT ON FOREIGN DATA WRAPPER {ident(HOSTILE)} IS {literal(HOSTILE)}",
    )
    assert catalog_of(database).wrappers[HOSTILE] == Wrapper(
        HOSTILE,
        handler="public.postgres_fdw_handler",
        options={"empty": "", HOSTILE: HOSTILE, "eq": "a=b=c"},
        owner=owner,
        grants={"PUBLIC": "USAGE", user: "USAGE WITH GRANT OPTION"},
        comment=HOSTILE,
    )


def test_a_server_is_read_whole(database: Database, new_role: NewRole, server: str) -> None:
    owner, user = new_role(), new_role()
    run(
        database,
        f"CREATE SERVER {ident(HOSTILE)} TYPE {literal(HOSTILE)} VERSION '' "
        f"FOREIGN DATA WRAPPER any_fdw OPTIONS (host {literal(HOSTILE)}, empty '')",
        f"GRANT USAGE ON FOREIGN DATA WRAPPER any_fdw TO {owner}",
        f"ALTER SERVER {ident(HOSTILE)} OWNER TO {owner}",
        f"GRANT USAGE ON FOREIGN SERVER {ident(HOSTILE)} TO {user}, PUBLIC",
        f"COMMENT ON SERVER {ident(HOSTILE)} IS {literal(HOSTILE)}",
    )
    catalog = catalog_of(database)
    assert catalog.servers[HOSTILE] == Server(
        HOSTILE,
        "any_fdw",
        type=HOSTILE,
        version="",
        options={"host": HOSTILE, "empty": ""},
        owner=owner,
        grants={PUBLIC: "USAGE", user: "USAGE"},
        comment=HOSTILE,
    )
    assert catalog.servers[server] == Server(
        server, "any_fdw", owner=database.cluster.superuser, grants={}
    )


def test_a_user_mapping_is_read_whole(database: Database, new_role: NewRole, server: str) -> None:
    role = new_role('o\'role "x"')
    run(
        database,
        f"CREATE USER MAPPING FOR {ident(role)} SERVER {server} "
        f"OPTIONS (user 'me', password {literal(HOSTILE)}, odd '')",
        f"CREATE USER MAPPING FOR PUBLIC SERVER {server}",
    )
    mappings = catalog_of(database).user_mappings
    assert mappings == {
        (server, role): UserMapping(
            server, role, options={"user": "me", "password": HOSTILE, "odd": ""}
        ),
        (server, PUBLIC): UserMapping(server, PUBLIC),
    }
    options = mappings[server, role].options
    assert isinstance(options, Options)
    assert options["user"] == "me"
    assert options["odd"] == Secret.literal("")
    assert HOSTILE not in repr(mappings)


def test_a_schema_is_read_whole(database: Database, new_role: NewRole) -> None:
    owner, user = new_role(), new_role()
    run(
        database,
        f"CREATE SCHEMA {ident(HOSTILE)} AUTHORIZATION {owner}",
        f"GRANT ALL ON SCHEMA {ident(HOSTILE)} TO {user} WITH GRANT OPTION",
        f"GRANT USAGE ON SCHEMA {ident(HOSTILE)} TO PUBLIC",
        f"COMMENT ON SCHEMA {ident(HOSTILE)} IS {literal(HOSTILE)}",
    )
    assert catalog_of(database).schemas[HOSTILE] == Schema(
        HOSTILE,
        owner=owner,
        grants=[
            Grant(user, "USAGE", True),
            Grant(user, "CREATE", True),
            Grant(PUBLIC, "USAGE"),
        ],
        comment=HOSTILE,
    )


def test_a_foreign_table_is_read_whole(database: Database, new_role: NewRole, server: str) -> None:
    owner, user = new_role(), new_role()
    table = f"{ident(HOSTILE)}.{ident(HOSTILE)}"
    run(
        database,
        f"CREATE SCHEMA {ident(HOSTILE)}",
        f"GRANT ALL ON SCHEMA {ident(HOSTILE)} TO {owner}",
        f"CREATE FOREIGN TABLE {table} ("
        f"  {ident(HOSTILE)} varchar(20) OPTIONS (column_name {literal(HOSTILE)}, odd '')"
        "    COLLATE \"C\" NOT NULL DEFAULT 'x=''y',"
        "  n int4,"
        "  id int8 GENERATED ALWAYS AS IDENTITY,"
        "  other smallint GENERATED BY DEFAULT AS IDENTITY,"
        "  dropped int,"
        "  twice int GENERATED ALWAYS AS (n * 2) STORED,"
        f"  CONSTRAINT {ident(HOSTILE)} CHECK (n > 0),"
        "  CONSTRAINT own CHECK (n < 9) NO INHERIT"
        f") SERVER {server} OPTIONS (table_name {literal(HOSTILE)}, empty '')",
        f"ALTER FOREIGN TABLE {table} DROP COLUMN dropped",
        f"ALTER FOREIGN TABLE {table} OWNER TO {owner}",
        f"GRANT SELECT, INSERT ON {table} TO {user}",
        f"GRANT UPDATE ON {table} TO {user} WITH GRANT OPTION",
        f"GRANT SELECT (n), UPDATE (n) ON {table} TO PUBLIC",
        f"COMMENT ON FOREIGN TABLE {table} IS {literal(HOSTILE)}",
        f"COMMENT ON COLUMN {table}.n IS {literal(HOSTILE)}",
    )
    found = table_of(database, HOSTILE, HOSTILE)
    assert found == ForeignTable(
        HOSTILE,
        [
            Column(
                HOSTILE,
                "varchar(20)",
                collation=QualifiedName("C", "pg_catalog"),
                not_null=True,
                default="'x=''y'::character varying",
                options={"odd": ""},
                grants={},
            ),
            Column("n", "int", comment=HOSTILE, grants={PUBLIC: ["SELECT", "UPDATE"]}),
            Column("id", "bigint", not_null=True, identity="ALWAYS", grants={}),
            Column("other", "int2", not_null=True, identity="BY DEFAULT", grants={}),
            Column("twice", "integer", generated="(n * 2)", grants={}),
        ],
        server=server,
        schema=HOSTILE,
        options={"table_name": HOSTILE, "empty": ""},
        checks=[Check(HOSTILE, "(n > 0)"), Check("own", "(n < 9)", no_inherit=True)],
        owner=owner,
        grants={user: ["SELECT", "INSERT", "UPDATE WITH GRANT OPTION"]},
        comment=HOSTILE,
    )
    assert [column.name for column in found.columns] == [HOSTILE, "n", "id", "other", "twice"]
    assert found.columns[0].options["column_name"] == HOSTILE


def test_a_virtual_generated_column_is_told_from_a_stored_one(
    database: Database, server: str
) -> None:
    if database.cluster.major < 18:
        pytest.skip("virtual generated columns came with PostgreSQL 18")
    run(
        database,
        "CREATE FOREIGN TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL) "
        f"SERVER {server}",
    )
    assert table_of(database, "t").columns[1].generated == Generated("(a + 1)", stored=False)


def test_a_serial_column_is_an_integer_with_a_default(database: Database, server: str) -> None:
    run(database, f"CREATE FOREIGN TABLE t (id serial) SERVER {server}")
    assert table_of(database, "t").columns == (
        Column(
            "id",
            "integer",
            not_null=True,
            default="nextval('public.t_id_seq'::regclass)",
            grants={},
        ),
    )


def test_a_table_without_columns_is_read(database: Database, server: str) -> None:
    run(database, f"CREATE FOREIGN TABLE t () SERVER {server}")
    assert table_of(database, "t").columns == ()


def test_children_have_their_parents_and_the_checks_they_inherit(
    database: Database, server: str
) -> None:
    run(
        database,
        'CREATE TABLE "Parent" (a int CONSTRAINT positive CHECK (a > 0))',
        "CREATE TABLE other (b int)",
        f'CREATE FOREIGN TABLE child (c int) INHERITS ("Parent", other) SERVER {server}',
    )
    child = table_of(database, "child")
    assert child.inherits == {QualifiedName("Parent", "public"), QualifiedName("other", "public")}
    assert child.checks == {Check("positive", "(a > 0)")}
    assert [column.name for column in child.columns] == ["a", "b", "c"]
    assert child.partition_of is None


def test_partitions_have_their_parent_and_bound(database: Database, server: str) -> None:
    run(
        database,
        "CREATE SCHEMA s",
        "CREATE TABLE s.whole (a text) PARTITION BY LIST (a)",
        f"CREATE FOREIGN TABLE part PARTITION OF s.whole FOR VALUES IN ('x  y', 'it''s') "
        f"SERVER {server}",
        f"CREATE FOREIGN TABLE rest PARTITION OF s.whole DEFAULT SERVER {server}",
    )
    part = table_of(database, "part")
    assert part.partition_of == Partition("s.whole", "FOR VALUES IN ('x  y', 'it''s')")
    assert part.partition_of.bound == "FOR VALUES IN ('x  y', 'it''s')"
    assert part.inherits == frozenset()
    assert part.columns == (Column("a", "text", grants={}),)
    assert table_of(database, "rest").partition_of == Partition("s.whole", "DEFAULT")


def test_foreign_tables_and_servers_of_an_extension_say_so(database: Database, server: str) -> None:
    run(
        database,
        f"CREATE FOREIGN TABLE t (a int) SERVER {server}",
        "CREATE EXTENSION file_fdw",
        "ALTER EXTENSION file_fdw ADD FOREIGN TABLE t",
        f"ALTER EXTENSION file_fdw ADD SERVER {server}",
    )
    catalog = catalog_of(database)
    assert catalog.foreign_tables["public", "t"].extension == "file_fdw"
    assert catalog.servers[server].extension == "file_fdw"


def test_a_privilege_from_several_grantors_is_one_grant(
    database: Database, new_role: NewRole, server: str
) -> None:
    middle, user = new_role(), new_role()
    run(
        database,
        f"CREATE FOREIGN TABLE t (a int) SERVER {server}",
        f"GRANT SELECT ON t TO {middle} WITH GRANT OPTION",
        f"GRANT SELECT ON t TO {user}",
        f"SET ROLE {middle}",
        f"GRANT SELECT ON t TO {user} WITH GRANT OPTION",
    )
    assert table_of(database, "t").grants == {
        Grant(middle, "SELECT", True),
        Grant(user, "SELECT", True),
    }


def test_grants_to_the_owner_are_no_grants_even_when_some_were_revoked(
    database: Database, server: str
) -> None:
    owner = database.cluster.superuser
    run(
        database,
        f"CREATE FOREIGN TABLE t (a int) SERVER {server}",
        f"REVOKE INSERT ON t FROM {owner}",
        f"GRANT SELECT (a) ON t TO {owner}",
    )
    found = table_of(database, "t")
    assert found.grants == frozenset()
    assert found.columns[0].grants == frozenset()
    assert found.owner == owner


def test_all_privileges_of_a_table_are_those_of_the_version(
    database: Database, new_role: NewRole, server: str
) -> None:
    user = new_role()
    run(
        database,
        f"CREATE FOREIGN TABLE t (a int) SERVER {server}",
        f"GRANT ALL ON t TO {user}",
    )
    privileges = {grant.privilege for grant in table_of(database, "t").grants or ()}
    expected = {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}
    assert privileges == expected | ({"MAINTAIN"} if database.cluster.major >= 17 else set())


def test_ordinary_tables_and_views_are_not_read(database: Database) -> None:
    run(database, "CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT * FROM t")
    assert catalog_of(database).foreign_tables == {}


def test_a_name_may_be_as_long_as_postgresql_keeps_it(database: Database, server: str) -> None:
    name = "é" * 31 + "x"
    run(database, f"CREATE FOREIGN TABLE {ident(name)} ({ident(name)} int) SERVER {server}")
    assert table_of(database, name).columns[0].name == name
