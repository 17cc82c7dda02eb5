"""The checks, one module a family; each is a function that yields findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from exclave.doctor.checks import (
    collations,
    connecting,
    limits,
    minor_versions,
    pooling,
    privileges,
    secrets,
    speed,
    tables,
    wrappers,
)
from exclave.doctor.finding import Finding
from exclave.doctor.hub import Hub
from exclave.doctor.remote import Look
from exclave.objects import Server

OF_HUB: tuple[Callable[[Hub], Iterator[Finding]], ...] = (minor_versions.findings,)
"""Checks that take the hub alone."""

OF_SERVER: tuple[Callable[[Hub, Server], Iterator[Finding]], ...] = (
    wrappers.findings,
    connecting.before,
    privileges.findings,
    secrets.findings,
    speed.findings,
)
"""Checks of one foreign server that take no look at the remote."""

OF_REMOTE: tuple[Callable[[Hub, Look], Iterator[Finding]], ...] = (
    connecting.findings,
    tables.findings,
    collations.findings,
    pooling.findings,
    limits.findings,
)
"""Checks of what a look at the remote gave."""

OF_REMOTES: tuple[Callable[[Hub, list[Look]], Iterator[Finding]], ...] = (limits.shared,)
"""Checks of all remotes together."""
