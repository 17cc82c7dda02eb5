"""Members that are down: ``exclave fed probe``, ``suspend``, ``refresh`` and ``query``."""

from __future__ import annotations

import csv
import io
import json

import pytest
from psycopg import sql

from .conftest import Fed

ALL = "SELECT member, note FROM shops.orders ORDER BY member"


def refuse(fed: Fed, slug: str) -> None:
    """Let a member's database take no connections, and end those that there are."""
    database = fed.databases[slug]
    name = sql.Identifier(database.name)
    with database.cluster.connect() as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [database.name],
        )


def test_probe_tells_who_does_not_answer(shops: Fed) -> None:
    out = shops.done("probe")
    head, *lines = [line.split() for line in out.splitlines()]
    assert head == ["member", "state", "took"]
    assert [line[:2] for line in lines] == [["ams", "well"], ["ber", "well"]]
    refuse(shops, "ber")
    done = shops.run("probe", "--json")
    assert (done.status, done.err) == (2, "")
    found = {each["slug"]: each for each in json.loads(done.out)["members"]}
    assert (found["ams"]["ok"], found["ber"]["ok"]) == (True, False)
    assert found["ber"]["reason"] == "database"
    done = shops.run("probe", "ber", "--timeout", "3")
    assert done.status == 2
    assert "ams" not in done.out
    assert "not currently accepting connections" in done.out


def test_a_query_tells_whose_rows_are_missing(shops: Fed) -> None:
    done = shops.run("query", ALL)
    assert (done.status, done.err) == (0, "")
    assert [line.rstrip().split(maxsplit=1) for line in done.out.splitlines()] == [
        ["member", "note"],
        ["ams", "of ams"],
        ["ber", "of ber"],
    ]
    shops.done("suspend", "ber", "--reason", "moves house")
    done = shops.run("query", ALL)
    assert (done.status, done.out) == (1, "")
    assert "moves house" in done.err
    done = shops.run("query", ALL, "--down", "skip", "--format", "csv")
    assert done.status == 0
    assert list(csv.reader(io.StringIO(done.out))) == [["member", "note"], ["ams", "of ams"]]
    assert done.err.startswith("! ber is missing: suspended")
    assert "moves house" in done.err
    done = shops.run("query", ALL, "--down", "skip", "--json")
    assert done.err == ""
    found = json.loads(done.out)
    assert found["rows"] == [{"member": "ams", "note": "of ams"}]
    assert found["completeness"]["complete"] is False
    assert list(found["completeness"]["missing"]) == ["ber"]
    assert "suspended" in shops.done("list")
    assert "1 joined, 1 suspended" in shops.done("status")
    assert shops.json("resume", "ber") == {"resumed": ["ber"]}
    done = shops.run("query", "-", "--format", "json", given=ALL)
    assert json.loads(done.out) == [
        {"member": "ams", "note": "of ams"},
        {"member": "ber", "note": "of ber"},
    ]


def test_the_last_known_rows_are_kept_and_their_age_is_told(shops: Fed) -> None:
    shops.done("table", "add", "orders", "--stale")
    found = shops.json("refresh")
    assert {each["slug"]: each["rows"] for each in found["members"]} == {
        "ams": {"orders": 1},
        "ber": {"orders": 1},
    }
    refuse(shops, "ber")
    done = shops.run("refresh")
    assert done.status == 1
    assert "not currently accepting connections" in done.out
    done = shops.run("query", ALL, "--down", "stale", "--format", "csv")
    assert done.status == 0
    assert done.out.splitlines() == ["member,note", "ams,of ams", "ber,of ber"]
    assert "! ber is as it was " in done.err


@pytest.mark.parametrize("words", [["suspend", "nobody"], ["resume", "nobody"]])
def test_an_unknown_member_is_told(shops: Fed, words: list[str]) -> None:
    done = shops.run(*words)
    assert (done.status, done.out) == (1, "")
    assert "nobody" in done.err


def test_a_wrong_statement_is_told_as_postgresql_says_it(shops: Fed) -> None:
    done = shops.run("query", "SELECT nothing FROM shops.orders")
    assert (done.status, done.out) == (1, "")
    assert 'column "nothing" does not exist' in done.err
