"""What a hub knows of its federations: kept in the schema ``exclave``, and how that is made."""

from exclave.federation.registry.history import Event, history, record
from exclave.federation.registry.identity import Identity
from exclave.federation.registry.install import install
from exclave.federation.registry.opened import (
    Registry,
    acting_as,
    become,
    open_registry,
    telling_moved,
)
from exclave.federation.registry.rows import (
    delete_federation,
    delete_joined,
    delete_member,
    delete_member_tables,
    insert_member,
    load_federation,
    load_federations,
    load_joined,
    load_member_tables,
    load_members,
    lock_member,
    member_row,
    resume,
    save_federation,
    save_joined,
    save_member_tables,
    set_federation_joined,
    set_state,
    suspend,
    update_member,
)
from exclave.federation.registry.uninstall import Uninstalled, uninstall
from exclave.federation.registry.upgrade import adopt, upgrade

__all__ = [
    "Event",
    "Identity",
    "Registry",
    "Uninstalled",
    "acting_as",
    "adopt",
    "become",
    "delete_federation",
    "delete_joined",
    "delete_member",
    "delete_member_tables",
    "history",
    "insert_member",
    "install",
    "load_federation",
    "load_federations",
    "load_joined",
    "load_member_tables",
    "load_members",
    "lock_member",
    "member_row",
    "open_registry",
    "record",
    "resume",
    "save_federation",
    "save_joined",
    "save_member_tables",
    "set_federation_joined",
    "set_state",
    "suspend",
    "telling_moved",
    "uninstall",
    "update_member",
    "upgrade",
]
