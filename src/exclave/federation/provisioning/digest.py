"""Digests by which is told whether something is as it was made."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from exclave.federation.shape import Federation

_BYTES = 12


def digest(value: Any) -> str:
    """Give a digest of text or of plain data."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).hexdigest()


def shape_digest(federation: Federation, slug: str) -> str:
    """Give a digest of all of a federation's shape that a member's own objects depend on."""
    names = tuple(
        (table.name, table.at[slug].schema, table.at[slug].name)
        for table in federation.tables
        if slug in table.at
    )
    return _shape_digest(federation, names)


@lru_cache(maxsize=256)
def _shape_digest(federation: Federation, names: tuple[tuple[str, str | None, str], ...]) -> str:
    """Give the digest for all members whose tables have these names of their own."""
    data = federation.to_dict()
    for irrelevant in ("readers", "writers"):
        del data[irrelevant]
    for table in data["tables"]:
        del table["at"]
    return digest([data, names])
