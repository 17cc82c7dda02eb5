"""What a wrapper is told of a foreign table, its columns, its server and itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from exclave.fdw.options import Options


@dataclass(frozen=True)
class Column:
    """A column of a foreign table, as it is declared on the hub.

    Parameters
    ----------
    number
        PostgreSQL's attribute number; the first is 1.
    name, type
        As declared; the type as PostgreSQL writes it, for instance ``numeric(10,2)``.
    type_oid, typmod
        The same, as numbers of ``pg_type`` and ``pg_attribute``.
    not_null
        Whether it is declared NOT NULL.
    options
        Of the column, checked by the wrapper's `ColumnOptions`.
    """

    number: int
    name: str
    type: str
    type_oid: int
    typmod: int
    not_null: bool
    options: Options


@dataclass(frozen=True)
class Server:
    """A foreign server."""

    name: str
    options: Options
    oid: int = 0


@dataclass(frozen=True)
class Wrapper:
    """A foreign-data wrapper, as it is called in this database."""

    name: str
    options: Options


@dataclass(frozen=True)
class Table:
    """A foreign table.

    Parameters
    ----------
    oid, schema, name
        Which it is.
    columns
        Those that were not dropped, in their order.
    options
        Of the table, checked by the wrapper's `TableOptions`.
    server, wrapper
        Those that it belongs to.
    mapping
        The user mapping's options; None if there is no mapping, and always while planning.
    user, user_oid
        The role as whom it is scanned or written; empty while planning.
    """

    oid: int
    schema: str
    name: str
    columns: tuple[Column, ...]
    options: Options
    server: Server
    wrapper: Wrapper
    mapping: Options | None = field(default=None, repr=False)
    user: str = ""
    user_oid: int = 0
