"""What exclave keeps on a hub, in the schema ``exclave``: what PostgreSQL does not keep or show."""

from exclave.plan.ledger.digests import Digests, has_hidden, read_digests, record_digests, reveal
from exclave.plan.ledger.install import install_ledger
from exclave.plan.ledger.table import LedgerTable
from exclave.plan.ledger.views import ViewRecord, adopt, read_views, record_views, remember

__all__ = [
    "Digests",
    "LedgerTable",
    "ViewRecord",
    "adopt",
    "has_hidden",
    "install_ledger",
    "read_digests",
    "read_views",
    "record_digests",
    "record_views",
    "remember",
    "reveal",
]
