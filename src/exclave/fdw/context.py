"""What scans and writes know alike: the table, the user, the session, the database itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exclave.fdw.messages import Messages
from exclave.fdw.session import Session
from exclave.fdw.sessions import session_of
from exclave.fdw.spi import Spi
from exclave.fdw.table import Table


@dataclass(frozen=True)
class TableContext(Messages):
    """What a wrapper knows while it works on a table.

    Parameters
    ----------
    table
        The table, with its options as they are now and with those of the user's mapping.
    session_type
        The class's ``Session``; set by the host.
    """

    table: Table
    session_type: type[Session] = field(default=Session, repr=False, kw_only=True)

    @property
    def user(self) -> str:
        """Name of the role as whom the table is used: of a view's table, the view's owner."""
        return self.table.user

    @property
    def session(self) -> Any:
        """The session of the server and the user, told of the transaction and its savepoints."""
        return session_of(self.table, self.session_type)

    @property
    def spi(self) -> Spi:
        """The database itself, asked as the user."""
        return Spi(self.table.user_oid)
