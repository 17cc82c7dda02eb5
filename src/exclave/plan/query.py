"""The SQL of this room that is not generated: one file a query."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """Give the text of ``<name>.sql`` beside this module."""
    return files("exclave.plan").joinpath(f"{name}.sql").read_text(encoding="utf-8")
