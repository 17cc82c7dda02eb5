"""Read the foreign objects of a live database, in a fixed number of queries whatever its size."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from exclave.catalog.collector import paused_collector
from exclave.catalog.connection import Connection, connection_of
from exclave.catalog.grants import NO_GRANTS, grants_of
from exclave.catalog.rows import readers
from exclave.catalog.snapshot import DefaultGrants, Snapshot
from exclave.errors import CatalogError
from exclave.objects import Catalog, ForeignObject
from exclave.objects.grant import Grants

_NOUNS = (
    "extensions",
    "wrappers",
    "servers",
    "user_mappings",
    "schemas",
    "foreign_tables",
    "materialized_views",
    "default_grants",
)


def read(connection: object, *, schemas: Collection[str] | None = None) -> Snapshot:
    """Read what a database holds, as the current role may see it.

    One statement reads everything, so all of it is of one moment, inside the caller's transaction
    if there is one. Nothing is written: a read-only transaction or a standby will do. Names are
    spelled alike whatever the session's `search_path` is, which is left as it was.

    Parameters
    ----------
    connection
        What `connection_of` takes.
    schemas
        Read only these schemas with their foreign tables and materialized views; ``None`` reads
        all but PostgreSQL's own. Extensions, wrappers, servers and user mappings belong to no
        schema and are always read.

    Returns
    -------
    Snapshot
        The catalog, and as whom and from what it was read.

    Raises
    ------
    CatalogError
        When PostgreSQL refuses, with its message; also for a connection that exclave cannot use,
        one whose client encoding is SQL_ASCII, and when `schemas` is one string.

    Notes
    -----
    PostgreSQL documentation, chapter "System Catalogs".
    """
    if isinstance(schemas, str):
        raise CatalogError(f"schemas takes several names, not the string {schemas!r}.")
    session = connection_of(connection)
    try:
        return _read(session, None if schemas is None else sorted(schemas))
    except Exception as error:
        if session.sqlstate(error) is None:
            raise
        raise CatalogError(f"The catalog could not be read: {session.message(error)}") from error


def _read(connection: Connection, schemas: list[str] | None) -> Snapshot:
    with connection.transaction():
        ((version, role, superuser, database, search_path),) = connection.fetch(_sql("session"))
        if not isinstance(role, str):
            raise CatalogError(
                "The session's client_encoding is SQL_ASCII, so names are bytes of no known "
                "meaning. Run SET client_encoding = 'UTF8' (or what they are in) first."
            )
        connection.fetch(_sql("search_path"), ["pg_catalog"])
        rows = connection.fetch(_everything(), [schemas])
        connection.fetch(_sql("search_path"), [search_path])
    with paused_collector():
        catalog, defaults = _values(rows)
    return Snapshot(
        catalog=catalog,
        version=version,
        role=role,
        superuser=superuser,
        database=database,
        default_grants=_default_grants(defaults, "foreign table"),
        default_schema_grants=_default_grants(defaults, "schema"),
    )


def _values(rows: Sequence[Sequence[Any]]) -> tuple[Catalog, list[dict[str, Any]]]:
    reader = readers()
    objects: list[ForeignObject] = []
    defaults: list[dict[str, Any]] = []
    for noun, value in rows:
        row = json.loads(value)
        if noun == "default_grants":
            defaults.append(row)
        else:
            objects.append(reader[noun](row))
    return Catalog(objects), defaults


def _default_grants(rows: list[dict[str, Any]], kind: str) -> DefaultGrants:
    found: defaultdict[str | None, Grants] = defaultdict(lambda: NO_GRANTS)
    for row in rows:
        if row["kind"] == kind:
            found[row["schema"]] = grants_of(row["grants"])
    everywhere = found.pop(None, NO_GRANTS)
    in_schemas = {schema: grants for schema, grants in found.items() if schema is not None}
    return DefaultGrants(everywhere, MappingProxyType(in_schemas))


@cache
def _sql(name: str) -> str:
    return files("exclave.catalog").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


@cache
def _everything() -> str:
    return "\nUNION ALL\n".join(f"(\n{_sql(noun)})" for noun in _NOUNS)
