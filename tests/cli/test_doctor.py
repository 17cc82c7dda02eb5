"""``exclave doctor``: what it prints, and how it ends."""

from __future__ import annotations

import json

from exclave.cluster import Database
from exclave.cluster.endpoint import Port

from .conftest import Shell

SERVER = """
[servers.accounts]
options = {{ host = "127.0.0.1", port = {port}, dbname = "{dbname}", connect_timeout = 5 }}

[servers.accounts.mappings.postgres]
options = {{ user = "postgres", password = {{ env = "ACCOUNTS_PASSWORD" }} }}
"""

UNREACHABLE = """\
error: foreign server "accounts" [server-unreachable]
    As "postgres" the hub cannot reach it (host 127.0.0.1, port {port}, dbname nowhere).
    could not connect to server "accounts"
    connection to server at "127.0.0.1", port {port} failed: Connection refused
      Is the server running on that host and accepting TCP/IP connections?
    On the hub:
        ALTER SERVER accounts OPTIONS (SET host '<its host>', SET port '<its port>');
    Where it is declared:
        options={{..., "host": "<its host>", "port": "<its port>"}}
    On the remote:
        ALTER SYSTEM SET listen_addresses = '*';  -- and restart it
"""


def test_it_shows_what_is_wrong_and_ends_with_2(shell: Shell) -> None:
    port = Port()
    shell.settings("[extensions.postgres_fdw]" + SERVER.format(port=port.number, dbname="nowhere"))
    assert shell.run("apply", "--yes").status == 0
    done = shell.run("doctor")
    assert done.status == 2
    assert done.out.startswith(UNREACHABLE.format(port=port.number))
    assert done.err == ""
    shown = json.loads(shell.run("doctor", "--json").out)
    assert {"server-unreachable"} <= {finding["code"] for finding in shown["findings"]}
    assert shown["servers"] == ["accounts"]
    for words in (["doctor"], ["doctor", "--json"], ["doctor", "--traceback"]):
        assert "hunter2" not in repr(shell.run(*words))
    port.release()


def test_what_is_declared_and_not_there_is_a_finding(shell: Shell) -> None:
    shell.settings("[extensions.postgres_fdw]" + SERVER.format(port=1, dbname="nowhere"))
    shown = json.loads(shell.run("doctor", "--json").out)
    assert [finding["code"] for finding in shown["findings"]] == ["differs-from-declared"]
    assert "hunter2" not in json.dumps(shown)


def test_advice_alone_ends_with_0(shell: Shell, remote_database: Database) -> None:
    remote = remote_database.cluster
    shell.environment["ACCOUNTS_PASSWORD"] = remote.password or ""
    shell.settings(
        "[extensions.postgres_fdw]" + SERVER.format(port=remote.port, dbname=remote_database.name)
    )
    assert shell.run("apply", "--yes").status == 0
    shell.settings("")
    done = shell.run("doctor", "--json")
    severities = {
        finding["severity"]
        for finding in json.loads(done.out)["findings"]
        if finding["code"] != "old-minor-version"
    }
    assert severities <= {"advice"}
    assert done.status == (2 if "old-minor-version" in done.out else 0)
    assert remote.password not in done.out


def test_a_hub_without_servers_has_nothing_to_remark(shell: Shell) -> None:
    done = shell.run("doctor")
    assert (done.status, done.out) == (0, "0 foreign servers examined: nothing to remark.\n")


def test_a_server_that_is_not_there_is_an_error(shell: Shell) -> None:
    done = shell.run("doctor", "--server", "acounts")
    assert done.status == 1
    assert "There is no foreign server 'acounts' on the hub; it has none." in done.err


def test_a_hub_that_cannot_be_reached_is_an_error_without_its_password(shell: Shell) -> None:
    done = shell.run("doctor", "--database", "postgresql://app:hunter2@127.0.0.1:1/shop")
    assert done.status == 1
    assert "hunter2" not in done.err
    assert done.out == ""
