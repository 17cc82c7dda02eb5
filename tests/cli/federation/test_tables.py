"""``exclave fed table``, ``plan`` and ``apply``: the tables of a federation."""

from __future__ import annotations

from .conftest import Fed

KUNDEN = 'CREATE TABLE "Kunden" (id int PRIMARY KEY, note text, secret text);'


def columns(fed: Fed, table: str) -> list[str]:
    relation = f"'shops.{table}'::regclass"
    return [
        str(name)
        for (name,) in fed.on_hub(
            f"SELECT attname::text FROM pg_attribute WHERE attrelid = {relation} AND attnum > 0 "  # noqa: S608
            "ORDER BY attnum"
        )
    ]


def test_tables_are_added_changed_and_removed(shops: Fed) -> None:
    assert shops.done("table", "add", "visits", "--exclude", "visitors", "--stale") == (
        'Table "visits" is joined in federation "shops".\n'
    )
    assert columns(shops, "visits") == ["member", "day"]
    lines = [line.split() for line in shops.done("table", "list").splitlines()]
    assert lines == [
        ["table", "columns", "remarks"],
        ["orders", "all"],
        ["visits", "all", "but", "visitors", "last", "known", "rows", "are", "kept"],
    ]
    found = shops.json("table", "list")
    assert [table["name"] for table in found["tables"]] == ["orders", "visits"]
    assert found["declared"] is None
    assert shops.json("table", "add", "visits", "--fetch-size", "9") == {"added": "visits"}
    assert columns(shops, "visits") == ["member", "day", "visitors"]
    assert shops.json("table", "remove", "visits", "--yes") == {"removed": "visits"}
    assert shops.on_hub("SELECT to_regclass('shops.visits')") == [(None,)]
    done = shops.run("table", "remove", "visits", "--yes")
    assert (done.status, done.out) == (1, "")
    assert 'has no table "visits"; it has orders.' in done.err


def test_a_member_may_call_its_table_otherwise(shops: Fed) -> None:
    shops.at("ams", "CREATE TABLE customers (id int PRIMARY KEY, note text)")
    shops.at("ber", f"CREATE SCHEMA de; SET search_path = de; {KUNDEN}")
    options = ["--at", 'ber=de."Kunden"', "--only", "id", "--only", "note", "--key", "id"]
    options += ["--type", "id=bigint", "--reference"]
    shops.done("table", "add", "customers", *options)
    assert columns(shops, "customers") == ["member", "id", "note"]
    assert 'ber has it as de."Kunden"; id as bigint; key id' in shops.done("table", "list")


def test_what_cannot_be_done_leaves_the_tables_as_they_were(shops: Fed) -> None:
    done = shops.run("table", "add", "nowhere")
    assert (done.status, done.out) == (1, "")
    assert "public.nowhere" in done.err
    shops.on_hub("CREATE VIEW all_orders AS SELECT * FROM shops.orders")
    done = shops.run("table", "remove", "orders", "--yes")
    assert (done.status, done.out) == (1, "")
    assert 'view public.all_orders (owner "postgres")\nDrop it first.' in done.err
    assert shops.on_hub("SELECT count(*) FROM all_orders") == [(2,)]
    shops.done("table", "remove", "nowhere", "--yes")
    assert [each["name"] for each in shops.json("table", "list")["tables"]] == ["orders"]
    assert shops.done("apply") == "There was nothing to do.\n"


def test_a_table_that_goes_takes_no_view_of_others_along(fed: Fed) -> None:
    fed.shell.settings('[federations.shops]\ntables = ["orders", "visits"]')
    fed.done("init")
    fed.done(*fed.company("ams"))
    fed.on_hub("CREATE MATERIALIZED VIEW days AS SELECT day FROM shops.visits")
    fed.shell.settings('[federations.shops]\ntables = ["orders"]')
    for words in (["apply"], ["apply", "--rebuild"]):
        done = fed.run(*words)
        assert (done.status, done.out) == (1, ""), words
        assert "The federation no longer has the joined table shops.visits" in done.err
        assert "materialized view public.days" in done.err
    fed.on_hub("DROP MATERIALIZED VIEW days")
    assert fed.json("apply")["tables"] == ["visits"]


def test_plan_shows_what_apply_does(fed: Fed) -> None:
    fed.shell.settings('[federations.shops]\ntables = ["orders"]')
    fed.done("init")
    fed.done(*fed.company("ams"), "--later")
    done = fed.run("plan")
    assert (done.status, done.err) == (2, "")
    assert "+ add member ams: its tables are not joined yet" in done.out.splitlines()
    fed.done("apply")
    assert fed.done("plan") == "Nothing to do: the federation is as declared.\n"
    assert fed.json("plan") == {"federation": "shops", "steps": []}
    fed.shell.settings('[federations.shops]\ntables = ["orders", "visits"]')
    done = fed.run("plan", FORCE_COLOR="1")
    assert done.status == 2
    assert "\x1b[32m+ add table visits" in done.out
    assert "declares another shape: exclave fed apply" in fed.done("status")
    assert fed.json("apply")["tables"] == ["visits"]
    fed.shell.settings('[federations.shops]\ntables = ["visits"]')
    assert "- drop table orders" in fed.run("plan").out
    assert "Joined tables that changed: orders." in fed.done("apply")
    assert fed.on_hub("SELECT to_regclass('shops.orders')") == [(None,)]
