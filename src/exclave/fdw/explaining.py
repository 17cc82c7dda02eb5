"""Lines of EXPLAIN that a class adds, as values that EXPLAIN can show in each of its formats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

from exclave.fdw.redaction import redacted

_LARGEST = 2**63


def lines(given: Mapping[str, object]) -> list[tuple[str, object]]:
    """Give labels and values: str, bool, int that fits into 64 bits, float, or list of str.

    Values of secret options are not shown. What is None is left out.
    """
    return [
        (redacted(str(label)), _shown(value)) for label, value in given.items() if value is not None
    ]


def _shown(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and -_LARGEST <= value < _LARGEST:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(str(each)) for each in cast("list[object]", value)]
    return redacted(str(value)).replace("\0", "\N{REPLACEMENT CHARACTER}")
