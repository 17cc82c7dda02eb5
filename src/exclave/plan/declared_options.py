"""Options of declarations against what is known of their wrappers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exclave.objects import Catalog, ForeignTable, Secret, Server, UserMapping, Wrapper
from exclave.objects.registry import check_options


def check_declared_options(
    desired: Catalog, major: int | None = None, servers: Iterable[Server] = ()
) -> None:
    """Check all declared options against what is known of their wrappers.

    Parameters
    ----------
    desired
        The declarations. What is on a server that is not among them is checked if `servers` has
        the server.
    major
        The PostgreSQL major version that will read the options; ``None`` skips that check.
    servers
        The foreign servers that are there.

    Raises
    ------
    DeclarationError
        As `exclave.objects.registry.check_options`.
    """
    wrapper_of = {server.name: server.wrapper for server in (*servers, *desired.servers.values())}
    for value in desired:
        match value:
            case Wrapper():
                check_options(value.options, value.name, "wrapper", str(value), major)
            case Server():
                check_options(value.options, value.wrapper, "server", str(value), major)
            case UserMapping() | ForeignTable():
                wrapper = wrapper_of.get(value.server)
                if wrapper is not None:
                    _check_dependent(value, wrapper, major)
            case _:
                pass


def _check_dependent(value: UserMapping | ForeignTable, wrapper: str, major: int | None) -> None:
    if isinstance(value, UserMapping):
        check_options(value.options, wrapper, "user_mapping", str(value), major)
        return
    check_options(value.options, wrapper, "table", str(value), major)
    for column in value.columns:
        if column.options:
            what = f'{value}, column "{column.name}"'
            check_options(column.options, wrapper, "column", what, major)


def exposed_secrets(desired: Catalog) -> Iterator[str]:
    """Warn of secrets where every role of the database can read them."""
    for value in desired:
        if isinstance(value, Server | ForeignTable):
            for name, option in value.options.items():
                if isinstance(option, Secret):
                    yield (
                        f"{value}: the option {name!r} looks like a secret, and every role of the "
                        "database can read it there; a user mapping is the place for it."
                    )
