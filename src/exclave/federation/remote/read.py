"""Reading a member's tables by way of a session on the hub."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from exclave.catalog import Connection
from exclave.catalog.collation import Collation
from exclave.errors import RemoteError
from exclave.federation.remote.collations import Sortings, collation_names
from exclave.federation.remote.defaults import digest, is_constant
from exclave.federation.remote.query import query, statements
from exclave.federation.remote.server import MemberServer, member_server, remote_error
from exclave.federation.remote.table import RemoteColumn, RemoteDatabase, RemoteTable, TableKey
from exclave.federation.remote.types import FoundType, RemoteTypes
from exclave.objects.quoting import quote_identifier

_OPTIONS = "fetch_size '10000', use_remote_estimate 'false', async_capable 'false'"
_OLDEST = 120000
_HAS_NOT_NULL_ROWS = 180000
_DEFAULT_COLLATION = 100


class _Undone(Exception):  # noqa: N818 - it is no error
    """Ends a transaction that leaves nothing behind."""


def read_remote(
    connection: Connection,
    server: str,
    tables: Iterable[TableKey] | None = None,
    schema: str | None = None,
    *,
    timeout_seconds: float | None = None,
) -> RemoteDatabase:
    """Read what tables a remote database holds, over a foreign server of postgres_fdw.

    It takes the same number of round trips to the remote whatever the number of tables. It
    works in a transaction of its own, or within the caller's, and leaves nothing behind. In a
    transaction that has read from the remote before, the remote is seen as it was then.

    Parameters
    ----------
    connection
        A session on the hub, whose role may use the server and make temporary tables.
    server
        The foreign server's name.
    tables
        The schemas and names of tables to read; what is not there is in `RemoteDatabase.missing`.
    schema
        Instead of `tables`: read all tables, views, materialized views and foreign tables of this
        schema of the remote, but no partitions.
    timeout_seconds
        How long one statement may take on the hub, connecting included; ``None`` leaves the
        session's ``statement_timeout``.

    Raises
    ------
    RemoteError
        When the remote cannot be reached, refuses the hub, or is older than PostgreSQL 12; with
        the SQLSTATE, and with what the remote needs in pg_hba.conf and as grants.
    PrerequisiteError
        When the session's role may not use the server, or has no user mapping.
    DeclarationError
        When the server is none of postgres_fdw's: then columns have to be declared.
    CatalogError
        When there is no such server, or the session may only read.

    Notes
    -----
    PostgreSQL documentation, "postgres_fdw" and "System Catalogs".
    """
    wanted = None if tables is None else tuple(dict.fromkeys(tables))
    if (wanted is None) == (schema is None):
        raise ValueError("give either the tables to read, or the schema that holds them")
    schema_named = schema or (wanted[0][0] if wanted else "")
    member = member_server(connection, server)
    found: list[RemoteDatabase] = []
    try:
        with suppress(_Undone), connection.transaction():
            reading = _Reading(connection, member)
            reading.begin(timeout_seconds)
            found.append(reading.database(wanted, schema))
            raise _Undone
    except Exception as error:
        told = remote_error(connection, error, member, schema_named)
        if told is None:
            raise
        raise told from error
    return found[0]


class _Reading:
    """One reading of a remote, in a transaction that is rolled back."""

    def __init__(self, connection: Connection, member: MemberServer) -> None:
        self._connection = connection
        self._member = member

    def begin(self, timeout_seconds: float | None) -> None:
        """Set what the reading needs, and make its temporary tables."""
        limit = None if timeout_seconds is None else str(max(1, round(timeout_seconds * 1000)))
        self._connection.fetch(query("session"), [limit])
        self._make("tables")

    def _make(self, name: str, **parts: str) -> None:
        server = quote_identifier(self._member.server.name)
        for statement in statements(name, server=server, options=_OPTIONS, **parts):
            self._connection.execute(statement)

    def database(self, wanted: Sequence[TableKey] | None, schema: str | None) -> RemoteDatabase:
        """Read the database and its tables."""
        fetch = self._connection.fetch
        settings = {str(name): str(value) for name, value in fetch(query("settings"))}
        version, encoding = int(settings["server_version_num"]), settings["server_encoding"]
        if version < _OLDEST:
            raise RemoteError(
                f"{self._member.server} leads to a PostgreSQL {version // 10000}; exclave reads "
                f"the tables of PostgreSQL {_OLDEST // 10000} and later."
            )
        columns = "datcollate text"
        if version >= 150000:
            columns += ', datlocprovider "char"'
            columns += ", datlocale text" if version >= 170000 else ", daticulocale text"
        self._make("tables_database", columns=columns)
        row: dict[str, Any] = json.loads(fetch(query("database"))[0][0])
        sorts = Collation.of(row, encoding)
        of_hub = Collation.of(self._member.hub_database, self._member.hub_encoding)
        sortings = Sortings(self._connection, of_hub, sorts, self._member.hub_encoding)
        tables = self._tables(self._classes(wanted, schema), version, sortings)
        return RemoteDatabase(
            version=version,
            database=row["datname"],
            oid=int(row["oid"]),
            encoding=encoding,
            collation=str(row.get("datlocale") or row.get("daticulocale") or row["datcollate"]),
            provider=sorts.provider,
            sorts_as_hub=sorts == of_hub,
            tables=MappingProxyType(tables),
            missing=tuple(key for key in wanted or () if key not in tables),
        )

    def _classes(
        self, wanted: Sequence[TableKey] | None, schema: str | None
    ) -> dict[int, tuple[TableKey, str]]:
        if wanted is None:
            rows = self._connection.fetch(query("classes_of_schema"), [schema])
        elif not wanted:
            return {}
        else:
            names = [sorted({key[place] for key in wanted}) for place in (0, 1)]
            rows = self._connection.fetch(query("classes"), names)
            rows = [row for row in rows if (row[1], row[2]) in wanted]
        rows.sort(key=lambda row: (row[1], row[2]))
        return {oid: ((schema, name), kind) for oid, schema, name, kind in rows}

    def _tables(
        self, classes: dict[int, tuple[TableKey, str]], version: int, sortings: Sortings
    ) -> dict[TableKey, RemoteTable]:
        if not classes:
            return {}
        fetch, oids = self._connection.fetch, list(classes)
        rows = fetch(query("columns"), [oids])
        unchecked: set[tuple[int, int]] = set()
        if version >= _HAS_NOT_NULL_ROWS:
            self._make("tables_constraints")
            unchecked = {(table, number) for table, number in fetch(query("not_checked"), [oids])}
        columns = self._columns(rows, unchecked, sortings)
        if any(row[6] for row in rows):
            columns = self._with_defaults(columns, classes)
        keys: defaultdict[int, list[tuple[str, int, bool]]] = defaultdict(list)
        for table, numbers, count, primary in fetch(query("keys"), [oids]):
            keys[table].append((numbers, count, primary))
        tables: dict[TableKey, RemoteTable] = {}
        for oid, ((schema, name), kind) in classes.items():
            key = _key(columns[oid], keys[oid])
            tables[schema, name] = RemoteTable(schema, name, kind, tuple(columns[oid]), key, oid)
        return tables

    def _columns(
        self,
        rows: Sequence[Sequence[Any]],
        unchecked: set[tuple[int, int]],
        sortings: Sortings,
    ) -> defaultdict[int, list[RemoteColumn]]:
        own_types = {row[3] for row in rows if row[11] is None}
        named = {row[9] for row in rows if row[9] not in (0, _DEFAULT_COLLATION, row[10])}
        types, collations = None, dict[int, str]()
        if own_types or named:
            self._make("tables_types")
            types = RemoteTypes(self._connection, own_types)
            collations = collation_names(self._connection, named)
        columns: defaultdict[int, list[RemoteColumn]] = defaultdict(list)
        for row in rows:
            (
                table, number, name, type_, typmod, not_null, _, identity, generated, collation_oid,
                of_type, declared, spelled,
            ) = row  # fmt: skip
            collation = collations.get(collation_oid) if collation_oid != of_type else None
            sorting = sortings.named(collation) if collation else sortings.default
            if declared is None:
                assert types is not None
                found = types.of(type_)
            else:
                found = FoundType(spelled, declared, array=declared.endswith("[]"))
            column = RemoteColumn(
                name,
                number,
                found.type,
                found.declared,
                typmod,
                (not_null and (table, number) not in unchecked) or found.not_null,
                collation,
                identity=identity,
                generated=generated,
                enum=found.enum,
                enum_name=found.enum_name,
                domain=found.domain,
                array=found.array,
                unknown=found.unknown,
                sorts_as=sorting.name,
                sorts_alike=sorting.alike,
            )
            if found.default_tree is not None and not generated and not identity:
                column = _with_default(column, found.default_tree, found.default)
            columns[table].append(column)
        return columns

    def _with_defaults(
        self,
        columns: defaultdict[int, list[RemoteColumn]],
        classes: dict[int, tuple[TableKey, str]],
    ) -> defaultdict[int, list[RemoteColumn]]:
        self._make("tables_defaults")
        fetch = self._connection.fetch
        keys = [key for key, _ in classes.values()]
        names = [sorted({key[place] for key in keys}) for place in (0, 1)]
        texts = {tuple(row[:3]): row[3] for row in fetch(query("default_texts"), names)}
        for table, number, tree in fetch(query("defaults"), [list(classes)]):
            (schema, name), _ = classes[table]
            for place, column in enumerate(columns[table]):
                if column.number == number and not column.generated:
                    text = texts.get((schema, name, column.name))
                    columns[table][place] = _with_default(column, tree, text)
        return columns


def _with_default(column: RemoteColumn, tree: str, text: str | None) -> RemoteColumn:
    return replace(
        column,
        has_default=True,
        default=text,
        default_is_constant=is_constant(tree),
        default_digest=digest(tree),
    )


def _key(
    columns: Sequence[RemoteColumn], candidates: Sequence[tuple[str, int, bool]]
) -> tuple[str, ...]:
    """Give the first candidate whose columns hold no NULL; they come best first."""
    by_number = {column.number: column for column in columns}
    for numbers, count, primary in candidates:
        chosen = [by_number.get(int(number)) for number in numbers.split()[:count]]
        if all(column is not None and (primary or column.not_null) for column in chosen):
            return tuple(column.name for column in chosen if column is not None)
    return ()
