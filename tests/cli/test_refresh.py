"""``exclave refresh``: the age of materialized views, and refreshing them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest

from exclave.cluster import Database

from .conftest import Shell

VIEWS = (
    "CREATE MATERIALIZED VIEW one AS SELECT * FROM source",
    "CREATE UNIQUE INDEX one_id ON one (id)",
    "CREATE MATERIALIZED VIEW two AS SELECT count(*) FROM one",
    'CREATE MATERIALIZED VIEW "Not [bold]me[/]" AS SELECT 1 WITH NO DATA',
)


@pytest.fixture
def admin(shell: Shell, remote_database: Database) -> Iterator[psycopg.Connection]:
    """The superuser of a hub with three views, two of them over a remote table."""
    cluster = remote_database.cluster
    with remote_database.connect() as remote, shell.database.connect() as connection:
        remote.execute("CREATE TABLE source AS SELECT 1 AS id")
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw OPTIONS "
            f"(host 'localhost', port '{cluster.port}', dbname '{remote_database.name}')",
            "CREATE USER MAPPING FOR PUBLIC SERVER remote OPTIONS "
            f"(user 'postgres', password '{cluster.password}')",
            "CREATE FOREIGN TABLE source (id int) SERVER remote",
            *VIEWS,
        ):
            connection.execute(statement.encode())
        yield connection
        connection.execute("SELECT postgres_fdw_disconnect_all()")


def rows(connection: psycopg.Connection, view: str) -> list[tuple[int]]:
    return connection.execute(f"SELECT * FROM {view}".encode()).fetchall()  # noqa: S608


def test_all_are_refreshed_each_after_those_that_it_reads(
    shell: Shell, admin: psycopg.Connection
) -> None:
    admin.execute("INSERT INTO source VALUES (2)")
    done = shell.run("refresh", "--all", "--json")
    assert (done.status, done.err) == (0, "")
    results = json.loads(done.out)["views"]
    order = [result["view"] for result in results]
    assert order.index("public.one") < order.index("public.two")
    assert {result["view"]: result["concurrently"] for result in results} == {
        "public.one": True,
        "public.two": False,
        'public."Not [bold]me[/]"': False,
    }
    assert {result["outcome"] for result in results} == {"refreshed"}
    assert all(result["started"] and result["seconds"] > 0 for result in results)
    assert rows(admin, "two") == [(2,)]
    done = shell.run("refresh", "one", '"Not [bold]me[/]"')
    assert (done.status, done.err) == (0, "")
    assert "public.one: refreshed in " in done.out
    assert 'public."Not [bold]me[/]": refreshed in ' in done.out
    assert "public.two" not in done.out


def test_without_views_their_age_is_told_and_nothing_is_done(
    shell: Shell, admin: psycopg.Connection
) -> None:
    assert shell.run("refresh", "one", "two").status == 0
    admin.execute("INSERT INTO source VALUES (2)")
    done = shell.run("refresh")
    assert (done.status, done.err) == (0, "")
    head, *lines = [line.rstrip() for line in done.out.splitlines()]
    assert head.split() == ["view", "refreshed", "took", "age"]
    assert len(lines) == 3
    told = {line.split("  ")[0]: line for line in lines}
    assert told['public."Not [bold]me[/]"'].endswith("has no data")
    assert " s " in told["public.one"]
    assert rows(admin, "one") == [(1,)]
    states = {
        state["view"]: state for state in json.loads(shell.run("refresh", "--json").out)["views"]
    }
    one = states["public.one"]
    assert (one["populated"], one["outcome"]) == (True, "refreshed")
    assert one["age_seconds"] > 0
    assert one["seconds"] > 0
    assert states['public."Not [bold]me[/]"']["populated"] is False


def test_a_remote_that_fails_leaves_the_old_rows_and_is_told(
    shell: Shell, admin: psycopg.Connection
) -> None:
    assert shell.run("refresh", "--all").status == 0
    admin.execute("ALTER FOREIGN TABLE source OPTIONS (ADD table_name 'nowhere')")
    done = shell.run("refresh", "--all", "--keep-going")
    assert done.status == 1
    assert "Could not refresh the materialized view public.one" in done.err
    assert "It reads from the foreign server remote." in done.err
    assert 'public."Not [bold]me[/]": refreshed in ' in done.out
    assert rows(admin, "two") == [(1,)]
    done = shell.run("refresh", "--all", "--keep-going", "--json")
    assert done.status == 1
    outcomes = {each["view"]: each["outcome"] for each in json.loads(done.out)["views"]}
    assert outcomes == {
        "public.one": "failed",
        "public.two": "skipped",
        'public."Not [bold]me[/]"': "refreshed",
    }
    done = shell.run("refresh")
    assert done.status == 0
    [line] = [line for line in done.out.splitlines() if line.startswith("public.one")]
    assert "failed 20" in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "There is no materialized view nowhere"),
        (("one", "--all"), "Name views or say --all, not both."),
        (("two", "--concurrently"), "it has no unique index"),
    ],
)
def test_what_cannot_be_refreshed_is_told(
    shell: Shell, admin: psycopg.Connection, words: tuple[str, ...], message: str
) -> None:
    admin.execute("INSERT INTO source VALUES (2)")
    done = shell.run("refresh", *words)
    assert (done.status, done.out) == (1, "")
    assert message in done.err
    assert rows(admin, "one") == [(1,)]


def test_a_role_without_views_is_told_so(shell: Shell, new_role: Callable[..., str]) -> None:
    role = new_role("reader")
    url = shell.database.url(user=role, password=role)
    done = shell.run("refresh", DATABASE_URL=url)
    assert (done.status, done.out) == (
        0,
        "There is no materialized view that the role may refresh.\n",
    )
