"""Last known rows: kept of one moment a member, readable meanwhile, and gone when they must be."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest

from exclave.errors import DeclarationError, MembersDownError
from exclave.federation import FederatedTable, Federation, Hub

from ..conftest import Group
from .conftest import TIMEOUT, Airports

TABLES = (
    'CREATE TABLE orders (id bigint PRIMARY KEY, note text COLLATE "C");'
    "CREATE TABLE lines (id bigint PRIMARY KEY, price numeric(9, 2));"
)
ORDER = "INSERT INTO orders VALUES (1, 'a');"
LINE = "INSERT INTO lines VALUES (1, 2.50);"
NOTES = "SELECT member, id, note FROM shops.orders ORDER BY 1, 2"


def shops(layout: str = "union", **options: object) -> Federation:
    """Give a federation whose tables keep last known rows."""
    tables = [FederatedTable("orders", stale=True), FederatedTable("lines", stale=True)]
    return Federation("shops", tables, layout=layout, **options)  # type: ignore[arg-type]


def test_progress_is_told_and_a_member_that_fails_keeps_its_former_rows(
    airports: Airports,
) -> None:
    hub, lga = airports.hub, airports.members["lga"]
    told: list[tuple[int, int]] = []
    first = hub.refresh(airports.federation)
    assert [kept.rows for kept in first.values()] == [{"flights": 3}] * 3
    with lga.refusing():
        second = hub.refresh(
            airports.federation,
            timeout_seconds=TIMEOUT,
            progress=lambda done, total, slug: told.append((done, total)),
        )
        assert told == [(1, 3), (2, 3), (3, 3)]
        assert [slug for slug, kept in second.items() if not kept.ok] == ["lga"]
        assert "refused" in str(second["lga"].failure)
        result = hub.query("SELECT carrier FROM world.flights WHERE id = 1", down="stale")
        assert sorted(result.rows) == [("ewr1",), ("jfk1",), ("lga1",)]
    ages = {each.slug: each.refreshed for each in hub.members(airports.federation)}
    assert ages["lga"] < ages["ewr"]  # type: ignore[operator]
    with pytest.raises(DeclarationError, match="no joined member atl"):
        hub.refresh(airports.federation, ["atl"])


@pytest.mark.parametrize("layout", ["union", "inheritance"])
def test_all_tables_of_a_member_are_kept_as_they_were_at_one_moment(
    new_group: Callable[..., Group], layout: str
) -> None:
    group = new_group({"de": TABLES + ORDER + LINE})
    federation = shops(layout)
    group.hub.add_member(federation, group.companies["de"].member)
    group.hub.apply(federation)
    with group.companies["de"].connect() as there:
        # a further order comes with its line while the first table has been read, and the second
        # one has not: its rows are those of the same moment
        there.execute(
            "CREATE FUNCTION come() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_advisory_lock(7); PERFORM pg_advisory_unlock(7); RETURN 0; END $$"
        )
        there.execute("ALTER TABLE lines RENAME TO kept_lines")
        there.execute(
            "CREATE VIEW lines AS SELECT l.id, l.price FROM (SELECT public.come() AS n) AS c, "
            "public.kept_lines AS l WHERE l.id > c.n"
        )
        there.execute("SELECT pg_advisory_lock(7)")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        results: list[object] = []
        worker = _in_thread(lambda: results.append(group.hub.refresh(federation)))
        while there.execute(waiting).fetchone() == (0,):
            assert worker.is_alive()
        there.execute("INSERT INTO orders VALUES (2, 'b')")
        there.execute("INSERT INTO kept_lines VALUES (2, 9.00)")
        there.execute("SELECT pg_advisory_unlock(7)")
        worker.join()
    [kept] = results[0].values()  # type: ignore[attr-defined]
    assert kept.rows == {"orders": 1, "lines": 1}
    group.hub.suspend(federation, "de")
    both = "SELECT o.id, o.note, l.price FROM shops.orders AS o JOIN shops.lines AS l "
    both += "USING (member, id)"
    result = group.hub.query(both, down="stale")
    assert [(id_, note, float(price)) for id_, note, price in result] == [(1, "a", 2.5)]
    group.hub.close()


def _in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_kept_rows_can_be_read_while_they_are_refreshed_and_by_readers_only(
    new_group: Callable[..., Group], new_role: Callable[..., str]
) -> None:
    reader, stranger = new_role("reader"), new_role("stranger")
    group = new_group({"de": TABLES + ORDER})
    federation = shops(readers=[reader])
    group.hub.add_member(federation, group.companies["de"].member)
    group.hub.apply(federation)
    group.hub.refresh(federation)
    last = 'SELECT count(*) FROM shops_private."orders@last"'
    with (
        group.connect(reader) as allowed,
        group.connect(stranger) as refused,
        group.connect() as owner,
    ):
        with owner.transaction():
            owner.execute('DELETE FROM shops_private."orders@stale"')
            assert allowed.execute(last).fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            refused.execute(last)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            allowed.execute('DELETE FROM shops_private."orders@last"')
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            allowed.execute('SELECT FROM shops_private."orders@1"')
        group.hub.suspend(federation, "de")
        result = Hub(allowed, owner=group.hub.owner).query(
            NOTES, federation=federation, down="stale"
        )
        assert result.rows == ()
    group.hub.close()


def test_rows_of_tables_and_members_that_go_are_not_kept(
    new_group: Callable[..., Group],
) -> None:
    filled = TABLES + ORDER + LINE
    group = new_group({"de": filled, "fr": filled})
    federation = shops()
    for company in group.companies.values():
        group.hub.add_member(federation, company.member)
    group.hub.apply(federation)
    group.hub.refresh(federation)
    stale = 'SELECT count(*) FROM shops_private."orders@stale" WHERE member = %s'
    with group.connect() as owner:
        assert owner.execute(stale, ["fr"]).fetchone() == (1,)
        group.hub.remove_member(federation, "fr")
        assert owner.execute(stale, ["fr"]).fetchone() == (0,)
        fewer = Federation("shops", [FederatedTable("orders", stale=True)])
        group.hub.apply(fewer)
        there = "SELECT to_regclass('shops_private.\"lines@stale\"') IS NULL"
        assert owner.execute(there).fetchone() == (True,)
        none = Federation("shops", ["orders"])
        group.hub.apply(none)
        with pytest.raises(DeclarationError, match="keeps last known rows"):
            group.hub.refresh(none)
    group.hub.close()


def test_kept_rows_follow_the_columns_of_the_joined_table(
    new_group: Callable[..., Group],
) -> None:
    group = new_group({"de": TABLES + ORDER})
    federation = shops()
    group.hub.add_member(federation, group.companies["de"].member)
    group.hub.apply(federation)
    group.hub.refresh(federation)
    wide = "CREATE TABLE orders (id numeric PRIMARY KEY, note text, more text);"
    fr = group.new("fr", wide + "CREATE TABLE lines (id bigint PRIMARY KEY, price numeric)")
    group.hub.add_member(federation, fr.member)
    group.hub.apply(federation)
    group.hub.suspend(federation, "de")
    result = group.hub.query("SELECT * FROM shops.orders", down="stale")
    assert result.columns == ("member", "id", "note", "more")
    assert result.rows == (("de", 1, "a", None),)
    group.hub.suspend(federation, "fr")
    with pytest.raises(MembersDownError, match="no last known rows of orders"):
        group.hub.query("SELECT * FROM shops.orders", down="stale")
    group.hub.close()
