"""What a role may do with no more than USAGE on the wrapper and CREATE on the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import psycopg
import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import PlanError, PrerequisiteError
from exclave.objects import (
    PUBLIC,
    Catalog,
    Check,
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    Schema,
    Secret,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.plan import Policy, make, removal

from .hub import Hub, NewRole

Connection = psycopg.Connection[Any]


@pytest.fixture
def hub(database: Database, new_role: NewRole) -> Iterator[Hub]:
    with closing(Hub(database, new_role)) as made:
        yield made


def server(**changes: Any) -> Server:
    return Server("accounts", **{"options": {"host": "a.db", "fetch_size": 10}, **changes})


def orders(**changes: Any) -> ForeignTable:
    columns = [Column("id", "bigint", not_null=True), Column("note", "text")]
    given: dict[str, Any] = {
        "columns": columns,
        "server": "accounts",
        "schema": "erp",
        "options": {"table_name": "ORDERS"},
    }
    return ForeignTable("orders", **{**given, **changes})


def everything(hub: Hub) -> list[ForeignObject]:
    """Declare one of all that the role may make."""
    return [
        server(grants={hub.reader: ["USAGE"]}, comment="the accounts", version="1"),
        UserMapping("accounts", hub.role, options={"user": "me", "password": "of me"}),
        UserMapping("accounts", hub.reader, options={"user": "r", "password": "of another"}),
        UserMapping("accounts", PUBLIC, options={"user": "p", "password": "of all"}),
        Schema("erp", grants={hub.reader: ["USAGE"]}, comment="plans"),
        orders(
            checks=[Check("positive", "id > 0")],
            grants={hub.reader: ["SELECT"], PUBLIC: ["INSERT"]},
            comment="the orders",
        ),
    ]


def test_all_is_created_and_is_then_as_declared(hub: Hub) -> None:
    hub.apply(everything(hub))
    there = read(hub.admin).catalog
    for value in everything(hub):
        if isinstance(value, UserMapping):
            shown = there.user_mappings[value.key].options
            assert isinstance(shown, type(value.options))
            assert {name: _plain(shown[name]) for name in shown} == {
                name: _plain(option) for name, option in dict(value.options).items()
            }
    assert there.servers["accounts"].owner == hub.role
    assert there.foreign_tables["erp", "orders"].comment == "the orders"


def _plain(value: Any) -> str:
    return value.resolve() if isinstance(value, Secret) else value


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda hub: [server(options={"host": "b.db"})], id="options of a server"),
        pytest.param(lambda hub: [server(version="2", comment="new")], id="server"),
        pytest.param(lambda hub: [server(grants={PUBLIC: ["USAGE"]})], id="grants on a server"),
        pytest.param(
            lambda hub: [UserMapping("accounts", hub.role, options={"user": "other"})],
            id="own mapping",
        ),
        pytest.param(
            lambda hub: [UserMapping("accounts", PUBLIC, options={"password": "new"})],
            id="mapping for PUBLIC",
        ),
        pytest.param(
            lambda hub: [Schema("erp", grants={}, comment="other")], id="schema and its grants"
        ),
        pytest.param(
            lambda hub: [
                orders(
                    columns=[Column("id", "integer"), Column("more", "date", default="now()")],
                    checks=[Check("negative", "id < 0")],
                    grants={hub.reader: ["UPDATE"]},
                    comment="others",
                )
            ],
            id="foreign table",
        ),
        pytest.param(
            lambda hub: [Server("bookings", renamed_from="accounts")], id="name of a server"
        ),
        pytest.param(
            lambda hub: [
                ForeignTable(
                    "sales",
                    orders().columns,
                    server="accounts",
                    schema="erp",
                    renamed_from="orders",
                )
            ],
            id="name of a foreign table",
        ),
    ],
)
def test_each_is_altered_and_put_back(
    hub: Hub, changed: Callable[[Hub], list[ForeignObject]]
) -> None:
    hub.apply(everything(hub))
    before = _shown(hub)
    plan = hub.apply(changed(hub))
    assert _shown(hub) != before
    assert plan.reverse().apply(hub.session)
    assert _shown(hub) == before


@pytest.mark.parametrize("options", [{"user": "x", "password": "new"}, {"password": "of another"}])
def test_the_mapping_of_another_role_is_altered_and_cannot_be_put_back(
    hub: Hub, options: dict[str, str]
) -> None:
    hub.apply(everything(hub))
    plan = hub.apply([UserMapping("accounts", hub.reader, options=options)])
    altered = _shown(hub)
    assert (
        altered.user_mappings["accounts", hub.reader].options
        == UserMapping("accounts", hub.reader, options=options).options
    )
    with pytest.raises(PlanError, match="would not show"):
        plan.reverse().sql()
    with pytest.raises(PlanError, match="would not show"):
        plan.reverse().apply(hub.session)
    assert _shown(hub) == altered


def _shown(hub: Hub) -> Catalog:
    """Give all that is there as the superuser sees it, with the values of secrets."""
    return read(hub.admin, schemas=["erp"]).catalog


def test_a_server_is_replaced_with_its_mappings_and_tables(hub: Hub) -> None:
    hub.apply(everything(hub))
    desired = [
        server(type="other", grants={hub.reader: ["USAGE"]}, comment="the accounts"),
        *everything(hub)[1:],
    ]
    plan = hub.apply(desired)
    assert [change.action for change in plan].count("replace") == 1
    there = read(hub.admin).catalog
    assert there.servers["accounts"].type == "other"
    assert len(there.user_mappings) == 3
    assert there.foreign_tables["erp", "orders"].comment == "the orders"


def test_all_is_dropped_again(hub: Hub) -> None:
    empty = _without_ledger(read(hub.admin).catalog)
    hub.apply(everything(hub))
    assert removal(hub.session, everything(hub)).apply(hub.session)
    assert _without_ledger(read(hub.admin).catalog) == empty


def _without_ledger(catalog: Catalog) -> list[ForeignObject]:
    return [value for value in catalog if value != catalog.schemas.get("exclave")]


def test_a_creation_is_reversed(hub: Hub) -> None:
    empty = _without_ledger(read(hub.admin).catalog)
    plan = hub.apply(everything(hub))
    assert plan.reverse().apply(hub.session)
    assert _without_ledger(read(hub.admin).catalog) == empty


def test_what_nobody_declared_is_dropped_when_the_policy_says_so(hub: Hub) -> None:
    hub.apply(everything(hub))
    plan = hub.apply([], Policy(unmanaged="drop"))
    assert {change.action for change in plan} == {"drop"}
    there = read(hub.admin).catalog
    assert not there.servers
    assert not there.user_mappings
    assert not there.foreign_tables


def _declared_and_hidden(hub: Hub) -> list[ForeignObject]:
    """Declare a mapping that another role made, with other options than these."""
    hub.apply([server()])
    hub.run(
        f"CREATE USER MAPPING FOR {hub.reader} SERVER accounts OPTIONS (user 'x', password 'y')"
    )
    return [UserMapping("accounts", hub.reader, options={"user": "r", "password": "p"})]


def test_hidden_options_that_another_role_set_are_no_difference_and_are_noted(hub: Hub) -> None:
    declared = _declared_and_hidden(hub)
    for _ in range(2):
        plan = make(hub.session, declared)
        assert not plan
        assert any("would not show user, password" in note for note in plan.notes), plan.notes


def test_hidden_options_are_set_again_when_the_policy_says_so(hub: Hub) -> None:
    declared = _declared_and_hidden(hub)
    hub.apply(declared, Policy(hidden="set"))
    options = read(hub.admin).catalog.user_mappings["accounts", hub.reader].options
    assert isinstance(options, type(declared[0].options))
    assert {name: _plain(value) for name, value in options.items()} == {
        "user": "r",
        "password": "p",
    }
    # and exclave knows them now, so that even this policy has nothing left to do
    assert not make(hub.session, declared, Policy(hidden="set"))


# What an administrator must do -------------------------------------------------------------------


def refused(session: Connection, desired: Sequence[ForeignObject]) -> PrerequisiteError:
    """Plan what lacks a right: the plan tells it in a note, and applying it is refused."""
    plan = make(session, desired)
    assert plan
    with pytest.raises(PrerequisiteError) as caught:
        plan.apply(session)
    error = caught.value
    for remedy in error.remedies:
        assert remedy in str(error)
        assert any(remedy in note for note in plan.notes), plan.notes
    return error


def test_one_round_of_remedies_is_enough_for_a_role_without_any_right(
    database: Database, new_role: NewRole
) -> None:
    role, reader, ghost = new_role("bare"), new_role("reader"), f"ghost_{database.name}"
    desired: list[ForeignObject] = [
        Extension("postgres_fdw"),
        server(grants={ghost: ["USAGE"]}),
        UserMapping("accounts", reader, options={"user": "r", "password": "p"}),
        Schema("erp"),
        orders(),
        ForeignTable("t", [Column("id", "int")], server="accounts", schema="other"),
    ]
    with database.connect() as admin, database.connect(user=role) as session:
        before = read(admin).catalog
        error = refused(session, desired)
        assert read(admin).catalog == before
        for remedy in error.remedies:
            admin.execute(remedy.encode())
        assert make(session, desired).apply(session)
        assert not make(session, desired)


def test_a_missing_wrapper_names_its_extension(database: Database, new_role: NewRole) -> None:
    role = new_role("bare")
    with database.connect() as admin, database.connect(user=role) as session:
        error = refused(session, [server()])
        assert error.remedies == (
            "CREATE EXTENSION postgres_fdw;",
            f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role};",
        )
        assert str(error).count('server "accounts"') >= 1
        for remedy in error.remedies:
            admin.execute(remedy.encode())
        assert make(session, [server()]).apply(session)


@pytest.mark.parametrize(
    ("prepare", "desired", "remedy"),
    [
        pytest.param(
            "REVOKE USAGE ON FOREIGN DATA WRAPPER postgres_fdw FROM {role}",
            lambda hub: [Server("new")],
            "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role};",
            id="wrapper",
        ),
        pytest.param(
            "REVOKE CREATE ON DATABASE {database} FROM {role}",
            lambda hub: [Schema("new")],
            "GRANT CREATE ON DATABASE {database} TO {role};",
            id="database",
        ),
        pytest.param(
            "CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw",
            lambda hub: [Server("theirs", comment="mine")],
            "ALTER SERVER theirs OWNER TO {role};",
            id="someone else's server",
        ),
        pytest.param(
            "CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw",
            lambda hub: [UserMapping("theirs", hub.role, options={"user": "me"})],
            "GRANT USAGE ON FOREIGN SERVER theirs TO {role};",
            id="own mapping on someone else's server",
        ),
        pytest.param(
            "CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw",
            lambda hub: [UserMapping("theirs", hub.reader, options={"user": "me"})],
            "ALTER SERVER theirs OWNER TO {role};",
            id="another's mapping on someone else's server",
        ),
        pytest.param(
            "CREATE SERVER theirs FOREIGN DATA WRAPPER postgres_fdw; CREATE SCHEMA mine "
            "AUTHORIZATION {role}",
            lambda hub: [ForeignTable("t", [], server="theirs", schema="mine")],
            "GRANT USAGE ON FOREIGN SERVER theirs TO {role};",
            id="table on someone else's server",
        ),
        pytest.param(
            "CREATE SCHEMA theirs; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; "
            "GRANT USAGE ON FOREIGN SERVER s TO {role}",
            lambda hub: [ForeignTable("t", [], server="s", schema="theirs")],
            "GRANT CREATE ON SCHEMA theirs TO {role};",
            id="table in someone else's schema",
        ),
        pytest.param(
            "CREATE SCHEMA theirs",
            lambda hub: [Schema("theirs", comment="mine")],
            "ALTER SCHEMA theirs OWNER TO {role};",
            id="someone else's schema",
        ),
        pytest.param(
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; CREATE SCHEMA theirs; "
            "CREATE FOREIGN TABLE theirs.t () SERVER s; GRANT USAGE ON SCHEMA theirs TO {role}; "
            "GRANT USAGE ON FOREIGN SERVER s TO {role}",
            lambda hub: [ForeignTable("t", [], server="s", schema="theirs", comment="mine")],
            "ALTER FOREIGN TABLE theirs.t OWNER TO {role};",
            id="someone else's table",
        ),
        pytest.param(
            "SELECT 1",
            lambda hub: [Server("new", owner=hub.reader)],
            "GRANT {reader} TO {role};",
            id="owner of a server that the role is no member of",
        ),
        pytest.param(
            "CREATE SCHEMA mine AUTHORIZATION {role}; "
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; "
            "GRANT USAGE ON FOREIGN SERVER s TO {role}",
            lambda hub: [ForeignTable("t", [], server="s", schema="mine", owner=hub.reader)],
            "GRANT {reader} TO {role};",
            id="owner of a table that the role is no member of",
        ),
        pytest.param(
            "SELECT 1",
            lambda hub: [Schema("new", owner=hub.reader)],
            "GRANT {reader} TO {role};",
            id="owner of a schema that the role is no member of",
        ),
        pytest.param(
            "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; "
            "GRANT USAGE ON FOREIGN SERVER files TO {role}; "
            "CREATE SCHEMA mine AUTHORIZATION {role}",
            lambda hub: [
                ForeignTable(
                    "t", [], server="files", schema="mine", options={"filename": "/etc/passwd"}
                )
            ],
            "GRANT pg_read_server_files TO {role};",
            id="file of the server",
        ),
    ],
)
def test_each_missing_right_names_the_statement_that_an_administrator_must_run(
    hub: Hub,
    prepare: str,
    desired: Callable[[Hub], list[ForeignObject]],
    remedy: str,
) -> None:
    names = {"role": hub.role, "reader": hub.reader, "database": hub.database.name}
    hub.run(prepare.format(**names))
    before = read(hub.admin).catalog
    error = refused(hub.session, desired(hub))
    assert error.remedies[0] == remedy.format(**names)
    assert read(hub.admin).catalog == before
    hub.run(*error.remedies)
    plan = make(hub.session, desired(hub))
    assert plan.apply(hub.session)
    assert not make(hub.session, desired(hub))


@pytest.mark.parametrize(
    ("desired", "word"),
    [
        (lambda hub: [Wrapper("own")], "creates foreign-data wrappers"),
        (lambda hub: [Wrapper("postgres_fdw", comment="mine")], "belongs to a role"),
        (
            lambda hub: [
                server(),
                UserMapping("accounts", hub.role, options={"password_required": False}),
            ],
            "'password_required'",
        ),
        (
            lambda hub: [
                server(),
                UserMapping("accounts", hub.role, options={"sslkey": "k", "sslcert": "c"}),
            ],
            "'sslkey'",
        ),
    ],
    ids=["wrapper", "extension's wrapper", "password_required", "sslkey"],
)
def test_what_only_a_superuser_may_do_is_said_before_anything_is_done(
    hub: Hub, desired: Callable[[Hub], list[ForeignObject]], word: str
) -> None:
    before = read(hub.admin).catalog
    error = refused(hub.session, desired(hub))
    assert word in str(error)
    assert read(hub.admin).catalog == before


def test_the_owner_of_a_wrapper_must_be_a_superuser(hub: Hub) -> None:
    desired = [Wrapper("w", owner=hub.role)]
    error = refused(hub.admin, desired)
    assert error.remedies == (f"ALTER ROLE {hub.role} SUPERUSER;",)
    hub.run(*error.remedies)
    assert make(hub.admin, desired).apply(hub.admin)
    hub.run(f"ALTER ROLE {hub.role} NOSUPERUSER")
    assert not make(hub.admin, desired)
