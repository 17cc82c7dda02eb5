"""What a hub knows of its federations: kept in the schema ``exclave``, and how that is made."""

from exclave.federation.registry.history import Event, history, record
from exclave.federation.registry.identity import Identity
from exclave.federation.registry.install import install
from exclave.federation.registry.opened import Registry, acting_as, become, open_registry

__all__ = [
    "Event",
    "Identity",
    "Registry",
    "acting_as",
    "become",
    "history",
    "install",
    "open_registry",
    "record",
]
