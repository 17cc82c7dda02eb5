"""IMPORT FOREIGN SCHEMA, which gives tables to work with at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from exclave import plan
from exclave.objects import ImportForeignSchema, Server
from exclave.objects.options import NO_OPTIONS, OptionInput
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.reflection import reflected


def import_foreign_schema(
    metadata: sa.MetaData,
    connection: sa.Connection,
    server: Server | str,
    remote_schema: str = "public",
    *,
    local_schema: str | None = None,
    limit_to: Iterable[str] = (),
    except_: Iterable[str] = (),
    options: Mapping[str, OptionInput] = NO_OPTIONS,
) -> tuple[sa.Table, ...]:
    """Let the wrapper make foreign tables of a remote schema's tables.

    Keys are not imported: the tables have no primary key until one is declared.

    Parameters
    ----------
    metadata
        Where the tables are put.
    connection
        Where the foreign server is; its transaction stays the caller's to commit.
    server
        The foreign server, or its name; it must exist.
    remote_schema
        The schema on the remote.
    local_schema
        The schema on the hub that receives the foreign tables; ``None`` is the metadata's own, or
        else the connection's.
    limit_to
        Import these tables only.
    except_
        Import all tables but these.
    options
        Options of the import, such as ``import_default``.

    Returns
    -------
    tuple of Table
        The tables that were made.

    Raises
    ------
    DeclarationError
        When both `limit_to` and `except_` are given.
    PlanError
        When the import cannot be done; nothing is imported then.
    RemoteError
        When the remote cannot be reached or refuses.

    Notes
    -----
    PostgreSQL documentation, "IMPORT FOREIGN SCHEMA".
    """
    schema = local_schema or metadata.schema
    wanted = ImportForeignSchema(
        server,
        remote_schema,
        schema or Naming.of_connection(connection).default_schema,
        limit_to=limit_to,
        except_=except_,
        options=options,
    )
    made = plan.import_foreign_schema(SqlalchemyConnection(connection), wanted)
    return reflected(metadata, connection, made, schema)
