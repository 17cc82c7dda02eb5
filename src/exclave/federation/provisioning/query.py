"""The SQL of writes: one file a statement."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """Give the text of ``sql/<name>.sql``."""
    folder = files("exclave.federation.provisioning").joinpath("sql")
    return folder.joinpath(f"{name}.sql").read_text(encoding="utf-8").strip()
