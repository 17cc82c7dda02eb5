"""From a database to joined tables: ``exclave fed init``, ``add``, ``remove`` and so on."""

from __future__ import annotations

import datetime

import pytest

from exclave.cluster import Cluster

from .conftest import ORDERS, Fed

MODULE = """
from exclave.federation import FederatedTable, Federation

companies = Federation("companies", ["orders", FederatedTable("visits", exclude=["visitors"])])
other = Federation("other", ["orders"])

def made():
    return companies

nothing = 7
"""


VISIT = "INSERT INTO visits VALUES ('2024-02-29', 7);"
DAY = datetime.date(2024, 2, 29)


def rows(fed: Fed, federation: str = "shops", table: str = "orders") -> list[tuple[object, ...]]:
    return fed.on_hub(f"SELECT * FROM {federation}.{table} ORDER BY 1, 2")  # noqa: S608


def test_from_a_database_to_joined_tables(fed: Fed) -> None:
    out = fed.done("init", "shops", "--table", "orders", "--table", "visits")
    assert out == (
        f'The database is a hub now; the role "{fed.owner}" owns what is made.\n'
        'Federation "shops" is registered; its tables: orders, visits.\n'
    )
    assert "hub already" in fed.done("init")
    out = fed.done(*fed.company("ams"), "--label", "country=NL", "--label", "size=big")
    assert out == 'Member "ams" is added: joined.\n'
    fed.done(*fed.company("ber"), "--read-only")
    assert rows(fed) == [("ams", 1, "of ams"), ("ber", 1, "of ber")]
    out = fed.done("list")
    head, *lines = [line.split() for line in out.splitlines()]
    assert head == ["member", "state", "labels", "server", "wrapper"]
    assert lines == [
        ["ams", "joined", "country=NL,", "size=big", "shops_ams", "postgres_fdw"],
        ["ber", "joined", "shops_ber", "postgres_fdw", "read-only"],
    ]
    found = fed.json("list", "--label", "country=NL")
    assert found["federation"] == "shops"
    assert [(each["slug"], each["labels"]) for each in found["members"]] == [
        ("ams", {"country": "NL", "size": "big"})
    ]
    assert fed.done("list", "--label", "country=XX") == ('Federation "shops" has no such member.\n')


def test_the_owner_may_use_the_wrappers_that_are_named(fed: Fed) -> None:
    fed.done("init", "--wrapper", "postgres_fdw", "--wrapper", "file_fdw")
    usable = f"has_foreign_data_wrapper_privilege('{fed.owner}', fdwname, 'USAGE')"
    found = fed.on_hub(f"SELECT fdwname::text, {usable} FROM pg_foreign_data_wrapper ORDER BY 1")  # noqa: S608
    assert found == [("file_fdw", True), ("postgres_fdw", True)]


def test_labels_may_have_any_name(fed: Fed) -> None:
    fed.done("init", "shops", "--table", "orders")
    fed.done(*fed.company("ams"), "--label", "federation=x", "--label", "a b=c=d")
    for label in ("federation=x", "a b=c=d"):
        assert [each["slug"] for each in fed.json("list", "--label", label)["members"]] == ["ams"]
    assert fed.json("list", "--label", "self=x")["members"] == []


def test_joining_may_wait_until_all_are_added(fed: Fed) -> None:
    fed.done("init", "shops", "--table", "orders")
    for slug in ("ams", "ber"):
        added = fed.json(*fed.company(slug), "--later")
        assert (added["added"], added["member"]["state"]) == (True, "adding")
    assert fed.json("apply") == {"added": ["ams", "ber"], "removed": [], "tables": ["orders"]}
    assert fed.done("apply") == "There was nothing to do.\n"
    assert rows(fed) == [("ams", 1, "of ams"), ("ber", 1, "of ber")]


def test_adding_again_changes_options(shops: Fed, remote_cluster: Cluster) -> None:
    words = ["add", "ams", "--host", "localhost", "--port", str(remote_cluster.port)]
    words += ["--dbname", shops.databases["ams"].name, "--user", "postgres"]
    words += ["--password-env", "MEMBER_PASSWORD", "--option", "fetch_size=7"]
    assert shops.done(*words) == 'Member "ams" is changed: joined.\n'
    [(options,)] = shops.on_hub(
        "SELECT srvoptions FROM pg_foreign_server WHERE srvname = 'shops_ams'"
    )
    assert {"host=localhost", "fetch_size=7"} <= set(options)
    assert len(rows(shops)) == 2


def test_removed_members_leave_nothing_on_the_hub(shops: Fed) -> None:
    done = shops.run("remove", "ams")
    assert (done.status, done.out) == (1, "")
    assert "There is nobody to ask. Nothing was changed; --yes does it." in done.err
    assert shops.done("remove", "ams", "--yes") == "Removed: ams.\n"
    assert rows(shops) == [("ber", 1, "of ber")]
    assert shops.on_hub("SELECT srvname::text FROM pg_foreign_server") == [("shops_ber",)]
    assert shops.json("remove", "ber", "-y") == {"removed": ["ber"]}
    assert shops.json("list") == {"federation": "shops", "members": []}
    done = shops.run("remove", "nobody", "--yes")
    assert done.status == 1
    assert "nobody" in done.err


# Passwords ----------------------------------------------------------------------------------------


def test_a_password_may_come_from_a_file(fed: Fed, remote_cluster: Cluster) -> None:
    fed.done("init", "shops", "--table", "orders")
    fed.shell.write("secret.txt", f"{remote_cluster.password}\n")
    words = fed.company("ams")[:-2]
    fed.done(*words, "--password-file", "secret.txt")
    assert rows(fed) == [("ams", 1, "of ams")]
    done = fed.run(*words, "--password-file", "secret.txt", "--password-env", "MEMBER_PASSWORD")
    assert (done.status, done.out) == (1, "")
    assert "Give --password-env or --password-file, not both." in done.err
    done = fed.run(*words, "--password-env", "NOT_SET")
    assert done.status == 1
    assert "NOT_SET is not set" in done.err


@pytest.mark.parametrize("option", ["--mapping-option", "--option"])
def test_no_secret_may_stand_on_the_command_line(fed: Fed, option: str) -> None:
    for name in ("password", "api_key"):
        done = fed.run("add", "ams", option, f"{name}=hunter2")
        assert (done.status, done.out) == (1, "")
        assert "hunter2" not in done.err
        assert f"{option} {name}=…: it is a secret" in done.err
        assert f"--secret {name}=VARIABLE" in done.err


def test_another_secret_comes_from_the_environment(fed: Fed) -> None:
    fed.done("init", "shops", "--table", "orders")
    words = fed.company("ams")[:-2]
    fed.done(*words, "--no-password", "--secret", "password=MEMBER_PASSWORD")
    assert rows(fed) == [("ams", 1, "of ams")]


# Refusals -----------------------------------------------------------------------------------------


def test_a_member_that_refuses_the_hub_is_told_what_it_needs(
    fed: Fed, remote_cluster: Cluster
) -> None:
    fed.done("init", "shops", "--table", "orders")
    words = [*fed.company("ams")[:-4], "--user", "reader_of_hub", "--password-env", "WRONG"]
    done = fed.run(*words, WRONG="not the one")
    assert (done.status, done.out) == (1, "")
    assert "not the one" not in done.err
    lines = [line.strip() for line in done.err.splitlines()]
    name = fed.databases["ams"].name
    assert 'password authentication failed for user "reader_of_hub"' in done.err
    hba = f'host  "{name}"  "reader_of_hub"  <address of the hub>/32  scram-sha-256'
    assert hba in lines
    assert any(line.startswith("CREATE ROLE reader_of_hub LOGIN") for line in lines)
    assert "GRANT USAGE ON SCHEMA public TO reader_of_hub;" in lines
    assert fed.json("list")["members"][0]["state"] == "adding"
    done = fed.run("apply")
    assert done.status == 1
    assert "reader_of_hub" in done.err
    with remote_cluster.connect() as connection:
        connection.execute("CREATE ROLE reader_of_hub LOGIN PASSWORD 'the one'")
    try:
        fed.at("ams", "GRANT SELECT ON orders TO reader_of_hub")
        done = fed.run(*words, WRONG="the one")
        assert (done.status, done.err) == (0, "")
        assert rows(fed) == [("ams", 1, "of ams")]
    finally:
        fed.at("ams", "DROP OWNED BY reader_of_hub")
        with remote_cluster.connect() as connection:
            connection.execute("DROP ROLE reader_of_hub")


def test_the_others_are_joined_when_one_lacks_a_table(fed: Fed) -> None:
    fed.done("init", "shops", "--table", "orders")
    fed.done(*fed.company("ams"))
    done = fed.run(*fed.company("ber", "SELECT 1"))
    assert (done.status, done.out) == (1, "")
    assert 'member "ber"' in done.err
    assert "public.orders" in done.err
    assert rows(fed) == [("ams", 1, "of ams")]


def test_who_may_not_make_a_hub_is_given_the_statements(fed: Fed, new_role: object) -> None:
    role = new_role("operator")  # type: ignore[operator]
    url = fed.shell.database.url(user=role, password=role)
    done = fed.run("init", "shops", "--table", "orders", DATABASE_URL=url)
    assert (done.status, done.out) == (1, "")
    _, _, remedies = done.err.partition("An administrator must run:\n")
    statements = [line.strip() for line in remedies.splitlines()]
    assert f"CREATE ROLE {fed.owner} NOLOGIN;" in statements
    with fed.shell.database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())
    done = fed.run("init", "shops", "--table", "orders", DATABASE_URL=url)
    assert (done.status, done.err) == (0, "")
    for words in (fed.company("ams"), ["list"], ["status"], ["apply"], ["history"]):
        done = fed.run(*words, DATABASE_URL=url)
        assert (done.status, done.err) == (0, ""), words
    assert rows(fed) == [("ams", 1, "of ams")]
    with fed.shell.database.connect() as connection:
        connection.execute(f"DROP OWNED BY {role}".encode())


def test_a_database_that_is_no_hub_is_told_how_to_become_one(fed: Fed) -> None:
    for words in (["list"], ["status"], ["apply"], ["history"], ["remove", "a", "--yes"]):
        done = fed.run(*words)
        assert (done.status, done.out) == (1, "")
        assert "exclave fed init" in done.err


def test_wrong_use_is_explained_and_nothing_is_made(fed: Fed) -> None:
    wrong = {
        "init --table a": "Name the federation: exclave fed init NAME --table",
        "init shops": 'The settings declare no federation "shops".',
        "add ams --label big": "--label takes NAME=VALUE",
        "add ams --label a=1 --label a=2": "--label a=… is given twice.",
        "add -ams-": "No such option",
        "add a/b": "'a/b' is no slug for a member",
        "add ams --port 0": "Invalid value for '--port'",
    }
    for words, said in wrong.items():
        done = fed.run(*words.split(), NO_COLOR="1")
        assert (done.status, done.out) == (1, ""), words
        assert said in " ".join(done.err.split()), words
    assert fed.on_hub("SELECT FROM pg_namespace WHERE nspname = 'exclave'") == []


# Which federation ---------------------------------------------------------------------------------


def test_federations_may_be_values_in_code(fed: Fed) -> None:
    fed.shell.write("branches.py", MODULE)
    fed.shell.settings('federation = "branches:companies"')
    out = fed.done("init")
    assert 'Federation "companies" is registered; its tables: orders, visits.' in out
    fed.done(*fed.company("ams", ORDERS + VISIT))
    assert rows(fed, "companies", "visits") == [("ams", DAY)]
    done = fed.run("table", "add", "more")
    assert (done.status, done.out) == (1, "")
    assert 'federation "companies" is declared by' in done.err
    assert fed.json("list", "--federation", "branches:made")["federation"] == "companies"
    for target, said in (
        ("branches:nothing", "is a int; expected a Federation"),
        ("branches:nobody", "has nothing called 'nobody'"),
        ("nowhere:x", "there is no module 'nowhere'"),
    ):
        done = fed.run("list", "-f", target)
        assert (done.status, done.out) == (1, "")
        assert said in done.err


def test_federations_may_stand_in_the_settings(fed: Fed) -> None:
    fed.shell.settings(
        """
        [federations.shops]
        tables = ["orders"]
        member_column = "shop"
        [federations.sums]
        layout = "inheritance"
        member_schema = "sums_{member}"
        [federations.sums.tables.takings]
        at = { ams = "visits" }
        exclude = ["visitors"]
        """
    )
    fed.done("init")
    done = fed.run("list")
    assert (done.status, done.out) == (1, "")
    assert "Say which federation with --federation: there are shops, sums." in done.err
    words = fed.company("ams", ORDERS + VISIT)
    fed.done(*words, "-f", "shops")
    fed.done(*words, "-f", "sums")
    assert fed.on_hub("SELECT shop, note FROM shops.orders") == [("ams", "of ams")]
    assert fed.on_hub("SELECT member, day FROM sums.takings") == [("ams", DAY)]
    done = fed.run("list", "-f", "others")
    assert 'There is no federation "others"; there are shops, sums.' in done.err
    assert fed.run("list", EXCLAVE_FEDERATION="sums").status == 0


def test_a_wrong_setting_is_named(fed: Fed) -> None:
    wrong = {
        "[federations.a]": "federations.a: the key 'tables' is missing.",
        '[federations.a]\ntables = ["t"]\nlayout = "x"': (
            "federations.a.layout: expected 'union' or 'inheritance'"
        ),
        '[federations.a.tables.t]\nonly = ["b"]\nexclude = ["c"]': (
            'federations.a.tables.t: federated table "t": give only= or exclude='
        ),
        '[federations.a.tables.t]\nfetch_size = "b"': (
            "federations.a.tables.t.fetch_size: expected a whole number"
        ),
        '[federations.a]\ntable = ["t"]': (
            "federations.a.table: no such key. Did you mean 'tables'?"
        ),
        '[federations.a]\ntables = ["t"]\nserver_options = { host = { env = "X" } }': (
            "federations.a.server_options.host: expected text, a number"
        ),
    }
    for settings, said in wrong.items():
        fed.shell.settings(settings)
        done = fed.run("list")
        assert (done.status, done.out) == (1, "")
        assert f"exclave.toml: {said}" in done.err


def test_the_same_shape_is_registered_once(fed: Fed) -> None:
    fed.done("init", "shops", "--table", "orders")
    fed.done("init", "shops", "--table", "orders")
    done = fed.run("init", "shops", "--table", "visits")
    assert (done.status, done.out) == (1, "")
    assert 'federation "shops" is registered already, with another shape.' in done.err
    registered = [each for each in fed.json("history")["events"] if each["action"] == "register"]
    assert len(registered) == 1


# Looking ------------------------------------------------------------------------------------------


def test_status_counts_members_by_state(shops: Fed) -> None:
    shops.done(*shops.company("cph"), "--later")
    out = shops.done("status")
    first, head, *lines = out.splitlines()
    assert first.startswith("A hub since ")
    assert f'owner "{shops.owner}"' in first
    assert head.split() == ["federation", "layout", "tables", "members"]
    assert [line.split() for line in lines] == [
        ["shops", "union", "1", "1", "adding,", "2", "joined"]
    ]
    found = shops.json("status")
    assert found["owner"] == shops.owner
    assert found["federations"] == [
        {
            "name": "shops",
            "layout": "union",
            "tables": ["orders"],
            "members": {"adding": 1, "joined": 2},
        }
    ]


def test_history_tells_who_did_what(shops: Fed) -> None:
    found = shops.json("history", "--member", "ams")["events"]
    assert [(each["action"], each["federation"], each["slug"]) for each in found] == [
        ("add", "shops", "ams")
    ]
    assert found[0]["role"] == "postgres"
    out = shops.done("history", "--limit", "2")
    assert out.splitlines()[0].split() == ["when", "who", "what", "federation", "member"]
    assert len(out.splitlines()) == 3
