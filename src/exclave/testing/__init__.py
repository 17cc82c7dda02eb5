"""A pytest plug-in for tests of applications that read and write several databases as one.

pytest loads `exclave.testing.plugin` where exclave is installed; the classes and functions here
are what its fixtures give and take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exclave.testing.database import HubDatabase, RunDatabase
    from exclave.testing.fault import Fault
    from exclave.testing.federated import Seed, seed
    from exclave.testing.member import MemberDatabase
    from exclave.testing.proxy import Proxy
    from exclave.testing.rollback import RolledBackConnection
    from exclave.testing.schema import make_schema

__all__ = [
    "Fault",
    "HubDatabase",
    "MemberDatabase",
    "Proxy",
    "RolledBackConnection",
    "RunDatabase",
    "Seed",
    "make_schema",
    "seed",
]

_MODULES = {
    "Fault": "fault",
    "HubDatabase": "database",
    "MemberDatabase": "member",
    "Proxy": "proxy",
    "RolledBackConnection": "rollback",
    "RunDatabase": "database",
    "Seed": "federated",
    "make_schema": "schema",
    "seed": "federated",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that the plug-in costs nothing where it is not used."""
    from importlib import import_module

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
