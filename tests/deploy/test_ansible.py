"""The module, run by Ansible: changed, then unchanged; checked; compared; without secrets."""

from __future__ import annotations

import importlib.util
import json
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exclave.catalog import read
from exclave.cluster import Cluster, Database
from exclave.objects import Catalog

from .conftest import COLLECTION, MODULE, Ansible

PASSWORD = "xyzzy-of-the-remote"
DECLARED = {
    "extensions": {"postgres_fdw": {}},
    "servers": {
        "accounts": {
            "options": {"host": "accounts.db", "fetch_size": 10_000},
            "grants": {"PUBLIC": "USAGE"},
            "mappings": {
                "PUBLIC": {"options": {"user": "reader", "password": {"env": "ACCOUNTS"}}}
            },
        }
    },
    "foreign_tables": {
        "orders": {
            "server": "accounts",
            "columns": {"id": {"type": "bigint", "not_null": True}, "total": "numeric(10,2)"},
            "grants": {"PUBLIC": ["SELECT"]},
        }
    },
}


def login(database: Database) -> dict[str, Any]:
    """Give the parameters that lead to a database, as its superuser."""
    cluster = database.cluster
    return {
        "login_db": database.name,
        "login_host": "localhost",
        "login_port": cluster.port,
        "login_user": "postgres",
        "login_password": cluster.password,
    }


@pytest.fixture
def parameters(database: Database) -> dict[str, Any]:
    """The parameters of the module, complete."""
    return {**login(database), "declarations": DECLARED, "secrets": {"ACCOUNTS": PASSWORD}}


def held(database: Database) -> Catalog:
    """Give what a database holds."""
    with database.connect() as connection:
        return read(connection).catalog


def changed(parameters: dict[str, Any], host: str) -> dict[str, Any]:
    """Give parameters with another host of the server."""
    text = json.dumps(parameters).replace("accounts.db", host)
    return json.loads(text)


def test_it_changes_and_is_then_unchanged(
    ansible: Ansible, parameters: dict[str, Any], database: Database
) -> None:
    before = held(database)
    checked = ansible.module(parameters, "--check")
    assert (checked.status, checked.result["changed"]) == (0, True)
    assert held(database) == before

    played = ansible.module(parameters)
    assert (played.status, played.result["changed"]) == (0, True)
    assert played.result["changes"] == checked.result["changes"]
    assert [each["object"] for each in played.result["changes"]] == [
        'extension "postgres_fdw"',
        'foreign server "accounts"',
        'user mapping for PUBLIC on server "accounts"',
        'foreign table "public"."orders"',
    ]
    found = held(database)
    assert dict(found.servers["accounts"].options) == {"host": "accounts.db", "fetch_size": "10000"}
    assert found.foreign_tables["public", "orders"].grants

    again = ansible.module(parameters)
    assert (again.status, again.result["changed"], again.result["changes"]) == (0, False, [])
    assert held(database) == found


def test_a_rotated_secret_is_a_change_and_shows_as_a_reference(
    ansible: Ansible, parameters: dict[str, Any], database: Database
) -> None:
    assert ansible.module(parameters).status == 0
    rotated = {**parameters, "secrets": {"ACCOUNTS": "plugh-instead"}}
    played = ansible.module(rotated, "--diff", "-vvv")
    assert played.result["changed"] is True
    assert '"secret": "Secret.env(\'ACCOUNTS\')"' in played.shown
    assert PASSWORD not in played.shown
    assert "plugh" not in played.shown
    [mapping] = held(database).user_mappings.values()
    assert mapping.options["password"].resolve() == "plugh-instead"
    assert ansible.module(rotated).result["changed"] is False


def test_diff_shows_options_and_no_secret(
    ansible: Ansible, parameters: dict[str, Any], database: Database
) -> None:
    shown = ansible.module(parameters, "--check", "--diff", "-vvv").shown
    assert '+        "host": "accounts.db"' in shown
    assert "Secret.env('ACCOUNTS')" in shown
    assert PASSWORD not in shown
    assert ansible.module(parameters).status == 0

    moved = changed(parameters, "moved.db")
    played = ansible.module(moved, "--diff", "--check", "-vvv")
    assert '--- before: foreign server "accounts"' in played.shown
    assert '-        "host": "accounts.db"' in played.shown
    assert '+        "host": "moved.db"' in played.shown
    assert PASSWORD not in played.shown
    assert held(database).servers["accounts"].options["host"] == "accounts.db"


@pytest.mark.parametrize("fault", ["none", "unknown parameter", "unknown key", "bad option"])
def test_a_secret_that_stands_in_the_declarations_is_not_shown_either(
    ansible: Ansible, parameters: dict[str, Any], fault: str
) -> None:
    given = json.loads(json.dumps(parameters).replace('{"env": "ACCOUNTS"}', f'"{PASSWORD}"'))
    server = given["declarations"]["servers"]["accounts"]
    server["mappings"]["PUBLIC"]["options"]["sslcert"] = "/a/certificate"
    match fault:
        case "unknown parameter":
            given["declaration"] = {}
        case "unknown key":
            server["mapings"] = server.pop("mappings")
        case "bad option":
            server["options"]["fetch_size"] = "many"
    played = ansible.module(given, "--diff", "--check", "-vvv")
    assert (played.status == 0) is (fault == "none"), played.shown
    assert "invocation" in played.shown
    assert PASSWORD not in played.shown
    assert "accounts.db" in played.shown


def test_what_postgresql_refuses_is_told_without_a_secret(
    ansible: Ansible, parameters: dict[str, Any], new_role: Callable[..., str]
) -> None:
    role = new_role("nobody")
    given = {**parameters, "login_user": role, "login_password": role}
    played = ansible.module(given, "-vvv")
    assert played.status != 0
    assert "CREATE EXTENSION postgres_fdw" in played.result["msg"]
    assert PASSWORD not in played.shown

    given["login_password"] = "a-wrong-password"
    played = ansible.module(given, "-vvv")
    assert played.status != 0
    assert "The database cannot be reached" in played.result["msg"]
    assert "a-wrong-password" not in played.shown
    assert PASSWORD not in played.shown


def test_what_is_declared_can_be_removed(
    ansible: Ansible, parameters: dict[str, Any], database: Database
) -> None:
    before = held(database)
    assert ansible.module(parameters).status == 0
    absent = {**parameters, "state": "absent"}
    played = ansible.module(absent, "--diff")
    assert played.result["changed"] is True
    assert "+++ after: absent" in played.shown
    assert held(database) == before
    assert ansible.module(absent).result["changed"] is False


def test_a_policy_says_what_else_may_be_done(
    ansible: Ansible, parameters: dict[str, Any], database: Database
) -> None:
    assert ansible.module(parameters).status == 0
    kept = {**changed(parameters, "moved.db"), "policy": {"existing": "keep"}}
    assert ansible.module(kept).result["changed"] is False
    with database.connect() as connection:
        connection.execute("CREATE SERVER stray FOREIGN DATA WRAPPER postgres_fdw")
        connection.execute("CREATE SCHEMA elsewhere")
        connection.execute("CREATE FOREIGN TABLE elsewhere.t () SERVER accounts")
    only = {"unmanaged": "drop", "schemas": ["public"]}
    assert ansible.module({**parameters, "policy": only}).result["changed"] is False
    assert ansible.module({**parameters, "policy": {"unmanaged": "drop"}}).result["changed"] is True
    assert list(held(database).servers) == ["accounts"]


def test_settings_and_models_declare_too(
    ansible: Ansible, parameters: dict[str, Any], database: Database, tmp_path: Path
) -> None:
    (tmp_path / "shop_models.py").write_text(
        "from exclave import ForeignTable, Column\n"
        "tables = [ForeignTable('invoices', [Column('id', 'int')], server='accounts')]\n"
    )
    settings = tmp_path / "exclave.toml"
    settings.write_text(
        'database = {env = "HUB"}\n'
        "[extensions.postgres_fdw]\n"
        "[servers.accounts.mappings.PUBLIC]\n"
        'options = { user = "reader", password = { env = "ACCOUNTS" } }\n'
    )
    given = {
        "config": str(settings),
        "target": ["shop_models:tables"],
        "pythonpath": [str(tmp_path)],
        "declarations": {"schemas": {"erp": {}}},
        "secrets": {"HUB": database.url(), "ACCOUNTS": PASSWORD},
    }
    played = ansible.module(given, "-vvv")
    assert len(played.result["changes"]) == 5
    assert PASSWORD not in played.shown
    assert (database.cluster.password or "-") not in played.shown
    assert ("public", "invoices") in held(database).foreign_tables
    assert ansible.module(given).result["changed"] is False


def test_without_exclave_it_says_so_and_shows_nothing(
    ansible: Ansible, parameters: dict[str, Any], tmp_path: Path
) -> None:
    given = json.loads(json.dumps(parameters).replace('{"env": "ACCOUNTS"}', f'"{PASSWORD}"'))
    venv.create(tmp_path / "bare")
    bare = f"ansible_python_interpreter={tmp_path}/bare/bin/python"
    played = ansible.module(given, "-vvv", "--extra-vars", bare, PYTHONPATH="")
    assert "Failed to import the required Python library (exclave)" in played.result["msg"]
    assert PASSWORD not in played.shown


@pytest.fixture
def roles(cluster: Cluster, database: Database) -> Iterator[None]:
    """The roles of the example playbook."""
    with database.connect() as connection:
        connection.execute("CREATE ROLE app LOGIN PASSWORD 'the-one-of-app'; CREATE ROLE reports")
        connection.execute(f"GRANT CREATE ON DATABASE {database.name} TO app".encode())
        connection.execute("GRANT CREATE ON SCHEMA public TO app")
        try:
            yield
        finally:
            connection.execute("DROP OWNED BY app, reports CASCADE; DROP ROLE app, reports")


@pytest.mark.usefixtures("roles")
def test_the_example_playbook_goes_from_the_extension_to_the_privileges(
    ansible: Ansible, database: Database, tmp_path: Path
) -> None:
    secrets = {
        "ADMIN_PASSWORD": database.cluster.password,
        "APP_PASSWORD": "the-one-of-app",
        "ACCOUNTS_PASSWORD": PASSWORD,
    }
    variables = tmp_path / "variables.json"
    hub = {"host": "localhost", "port": database.cluster.port, "database": database.name}
    variables.write_text(json.dumps({"hub": hub, **secrets}))
    words = [f"{COLLECTION}/playbooks/shop.yml", "--inventory", "localhost,", "--connection"]
    words += ["local", "--extra-vars", f"@{variables}", "--diff", "-vvv"]

    for changes in (3, 0):
        played = ansible.run("ansible-playbook", *words)
        assert played.status == 0, played.shown
        assert f"ok=3    changed={changes} " in played.shown
        for secret in secrets.values():
            assert str(secret) not in played.shown
    found = held(database)
    assert found.servers["accounts"].owner == "app"
    assert found.foreign_tables["public", "customers"].owner == "app"
    assert {str(grant.role) for grant in found.wrappers["postgres_fdw"].grants or ()} == {"app"}


def test_the_documentation_of_the_module_says_what_it_takes(ansible: Ansible) -> None:
    shown = ansible.run("ansible-doc", "--json", MODULE)
    assert shown.status == 0, shown.shown
    documented = json.loads(shown.shown)[MODULE]["doc"]["options"]
    path = COLLECTION / "plugins" / "modules" / "foreign_data.py"
    spec = importlib.util.spec_from_file_location("foreign_data", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert taken(module.ARGUMENTS) == said(documented)


def taken(arguments: dict[str, Any]) -> dict[str, Any]:
    """Give what an argument specification says of each parameter that its users must know."""
    return {
        name: {key: value for key, value in each.items() if key not in ("no_log", "options")}
        | ({"suboptions": taken(each["options"])} if "options" in each else {})
        for name, each in arguments.items()
    }


def said(options: dict[str, Any]) -> dict[str, Any]:
    """Give what the documentation says of each parameter."""
    return {
        name: {
            key: value for key, value in each.items() if key not in ("description", "suboptions")
        }
        | ({"suboptions": said(each["suboptions"])} if "suboptions" in each else {})
        for name, each in options.items()
    }
