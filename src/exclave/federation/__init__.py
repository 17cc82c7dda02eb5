"""Many databases that hold the same tables, read and written as one."""

from exclave.federation.drift import Drift
from exclave.federation.health import Completeness, Health, Kept, QueryResult
from exclave.federation.hub import Hub
from exclave.federation.member import DeclaredTable, Member, MemberState
from exclave.federation.provisioning.sync import DriftReport, Synced
from exclave.federation.shape import FederatedTable, Federation

__all__ = [
    "Completeness",
    "DeclaredTable",
    "Drift",
    "DriftReport",
    "FederatedTable",
    "Federation",
    "Health",
    "Hub",
    "Kept",
    "Member",
    "MemberState",
    "QueryResult",
    "Synced",
]
