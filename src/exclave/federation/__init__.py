"""Many databases that hold the same tables, read and written as one."""

from exclave.federation.hub import Hub
from exclave.federation.member import Member, MemberState
from exclave.federation.shape import FederatedTable, Federation

__all__ = ["FederatedTable", "Federation", "Hub", "Member", "MemberState"]
