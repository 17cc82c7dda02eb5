"""Minor versions of PostgreSQL with fixes that matter to foreign data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Fix:
    """A fault that a minor version put right.

    Parameters
    ----------
    fault
        What happens without it.
    needs
        Who is concerned: ``postgres_fdw``, ``async_capable`` or ``partitions``.
    released
        When the minor versions with the fix came out.
    fixed
        For each major version that had the fault, the first minor version without it.
    """

    fault: str
    needs: str
    released: date
    fixed: Mapping[int, int]


@cache
def fixes() -> tuple[Fix, ...]:
    """Give all fixes that are known, as ``minor_versions.toml`` lists them."""
    source = files("exclave.catalog").joinpath("minor_versions.toml")
    data: dict[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))
    return tuple(
        Fix(
            fault=fix["fault"],
            needs=fix["needs"],
            released=fix["released"],
            fixed={int(major): minor for major, minor in fix["fixed"].items()},
        )
        for fix in data["fix"]
    )


def missing_fixes(version: int, concerned: frozenset[str]) -> tuple[Fix, ...]:
    """Give the fixes that a version lacks.

    Parameters
    ----------
    version
        PostgreSQL's ``server_version_num``, such as 180001.
    concerned
        What is in use; see `Fix`.
    """
    major, minor = divmod(version, 10000)
    return tuple(
        fix for fix in fixes() if fix.needs in concerned and minor < fix.fixed.get(major, 0)
    )
