"""The database of a project: how it is written, and a connection to it."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from exclave.catalog import PsycopgConnection
from exclave.errors import CatalogError, ProjectError
from exclave.objects import Options, Secret
from exclave.objects.options import NO_OPTIONS
from exclave.objects.secret import MASK
from exclave.project import reading
from exclave.project.place import Place

if TYPE_CHECKING:
    import psycopg

_URL = re.compile(r"(postgres(?:ql)?)(?:\+\w+)?://", re.IGNORECASE)
_LOGIN = re.compile(r"[^:/?#]*:(?!\d+/[^?@]*\?)(?P<password>.*)@", re.DOTALL)
"""What looks like a login to a person, even if libpq sees something else there."""


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach a database, without a password that could be seen.

    Parameters
    ----------
    address
        A connection string or URL, held as a secret because it may have a password in it;
        ``None`` for the defaults of libpq (``PGHOST``, ``PGSERVICE`` …).
    parameters
        Parameters of libpq, instead of an address.
    """

    address: Secret | None = None
    parameters: Options = NO_OPTIONS

    @classmethod
    def read(cls, value: object, place: Place) -> Database:
        """Read how a database is written in settings.

        Parameters
        ----------
        value
            A URL such as ``postgresql://app@localhost/shop`` (SQLAlchemy's
            ``postgresql+psycopg://`` too), a connection string of libpq such as
            ``service=shop``, a reference to a secret that holds one, or a table of libpq's
            parameters, such as ``{ host = "…", password = { env = "SHOP_PASSWORD" } }``.
        place
            Where it stands.

        Raises
        ------
        DeclarationError
            When it is none of these.
        """
        if isinstance(value, str):
            return cls(Secret.literal(value))
        if reading.is_reference(value):
            return cls(reading.reference(value, place))
        if not isinstance(value, dict):
            raise place.unexpected("a URL, a connection string or a table", value)
        given = reading.options(cast("dict[str, object]", value), place)
        with place.named():
            return cls(parameters=Options(given, "the database"))

    @contextmanager
    def connected(self) -> Generator[psycopg.Connection[Any]]:
        """Connect for as long as the context lasts, with autocommit.

        Raises
        ------
        ProjectError
            When the address cannot be read, or the database cannot be reached.
        SecretError
            When a reference cannot be resolved.
        CatalogError
            When PostgreSQL refuses something within the context, or the connection is lost.
        """
        import psycopg

        with self.connect() as connection:
            try:
                yield connection
            except psycopg.Error as error:
                message = PsycopgConnection(connection).message(error)
                raise CatalogError(f"PostgreSQL refused: {message}") from error

    def connect(self) -> psycopg.Connection[Any]:
        """Connect, with autocommit; the connection is the caller's to close.

        Raises
        ------
        ProjectError
            When the address cannot be read, or the database cannot be reached.
        SecretError
            When a reference cannot be resolved.
        """
        import psycopg
        from psycopg.conninfo import make_conninfo

        parameters = self._parameters()
        try:
            return psycopg.connect(
                make_conninfo(**{"fallback_application_name": "exclave", **parameters}),
                autocommit=True,
                prepare_threshold=None,  # works behind a PgBouncer too
            )
        except psycopg.Error as error:
            failure = str(error).strip()
        if password := parameters.get("password"):
            failure = failure.replace(str(password), MASK)
        raise ProjectError(f"The database cannot be reached: {failure}")

    def _parameters(self) -> Mapping[str, Any]:
        if self.address is None:
            return {
                name: value.resolve() if isinstance(value, Secret) else value
                for name, value in self.parameters.items()
            }
        return _parsed(self.address.resolve())


def _parsed(address: str) -> Mapping[str, Any]:
    """Read an address as libpq does; libpq's own messages would quote parts of it."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parameters = conninfo_to_dict(_URL.sub(r"\1://", address, count=1))
    except psycopg.ProgrammingError:
        parameters = None
    url = _URL.match(address)
    if parameters is None:
        kind = "URL" if url else "connection string"
        raise ProjectError(
            f"libpq cannot read the {kind} of the database (it is not shown, for it may hold a "
            f"password). {_ADVICE[kind]}"
        )
    if url is not None and (login := _LOGIN.match(address, url.end())) is not None:
        meant = unquote(login["password"])
        if parameters.get("password") != meant:
            raise ProjectError(
                "The URL of the database holds a password with a character that means something "
                f"in a URL. {_ADVICE['URL']}"
            )
    return parameters


LIBPQ_DEFAULTS = Database()
"""What libpq finds by itself: ``PGHOST``, ``PGSERVICE``, the local socket."""

_ADVICE = {
    "URL": (
        "Write postgresql://user:password@host:port/database, with %40 for @, %2F for / and so "
        "on in the password, or leave the password out and set PGPASSWORD."
    ),
    "connection string": (
        'Write a URL, or name=value pairs such as "host=localhost dbname=shop", with quotes '
        "around values that hold spaces."
    ),
}
