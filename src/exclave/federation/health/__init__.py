"""Members that are down: finding out, leaving out, and what was known of them."""

from exclave.federation.health.completeness import Completeness
from exclave.federation.health.policy import Down, Policy, Prepared, Statement
from exclave.federation.health.refresh import Kept, refresh
from exclave.federation.health.run import QueryResult
from exclave.federation.health.state import Health
from exclave.federation.health.watch import Watch

__all__ = [
    "Completeness",
    "Down",
    "Health",
    "Kept",
    "Policy",
    "Prepared",
    "QueryResult",
    "Statement",
    "Watch",
    "refresh",
]
