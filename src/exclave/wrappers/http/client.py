"""Requests: who asks, how often, how long, and where redirects may lead."""

from __future__ import annotations

import base64
import datetime
import email.utils
import functools
import importlib
import ssl
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from exclave.fdw import WrapperError
from exclave.wrappers.http import addresses
from exclave.wrappers.http.options import MappingOptions

LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
NOT_FOUND = 404
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 60.0


@dataclass(frozen=True)
class Client:
    """What asks one server.

    Parameters
    ----------
    http
        A client of httpx.
    home
        The server's URL; only its origin is shown who asks.
    allowed
        The prefixes of the wrapper.
    secrets
        Headers that show who asks.
    retries
        How often a request is repeated.
    """

    http: Any
    home: str
    allowed: str
    secrets: Mapping[str, str]
    retries: int

    def get(self, url: str, parameters: Mapping[str, str], *, perhaps: bool = False) -> Any:
        """Ask for a URL, follow redirects, and give the response of httpx.

        Parameters
        ----------
        perhaps
            Whether the answer 404 is given too.

        Raises
        ------
        WrapperError
            If the URL, or where it leads, is not allowed, or if there is no good answer.
        """
        target: Any = importlib.import_module("httpx").URL(url)
        if parameters:
            target = target.copy_merge_params(dict(parameters))
        where = str(target)
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._patiently(addresses.check(where, self.allowed))
            if response.status_code not in _REDIRECTS or "location" not in response.headers:
                if perhaps and response.status_code == NOT_FOUND:
                    return response
                return _good(response, where)
            where = addresses.followed(where, response.headers["location"])
        raise WrapperError(
            f"{addresses.shown(url)} redirects more than {_MOST_REDIRECTS} times",
            sqlstate="HV00N",
        )

    def _patiently(self, url: str) -> Any:
        headers = dict(self.secrets) if addresses.same_origin(url, self.home) else None
        httpx: Any = importlib.import_module("httpx")
        for attempt in range(self.retries + 1):
            last = attempt == self.retries
            try:
                response = self.http.get(url, headers=headers)
            except httpx.HTTPError as error:
                if last or not isinstance(error, httpx.TransportError):
                    raise _unreachable(url, error) from None
                time.sleep(_pause(attempt, None))
                continue
            if response.status_code not in LATER or last:
                return response
            time.sleep(_pause(attempt, response.headers.get("retry-after")))
        raise AssertionError("the last attempt returns or raises")


@contextmanager
def connected(
    home: str, allowed: str, mapping: object, timeout: float, retries: int
) -> Generator[Client]:
    """Give a client, and close its connections in the end."""
    httpx: Any = importlib.import_module("httpx")
    with httpx.Client(
        timeout=timeout,
        verify=_certificates() if home.lower().startswith("https") else True,
        trust_env=False,
        follow_redirects=False,
        headers={"Accept": "application/json", "User-Agent": "exclave"},
    ) as http:
        yield Client(http, home, allowed, _secrets(mapping), retries)


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Read the certificates of authorities once: it takes longer than a request."""
    return ssl.create_default_context()


def _secrets(mapping: object) -> dict[str, str]:
    if not isinstance(mapping, MappingOptions):
        return {}
    if mapping.token is not None:
        return {"Authorization": f"Bearer {mapping.token}"}
    if mapping.user is not None:
        pair = f"{mapping.user}:{mapping.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {} if mapping.header is None else {mapping.header: mapping.value or ""}


def _pause(attempt: int, said: str | None) -> float:
    """Give the seconds to wait: what the server says, or twice as long as the last time."""
    seconds = None
    if said is not None:
        seconds = float(said) if said.strip().isdecimal() else _until(said)
    if seconds is None:
        seconds = _FIRST_PAUSE * 2**attempt
    return min(max(seconds, 0.0), _LONGEST_PAUSE)


def _until(said: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return (moment - datetime.datetime.now(datetime.UTC)).total_seconds()


def _good(response: Any, url: str) -> Any:
    if response.is_success:
        return response
    status = response.status_code
    raise WrapperError(
        f"{addresses.shown(url)} answered {status} {response.reason_phrase}".rstrip(),
        sqlstate="28000" if status in (401, 403) else "HV00N",
        hint="Check the user mapping of the server." if status in (401, 403) else None,
    )


def _unreachable(url: str, error: Exception) -> WrapperError:
    return WrapperError(
        f"{addresses.shown(url)} could not be reached: {type(error).__name__}",
        sqlstate="HV00N",
        detail=str(error) if type(error).__name__ == "ConnectError" else None,  # no header
        hint="The server's options are url, timeout and retries.",
    )
