"""Foreign tables and columns that no longer match the remote's."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from exclave.doctor.checks.option import options_clause
from exclave.doctor.checks.types import holds
from exclave.doctor.finding import Finding, on
from exclave.doctor.hub import Hub
from exclave.doctor.masking import masked
from exclave.doctor.remote import Failure, Look, RemoteTable
from exclave.doctor.remote_tables import remote_key, remote_name
from exclave.objects import Column, ForeignTable, QualifiedName
from exclave.objects.quoting import quote_identifier
from exclave.plan.remote_advice import remote_user

_NOT_ALLOWED = "42501"
_CERTAIN_OF_NULL = ("r", "p", "f")
"""Kinds of relation whose columns are NOT NULL or not; those of a view are never."""


def findings(hub: Hub, look: Look) -> Iterator[Finding]:
    """Compare the foreign tables of a server with what they stand for."""
    remote = look.remote
    if remote is None or remote.tables is None:
        return
    for table in hub.tables_of(look.server):
        there = remote.tables.get(remote_key(table))
        if there is None:
            yield _missing(table)
            continue
        for column in table.columns:
            yield from _column(table, column, there)
        failure = remote.refused.get(table.key)
        if failure is not None:
            yield _refused(hub, look, table, failure)


def _missing(table: ForeignTable) -> Finding:
    schema, name = remote_key(table)
    new = {"schema_name": "<its schema>", "table_name": "<its name>"}
    clause = options_clause(table.options, new)
    return Finding(
        "remote-table-missing",
        table,
        f"The remote has no table {QualifiedName(name, schema)}.",
        on(
            "hub",
            f"ALTER FOREIGN TABLE {table.qualified_name} {clause};",
            f"DROP FOREIGN TABLE {table.qualified_name};  -- if it is gone for good",
        ),
        on(
            "code", "remote_schema and remote_table (schema_name and table_name) of its declaration"
        ),
    )


def _column(table: ForeignTable, column: Column, there: RemoteTable) -> Iterator[Finding]:
    if column.generated is not None and not column.generated.stored:
        return  # it is computed on the hub
    subject = f'{table}, column "{column.name}"'
    alter = (
        f"ALTER FOREIGN TABLE {table.qualified_name} ALTER COLUMN {quote_identifier(column.name)}"
    )
    remote = there.columns.get(remote_name(column))
    if remote is None:
        yield _missing_column(table, column, there, subject, alter)
        return
    if not holds(column.type, remote.type) and not holds(column.type, remote.base):
        yield Finding(
            "remote-column-type",
            subject,
            f"Its type is {column.type} on the hub and {remote.type} on the remote: reading it may "
            "fail, and comparing or sorting it may give other results than the remote's.",
            on("hub", f"{alter} TYPE {remote.base};"),
            on("code", f'Column("{column.name}", "{remote.base}")'),
        )
    if column.not_null and not remote.not_null and there.kind in _CERTAIN_OF_NULL:
        yield Finding(
            "remote-column-nullable",
            subject,
            "It is NOT NULL on the hub, which PostgreSQL believes, and may be NULL on the remote: "
            "from PostgreSQL 17 on IS NULL and IS NOT NULL are then answered without looking.",
            on("hub", f"{alter} DROP NOT NULL;"),
            on(
                "remote",
                f"ALTER TABLE {QualifiedName(*reversed(remote_key(table)))} "
                f"ALTER COLUMN {quote_identifier(remote.name)} SET NOT NULL;",
            ),
        )


def _missing_column(
    table: ForeignTable, column: Column, there: RemoteTable, subject: str, alter: str
) -> Finding:
    name = remote_name(column)
    taken = set(map(remote_name, table.columns))
    free = {
        each.name: each
        for each in there.columns.values()
        if each.name not in taken
        and (holds(column.type, each.type) or holds(column.type, each.base))
    }
    close = difflib.get_close_matches(name, free, n=1) or (list(free) if len(free) == 1 else [])
    hint = ""
    new = "<its name>"
    if close:
        hint = f' It has "{close[0]}", of the same type and not on the hub: was it renamed?'
        new = close[0]
    return Finding(
        "remote-column-missing",
        subject,
        f'The remote table has no column "{name}".{hint}',
        on(
            "hub",
            f"{alter} {options_clause(column.options, {'column_name': new})};",
            f"ALTER FOREIGN TABLE {table.qualified_name} DROP COLUMN "
            f"{quote_identifier(column.name)};  -- if it is gone for good",
        ),
    )


def _refused(hub: Hub, look: Look, table: ForeignTable, failure: Failure) -> Finding:
    schema, name = remote_key(table)
    user = remote_user(hub.snapshot, look.server.name)
    said = masked(failure.message, hub, look.server)
    if failure.sqlstate != _NOT_ALLOWED:
        return Finding("remote-table-fails", table, f"The remote refuses a query on it: {said}")
    role = quote_identifier(user)
    return Finding(
        "remote-table-not-readable",
        table,
        f'The user "{user}" may not read {QualifiedName(name, schema)} on the remote: {said}',
        on(
            "remote",
            f"GRANT USAGE ON SCHEMA {quote_identifier(schema)} TO {role};",
            f"GRANT SELECT ON {QualifiedName(name, schema)} TO {role};",
        ),
    )
