"""Digests by which is told whether something is as it was made."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from exclave.federation.shape import Federation

_BYTES = 12


def digest(value: Any) -> str:
    """Give a digest of text or of plain data."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).hexdigest()


def shape_digest(federation: Federation, slug: str) -> str:
    """Give a digest of all of a federation's shape that a member's own objects depend on."""
    data = federation.to_dict()
    for irrelevant in ("readers", "writers"):
        del data[irrelevant]
    for table in data["tables"]:
        table["at"] = table["at"].get(slug)
    return digest(data)
