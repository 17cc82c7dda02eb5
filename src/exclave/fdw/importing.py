"""IMPORT FOREIGN SCHEMA: what is asked for, and the tables that a wrapper answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from exclave.fdw.messages import Messages
from exclave.fdw.options import Options
from exclave.fdw.session import Session
from exclave.fdw.sessions import session_of
from exclave.fdw.spi import Spi
from exclave.fdw.table import Server, Wrapper


@dataclass(frozen=True)
class ImportedColumn:
    """A column of a table that IMPORT FOREIGN SCHEMA makes.

    Parameters
    ----------
    name
        Of the column on the hub.
    type
        As in SQL, for instance ``numeric(10,2)``, ``text[]`` or ``public.mood``; a name without
        a schema is looked for along the search_path.
    not_null
        Whether it is declared NOT NULL. PostgreSQL believes it.
    options
        Of the column; values are written as text, as the class's `ColumnOptions` read it.
    collation
        Name of a collation, such as ``C``; None takes that of the type.
    """

    name: str
    type: str
    not_null: bool = False
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    collation: str | None = None


@dataclass(frozen=True)
class ImportedTable:
    """A table that IMPORT FOREIGN SCHEMA makes.

    Parameters
    ----------
    name
        Of the table on the hub, and what LIMIT TO and EXCEPT are compared with.
    columns
        In their order.
    options
        Of the table; values are written as text, as the class's `TableOptions` read it.
    """

    name: str
    columns: Sequence[ImportedColumn] = ()
    options: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class ImportRequest:
    """What IMPORT FOREIGN SCHEMA asks for.

    Parameters
    ----------
    remote_schema
        The name after IMPORT FOREIGN SCHEMA; what it means is up to the wrapper.
    local_schema
        Where the tables are made.
    selection
        ``"all"``, ``"limit_to"`` or ``"except"``.
    tables
        The names after LIMIT TO or EXCEPT.
    options
        Of the statement, checked by the class's `ImportOptions`.
    """

    remote_schema: str
    local_schema: str
    selection: Literal["all", "limit_to", "except"]
    tables: tuple[str, ...]
    options: Options

    def wants(self, name: str) -> bool:
        """Tell whether a table shall be made.

        PostgreSQL leaves out the others in any case; asking spares the work for them.
        """
        if self.selection == "all":
            return True
        return (name in self.tables) == (self.selection == "limit_to")


@dataclass(frozen=True)
class ImportContext(Messages):
    """What a wrapper knows while it imports.

    Parameters
    ----------
    server, wrapper
        From which the schema is imported.
    mapping
        The options of the user mapping; None if there is no mapping.
    user, user_oid
        The role that imports.
    session_type
        The class's ``Session``; set by the host.
    """

    server: Server
    wrapper: Wrapper
    mapping: Options | None = field(repr=False)
    user: str
    user_oid: int = 0
    session_type: type[Session] = field(default=Session, repr=False, kw_only=True)

    @property
    def session(self) -> Any:
        """The session of the server and the user, as scans have it."""
        return session_of(self, self.session_type)

    @property
    def spi(self) -> Spi:
        """The database itself, asked as the user."""
        return Spi(self.user_oid)
