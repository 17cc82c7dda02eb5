"""IMPORT FOREIGN SCHEMA: let the wrapper write the foreign tables' definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exclave.errors import DeclarationError
from exclave.objects.names import check_name
from exclave.objects.options import NO_OPTIONS, OptionInput, Options
from exclave.objects.server import Server


@dataclass(frozen=True, slots=True, init=False)
class ImportForeignSchema:
    """A remote schema whose tables are to become foreign tables.

    Parameters
    ----------
    server
        The foreign server, or its name.
    remote_schema
        The schema on the remote.
    local_schema
        The schema on the hub that receives the foreign tables.
    limit_to
        Import these tables only; a name that the remote lacks is an error.
    except_
        Import all tables but these.
    options
        Options of the import, such as ``import_default``.

    Raises
    ------
    DeclarationError
        When both `limit_to` and `except_` are given.

    Notes
    -----
    PostgreSQL documentation, "IMPORT FOREIGN SCHEMA".
    """

    server: str
    remote_schema: str
    local_schema: str
    limit_to: tuple[str, ...]
    except_: tuple[str, ...]
    options: Options

    def __init__(
        self,
        server: Server | str,
        remote_schema: str = "public",
        local_schema: str = "public",
        *,
        limit_to: Iterable[str] = (),
        except_: Iterable[str] = (),
        options: Mapping[str, OptionInput] = NO_OPTIONS,
    ) -> None:
        name = server.name if isinstance(server, Server) else server
        assign = object.__setattr__
        assign(self, "server", check_name(name, "foreign server"))
        assign(self, "remote_schema", check_name(remote_schema, "schema"))
        assign(self, "local_schema", check_name(local_schema, "schema"))
        for attribute, names in (("limit_to", limit_to), ("except_", except_)):
            if isinstance(names, str):
                raise DeclarationError(f"{self}: {attribute} takes several names, not a string.")
            assign(self, attribute, tuple(check_name(table, "table") for table in names))
        assign(self, "options", Options(options, str(self)))
        if self.limit_to and self.except_:
            raise DeclarationError(f"{self}: give limit_to or except_, not both.")

    def __str__(self) -> str:
        return f'import of schema "{self.remote_schema}" from server "{self.server}"'
