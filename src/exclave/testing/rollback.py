"""A connection to the hub in one transaction that is rolled back, whatever the code does."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.orm import Session

_SAVEPOINT = "exclave_test"


class RolledBackConnection(psycopg.Connection[TupleRow]):
    """A psycopg connection whose commits and rollbacks end at a savepoint.

    `commit` keeps what was written for the rest of the test, `rollback` undoes what was written
    since the last `commit`, `close` does as a rollback would; blocks of `transaction` are
    savepoints anyway. In the end everything is rolled back: on the hub, and on the members, whose
    transactions postgres_fdw ends with the hub's. Two things are then as after any rollback:
    sequences have advanced, and deferred constraints were not checked.

    A ``COMMIT`` that is executed as a statement does commit.
    """

    _depth = 0
    """Blocks of `transaction` that are open."""

    def commit(self) -> None:
        """Keep what was written, as far as the code under test can tell."""
        if self.info.transaction_status is TransactionStatus.INERROR:
            self.rollback()  # as COMMIT does in a transaction that has failed
            return
        self.execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")
        self.committed()
        self.keep()

    def rollback(self) -> None:
        """Undo what was written since the last commit."""
        self.execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")

    def close(self) -> None:
        """Undo what was not committed; the connection stays open for the rest of the test."""
        if not self.closed:
            self.rollback()

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Generator[psycopg.Transaction]:
        """Open a savepoint; see `psycopg.Connection.transaction`."""
        outermost = self._depth == 0
        self._depth += 1
        try:
            with super().transaction(savepoint_name, force_rollback) as transaction:
                yield transaction
        finally:
            self._depth -= 1
        if outermost:
            self.committed()

    def committed(self) -> None:
        """Forget what exclave remembers of a transaction, as its end would.

        So code may write to one member, commit, and write to another.
        """
        self.execute("SELECT set_config('exclave.written_member', '', true)")

    def keep(self) -> None:
        """Let no later rollback of the code under test undo what was written so far."""
        self.execute(f"SAVEPOINT {_SAVEPOINT}")

    def end(self) -> None:
        """Roll everything back, and close the connection."""
        try:
            if not self.closed:
                super().rollback()
        finally:
            super().close()


@contextmanager
def rolled_back(dsn: str) -> Generator[RolledBackConnection]:
    """Connect for a test, and undo all that it writes.

    Parameters
    ----------
    dsn
        The hub's connection string.
    """
    connection = RolledBackConnection.connect(dsn)
    try:
        connection.keep()
        yield connection
    finally:
        connection.end()


@contextmanager
def engine_over(connection: RolledBackConnection) -> Generator[sa.Engine]:
    """Give a SQLAlchemy engine all of whose connections are one connection.

    What is rolled back through one of its connections is what was written since that was opened.

    Parameters
    ----------
    connection
        The connection of the test.
    """
    import sqlalchemy as sa
    from sqlalchemy import event

    def keep(*_: object) -> None:
        connection.keep()

    connection.keep()  # SQLAlchemy begins with questions and a rollback
    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=sa.StaticPool
    )
    with engine.connect():
        pass
    event.listen(engine, "checkout", keep)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def session_over(engine: sa.Engine, connection: RolledBackConnection) -> Generator[Session]:
    """Give a SQLAlchemy session whose commits and rollbacks are those of savepoints.

    Parameters
    ----------
    engine, connection
        The engine of the test, and the connection that it has.
    """
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    def committed(session: Session) -> None:
        if not session.in_nested_transaction():
            connection.committed()

    with (
        engine.connect() as outer,
        Session(outer, join_transaction_mode="create_savepoint") as session,
    ):
        event.listen(session, "after_commit", committed)
        yield session
