"""A finding: one thing that is wrong, or could be better, and what to do about it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

Severity = Literal["error", "warning", "advice"]
"""``error``: something fails now. ``warning``: it may fail or give wrong results. ``advice``: it
works, and could be faster or safer."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")
"""The gravest first."""

Place = Literal["hub", "remote", "pg_hba.conf", "pgbouncer.ini", "code"]
"""Where the lines of a remedy go: to be run on the hub or on the remote, to be written into a file
of the remote or of the pooler in front of it, or to be done where the objects are declared."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """Lines that put something right.

    Parameters
    ----------
    where
        Where they go.
    lines
        The lines, in order. What stands in angle brackets is for the reader to put in; no line
        holds a secret.
    """

    where: Place
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of all findings with one code.

    Parameters
    ----------
    severity
        How grave they are, where a finding does not say otherwise.
    meaning
        What they say, in a sentence.
    """

    severity: Severity
    meaning: str


@cache
def kinds() -> Mapping[str, Kind]:
    """Give all codes that there are, with their meaning, as ``codes.toml`` lists them."""
    source = files("exclave.doctor").joinpath("codes.toml").read_text(encoding="utf-8")
    data = cast("dict[str, dict[str, str]]", tomllib.loads(source))
    return MappingProxyType(
        {
            code: Kind(cast("Severity", value["severity"]), value["meaning"])
            for code, value in data.items()
        }
    )


@dataclass(frozen=True, slots=True, init=False)
class Finding:
    """One thing that `examine` found.

    Parameters
    ----------
    code
        A stable name of what it is, from ``codes.toml``.
    subject
        What it is about, such as ``foreign server "accounts"``.
    message
        What was found, and what was expected.
    remedies
        What to do about it.
    severity
        How grave it is; `None` takes that of the code.
    """

    code: str
    subject: str
    message: str
    remedies: tuple[Remedy, ...]
    severity: Severity

    def __init__(
        self,
        code: str,
        subject: object,
        message: str,
        *remedies: Remedy,
        severity: Severity | None = None,
    ) -> None:
        assign = object.__setattr__
        assign(self, "code", code)
        assign(self, "subject", str(subject))
        assign(self, "message", message)
        assign(self, "remedies", remedies)
        assign(self, "severity", severity or kinds()[code].severity)


def on(where: Place, *lines: str) -> Remedy:
    """Give a remedy, one argument a line."""
    return Remedy(where, lines)
