"""A replaced table or server takes nothing along that nobody declared, unless told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from exclave.catalog import read
from exclave.errors import ApplyError, PlanError
from exclave.objects import PUBLIC, Catalog, MaterializedView, QualifiedName, Server, UserMapping
from exclave.plan import Policy, make, removal

from .refusal import Connection, orders, refused, run

NewRole = Callable[..., str]

# Dependants --------------------------------------------------------------------------------------

DEPENDANTS = {
    "view": ("CREATE VIEW erp.v AS SELECT id FROM erp.orders", "view erp.v"),
    "materialized view of a view": (
        "CREATE VIEW erp.v AS SELECT id FROM erp.orders; "
        "CREATE MATERIALIZED VIEW erp.m AS SELECT id FROM erp.v WITH NO DATA",
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


@pytest.mark.parametrize("stays", [None, True, False], ids=["undeclared", "stays", "leaves"])
def test_a_foreign_child_is_not_lost_with_its_parent(admin: Connection, stays: bool | None) -> None:
    run(
        admin,
        "CREATE FOREIGN TABLE erp.child () INHERITS (erp.orders) SERVER s",
        "CREATE FOREIGN TABLE erp.grandchild () INHERITS (erp.child) SERVER s",
        "CREATE VIEW erp.v AS SELECT id FROM erp.child",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw",
    )
    before = read(admin).catalog
    child = before.foreign_tables["erp", "child"]
    if stays is False:
        child = replace(child, inherits=frozenset())
    plan = make(admin, [orders(server="other"), *([] if stays is None else [child])])
    assert plan.apply(admin)
    after = read(admin).catalog
    assert after.foreign_tables["erp", "orders"].server == "other"
    assert after.foreign_tables["erp", "child"] == child
    grandchild = ("erp", "grandchild")
    assert after.foreign_tables[grandchild] == before.foreign_tables[grandchild]
    assert plan.reverse().apply(admin)
    assert read(admin).catalog == before


def test_what_depends_on_a_table_that_is_renamed_too_is_named(admin: Connection) -> None:
    run(
        admin,
        "CREATE VIEW erp.v AS SELECT id FROM erp.orders",
        "CREATE FOREIGN TABLE erp.child () INHERITS (erp.orders) SERVER s",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw",
    )
    child = replace(
        read(admin).catalog.foreign_tables["erp", "child"],
        name="bill",
        inherits=[QualifiedName("bills", "erp")],
        renamed_from="child",
    )
    desired = [replace(orders(server="other"), name="bills", renamed_from="orders"), child]
    message = refused(
        admin, desired, PlanError, 'view erp.v depends on foreign table "erp"."bills"'
    )
    assert "child" not in message
    assert make(admin, desired, Policy(cascade=True)).apply(admin)
    assert not make(admin, desired)


def test_what_depends_on_a_view_that_is_renamed_too_is_named(admin: Connection) -> None:
    query = "SELECT id FROM erp.orders"
    assert make(admin, [MaterializedView("m", query, schema="erp", with_data=False)]).apply(admin)
    run(admin, "CREATE VIEW erp.v AS SELECT id FROM erp.m")
    desired = [
        MaterializedView(
            "w", f"{query} WHERE id > 1", schema="erp", with_data=False, renamed_from="m"
        )
    ]
    refused(admin, desired, PlanError, 'view erp.v depends on materialized view "erp"."m"')
    assert make(admin, desired, Policy(cascade=True)).apply(admin)
    assert not make(admin, desired)


def test_a_column_of_the_row_type_is_lost_to_a_child_too(admin: Connection) -> None:
    run(
        admin,
        "CREATE FOREIGN TABLE erp.child (parent erp.orders) INHERITS (erp.orders) SERVER s",
        "CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw",
    )
    refused(
        admin,
        [orders(server="other")],
        PlanError,
        "column parent of foreign table erp.child depends",
    )


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
