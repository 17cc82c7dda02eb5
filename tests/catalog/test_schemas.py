"""A read can be limited to some schemas."""

from __future__ import annotations

import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import CatalogError


@pytest.fixture
def hub(database: Database) -> Database:
    """A database with a foreign table in each of three schemas."""
    with database.connect() as connection:
        connection.execute("CREATE FOREIGN DATA WRAPPER any_fdw")
        connection.execute("CREATE SERVER s FOREIGN DATA WRAPPER any_fdw")
        connection.execute("CREATE USER MAPPING FOR PUBLIC SERVER s")
        for schema in ("a", "A b", "c"):
            connection.execute(f'CREATE SCHEMA "{schema}"'.encode())
            connection.execute(f'CREATE FOREIGN TABLE "{schema}".t (a int) SERVER s'.encode())
    return database


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, {"a", "A b", "c", "public"}),
        (["a"], {"a"}),
        ({"A b", "c"}, {"A b", "c"}),
        (("missing", "c"), {"c"}),
        ([], set()),
        (["pg_catalog", "information_schema"], set()),
    ],
)
def test_schemas_and_tables_are_limited_and_all_else_is_not(
    hub: Database, asked: list[str] | None, found: set[str]
) -> None:
    with hub.connect() as connection:
        catalog = read(connection, schemas=asked).catalog
    assert set(catalog.schemas) == found
    assert set(catalog.foreign_tables) == {(schema, "t") for schema in found - {"public"}}
    assert set(catalog.servers) == {"s"}
    assert set(catalog.wrappers) == {"any_fdw"}
    assert len(catalog.user_mappings) == 1


def test_one_string_is_refused(hub: Database) -> None:
    with hub.connect() as connection, pytest.raises(CatalogError, match="several names"):
        read(connection, schemas="public")
