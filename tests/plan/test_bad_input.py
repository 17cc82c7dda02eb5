"""What cannot be done is refused with a clear word, and the database stays as it was."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import (
    ApplyError,
    DeclarationError,
    ExclaveError,
    PlanError,
    PrerequisiteError,
    RemoteError,
    SecretError,
    StalePlanError,
)
from exclave.objects import (
    PUBLIC,
    Catalog,
    Check,
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    ImportForeignSchema,
    Schema,
    Secret,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.plan import Policy, import_foreign_schema, make, removal

NewRole = Callable[..., str]
Connection = psycopg.Connection[Any]


@pytest.fixture
def admin(database: Database) -> Iterator[Connection]:
    """The superuser, in a database with postgres_fdw, a server and a foreign table on it."""
    with database.connect() as connection:
        run(
            connection,
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SCHEMA erp",
            "CREATE FOREIGN TABLE erp.orders (id int, note text) SERVER s",
        )
        yield connection


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def orders(**changes: Any) -> ForeignTable:
    given: dict[str, Any] = {
        "columns": [Column("id", "int"), Column("note", "text")],
        "server": "s",
        "schema": "erp",
    }
    return ForeignTable("orders", **{**given, **changes})


def refused(
    admin: Connection,
    desired: Sequence[ForeignObject],
    kind: type[ExclaveError],
    *words: str,
    policy: Policy | None = None,
) -> str:
    """Plan and apply, which must fail with these words; nothing has changed then."""
    before = read(admin).catalog
    with pytest.raises(kind) as caught:
        make(admin, desired, policy or Policy()).apply(admin)
    for word in words:
        assert word in str(caught.value)
    assert read(admin).catalog == before
    return str(caught.value)


# Names -------------------------------------------------------------------------------------------

NAMED: dict[str, Callable[[str], object]] = {
    "extension": Extension,
    "wrapper": Wrapper,
    "server": Server,
    "server of a mapping": UserMapping,
    "role of a mapping": lambda name: UserMapping("s", name),
    "schema": Schema,
    "table": lambda name: ForeignTable(name, [], server="s"),
    "schema of a table": lambda name: ForeignTable("t", [], server="s", schema=name),
    "column": lambda name: Column(name, "int"),
    "check": lambda name: Check(name, "true"),
    "owner": lambda name: Server("s", owner=name),
    "grantee": lambda name: Server("s", grants={name: ["USAGE"]}),
    "remote schema": lambda name: ImportForeignSchema("s", name),
    "imported table": lambda name: ImportForeignSchema("s", limit_to=[name]),
}


@pytest.mark.parametrize("declare", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize(
    ("name", "word"),
    [("é" * 31 + "ab", "64 bytes"), ("nul\0", "NUL"), ("", "empty"), ("\ud800", "surrogate")],
    ids=["64 bytes", "NUL", "empty", "surrogate"],
)
def test_a_name_that_postgresql_cannot_hold_is_refused_when_it_is_declared(
    declare: Callable[[str], object], name: str, word: str
) -> None:
    if not name and declare in (NAMED["owner"], NAMED["schema of a table"]):
        return  # none, and the schema public
    with pytest.raises(DeclarationError, match=word):
        declare(name)


def test_a_name_of_63_bytes_is_kept_whole(admin: Connection) -> None:
    name = "é" * 31 + "x"
    desired = [Server(name), ForeignTable(name, [Column(name, "int")], server=name)]
    assert make(admin, desired).apply(admin)
    assert name in read(admin).catalog.servers
    assert not make(admin, desired)


# Options -----------------------------------------------------------------------------------------


def test_an_unknown_option_names_the_closest_known_one(admin: Connection) -> None:
    refused(admin, [Server("s", options={"hots": "h"})], DeclarationError, '"s"', "mean 'host'?")
    table = orders(options={"tablename": "x"})
    refused(admin, [table], DeclarationError, '"erp"."orders"', "mean 'table_name'?")
    column = orders(columns=[Column("id", "int", options={"colum_name": "x"})])
    refused(admin, [column], DeclarationError, 'column "id"', "mean 'column_name'?")


def test_an_option_at_the_wrong_level_says_where_it_belongs(admin: Connection) -> None:
    refused(admin, [Server("s", options={"user": "u"})], DeclarationError, "a user mapping")
    mapping = UserMapping("s", options={"host": "h"})
    refused(admin, [mapping], DeclarationError, "for PUBLIC", "a foreign server")


def test_an_option_of_a_later_version_says_which(admin: Connection, database: Database) -> None:
    server = Server("s", options={"use_scram_passthrough": True})
    if database.cluster.major >= 18:
        assert make(admin, [server]).apply(admin)
    else:
        refused(
            admin, [server], DeclarationError, '"s"', "came with PostgreSQL 18", "is PostgreSQL 1"
        )


def test_a_value_that_no_option_takes_says_what_it_takes(admin: Connection) -> None:
    refused(admin, [Server("s", options={"fetch_size": 0})], DeclarationError, "at least 1")
    refused(admin, [Server("s", options={"updatable": "maybe"})], DeclarationError, "true or false")


# Missing things ----------------------------------------------------------------------------------


def test_a_missing_secret_is_found_before_anything_is_changed(
    admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    mapping = UserMapping("s", options={"user": "u", "password": Secret.env("NOWHERE")})
    desired = [Server("new"), mapping]
    refused(admin, desired, SecretError, "NOWHERE", 'mapping for PUBLIC on server "s"')


def test_a_missing_secret_of_a_mapping_that_is_there_names_it(
    admin: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    run(admin, "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (password 'x')")
    mapping = UserMapping("s", options={"password": Secret.env("NOWHERE")})
    refused(admin, [mapping], SecretError, "NOWHERE", 'mapping for PUBLIC on server "s"')


@pytest.mark.parametrize(
    ("desired", "words"),
    [
        (
            [orders(columns=[Column("mood", "mood"), Column("id", "int")])],
            ['"erp"."orders"', "type mood", 'column "mood"'],
        ),
        (
            [orders(columns=[Column("note", "text", collation="xx_XX")])],
            ['"erp"."orders"', "collation", 'column "note"'],
        ),
        ([Extension("no_such_extension")], ["no_such_extension", "not installed"]),
        ([Server("new", "file_fdw")], ['"new"', "CREATE EXTENSION file_fdw;"]),
        ([Server("new", "odd_fdw")], ['"new"', '"odd_fdw" does not exist']),
        ([Wrapper("w", handler="no.such_function")], ['"w"', "function no.such_function"]),
        ([ForeignTable("t", [], server="s", schema="nowhere")], ['"t"', "CREATE SCHEMA nowhere;"]),
        ([orders(inherits=["erp.parent"])], ['"erp"."orders"', "parent table erp.parent"]),
        ([UserMapping("s", "nobody here")], ['"nobody here"', 'CREATE ROLE "nobody here";']),
        ([Server("s", owner="nobody here")], ['server "s"', 'CREATE ROLE "nobody here";']),
        (
            [orders(grants={"nobody here": ["SELECT"]})],
            ['"erp"."orders"', 'CREATE ROLE "nobody here";'],
        ),
    ],
    ids=lambda value: str(value[0]) if isinstance(value[0], str) else None,
)
def test_a_missing_thing_is_named_before_anything_is_changed(
    admin: Connection, desired: list[ForeignObject], words: list[str]
) -> None:
    before = [Server("never made")]
    refused(admin, [*before, *desired], PrerequisiteError, *words)


@pytest.mark.parametrize("value", [UserMapping("none"), ForeignTable("t", [], server="none")])
def test_a_missing_server_is_named_when_the_plan_is_made(
    admin: Connection, value: ForeignObject
) -> None:
    with pytest.raises(DeclarationError, match='"none" neither exists nor is declared'):
        make(admin, [value])


# Failing steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "sqlstate"),
    [
        (orders(checks=[Check("c", "nosuch > 0")]), "42703"),
        (orders(columns=[Column("id", "int", default="1/")]), "42601"),
        (Extension("file_fdw", version="9.9"), "22023"),
        (ForeignTable("orders_view", [], server="s", schema="erp"), "42P07"),
    ],
    ids=["unknown column", "no SQL", "no such version", "name taken by a view"],
)
def test_a_step_that_fails_names_its_change_and_undoes_all(
    admin: Connection, bad: ForeignObject, sqlstate: str
) -> None:
    run(admin, "CREATE VIEW erp.orders_view AS SELECT 1")
    before = read(admin).catalog
    secret = UserMapping("new", options={"password": "pw"})
    plan = make(admin, [Server("new"), secret, bad])
    with pytest.raises(ApplyError, match=re.escape(str(bad))) as caught:
        plan.apply(admin)
    assert caught.value.sqlstate == sqlstate
    assert read(admin).catalog == before


def test_a_failing_plan_leaves_the_callers_transaction_usable(admin: Connection) -> None:
    with admin.transaction():
        run(admin, "CREATE SERVER mine FOREIGN DATA WRAPPER postgres_fdw")
        with pytest.raises(ApplyError):
            make(admin, [Server("new"), orders(checks=[Check("c", "nosuch > 0")])]).apply(admin)
    servers = read(admin).catalog.servers
    assert "mine" in servers
    assert "new" not in servers


@pytest.mark.parametrize(
    "meanwhile",
    ["ALTER SERVER s OPTIONS (ADD host 'other')", "DROP SERVER s CASCADE"],
    ids=["altered", "dropped"],
)
def test_a_stale_plan_is_refused(admin: Connection, meanwhile: str) -> None:
    plan = make(admin, [Server("new"), Server("s", options={"host": "mine"})])
    run(admin, meanwhile)
    before = read(admin).catalog
    with pytest.raises(StalePlanError, match='server "s"'):
        plan.apply(admin)
    assert read(admin).catalog == before


def test_a_plan_for_what_was_created_meanwhile_is_stale(admin: Connection) -> None:
    plan = make(admin, [Server("new", options={"host": "mine"})])
    run(admin, "CREATE SERVER new FOREIGN DATA WRAPPER postgres_fdw")
    with pytest.raises(StalePlanError, match='server "new"'):
        plan.apply(admin)


# Dependants --------------------------------------------------------------------------------------

DEPENDANTS = {
    "view": ("CREATE VIEW erp.v AS SELECT id FROM erp.orders", "view erp.v"),
    "materialized view": (
        "CREATE MATERIALIZED VIEW erp.m AS SELECT id FROM erp.orders WITH NO DATA",
        "materialized view erp.m",
    ),
    "trigger": (
        "CREATE FUNCTION erp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
        "CREATE TRIGGER tr BEFORE INSERT ON erp.orders FOR EACH ROW EXECUTE FUNCTION erp.f()",
        "trigger tr on foreign table erp.orders",
    ),
    "rule": (
        "CREATE TABLE erp.t (id int); "
        "CREATE RULE r AS ON INSERT TO erp.t DO ALSO INSERT INTO erp.orders VALUES (NEW.id)",
        "rule r on table erp.t",
    ),
    "policy": (
        "CREATE TABLE erp.t (id int); "
        "CREATE POLICY p ON erp.t USING (id IN (SELECT id FROM erp.orders))",
        "policy p on table erp.t",
    ),
    "function that takes its row type": (
        "CREATE FUNCTION erp.f(erp.orders) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "function erp.f(erp.orders)",
    ),
    "function that returns its rows": (
        "CREATE FUNCTION erp.f() RETURNS SETOF erp.orders LANGUAGE sql "
        "AS 'SELECT * FROM erp.orders'",
        "function erp.f()",
    ),
    "function with a parsed body": (
        "CREATE FUNCTION erp.f() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM "
        "erp.orders)",
        "function erp.f()",
    ),
    "column of its row type": ("CREATE TABLE erp.t (o erp.orders)", "column o of table erp.t"),
    "column of arrays of its row type": (
        "CREATE TABLE erp.t (o erp.orders[])",
        "column o of table erp.t",
    ),
    "table of its row type's domain": (
        "CREATE DOMAIN erp.d AS erp.orders CHECK ((VALUE).id > 0)",
        "type erp.d",
    ),
    "foreign child": (
        "CREATE FOREIGN TABLE erp.child () INHERITS (erp.orders) SERVER s",
        "foreign table erp.child",
    ),
    "local child": ("CREATE TABLE erp.child () INHERITS (erp.orders)", "table erp.child"),
    "statistics": (
        "CREATE STATISTICS erp.st ON id, note FROM erp.orders",
        "statistics object erp.st",
    ),
}


@pytest.mark.parametrize("name", DEPENDANTS)
def test_what_a_replacement_would_take_along_is_named_and_refused(
    admin: Connection, name: str
) -> None:
    statement, described = DEPENDANTS[name]
    run(admin, statement, "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw")
    desired = [orders(server="other")]
    message = refused(admin, desired, PlanError, f"{described} depends on", "Policy(cascade=True)")
    assert message.count(described + " depends on") == 1
    plan = make(admin, desired, Policy(cascade=True))
    assert any(described in note for note in plan.notes), plan.notes
    assert plan.apply(admin)
    assert read(admin).catalog.foreign_tables["erp", "orders"].server == "other"
    assert not make(admin, desired)


def test_a_view_on_a_view_is_named_too(admin: Connection) -> None:
    run(
        admin,
        "CREATE VIEW erp.v AS SELECT id FROM erp.orders",
        "CREATE VIEW erp.w AS SELECT id FROM erp.v",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw",
    )
    desired = [orders(server="other")]
    refused(admin, desired, PlanError, "view erp.v depends on", "view erp.w depends on view erp.v")
    assert make(admin, desired, Policy(cascade=True)).apply(admin)


def test_what_depends_on_a_dropped_table_is_named_by_postgresql(admin: Connection) -> None:
    run(admin, "CREATE VIEW erp.v AS SELECT id FROM erp.orders")
    before = read(admin).catalog
    with pytest.raises(ApplyError, match=r"view erp\.v depends on"):
        removal(admin, [orders()]).apply(admin)
    assert read(admin).catalog == before


# Servers that must be replaced -------------------------------------------------------------------


@pytest.fixture
def crowded(admin: Connection, new_role: NewRole) -> str:
    """Put more on the server than anybody declares; gives a role that has privileges there."""
    role = new_role("reader")
    run(
        admin,
        f"GRANT USAGE ON FOREIGN SERVER s TO {role} WITH GRANT OPTION",
        "COMMENT ON SERVER s IS 'the server'",
        f"CREATE USER MAPPING FOR {role} SERVER s OPTIONS (user 'u', password 'it''s')",
        "CREATE USER MAPPING FOR PUBLIC SERVER s OPTIONS (user 'p')",
        f"GRANT SELECT, INSERT (note) ON erp.orders TO {role}",
        "GRANT SELECT ON erp.orders TO PUBLIC",
        "COMMENT ON FOREIGN TABLE erp.orders IS 'the table'",
        "COMMENT ON COLUMN erp.orders.id IS 'the column'",
        "ALTER FOREIGN TABLE erp.orders ADD CONSTRAINT c CHECK (id > 0)",
        f"ALTER FOREIGN TABLE erp.orders OWNER TO {role}",
    )
    return role


REPLACED = Server("s", type="new", comment="the server")


def test_replacing_a_server_with_undeclared_mappings_and_tables_is_refused(
    admin: Connection, crowded: str
) -> None:
    refused(admin, [REPLACED], PlanError, "nobody declared it", "Policy(cascade=True)")
    mappings = [
        UserMapping("s", crowded, options={"user": "u", "password": "it's"}),
        UserMapping("s", PUBLIC, options={"user": "p"}),
    ]
    refused(admin, [REPLACED, *mappings], PlanError, '"erp"."orders"', "nobody declared it")
    refused(admin, [REPLACED, orders()], PlanError, "user mapping for", "nobody declared it")


@pytest.mark.parametrize("wrapper", ["postgres_fdw", "plain"])
def test_a_server_is_replaced_and_all_on_it_put_back_when_the_policy_says_so(
    admin: Connection, crowded: str, wrapper: str
) -> None:
    run(admin, "CREATE FOREIGN DATA WRAPPER plain")
    desired = Server("s", wrapper, type="new", comment="the server")
    before = read(admin).catalog
    plan = make(admin, [desired], Policy(cascade=True))
    assert plan.apply(admin)
    after = read(admin).catalog
    expected = [
        Server(
            "s",
            wrapper,
            type="new",
            comment=value.comment,
            owner=value.owner,
            grants=value.grants,
        )
        if isinstance(value, Server)
        else value
        for value in before
    ]
    assert after == Catalog(expected)
    assert plan.reverse().apply(admin)
    assert read(admin).catalog == before


# Import ------------------------------------------------------------------------------------------


@pytest.fixture
def remote(
    admin: Connection, remote_database: Database, new_role: NewRole
) -> Callable[..., ImportForeignSchema]:
    """Declare how the remote is reached, with what is wrong about it, and give an import."""
    cluster = remote_database.cluster
    with remote_database.connect() as there:
        run(
            there,
            "CREATE TABLE t (id int, note text)",
            "CREATE SCHEMA moody",
            "CREATE TYPE moody.mood AS ENUM ('good')",
            "CREATE TABLE moody.m (mood moody.mood)",
            "DROP ROLE IF EXISTS remote_reader",
            "CREATE ROLE remote_reader LOGIN PASSWORD 'right'",
        )

    def reach(
        remote_schema: str = "public",
        *,
        user: str = "remote_reader",
        password: str = "right",
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> ImportForeignSchema:
        server = Server(
            "remote",
            options={
                "host": cluster.host,
                "port": cluster.port,
                "dbname": remote_database.name,
                "connect_timeout": 5,
                **(options or {}),
            },
        )
        mapping = UserMapping("remote", PUBLIC, options={"user": user, "password": password})
        make(admin, [server, mapping, Schema("here")]).apply(admin)
        return ImportForeignSchema("remote", remote_schema, "here", **changes)

    return reach


def import_refused(
    session: Connection, spec: ImportForeignSchema, kind: type[ExclaveError], *words: str
) -> str:
    before = read(session).catalog
    with pytest.raises(kind) as caught:
        import_foreign_schema(session, spec)
    message = str(caught.value)
    for word in (str(spec), *words):
        assert word in message
    assert "right" not in message
    assert read(session).catalog == before
    return message


Reach = Callable[..., ImportForeignSchema]


def test_an_import_from_a_server_that_cannot_be_reached_says_what_it_needs(
    admin: Connection, remote: Reach
) -> None:
    with _closed_port() as port:
        spec = remote(options={"port": port})
        message = import_refused(
            admin, spec, RemoteError, "Connection refused", f"127.0.0.1, port {port}", "pg_hba.conf"
        )
    assert "  <address of the hub>/32  scram-sha-256" in message
    assert "CREATE ROLE remote_reader LOGIN" in message
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA public TO remote_reader;" in message


class _closed_port:  # noqa: N801 - used as a function
    """A port that nobody listens on, kept so for a while."""

    def __enter__(self) -> int:
        import socket

        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        return self._socket.getsockname()[1]

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def test_what_is_advised_is_enough_for_the_remote(
    admin: Connection, remote: Reach, remote_database: Database
) -> None:
    """Follow the advice to the letter, and the tables can be imported and read."""
    name = f"new {remote_database.name}"
    spec = remote(user=name, password="right")
    message = import_refused(admin, spec, RemoteError, "password authentication failed")
    statements = re.findall(r"^    ((?:CREATE ROLE|GRANT) .*;)$", message, re.MULTILINE)
    assert len(statements) == 3
    with remote_database.connect() as there:
        for statement in statements:
            run(there, statement.replace("<the mapped password>", "right"))
        (line,) = re.findall(r"^    (host.*)$", message, re.MULTILINE)
        _check_hba(remote_database, there, line.replace("<address of the hub>", "127.0.0.1"))
    assert [table.name for table in import_foreign_schema(admin, spec)] == ["t"]
    assert admin.execute("SELECT count(*) FROM here.t").fetchall() == [(0,)]


def _check_hba(database: Database, there: Connection, line: str) -> None:
    """Let PostgreSQL read a line of pg_hba.conf, without a reload."""
    file = database.cluster.data_dir / "pg_hba.conf"
    text = file.read_text()
    try:
        file.write_text(f"{line}\n{text}")
        rows = there.execute("SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL")
        assert rows.fetchall() == []
        first = there.execute(
            "SELECT type, database, auth_method FROM pg_hba_file_rules ORDER BY line_number LIMIT 1"
        ).fetchall()
        assert first == [("host", [database.name], "scram-sha-256")]
    finally:
        file.write_text(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, ["password authentication failed", "CREATE ROLE remote_reader"]),
        ({"options": {"dbname": "none"}}, ['"none" does not exist', '"none"  "remote_reader"']),
        ({"options": {"sslmode": "require"}}, ["does not support SSL", "    hostssl  "]),
        ({"options": {"host": "host.invalid"}}, ["host.invalid", "pg_hba.conf"]),
        ({"options": {"host": "/nowhere"}}, ["/nowhere", '    local  "']),
    ],
    ids=["password", "database", "TLS", "host", "socket"],
)
def test_an_import_that_the_remote_refuses_says_what_its_administrator_must_do(
    admin: Connection, remote: Reach, changes: dict[str, Any], words: list[str]
) -> None:
    import_refused(admin, remote(**changes), RemoteError, "pg_hba.conf", *words)


def test_an_import_without_a_password_says_that_there_must_be_one(
    admin: Connection, database: Database, remote: Reach, new_role: NewRole
) -> None:
    role = new_role("plain")
    spec = remote()
    run(
        admin,
        f"GRANT USAGE ON FOREIGN SERVER remote TO {role}",
        f"GRANT USAGE, CREATE ON SCHEMA here TO {role}",
        f"CREATE USER MAPPING FOR {role} SERVER remote OPTIONS (user 'remote_reader')",
    )
    with database.connect(user=role) as session:
        import_refused(session, spec, RemoteError, "must hold a password", "remote_reader")


def test_an_import_without_a_mapping_says_which(admin: Connection, remote: Reach) -> None:
    spec = remote()
    run(admin, "DROP USER MAPPING FOR PUBLIC SERVER remote")
    import_refused(admin, spec, PrerequisiteError, "CREATE USER MAPPING FOR postgres SERVER remote")


def test_an_import_without_rights_on_the_hub_names_the_statements(
    admin: Connection, database: Database, remote: Reach, new_role: NewRole
) -> None:
    role = new_role("plain")
    spec = remote()
    with database.connect(user=role) as session:
        with pytest.raises(PrerequisiteError) as caught:
            import_foreign_schema(session, spec)
        assert caught.value.remedies == (
            f"GRANT CREATE ON SCHEMA here TO {role};",
            f"GRANT USAGE ON FOREIGN SERVER remote TO {role};",
        )
        run(admin, *caught.value.remedies, f"GRANT USAGE ON SCHEMA here TO {role}")
        assert [table.owner for table in import_foreign_schema(session, spec)] == [role]


def test_an_import_of_what_is_not_there_says_so(admin: Connection, remote: Reach) -> None:
    import_refused(admin, remote("none"), RemoteError, '"none" is not present')
    import_refused(admin, remote(limit_to=["t", "u"]), DeclarationError, "no table 'u'")
    spec = ImportForeignSchema("nowhere")
    import_refused(admin, spec, DeclarationError, '"nowhere" does not exist')
    spec = ImportForeignSchema("remote", local_schema="nowhere")
    import_refused(admin, spec, PrerequisiteError, "CREATE SCHEMA nowhere;")


def test_an_import_of_a_type_that_the_hub_lacks_names_it(admin: Connection, remote: Reach) -> None:
    spec = remote("moody")
    import_refused(admin, spec, ApplyError, "mood", "on the hub first")


def test_an_import_over_a_table_that_is_there_names_it(admin: Connection, remote: Reach) -> None:
    spec = remote(limit_to=["t"])
    assert import_foreign_schema(admin, spec)
    import_refused(admin, spec, DeclarationError, "already has 't'")
    import_refused(admin, remote(), ApplyError, '"t" already exists')


def test_an_import_with_an_unknown_option_names_the_closest(
    admin: Connection, remote: Reach
) -> None:
    spec = remote(options=None)
    spec = ImportForeignSchema("remote", "public", "here", options={"import_defaults": True})
    import_refused(admin, spec, DeclarationError, "mean 'import_default'?")


# Other processes ---------------------------------------------------------------------------------

CLIENT = """
import sys, psycopg
from exclave.plan import make
from exclave.objects import *

with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    plan = make(connection, [
        Server("one"),
        UserMapping("one", options={"user": "u", "password": Secret.literal("p")}),
        ForeignTable("orders", [Column("id", "bigint")], schema="erp", server="s"),
        Server("two"),
    ])
    print("made", flush=True)
    sys.stdin.readline()
    print(plan.apply(connection), flush=True)
"""


class Client:
    """A process that has made a plan and waits to be told to apply it."""

    def __init__(self, database: Database, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, f"{database.dsn} application_name={name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.read() == "made"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


def _wait(admin: Connection, condition: str) -> None:
    for _ in range(300):
        rows = admin.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE {condition}".encode()  # noqa: S608
        )
        if rows.fetchall() != [(0,)]:
            return
        time.sleep(0.05)
    pytest.fail(f"no session has {condition}")


def test_two_processes_apply_the_same_plan_one_after_the_other(
    admin: Connection, database: Database
) -> None:
    with (
        Client(database, "one") as one,
        Client(database, "two") as two,
        database.connect(autocommit=False) as blocker,
    ):
        blocker.execute("EXPLAIN SELECT * FROM erp.orders")  # LOCK does not take foreign tables
        one.go()
        _wait(admin, "application_name = 'one' AND wait_event = 'relation'")
        two.go()
        _wait(admin, "application_name = 'two' AND wait_event = 'advisory'")
        blocker.rollback()
        assert one.read() == "True"
        assert two.read() == "False"
    assert {"one", "two"} <= read(admin).catalog.servers.keys()


def test_a_killed_client_leaves_nothing_half_done(admin: Connection, database: Database) -> None:
    before = read(admin).catalog
    with (
        Client(database, "victim") as client,
        database.connect(autocommit=False) as blocker,
    ):
        blocker.execute("EXPLAIN SELECT * FROM erp.orders")  # LOCK does not take foreign tables
        client.go()
        _wait(admin, "application_name = 'victim' AND wait_event = 'relation'")
        client.process.send_signal(signal.SIGKILL)
        client.process.wait()
        blocker.rollback()
    _wait(admin, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'victim')")
    assert read(admin).catalog == before
    plan = make(admin, [Server("one"), orders(columns=[Column("id", "bigint")])])
    assert plan.apply(admin)  # the lock is free
