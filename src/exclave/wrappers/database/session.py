"""One connection for a server and a user, in step with PostgreSQL's transactions."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from sqlalchemy.engine import URL

from exclave.fdw import Session, WrapperError, is_superuser
from exclave.fdw.redaction import remember
from exclave.wrappers.database import locations
from exclave.wrappers.database.access import check_allowed, check_password, needs_password
from exclave.wrappers.database.connection import Connection
from exclave.wrappers.database.passwords import check_used
from exclave.wrappers.database.through_adbc import AdbcConnection
from exclave.wrappers.database.through_sqlalchemy import SqlalchemyConnection


class DatabaseSession(Session):
    """Connects when it is first needed, and keeps the connection.

    The other database commits in `prepare`, before PostgreSQL does: an error there aborts the
    whole transaction. What fails after that, another server's commit say, cannot undo it.
    """

    _connection: Connection | None = None
    _in_transaction = False

    def connection(self, user_oid: int) -> Connection:
        """Give the connection, in a transaction.

        Parameters
        ----------
        user_oid
            Of the user whose mapping it is; all but superusers need a password.
        """
        if self._connection is not None and self._in_transaction:
            return self._connection
        begun = self._connection = self._begun_again() or self._begun(user_oid)
        self._in_transaction = True
        for level in self._levels:
            begun.savepoint(_name(level))
        return begun

    def _begun(self, user_oid: int) -> Connection:
        """Connect, and begin a transaction."""
        made = self._connection = connect(self.server.options, self.mapping, self.wrapper, user_oid)
        made.begin()
        return made

    def _begun_again(self) -> Connection | None:
        """Begin a transaction on the connection that was kept, if the other side kept it too.

        Nothing was sent in this transaction, so another connection does as well.
        """
        if self._connection is None:
            return None
        try:
            self._connection.begin()
        except WrapperError:
            with suppress(WrapperError):  # what is broken may not be closed in order
                self.close()
            return None
        return self._connection

    def begin(self) -> None:
        """Wait until the connection is needed."""
        self._levels: list[int] = []

    def savepoint(self, level: int) -> None:
        """Set a savepoint, if anything was begun."""
        if self._connection is not None and self._in_transaction:
            self._connection.savepoint(_name(level))
        self._levels.append(level)

    def release(self, level: int) -> None:
        """Release a savepoint and those above it."""
        self._levels = [each for each in self._levels if each < level]
        if self._connection is not None and self._in_transaction:
            self._connection.release(_name(level))

    def rollback_to(self, level: int) -> None:
        """Undo what was done since a savepoint."""
        self._levels = [each for each in self._levels if each < level]
        if self._connection is not None and self._in_transaction:
            self._connection.rollback_to(_name(level))

    def prepare(self) -> None:
        """Commit."""
        if self._connection is not None and self._in_transaction:
            self._connection.commit()
            self._in_transaction = False
            self._leave()

    def abort(self) -> None:
        """Roll back, unless the other database has committed already."""
        if self._connection is not None and self._in_transaction:
            self._in_transaction = False
            self._connection.rollback()
            self._leave()

    def _leave(self) -> None:
        """Close a file that only one process can have open, or what an interrupt broke."""
        connection = self._connection
        if connection is not None and (connection.backend == "duckdb" or connection.broken):
            self.close()

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def connect(server: Any, mapping: Any, wrapper: Any, user_oid: int) -> Connection:
    """Connect as a user, if that is allowed.

    Raises
    ------
    WrapperError
        If driver or URL are not allowed, a password is missing or was not used, or the other
        database refuses.
    """
    options = wrapper.options
    allowed = check_allowed(options, server)
    demanded = needs_password(options, allowed, superuser=is_superuser(user_oid))
    if demanded:
        check_password(mapping)
    url = _with_login(allowed, mapping)
    if server.driver:
        made = AdbcConnection(
            server.driver, url, writes=server.updatable, password_required=demanded
        )
    else:
        made = SqlalchemyConnection(url, writes=server.updatable)
    if demanded:
        check_used(made, allowed)
    return made


def _with_login(url: URL, mapping: Any) -> URL:
    if mapping is None or locations.is_file(url):
        return url
    made = url.set(username=mapping.user, password=mapping.password)
    if mapping.password:
        remember(quote(mapping.password, safe=""))
    return made


def _name(level: int) -> str:
    return f"exclave_{level}"
