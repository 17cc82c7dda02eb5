"""The server's settings: what is fast for data that nobody will miss, and what we must decide."""

from __future__ import annotations

from collections.abc import Mapping

from exclave.errors import ClusterError

Setting = str | int | float | bool

THROW_AWAY: Mapping[str, Setting] = {
    "fsync": False,
    "full_page_writes": False,
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "shared_buffers": "32MB",
    "max_connections": 100,
    "checkpoint_timeout": "30min",
    "jit": False,
}
"""For tests and trials ("Non-Durable Settings" in PostgreSQL's documentation).

synchronous_commit stays on: without fsync it costs next to nothing, and a server that a test kills
then loses nothing that was committed.
"""

RESERVED = frozenset(
    {
        "data_directory",
        "external_pid_file",
        "hba_file",
        "lc_messages",
        "listen_addresses",
        "log_destination",
        "logging_collector",
        "port",
        "unix_socket_directories",
    }
)
"""What the cluster decides itself, because it finds and hears the server by it."""


def check(settings: Mapping[str, Setting]) -> None:
    """Refuse settings that would hide the server from us.

    Raises
    ------
    ClusterError
        If one of them is in `RESERVED`, or silences the log.
    """
    taken = sorted(RESERVED.intersection(name.lower() for name in settings))
    if taken:
        raise ClusterError(
            f"expected settings that a cluster does not decide itself, found {', '.join(taken)}; "
            "leave them out"
        )
    level = str(settings.get("log_min_messages", "warning")).lower()
    if level in ("fatal", "panic"):
        raise ClusterError(
            f"log_min_messages = {level} hides the message that the server is ready; "
            "use error or more"
        )


def configuration(settings: Mapping[str, Setting]) -> str:
    """Write settings as a configuration file.

    Notes
    -----
    Source: "Parameter Interaction via the Configuration File" in PostgreSQL's documentation.
    """
    return "".join(f"{name} = {_literal(value)}\n" for name, value in settings.items())


def _literal(value: Setting) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{escaped}'"
