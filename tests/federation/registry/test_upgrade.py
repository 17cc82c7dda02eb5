"""Bringing a registry of the first version to this one, with what it holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exclave.errors import RegistryError
from exclave.federation import Federation, Hub, registry
from exclave.federation.naming import names_of
from exclave.federation.registry.identity import Identity
from exclave.federation.registry.opened import VERSION, acting_as
from exclave.federation.registry.query import query

from ..conftest import Group

NewGroup = Callable[..., Group]

SHOPS = Federation("shops", ["orders"])
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'a')"


def of_first_version(group: Group) -> None:
    """Make a registry as the first version had it, with a federation, a member and an event."""
    hub = group.hub
    with group.database.connect() as admin:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            f"CREATE ROLE {hub.owner} NOLOGIN",
            f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {hub.owner}",
            f"GRANT CREATE ON DATABASE {group.database.name} TO {hub.owner}",
            f"CREATE SCHEMA exclave AUTHORIZATION {hub.owner}",
            "GRANT USAGE ON SCHEMA exclave TO PUBLIC",
        ):
            admin.execute(statement.encode())
    with hub.session() as session, session.transaction(), acting_as(session, hub.owner):
        session.execute(query("version_1"))
        home = Identity.of(session)
        session.fetch(query("registry_write"), [1, home.system, home.database, hub.owner])
        registry.save_federation(session, SHOPS)
        member = group.companies["north"].member
        registry.insert_member(session, "shops", member, names_of(SHOPS, "north"), 1)
        registry.record(session, "add", "shops", "north")


def test_a_registry_of_the_first_version_is_refused_and_then_upgraded(
    new_group: NewGroup,
) -> None:
    group = new_group({"north": ORDERS}, install=False)
    of_first_version(group)
    hub = group.hub
    for act in (hub.install, hub.history, hub.adopt, lambda: hub.apply(SHOPS)):
        with pytest.raises(RegistryError, match=r"of version 1, .*exclave fed upgrade"):
            act()
    assert hub.upgrade()
    assert not hub.upgrade()
    assert not hub.install()
    upgraded, added = hub.history()
    assert (upgraded.action, upgraded.detail) == ("upgrade", {"before": 1, "after": VERSION})
    assert (added.action, added.slug) == ("add", "north")
    with hub.transaction() as session:
        assert registry.load_federation(session, "shops") == SHOPS
        assert [each.slug for each in registry.load_members(session, "shops")] == ["north"]
    hub.add_member(SHOPS, group.companies["north"].member)
    hub.apply(SHOPS)
    with group.connect() as session:
        rows = session.execute("SELECT member, note FROM shops.orders").fetchall()
        assert rows == [("north", "a")]
    assert hub.uninstall()


def test_an_upgraded_registry_is_as_a_new_one(new_group: NewGroup) -> None:
    old, new = new_group({"north": ORDERS}, install=False), new_group({})
    of_first_version(old)
    old.hub.upgrade()

    def described(group: Group) -> set[str]:
        with group.connect() as session:
            rows = session.execute(
                "SELECT concat_ws(' ', c.relname, a.attname, c.relrowsecurity, "
                "format_type(a.atttypid, a.atttypmod)) "
                "|| ARRAY(SELECT x.privilege_type FROM aclexplode(a.attacl) AS x "
                "WHERE x.grantee = 0)::text "
                "FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
                "WHERE c.relnamespace = 'exclave'::regnamespace AND c.relowner = %s::regrole "
                "UNION SELECT concat_ws(' ', polname, pg_get_expr(polqual, polrelid)) "
                "FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid "
                "WHERE c.relowner = %s::regrole "
                "UNION SELECT proname FROM pg_proc WHERE pronamespace = 'exclave'::regnamespace",
                [group.hub.owner] * 2,
            ).fetchall()
            return {text for (text,) in rows}

    assert described(old) == described(new)


def test_a_database_without_a_registry_has_nothing_to_upgrade_or_adopt(
    new_group: NewGroup,
) -> None:
    hub: Hub = new_group({}, install=False).hub
    for act in (hub.upgrade, hub.adopt):
        with pytest.raises(RegistryError, match="exclave fed init"):
            act()
    assert not hub.uninstall()
