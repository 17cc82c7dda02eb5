"""What databases of a test run hold in the beginning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from exclave.cluster import Cluster
from exclave.errors import FixtureError
from exclave.testing import HubDatabase, RunDatabase, make_schema
from exclave.testing.place import Place
from exclave.testing.session import run_databases
from exclave.testing.settings import Settings

Opened = Callable[[object], HubDatabase]


def tables(database: RunDatabase) -> list[str]:
    """List the tables of a database, with their schemas."""
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        ).fetchall()
    return [name for (name,) in rows]


def test_a_schema_is_metadata_sql_a_file_a_function_or_several(
    cluster: Cluster, tmp_path: Path
) -> None:
    metadata = sa.MetaData()
    sa.Table("orders", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="erp")
    sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
    file = tmp_path / "schema.sql"
    file.write_text("CREATE TABLE from_file (price text DEFAULT '100 %'); CREATE TABLE two ();")

    def migrate(database: RunDatabase) -> None:
        engine = sa.create_engine(database.url(), poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE from_function ()"))
        with psycopg.connect(database.url(driver=None)) as connection:
            connection.execute("CREATE TABLE from_url ()")

    schema = [metadata, "CREATE TABLE from_sql ()", file, migrate]
    dsn = cluster.dsn(tcp=True)
    settings = Settings(hub=dsn, members={"one": dsn})
    with run_databases(settings, ["one"], member_schema=schema) as hub:
        assert tables(hub.members["one"]) == [
            "erp.orders", "public.from_file", "public.from_function", "public.from_sql",
            "public.from_url", "public.two", "public.users",
        ]  # fmt: skip
        assert tables(hub) == []


def test_the_role_of_the_hub_may_use_all_that_a_schema_makes(cluster: Cluster) -> None:
    dsn = cluster.dsn(tcp=True)
    schema = "CREATE SCHEMA erp; CREATE TABLE erp.orders (id serial, what text)"
    settings = Settings(hub=dsn, members={"one": dsn})
    with run_databases(settings, ["one"], member_schema=schema) as hub:
        member = hub.members["one"]
        with psycopg.connect(
            host=member.host,
            port=member.port,
            dbname=member.name,
            user=member.user,
            password=member.password.resolve(),
        ) as connection:
            connection.execute("INSERT INTO erp.orders (what) VALUES ('a')")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("CREATE ROLE another")


def test_a_hub_is_told_of_its_members(cluster: Cluster) -> None:
    dsn = cluster.dsn(tcp=True)
    told: list[str] = []

    def declare(hub: HubDatabase) -> None:
        told.extend(f"{slug} {member.server_options}" for slug, member in hub.members.items())

    settings = Settings(hub=dsn, members={"one": dsn})
    with run_databases(settings, ["one"], hub_schema=declare) as hub:
        options = {
            "host": cluster.host, "port": str(cluster.port), "dbname": hub.members["one"].name,
        }  # fmt: skip
    assert told == [f"one {options}"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (5, "is a int; expected a SQLAlchemy MetaData, SQL"),
        ("CREATE TABLE nowhere.t ()", 'the SQL of its schema failed: schema "nowhere"'),
    ],
)
def test_a_schema_that_cannot_be_made_is_an_error_that_says_why(
    hub: HubDatabase, schema: object, message: str
) -> None:
    with pytest.raises(FixtureError, match=message):
        make_schema(hub, schema)


def test_a_place_is_given_by_any_kind_of_dsn(cluster: Cluster) -> None:
    for dsn in (cluster.dsn(tcp=True), cluster.dsn(), cluster.url(), cluster.url(driver=None)):
        place = Place.of_dsn(dsn, "EXCLAVE_TEST_HUB")
        assert place.port == cluster.port
        with psycopg.connect(place.url_of("template1", None)) as connection:
            assert connection.info.dbname == "template1"
        engine = sa.create_engine(place.url_of("template1", "psycopg"), poolclass=sa.NullPool)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT current_database()")) == "template1"


@pytest.mark.parametrize("dsn", ["host=127.0.0.1 port=1 password=hush", "hush=hush", "hush"])
def test_a_server_that_cannot_be_used_is_an_error_without_the_password(dsn: str) -> None:
    with pytest.raises(FixtureError, match="EXCLAVE_TEST_HUB: the server cannot be used") as caught:
        Place.of_dsn(dsn, "EXCLAVE_TEST_HUB")
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
