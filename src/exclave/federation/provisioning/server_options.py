"""The options of members' servers that exclave sets unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from exclave.catalog.minor_versions import missing_fixes
from exclave.federation.member import Member
from exclave.federation.shape import Federation
from exclave.objects.options import OptionInput

STATEMENT_TIMEOUT = "-c statement_timeout=300000"
"""What ends a statement at a member when the hub no longer waits: five minutes."""

DEFAULTS: Mapping[str, str] = {
    "fetch_size": "10000",
    "batch_size": "1000",
    "connect_timeout": "5",
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "options": STATEMENT_TIMEOUT,
}
"""For every version; times are in seconds."""

_SINCE = {"parallel_commit": 150000, "parallel_abort": 160000}


def server_options(federation: Federation, member: Member, version: int) -> dict[str, OptionInput]:
    """Give the options of a member's server.

    Parameters
    ----------
    federation
        Its own options stand over the defaults; ``None`` takes a default away.
    member
        Its options stand over those.
    version
        The hub's ``server_version_num``. Asynchronous scans are on where the minor version has
        the fix for scans that are begun again.
    """
    options: dict[str, OptionInput] = {}
    if member.wrapper == "postgres_fdw":
        options |= DEFAULTS
        options["application_name"] = f"exclave {federation.name}"
        options |= {name: "true" for name, since in _SINCE.items() if version >= since}
        if not missing_fixes(version, frozenset({"async_capable"})):
            options["async_capable"] = "true"
        if not member.writable:
            options["updatable"] = "false"
    options |= {key: value for key, value in federation.server_options.items() if value is not None}
    options |= member.server_options
    removed = {key for key, value in federation.server_options.items() if value is None}
    return {
        key: value
        for key, value in options.items()
        if key not in removed or key in member.server_options
    }
