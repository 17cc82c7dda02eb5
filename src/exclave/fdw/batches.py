"""Record batches that a class gives one by one, as one Arrow stream that keeps why it failed."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from exclave.fdw.failure import WrapperError

_failures: list[BaseException] = []


def stream_of(first: Any, rest: Iterable[Any]) -> object:
    """Give the capsule of a stream of these batches, all of which have the schema of the first."""
    pa: Any = importlib.import_module("pyarrow")
    _failures.clear()
    schema = pa.record_batch(first).schema
    batches = _checked(itertools.chain([first], rest), pa, schema)
    return pa.RecordBatchReader.from_batches(schema, batches).__arrow_c_stream__()


def raise_stream_failure() -> None:
    """Raise what a batch failed with, if it did: a stream itself tells no more than its text."""
    if _failures:
        raise _failures.pop()


def _checked(batches: Iterable[Any], pa: Any, schema: Any) -> Iterator[Any]:
    """Refuse a batch of another schema, whose buffers would be read as what they are not."""
    try:
        for given in batches:
            batch = pa.record_batch(given)
            if not batch.schema.equals(schema):
                raise WrapperError(
                    "a record batch has another schema than the first one", sqlstate="HV00L"
                )
            yield batch
    except Exception as error:
        _failures[:] = [error]
        raise


__all__ = ["raise_stream_failure", "stream_of"]
