"""The SQL of this room that is not generated: one file a query."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """Give the text of ``sql/<name>.sql`` beside this module."""
    return files("exclave.federation.health").joinpath(f"sql/{name}.sql").read_text("utf-8")
