"""Sessions on the hub that the examination opens itself, and closes."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, nullcontext
from typing import Any, cast

from exclave.catalog import Connection, connection_of
from exclave.errors import CatalogError

Connect = Callable[[], object]
"""Opens a connection to the hub, of a kind that `connection_of` takes."""


def new_marker() -> str:
    """Give a name by which one session is known on a remote; it fits an ``application_name``."""
    return f"exclave doctor {uuid.uuid4().hex[:16]}"


def by_dsn(dsn: str) -> Connect:
    """Give what connects by a libpq connection string or URL.

    Raises
    ------
    CatalogError
        When called: the string cannot be read, or the hub cannot be reached. The message holds
        no password.
    """

    def connect() -> object:
        import psycopg

        try:
            return psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
        except psycopg.OperationalError as error:
            reason = f"The hub cannot be reached: {error}"
        except psycopg.ProgrammingError:
            # its text may quote a part of the string, with the password
            reason = (
                "The connection string of the hub cannot be read; write it as "
                "postgresql://user@host:port/database or as key=value words."
            )
        raise CatalogError(reason)

    return connect


@contextmanager
def opened(connect: Connect) -> Generator[Connection]:
    """Open a session, and close it in the end if it can be closed."""
    made = connect()
    context: Any = closing(cast("Any", made)) if hasattr(made, "close") else nullcontext()
    with context:
        yield connection_of(made)
