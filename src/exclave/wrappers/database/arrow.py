"""Record batches of SQLite, whose types are guessed from values, with the declared types."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from exclave.wrappers.database.failures import told
from exclave.wrappers.database.families import Family

_NAMES = {
    Family.INTEGER: "int64",
    Family.BOOLEAN: "bool_",
    Family.FLOAT: "float64",
    Family.BYTES: "binary",
}
"""Of Arrow's types; all else is read from text."""


def conformed(batches: Iterable[Any], kinds: Sequence[Family]) -> Iterator[Any]:
    """Give the batches with types that columns of these families can be made of."""
    pa: Any = importlib.import_module("pyarrow")
    types = [getattr(pa, _NAMES.get(kind, "string"))() for kind in kinds]
    for batch in batches:
        arrays = [_cast(pa, *pair) for pair in zip(batch.columns, types, strict=False)]
        yield pa.record_batch(arrays or batch.columns, names=batch.schema.names)


def _cast(pa: Any, array: Any, wanted: Any) -> Any:
    if array.type == wanted:
        return array
    if array.null_count == len(array):
        return pa.nulls(len(array), wanted)
    with told():
        return array.cast(wanted)
