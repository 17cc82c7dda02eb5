"""Taking secrets out of what a server said."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.doctor.hub import Hub
from exclave.objects import Options, Secret, Server
from exclave.objects.secret import MASK


def masked(text: str, hub: Hub, server: Server) -> str:
    """Give a text with no value of a secret that the options of a server or mapping hold.

    Parameters
    ----------
    text
        What PostgreSQL, a driver or a remote said.
    hub
        What is known of the hub.
    server
        The server that it was about.
    """
    for value in sorted(_secrets(hub, server), key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def _secrets(hub: Hub, server: Server) -> Iterator[str]:
    owners = (server, *hub.mappings_of(server), *hub.tables_of(server))
    for owner in owners:
        options = owner.options
        for value in options.values() if isinstance(options, Options) else ():
            if isinstance(value, Secret) and (resolved := value.resolve()):
                yield resolved
