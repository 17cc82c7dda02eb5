"""JSON over HTTP as foreign tables: paging, authentication, retries, filters as parameters."""

from __future__ import annotations

from exclave.wrappers.http.wrapper import Http

__all__ = ["Http"]
