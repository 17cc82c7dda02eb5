"""``exclave fed drift`` and ``sync``: what changed at members, and following it."""

from __future__ import annotations

import json

from .conftest import Fed
from .test_health import refuse


def test_what_changed_at_a_member_is_shown_and_followed(shops: Fed) -> None:
    assert shops.done("drift") == "Nothing has changed at the members.\n"
    assert shops.done("sync") == "There was nothing to follow.\n"
    shops.at("ber", "ALTER TABLE orders ADD COLUMN phone varchar(9)")
    shops.at("ber", "ALTER TABLE orders ALTER COLUMN note TYPE varchar(150)")
    done = shops.run("drift", FORCE_COLOR="1")
    assert done.status == 2
    assert "Comparing members' tables" in done.err
    assert "\x1b[1;32m+ ber orders.phone: added\x1b[0m" in done.out
    assert "\x1b[1;33m~ ber orders.note: widened\x1b[0m" in done.out
    assert "\x1b[31m    - character varying(30)\x1b[0m" in done.out
    assert "\x1b[32m    + character varying(150)\x1b[0m" in done.out
    done = shops.run("drift", "ber", "--json")
    assert done.status == 2
    found = json.loads(done.out)
    assert {(each["kind"], each["column"]) for each in found["drifts"]} == {
        ("added", "phone"),
        ("widened", "note"),
    }
    assert shops.json("drift", "ams") == {"drifts": [], "failures": {}}
    out = shops.done("sync")
    assert out.endswith("Joined tables that changed: orders.\nDone.\n")
    assert shops.done("drift") == "Nothing has changed at the members.\n"
    assert shops.on_hub("SELECT member, phone FROM shops.orders ORDER BY 1") == [
        ("ams", None),
        ("ber", None),
    ]


def test_what_a_query_no_longer_finds_is_marked(shops: Fed) -> None:
    shops.at("ber", "ALTER TABLE orders DROP COLUMN note")
    done = shops.run("drift")
    assert done.status == 2
    assert "- ber orders.note: dropped (queries that touch it fail)" in done.out.splitlines()
    assert shops.json("sync")["tables"] == ["orders"]
    assert shops.on_hub("SELECT member, note FROM shops.orders ORDER BY 1") == [
        ("ams", "of ams"),
        ("ber", None),
    ]


def test_views_that_must_be_made_anew_are_listed_until_that_is_allowed(shops: Fed) -> None:
    shops.done("table", "add", "visits")
    shops.at("ber", "INSERT INTO visits VALUES ('2024-02-29', 7)")
    shops.on_hub("CREATE VIEW all_visits AS SELECT member, visitors FROM shops.visits")
    shops.on_hub("GRANT SELECT ON all_visits TO PUBLIC")
    shops.at("ber", "ALTER TABLE visits ALTER COLUMN visitors TYPE bigint")
    done = shops.run("sync")
    assert (done.status, done.out) == (1, "")
    assert 'view public.all_visits (owner "postgres")' in done.err
    assert "`exclave fed sync --rebuild`" in done.err
    assert shops.run("drift").status == 2
    shops.done("sync", "--rebuild")
    assert shops.on_hub(
        "SELECT atttypid::regtype::text, has_table_privilege('pg_monitor', 'all_visits', 'SELECT') "
        "FROM pg_attribute WHERE attrelid = 'all_visits'::regclass AND attname = 'visitors'"
    ) == [("bigint", True)]
    assert shops.on_hub("SELECT * FROM all_visits") == [("ber", 7)]


def test_members_that_do_not_answer_are_told_and_the_others_followed(shops: Fed) -> None:
    shops.at("ber", "ALTER TABLE orders ADD COLUMN phone text")
    refuse(shops, "ams")
    done = shops.run("drift")
    assert done.status == 1
    assert "+ ber orders.phone: added" in done.out
    assert done.err.startswith("! ams could not be asked: ")
    done = shops.run("sync", "--json")
    assert done.status == 1
    found = json.loads(done.out)
    assert list(found["failures"]) == ["ams"]
    assert found["tables"] == ["orders"]
