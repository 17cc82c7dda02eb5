"""What a test run was told: which servers to use, and which databases there are."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from exclave.errors import FixtureError
from exclave.objects.names import MAX_NAME_BYTES

HUB_VARIABLE = "EXCLAVE_TEST_HUB"
MEMBER_VARIABLE = "EXCLAVE_TEST_MEMBER_"

Servers = Literal["shared", "own"]

_DIGEST_BYTES = 4


@dataclass(frozen=True)
class Settings:
    """What the settings of pytest and the environment say.

    Parameters
    ----------
    postgresql
        The major version of throw-away servers; None takes the first that is found.
    servers
        Whether the members' databases stand on one throw-away server, ``"shared"``, or each on
        its ``"own"``, which can be stopped and killed.
    proxies
        Whether the hub reaches members through proxies, which can refuse, be silent and be late;
        None where the hub's server is a throw-away one.
    hub
        A DSN on the hub's server; None starts a throw-away one.
    members
        DSNs by slug; members without one get a throw-away server.
    """

    postgresql: int | None = None
    servers: Servers = "shared"
    proxies: bool | None = None
    hub: str | None = field(default=None, repr=False)
    members: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def with_proxies(self) -> bool:
        """Whether there are proxies."""
        return self.hub is None if self.proxies is None else self.proxies


def member_variable(slug: str) -> str:
    """Name the environment variable that holds a member's DSN: ``nl-sales`` gives ``…NL_SALES``."""
    return MEMBER_VARIABLE + re.sub(r"\W", "_", slug, flags=re.ASCII).upper()


def read_settings(
    slugs: tuple[str, ...],
    *,
    postgresql: str = "",
    servers: str = "shared",
    proxies: str = "",
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings.

    Parameters
    ----------
    slugs
        The members.
    postgresql, servers, proxies
        The settings of pytest, as they are written.
    environment
        Where the DSNs are; None is this process's.

    Raises
    ------
    FixtureError
        If one of them means nothing, or two members have one variable.
    """
    environment = os.environ if environment is None else environment
    if servers not in ("shared", "own"):
        raise _unknown("exclave_servers", '"shared" or "own"', servers)
    if proxies not in ("", "true", "false"):
        raise _unknown("exclave_proxies", '"true" or "false"', proxies)
    if postgresql and not postgresql.isdecimal():
        raise _unknown("exclave_postgresql", "a major version such as 18", postgresql)
    variables = {slug: member_variable(slug) for slug in slugs}
    if len(set(variables.values())) < len(variables):
        names = ", ".join(f"{slug}: {variable}" for slug, variable in variables.items())
        raise FixtureError(
            f"expected members with a variable each, found {names}; choose other slugs"
        )
    return Settings(
        postgresql=int(postgresql) if postgresql else None,
        servers=servers,
        proxies=None if proxies == "" else proxies == "true",
        hub=environment.get(HUB_VARIABLE) or None,
        members={
            slug: environment[variable]
            for slug, variable in variables.items()
            if environment.get(variable)
        },
    )


def _unknown(setting: str, expected: str, found: str) -> FixtureError:
    return FixtureError(f"{setting}: expected {expected}, found {found!r}")


class Names:
    """Names of databases and roles that no other worker and no other run has.

    Parameters
    ----------
    environment
        Where pytest-xdist says which worker this is, which the names tell; None is this
        process's.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        worker = environment.get("PYTEST_XDIST_WORKER", "main")
        self._prefix = f"exclave_{worker}_{secrets.token_hex(_DIGEST_BYTES)}"

    def name(self, what: str) -> str:
        """Name the database or role of the hub, or of a member by its slug."""
        name = f"{self._prefix}_{what}"
        if len(name.encode()) <= MAX_NAME_BYTES:
            return name
        return f"{self._prefix}_{_digest(what)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
