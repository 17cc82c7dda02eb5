"""Setting options, as the lines of a remedy."""

from __future__ import annotations

from collections.abc import Mapping

from exclave.doctor.finding import Remedy, on
from exclave.objects import Hidden, Options, Server
from exclave.objects.quoting import quote_identifier, quote_literal


def setting(server: Server, **options: str) -> tuple[Remedy, Remedy]:
    """Give the statement that sets options of a server, and what to write in its declaration.

    Parameters
    ----------
    server
        The server as it is.
    options
        Names and values; no secrets.
    """
    written = ", ".join(f'"{name}": "{value}"' for name, value in options.items())
    clause = options_clause(server.options, options)
    statement = f"ALTER SERVER {quote_identifier(server.name)} {clause};"
    return on("hub", statement), on("code", f"options={{..., {written}}}")


def options_clause(there: Options | Hidden, options: Mapping[str, str]) -> str:
    """Write the OPTIONS of an ALTER that sets some, whether they are there or not.

    Parameters
    ----------
    there
        The options as they are; hidden ones are taken to be there.
    options
        What to set.
    """
    words: list[str] = []
    for name, value in options.items():
        verb = "SET" if isinstance(there, Hidden) or name in there else "ADD"
        words.append(f"{verb} {quote_identifier(name)} {quote_literal(value)}")
    return f"OPTIONS ({', '.join(words)})"
