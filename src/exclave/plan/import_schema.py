"""IMPORT FOREIGN SCHEMA, with a clear word on what went wrong and where."""

from __future__ import annotations

from exclave.catalog import Connection, Snapshot, connection_of, read
from exclave.errors import ApplyError, DeclarationError, RemoteError
from exclave.objects import ForeignTable, ImportForeignSchema
from exclave.objects.quoting import quote_identifier
from exclave.objects.registry import check_options
from exclave.plan.option import options_clause
from exclave.plan.remote_advice import remote_advice
from exclave.plan.statement import Statement


def import_statement(spec: ImportForeignSchema) -> Statement:
    """Write IMPORT FOREIGN SCHEMA."""
    names = spec.limit_to or spec.except_
    word = "LIMIT TO" if spec.limit_to else "EXCEPT"
    tables = f" {word} ({', '.join(map(quote_identifier, names))})" if names else ""
    return Statement.of(
        f"IMPORT FOREIGN SCHEMA {quote_identifier(spec.remote_schema)}{tables} "
        f"FROM SERVER {quote_identifier(spec.server)} INTO {quote_identifier(spec.local_schema)}",
        options_clause(spec.options),
    )


def import_foreign_schema(
    connection: object, spec: ImportForeignSchema
) -> tuple[ForeignTable, ...]:
    """Import a remote schema: all of it, or nothing.

    Parameters
    ----------
    connection
        A psycopg 3 connection or a `Connection`. An open transaction is joined.
    spec
        What to import.

    Returns
    -------
    tuple of ForeignTable
        The foreign tables that were made, by name.

    Raises
    ------
    DeclarationError
        When the server or the local schema does not exist, an option is unknown, or a table of
        `limit_to` is not on the remote.
    RemoteError
        When the remote cannot be reached or refuses; the message says what its administrator
        must do.
    ApplyError
        When the hub refuses, for instance since a table exists or a type does not.
    """
    hub = connection_of(connection)
    with hub.transaction():
        before = read(hub)
        _check(spec, before)
        _run(hub, spec, before)
        after = read(hub, schemas=[spec.local_schema])
        made = [
            table
            for key, table in after.catalog.foreign_tables.items()
            if key not in before.catalog.foreign_tables
        ]
        missing = sorted(set(spec.limit_to) - {table.name for table in made})
        if missing:
            raise DeclarationError(
                f"{spec}: the remote schema has no table {', '.join(map(repr, missing))} that the "
                "mapped user may see; nothing was imported."
            )
    return tuple(sorted(made, key=lambda table: table.key))


def _check(spec: ImportForeignSchema, before: Snapshot) -> None:
    server = before.catalog.servers.get(spec.server)
    if server is None:
        raise DeclarationError(
            f'{spec}: the foreign server "{spec.server}" does not exist; create it first.'
        )
    if spec.local_schema not in before.catalog.schemas:
        raise DeclarationError(
            f'{spec}: the schema "{spec.local_schema}" does not exist; create it first.'
        )
    check_options(spec.options, server.wrapper, "import", str(spec), before.major)
    existing = {
        table.name
        for table in before.catalog.foreign_tables.values()
        if table.schema == spec.local_schema
    }
    taken = sorted(existing & set(spec.limit_to))
    if taken:
        raise DeclarationError(
            f'{spec}: the schema "{spec.local_schema}" already has {", ".join(map(repr, taken))}; '
            "leave them out of limit_to, or drop them first."
        )


def _run(hub: Connection, spec: ImportForeignSchema, before: Snapshot) -> None:
    try:
        with hub.transaction():
            import_statement(spec).run(hub)
    except Exception as error:
        sqlstate = hub.sqlstate(error)
        if sqlstate is None:
            raise
        message = hub.message(error)
    else:
        return
    advice = remote_advice(sqlstate, before, spec)
    if advice is not None:
        raise RemoteError(f"{spec}: {message}\n{advice}")
    raise ApplyError(f"{spec}: {message}\nNothing was imported.", sqlstate)
