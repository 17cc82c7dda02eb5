"""Refreshing materialized views, and when they were refreshed."""

from exclave.plan.refreshing.outcome import Refreshed, RefreshStatus
from exclave.plan.refreshing.run import refresh
from exclave.plan.refreshing.status import refresh_status

__all__ = ["RefreshStatus", "Refreshed", "refresh", "refresh_status"]
