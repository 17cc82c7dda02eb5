"""What a wrapper keeps for one server and user, with PostgreSQL's transactions: a connection."""

from __future__ import annotations

from typing import Any

from exclave.fdw.options import Options
from exclave.fdw.table import Server, Wrapper


class Session:
    """Lives as long as a backend, for one server and one user; takes part in its transactions.

    A class of wrappers names its own as ``Session``; ``context.session`` gives the one object,
    which is made when it is first asked for. In each transaction in which it is asked for,
    PostgreSQL then calls it at the end. Ask for it in each scan or write anew, rather than keep it:
    asking is what tells it of savepoints.

    What is called when
        ===========================  ===============================================================
        ``begin``                    asked for the first time in a transaction
        ``savepoint``                asked for within a savepoint (or a block of PL/pgSQL with
                                     EXCEPTION) that it was not told of, for each level
        ``release``                  such a savepoint is released
        ``rollback_to``              such a savepoint is rolled back
        ``prepare``                  before COMMIT: an exception aborts the transaction
        ``commit``                   after COMMIT: nothing can be undone
        ``abort``                    ROLLBACK, or an error
        ``close``                    the backend ends, the options have changed, or the session
                                     failed so that its state is unknown
        ===========================  ===============================================================

    Exceptions
        In ``begin`` and ``savepoint`` they are errors of the statement, in ``release`` and
        ``prepare`` of what ends the savepoint or transaction (an error of RELEASE SAVEPOINT ends
        the level below too). ``commit``, ``abort``,
        ``rollback_to`` and ``close`` must do what they can: exceptions are only warnings. After one
        in ``begin``, ``commit`` or ``abort`` the session is closed, and the next use makes a new
        one. After one in ``rollback_to``, what the source holds is unknown: the session refuses to
        be used, and the transaction to be committed. ``prepare`` of several sessions come one after
        the other: where a source cannot prepare, and commits in ``prepare``, an error of a later
        one leaves it committed, and its ``abort`` is called.

    Cancel and timeouts
        Interrupt ``begin``, ``savepoint``, ``release`` and ``prepare`` as they do a scan; but
        PostgreSQL stops ``statement_timeout`` before COMMIT begins. In the others PostgreSQL holds
        interrupts back: what comes while one of them runs ends it, and gives a warning; what came
        before leaves it a second. At the end of a backend each has two seconds.

    Parameters
    ----------
    server, wrapper
        Which, with their options.
    mapping
        The options of the user mapping, None without one.
    """

    def __init__(self, server: Server, mapping: Options | None, wrapper: Wrapper) -> None:
        self.server: Any = server
        self.mapping: Any = mapping
        self.wrapper: Any = wrapper

    def begin(self) -> None:
        """Begin a transaction at the source."""

    def prepare(self) -> None:
        """Make sure that ``commit`` cannot fail, or commit if the source knows no better."""

    def commit(self) -> None:
        """Commit; PostgreSQL has done so already."""

    def abort(self) -> None:
        """Roll everything of the transaction back."""

    def savepoint(self, level: int) -> None:
        """Begin a level within the transaction, which itself is level 1."""

    def release(self, level: int) -> None:
        """Make the work of a level that of the level below."""

    def rollback_to(self, level: int) -> None:
        """Undo the work of a level, which is over then; a later one may have its number."""

    def close(self) -> None:
        """Give everything back; nothing is called afterwards."""
