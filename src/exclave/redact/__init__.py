"""Cleaning a dump: SQL text without the secrets that it holds."""

from exclave.redact.dump import redact
from exclave.redact.finding import Finding

__all__ = ["Finding", "redact"]
