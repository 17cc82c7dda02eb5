"""IMPORT FOREIGN SCHEMA, with a clear word on what went wrong and where."""

from __future__ import annotations

from exclave.catalog import Connection, Snapshot, connection_of, read
from exclave.errors import ApplyError, DeclarationError, PrerequisiteError, RemoteError
from exclave.objects import ForeignTable, ImportForeignSchema
from exclave.objects.names import PUBLIC
from exclave.objects.quoting import quote_identifier
from exclave.objects.registry import check_options
from exclave.plan import prerequisites
from exclave.plan.option import options_clause
from exclave.plan.remote_advice import remote_advice
from exclave.plan.statement import Statement

_UNDEFINED = ("42704", "3F000")
"""A type that the hub lacks, or its schema."""

_NO_SCHEMAS = "HV00P"
"""The wrapper cannot import, if the message names the command; else there is no such schema."""


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
        When the server does not exist, an option is unknown, or a table of `limit_to` is not on
        the remote.
    PrerequisiteError
        When the local schema, a user mapping or a privilege on the hub is missing.
    RemoteError
        When the remote cannot be reached or refuses; the message says what its administrator
        must do.
    ApplyError
        When the hub refuses, for instance since a table exists or a type does not.
    """
    hub = connection_of(connection)
    with hub.transaction():
        before = read(hub, schemas=[spec.local_schema])
        _check(spec, before)
        prerequisites.refuse(prerequisites.missing_for_import(hub, before, spec))
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
    if sqlstate == _NO_SCHEMAS and "IMPORT FOREIGN SCHEMA" in message:
        wrapper = before.catalog.servers[spec.server].wrapper
        raise ApplyError(
            f'{spec}: the foreign-data wrapper "{wrapper}" cannot import; declare a ForeignTable '
            f"for each table instead. PostgreSQL said: {message}",
            sqlstate,
        )
    if sqlstate in _UNDEFINED:
        _refuse_without_mapping(spec, before)
        message += "\nCreate it on the hub first, or leave such tables out with except_."
    advice = remote_advice(sqlstate, before, spec)
    if advice is not None:
        raise RemoteError(f"{spec}: {message}\n{advice}", sqlstate)
    raise ApplyError(f"{spec}: {message}\nNothing was imported.", sqlstate)


def _refuse_without_mapping(spec: ImportForeignSchema, before: Snapshot) -> None:
    if any((spec.server, role) in before.catalog.user_mappings for role in (before.role, PUBLIC)):
        return
    server = quote_identifier(spec.server)
    raise PrerequisiteError(
        f'{spec}: the role "{before.role}" has no user mapping on the server "{spec.server}"; '
        "declare a UserMapping.",
        [
            f"CREATE USER MAPPING FOR {quote_identifier(before.role)} SERVER {server} "
            "OPTIONS (user '<remote user>', password '<its password>');"
        ],
    )
