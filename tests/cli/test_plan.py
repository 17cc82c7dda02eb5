"""``exclave plan`` and ``exclave check``: what they print, and how they end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import psycopg
import pytest
from rich.console import Console

from exclave.catalog import read
from exclave.plan import Policy, make
from exclave.project import load

from .conftest import DECLARED, Shell

TEXT = """\
+ extension "postgres_fdw"
+ foreign server "accounts"
    wrapper: 'postgres_fdw'
    options: host 'accounts.db', fetch_size '10000'
+ user mapping for PUBLIC on server "accounts"
    role: 'public'
    options: user 'reader', password Secret.env('ACCOUNTS_PASSWORD')
+ foreign table "public"."orders"
    server: 'accounts'
    column id: type 'bigint', not null
    column total: type 'numeric(10,2)'
4 changes: 4 to create.
"""

SQL = """\
CREATE EXTENSION postgres_fdw;
CREATE SERVER accounts FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'accounts.db', \
fetch_size '10000');
CREATE USER MAPPING FOR PUBLIC SERVER accounts OPTIONS ("user" 'reader', \
password :'ACCOUNTS_PASSWORD');
CREATE FOREIGN TABLE public.orders (
    id bigint NOT NULL,
    total numeric(10,2)
) SERVER accounts;
"""


def test_a_plan_is_text_sql_or_json_and_changes_nothing(shell: Shell) -> None:
    shell.settings(DECLARED)
    with shell.database.connect() as session:
        before = read(session).catalog
        done = shell.run("plan")
        assert (done.status, done.out, done.err) == (2, TEXT, "")
        done = shell.run("plan", "--sql")
        assert (done.status, done.out, done.err) == (2, SQL, "")
        done = shell.run("plan", "--json")
        assert done.status == 2
        shown = json.loads(done.out)
        assert [change["action"] for change in shown["changes"]] == ["create"] * 4
        assert [change["kind"] for change in shown["changes"]] == [
            *("Extension", "Server", "UserMapping", "ForeignTable")
        ]
        assert shown["notes"] == []
        assert read(session).catalog == before
    for done in (shell.run("plan", "--quiet"), shell.run("check", "-q")):
        assert (done.status, done.out, done.err) == (2, "", "")


def test_check_prints_a_line_a_difference(shell: Shell) -> None:
    shell.settings(DECLARED)
    done = shell.run("check")
    lines = [
        'create extension "postgres_fdw"',
        'create foreign server "accounts"',
        'create user mapping for PUBLIC on server "accounts"',
        'create foreign table "public"."orders"',
    ]
    assert (done.status, done.out.splitlines()) == (2, lines)
    done = shell.run("check", "--json")
    assert (done.status, json.loads(done.out)) == (2, {"differences": lines, "notes": []})
    assert shell.run("apply", "--yes").status == 0
    done = shell.run("check")
    assert (done.status, done.out) == (0, "The database is as declared.\n")
    done = shell.run("check", "--json")
    assert (done.status, json.loads(done.out)) == (0, {"differences": [], "notes": []})


def test_colours_are_for_terminals_and_can_be_turned_off(shell: Shell) -> None:
    shell.settings(DECLARED)
    coloured = shell.run("plan", FORCE_COLOR="1").out
    assert '\x1b[32m+ extension "postgres_fdw"\x1b[0m' in coloured
    assert "\x1b[2m4 changes: 4 to create.\x1b[0m" in coloured
    for done in (
        shell.run("plan", "--no-color", FORCE_COLOR="1"),
        shell.run("plan", NO_COLOR="1", FORCE_COLOR="1"),
    ):
        assert "\x1b[3" not in done.out


def test_each_kind_of_change_has_its_colour(shell: Shell) -> None:
    with shell.database.connect() as session:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER a FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SERVER b TYPE 'old' FOREIGN DATA WRAPPER postgres_fdw",
            "CREATE SERVER gone FOREIGN DATA WRAPPER postgres_fdw",
        ):
            session.execute(statement.encode())
        shell.settings("[servers.a]\noptions.host = 'x'\n[servers.b]\ntype = 'new'\n[servers.c]\n")
        declared = load(shell.folder).declared
        made = make(session, declared, Policy(unmanaged="drop"))
    terminal = Console(
        file=io.StringIO(), force_terminal=True, color_system="standard", no_color=False
    )
    terminal.print(made, soft_wrap=True)
    assert isinstance(terminal.file, io.StringIO)
    assert terminal.file.getvalue().splitlines() == [
        '\x1b[33m~ foreign server "a"\x1b[0m',
        "\x1b[33m    options.host: none → 'x'\x1b[0m",
        "\x1b[35m± foreign server \"b\" (replaced: its type changes from 'old' to 'new')\x1b[0m",
        "\x1b[35m    type: 'old' → 'new'\x1b[0m",
        '\x1b[32m+ foreign server "c"\x1b[0m',
        "\x1b[32m    wrapper: 'postgres_fdw'\x1b[0m",
        '\x1b[31m- foreign server "gone"\x1b[0m',
        "\x1b[2m4 changes: 1 to create, 1 to alter, 1 to replace, 1 to drop.\x1b[0m",
        "",
    ]


def test_the_options_of_the_policy_go_before_the_settings(shell: Shell) -> None:
    with shell.database.connect() as session:
        session.execute("CREATE EXTENSION postgres_fdw")
        session.execute("CREATE SERVER old FOREIGN DATA WRAPPER postgres_fdw")
        session.execute("CREATE SCHEMA erp")
        session.execute("CREATE FOREIGN TABLE erp.t () SERVER old")
        session.execute("CREATE FOREIGN TABLE u () SERVER old")
    shell.settings("[servers.old]")
    assert shell.run("check").status == 0
    dropped = [f'drop foreign table "{name}' for name in ('erp"."t"', 'public"."u"')]
    assert sorted(shell.run("check", "--unmanaged", "drop").out.splitlines()) == dropped
    done = shell.run("check", "--unmanaged", "drop", "--schema", "erp")
    assert done.out.splitlines() == dropped[:1]
    shell.settings("[policy]\nunmanaged = 'drop'\n[servers.old]")
    assert sorted(shell.run("check").out.splitlines()) == dropped
    assert shell.run("check", "--unmanaged", "ignore").status == 0
    shell.settings("[servers.old]\ntype = 'new'")
    done = shell.run("check")
    assert done.status == 1
    assert "depends on an object that must be replaced" in done.err
    assert shell.run("check", "--cascade").status == 2


def test_a_target_without_settings_is_enough(shell: Shell) -> None:
    (shell.folder / "exclave.toml").unlink()
    shell.write("shop.py", "from exclave import *\nall = [Extension('postgres_fdw'), Server('s')]")
    words = ("--target", "shop:all", "--database", shell.database.url())
    done = shell.run("check", *words)
    assert (done.status, done.err) == (2, "")
    assert done.out.splitlines() == ['create extension "postgres_fdw"', 'create foreign server "s"']
    done = shell.run("check", "--target", "shop:all", EXCLAVE_DATABASE=shell.database.url())
    assert done.status == 2
    shell.write("other.toml", "target = 'shop:nothing'\n[servers.t]")
    done = shell.run("check", *words, "--config", "other.toml")
    assert 'create foreign server "t"' in done.out
    assert 'create foreign server "s"' in done.out


def test_a_metadata_is_a_target(shell: Shell) -> None:
    shell.write(
        "tables.py",
        "import sqlalchemy as sa\nfrom exclave.sqlalchemy import ForeignTable\n"
        "metadata = sa.MetaData()\nForeignTable('t', metadata, server='accounts')\n",
    )
    shell.settings(DECLARED + "[foreign_tables.u]\nserver = 'accounts'")
    done = shell.run("apply", "--yes", "--target", "tables:metadata")
    assert (done.status, done.err) == (0, "")
    with shell.database.connect() as session:
        assert read(session).catalog.foreign_tables.keys() == {
            ("public", name) for name in ("orders", "t", "u")
        }
    assert shell.run("check", "--target", "tables").status == 1
    assert shell.run("check", "--target", "tables:metadata", "--unmanaged", "drop").status == 0


# A role with few rights ---------------------------------------------------------------------------


def test_for_a_role_that_may_not_see_the_options_a_plan_is_stable_and_says_so(
    shell: Shell, new_role: Callable[..., str]
) -> None:
    """The role owns the server, so that it may set others' mappings and not read them."""
    role, other = new_role("plain", "NOSUPERUSER LOGIN"), new_role("other")
    with shell.database.connect() as admin:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role}",
            "CREATE SERVER accounts FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h')",
            f"ALTER SERVER accounts OWNER TO {role}",
            f"CREATE USER MAPPING FOR {other} SERVER accounts "
            "OPTIONS (user 'theirs', password 'unseen')",
            f"CREATE USER MAPPING FOR {role} SERVER accounts "
            "OPTIONS (user 'reader', password 'hunter2')",
        ):
            admin.execute(statement.encode())
    shell.settings(f"""
        [servers.accounts]
        options.host = "h"
        [servers.accounts.mappings.{role}]
        options = {{ user = "reader", password = {{ env = "ACCOUNTS_PASSWORD" }} }}
        [servers.accounts.mappings.{other}]
        options = {{ user = "reader", password = {{ env = "ACCOUNTS_PASSWORD" }} }}
    """)
    as_role = {"DATABASE_URL": shell.database.url(user=role, password=role)}
    note = (
        f'user mapping for "{other}" on server "accounts": the database would not show user, '
        'password; taken for right. Policy(hidden="set") sets what it can again.'
    )
    for _ in range(3):
        done = shell.run("plan", **as_role)
        assert done.status == 0, done.out + done.err
        assert done.out == f"Nothing to do: the database is as declared.\n! {note}\n"
        assert json.loads(shell.run("plan", "--json", **as_role).out) == {
            "changes": [],
            "notes": [note],
        }
        done = shell.run("plan", "--sql", **as_role)
        assert (done.status, done.out, done.err) == (0, "", f"! {note}\n")
        assert shell.run("apply", "--yes", **as_role).status == 0
    done = shell.run("plan", "--hidden", "set", **as_role)
    assert done.status == 2
    assert f'~ user mapping for "{other}" on server "accounts"' in done.out
    # what it can see is compared
    done = shell.run("plan", **as_role, ACCOUNTS_PASSWORD="rotated")
    assert done.status == 2
    assert f'~ user mapping for "{role}" on server "accounts"' in done.out
    assert f'~ user mapping for "{other}"' not in done.out


@pytest.mark.parametrize("superuser", [True, False])
def test_a_standby_or_read_only_session_can_be_planned_for(
    shell: Shell, new_role: Callable[..., str], superuser: bool
) -> None:
    shell.settings(DECLARED)
    role = new_role("reader", f"{'' if superuser else 'NO'}SUPERUSER LOGIN")
    with shell.database.connect() as admin:
        admin.execute(f"ALTER ROLE {role} SET default_transaction_read_only = on".encode())
    url = shell.database.url(user=role, password=role)
    done = shell.run("plan", DATABASE_URL=url)
    assert (done.status, done.err) == (2, "")
    assert done.out.startswith(TEXT[:100])
    done = shell.run("apply", "--yes", DATABASE_URL=url)
    assert done.status == 1
    with shell.database.connect() as admin, pytest.raises(psycopg.errors.UndefinedTable):
        admin.execute("SELECT * FROM orders")
