"""Operations that are written by hand, online and with ``--sql``, and their reverses."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import pytest
from alembic.autogenerate import render_python_code
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import Operations
from alembic.operations.ops import DowngradeOps, MigrationScript, UpgradeOps
from alembic.runtime.migration import MigrationContext

import exclave as xc
from exclave.alembic.operations import (
    AlterServerOp,
    CreateServerOp,
    CreateUserMappingOp,
    DropServerOp,
)
from exclave.cluster import Database
from exclave.errors import ApplyError, DeclarationError, PlanError, SecretError

from .conftest import NewProject
from .shop import declared

UPGRADE = """
op.create_extension("postgres_fdw")
op.create_schema("erp", comment="things from elsewhere")
op.create_wrapper("mine", options={"debug": "1"})
op.create_server("accounts", options={"host": "accounts.db"}, grants={"PUBLIC": ["USAGE"]})
op.create_server("other", wrapper="mine", type="t", version="1", comment="c")
op.create_user_mapping("accounts", "CURRENT_USER", options={"user": "u", "password": "p"})
op.create_user_mapping("accounts", options={"user": "all"})
op.create_foreign_table(
    "orders",
    xc.Column("id", "bigint", options={"column_name": "ID"}),
    xc.Column("total", "numeric(10,2)", comment="in euro"),
    xc.Column("twice", "numeric", generated="total * 2"),
    server="accounts",
    schema="erp",
    options={"schema_name": "public"},
    checks=[xc.Check("positive", "total > 0")],
    grants={"pg_monitor": ["SELECT"]},
)
op.create_foreign_table("here", server="accounts")
""".strip()

ALTER = """
op.alter_schema("erp", before={"comment": "things from elsewhere"}, after={})
op.alter_wrapper("mine", before={"options": {"debug": "1"}}, after={"options": {"debug": "0"}})
op.alter_server("accounts", before={}, after={"options": {"port": 5433}, "name": "moved"})
op.alter_user_mapping(
    "moved",
    "CURRENT_USER",
    before={"options": {"password": xc.Secret.env("NOT_SET")}},
    after={"options": {"password": xc.Secret.literal("q")}},
)
op.alter_foreign_table(
    "orders",
    schema="erp",
    before={
        "columns": [
            xc.Column("id", "bigint", options={"column_name": "ID"}),
            xc.Column("twice", "numeric", generated="total * 2"),
        ],
        "grants": {"pg_monitor": ["SELECT"]},
    },
    after={
        "name": "purchases",
        "columns": [
            xc.Column("id", "bigint"),
            xc.Column("note", "text"),
        ],
        "grants": {},
    },
)
""".strip()

DROP = """
op.drop_foreign_table("here")
op.drop_foreign_table("orders", schema="erp")
op.drop_user_mapping("accounts")
op.drop_user_mapping("accounts", "CURRENT_USER")
op.drop_server("other")
op.drop_server("accounts")
op.drop_wrapper("mine")
op.drop_schema("erp")
op.drop_extension("postgres_fdw")
""".strip()


def test_operations_written_by_hand_do_what_they_say(new_project: NewProject) -> None:
    project = new_project()
    project.written(UPGRADE, DROP)
    project.written(ALTER)
    project.upgrade("+1")
    made = project.read()
    assert made.schemas["erp"].comment == "things from elsewhere"
    assert made.servers["accounts"].grants == xc.Server("s", grants={"PUBLIC": ["USAGE"]}).grants
    assert made.servers["other"].wrapper == "mine"
    assert len(made.user_mappings) == 2
    assert made.foreign_tables["public", "here"].columns == ()
    table = made.foreign_tables["erp", "orders"]
    assert [column.name for column in table.columns] == ["id", "total", "twice"]
    assert table.columns[1].comment == "in euro"
    assert [check.name for check in table.checks] == ["positive"]
    project.upgrade("+1")
    altered = project.read()
    assert altered.schemas["erp"].comment is None
    assert dict(altered.wrappers["mine"].options) == {"debug": "0"}
    assert dict(altered.servers["moved"].options) == {"host": "accounts.db", "port": "5433"}
    table = altered.foreign_tables["erp", "purchases"]
    assert [column.name for column in table.columns] == ["id", "total", "note"]
    assert not table.columns[0].options
    assert table.grants == frozenset()


def test_drops_written_by_hand_undo_it_all(new_project: NewProject) -> None:
    project = new_project()
    empty = project.read()
    project.written(UPGRADE, DROP)
    project.upgrade()
    project.downgrade()
    assert project.read() == empty


def test_a_refused_operation_says_what_it_was(new_project: NewProject) -> None:
    project = new_project()
    project.written('op.create_server("s", wrapper="nothing")')
    with pytest.raises(ApplyError, match='Could not create foreign server "s"'):
        project.upgrade()


def test_options_that_nobody_knows_are_refused(new_project: NewProject) -> None:
    project = new_project()
    project.migrate(declared())
    project.written('op.create_user_mapping("accounts", options=xc.HIDDEN)')
    with pytest.raises(PlanError, match="would not show"):
        project.upgrade()


def test_a_secret_that_is_missing_is_named(new_project: NewProject) -> None:
    project = new_project()
    project.migrate(declared())
    project.written(
        'op.create_user_mapping("accounts", options={"password": xc.Secret.env("NOT_SET")})'
    )
    with pytest.raises(SecretError, match=r"Could not create user mapping.*NOT_SET"):
        project.upgrade()


def test_nonsense_is_refused_before_anything_is_sent(new_project: NewProject) -> None:
    project = new_project()
    project.written('op.create_server("s", grants={"app": ["SELECT"]})')
    with pytest.raises(DeclarationError, match="'SELECT' is no privilege"):
        project.upgrade()


def test_with_sql_the_statements_are_written_out(new_project: NewProject) -> None:
    project = new_project()
    project.written(UPGRADE, DROP)
    project.written(ALTER)
    text = project.sql()
    assert "CREATE SERVER accounts FOREIGN DATA WRAPPER postgres_fdw" in text
    assert "GRANT USAGE ON FOREIGN SERVER accounts TO PUBLIC;" in text
    assert (
        "CREATE USER MAPPING FOR CURRENT_USER SERVER accounts "
        "OPTIONS (\"user\" 'u', password :'secret');" in text
    )
    assert "CREATE FOREIGN TABLE public.here () SERVER accounts;" in text
    assert "ALTER FOREIGN TABLE erp.orders RENAME TO purchases;" in text
    assert text.index("CREATE EXTENSION") < text.index("CREATE SERVER")
    assert text.strip().endswith("COMMIT;")
    assert "DROP SERVER accounts;" in project.sql("downgrade", "head:base")


def test_with_sql_a_psql_variable_stands_for_a_secret(new_project: NewProject) -> None:
    project = new_project()
    project.written(
        'op.create_user_mapping("s", options={"password": xc.Secret.env("S_PASSWORD")})'
    )
    assert "OPTIONS (password :'S_PASSWORD');" in project.sql()


def test_what_sql_writes_does_the_same_as_an_upgrade(
    new_project: NewProject, database: Database
) -> None:
    project = new_project()
    project.written(UPGRADE.replace('"p"', 'xc.Secret.env("PASSWORD")'), DROP)
    text = project.sql().replace(":'PASSWORD'", "'p'")
    with database.connect() as connection:
        connection.execute(text.encode())
    by_sql = project.read()
    project.downgrade()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PASSWORD", "p")
        project.upgrade()
    assert project.read() == by_sql


def test_tables_without_a_schema_stand_in_the_default_one(
    new_project: NewProject, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute("CREATE SCHEMA tenant")
        connection.execute(
            f"ALTER DATABASE {database.name} SET search_path = tenant, public".encode()
        )
    project = new_project()
    project.written(UPGRADE, DROP)
    project.upgrade()
    assert ("tenant", "here") in project.read().foreign_tables
    project.downgrade()
    assert ("tenant", "here") not in project.read().foreign_tables


SERVER = xc.Server("s", options={"host": "h"})
OTHER = xc.Server("s", options={"host": "i"})


def test_each_operation_has_its_reverse() -> None:
    created = CreateServerOp(None, SERVER)
    dropped = created.reverse()
    assert isinstance(dropped, DropServerOp)
    assert (dropped.before, dropped.after) == (SERVER, None)
    assert isinstance(dropped.reverse(), CreateServerOp)
    altered = AlterServerOp(SERVER, OTHER).reverse()
    assert isinstance(altered, AlterServerOp)
    assert (altered.before, altered.after) == (OTHER, SERVER)


def test_a_drop_by_name_has_no_reverse() -> None:
    seen: list[Any] = []

    class Recorder(Operations):
        def invoke(self, operation: Any) -> Any:
            seen.append(operation)

    context = MigrationContext.configure(dialect_name="postgresql")
    for statement in ast.parse(DROP).body:
        exec(ast.unparse(statement), {"op": Recorder(context)})
    assert len(seen) == 9
    for operation in seen:
        with pytest.raises(ValueError, match="only its name is known"):
            operation.reverse()


def test_what_check_prints_shows_no_secret() -> None:
    mapping = xc.UserMapping("s", options={"password": "hush"})
    assert "hush" not in repr(CreateUserMappingOp(None, mapping).to_diff_tuple())


def test_a_secret_that_no_migration_may_hold_is_not_rendered() -> None:
    mapping = xc.UserMapping("s", options={"password": "hush"})
    context = MigrationContext.configure(dialect_name="postgresql")
    operations = UpgradeOps([CreateUserMappingOp(None, mapping)])
    with pytest.raises(DeclarationError, match="password"):
        render_python_code(operations, migration_context=context)


def test_rendered_operations_stand_under_the_prefix_of_the_project() -> None:
    context = MigrationContext.configure(dialect_name="postgresql")
    operations = DowngradeOps([CreateServerOp(None, SERVER)])
    text = render_python_code(
        operations, migration_context=context, alembic_module_prefix="migrate."
    )
    assert 'migrate.create_server("s", options={"host": "h"})' in text


def test_operations_work_outside_of_a_transaction(new_project: NewProject) -> None:
    project = new_project()
    project.written(
        'op.create_extension("postgres_fdw")\n'
        "with op.get_context().autocommit_block():\n"
        '    op.create_server("s")\n'
        '    op.create_user_mapping("s", options={"user": "u", "password": "p"})'
    )
    project.upgrade()
    assert len(project.read().user_mappings) == 1


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_operations_work_over_each_driver(new_project: NewProject, driver: str) -> None:
    project = new_project(driver=driver)
    project.migrate(declared())
    project.written(UPGRADE.partition("\n")[2].replace('"accounts"', '"a%b :c"'), "pass")
    project.upgrade()
    assert "a%b :c" in project.read().servers


def test_a_rewriter_can_change_operations() -> None:
    writer = Rewriter()

    @writer.rewrites(CreateServerOp)
    def comment(_context: Any, _revision: Any, operation: CreateServerOp) -> CreateServerOp:
        assert isinstance(operation.after, xc.Server)
        return CreateServerOp(None, replace(operation.after, comment="made by a migration"))

    upgrade = UpgradeOps([CreateServerOp(None, SERVER)])
    script = MigrationScript("1", upgrade, DowngradeOps([]))
    context = MigrationContext.configure(dialect_name="postgresql")
    writer(context, "1", [script])
    text = render_python_code(upgrade, migration_context=context)
    assert 'comment="made by a migration"' in text
