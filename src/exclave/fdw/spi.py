"""The database in which a wrapper runs, as PostgreSQL's Server Programming Interface offers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exclave.fdw.failure import WrapperError
from exclave.objects.quoting import quote_identifier


def identifier(*names: str) -> str:
    """Quote a name for a query, or a name after those that it belongs to.

    Examples
    --------
    >>> identifier("public", "Players")
    'public."Players"'
    """
    return ".".join(map(quote_identifier, names))


class StatementError(WrapperError):
    """PostgreSQL's error in a statement of `Spi.execute`; what the statement did is undone."""


def statement_error(
    message: str, sqlstate: str, detail: str | None, hint: str | None
) -> StatementError:  # called by the host
    """Make the exception for an error of PostgreSQL."""
    return StatementError(message, sqlstate=sqlstate, detail=detail, hint=hint)


@dataclass(frozen=True)
class Cursor:
    """A query whose rows are those of a scan: what ``scan`` returns, and no more than that.

    The host runs it within the scan's statement, with its snapshot, and copies no row. A value
    whose type is not the declared one is converted as INSERT would; if INSERT could not, the error
    names the column.

    Parameters
    ----------
    query
        A SELECT with a column for each of ``plan.columns``, in their order.
    parameters
        Values for ``$1``, ``$2`` and so on, of the types that the query wants there.
    """

    query: str
    parameters: tuple[object, ...] = field(default=(), repr=False)

    def __iter__(self) -> Any:
        """Refuse: rows of a cursor do not come to Python."""
        raise TypeError("a cursor is returned from scan; context.spi.execute gives rows to Python")


@dataclass(frozen=True)
class Result:
    """What a statement gave.

    Parameters
    ----------
    columns
        Names; empty for a statement without rows.
    rows
        With values as those of conditions are, None for NULL.
    count
        How many rows were given or written.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    count: int


@dataclass(frozen=True)
class Spi:
    """Queries to the database itself, in the transaction of the statement that runs.

    They have the rights of the user of the scan: of who runs the statement, or of the owner of the
    view through which the table is read. Names are found in ``pg_catalog`` only: write
    ``schema.table``, with `identifier` for names that are not yours. Values
    are parameters, never part of the text.

    Available while a scan or a write runs, in the thread that PostgreSQL called; not in the
    methods that end a session's transaction, nor as generators are closed.

    Parameters
    ----------
    user_oid
        Who the queries run as.
    """

    user_oid: int

    def cursor(self, query: str, *parameters: object) -> Cursor:
        """Describe a query for ``scan`` to return.

        Permissions are those of a view that the user owns: tables are checked for the user,
        functions run as who runs the statement.
        """
        return Cursor(query, parameters)

    def execute(self, query: str, *parameters: object) -> Result:
        """Run one statement, and give all its rows.

        It sees what the transaction has written so far. Where the user is a view's owner, it runs
        as a "security-restricted operation": no temporary tables, for instance. Within a query that
        runs in parallel, it can only read, and its errors cannot be caught.

        Parameters
        ----------
        query
            Any statement that functions may run; not COMMIT, say.
        *parameters
            Values for ``$1``, ``$2`` and so on, of the types that the statement wants there.

        Returns
        -------
        Result
            All rows, in memory.

        Raises
        ------
        StatementError
            For an error of PostgreSQL, after which the transaction goes on. A cancel or a timeout
            cannot be caught.
        RuntimeError
            In another thread, or where no statement runs.
        """
        import _exclave_host

        columns, rows, count = _exclave_host.execute(self.user_oid, query, parameters)
        return Result(columns, rows, count)
