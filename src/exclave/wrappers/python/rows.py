"""What a call of a function gives, as rows or record batches with the columns a scan wants."""

from __future__ import annotations

import importlib
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from exclave.fdw import WrapperError
from exclave.wrappers.python.registry import TableFunction

_PLAIN = (bool, int, float, bytes, list)
_NO_ROWS = (Mapping, str, bytes)


def rows_of(
    function: TableFunction, answer: Any, arguments: Mapping[str, Any], wanted: tuple[str, ...]
) -> Iterable[Any]:
    """Give tuples with a value for each of `wanted`, or record batches with such columns."""
    if hasattr(answer, "__arrow_c_stream__"):
        return _batches(_pyarrow().RecordBatchReader.from_stream(answer), arguments)
    given: Iterator[Any] = iter(answer)
    for first in given:
        whole = itertools.chain([first], given)
        if hasattr(first, "__arrow_c_array__"):
            return _batches(whole, arguments)
        if isinstance(first, Mapping):
            return _from_mappings(function, whole, arguments, wanted)
        return _from_tuples(function, whole, arguments, wanted)
    return ()


def _from_mappings(
    function: TableFunction,
    rows: Iterable[Any],
    arguments: Mapping[str, Any],
    wanted: tuple[str, ...],
) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        if not isinstance(row, Mapping):
            raise _strange(function, row, "a mapping, as the first one")
        given = cast("Mapping[str, Any]", row)
        yield tuple([arguments[name] if name in arguments else given.get(name) for name in wanted])


def _from_tuples(
    function: TableFunction,
    rows: Iterable[Any],
    arguments: Mapping[str, Any],
    wanted: tuple[str, ...],
) -> Iterable[Any]:
    results = function.results
    if wanted == results:
        return rows
    pick = _picker([(*results, *function.arguments).index(name) for name in wanted])
    constants = [arguments[name] for name in function.arguments]
    return (pick([*_checked(function, row), *constants]) for row in rows)


def _picker(places: list[int]) -> Callable[[list[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return cast("Callable[[list[Any]], tuple[Any, ...]]", operator.itemgetter(*places))
    return lambda row: tuple([row[place] for place in places])


def _checked(function: TableFunction, row: Any) -> Any:
    odd = type(row) not in (tuple, list) and issubclass(type(row), _NO_ROWS)
    if odd or not hasattr(row, "__len__"):
        raise _strange(function, row, "a tuple or list")
    if len(row) == len(function.results):
        return row
    raise WrapperError(
        f"the function {function.name} gave a row of {len(row)} values",
        sqlstate="HV021",
        hint=f"A row has a value for each of {', '.join(function.results)}, in their order.",
    )


def _strange(function: TableFunction, row: object, wanted: str) -> WrapperError:
    return WrapperError(
        f"the function {function.name} gave a row of the type {type(row).__name__}, "
        f"expected {wanted}",
        sqlstate="HV021",
        hint="All rows of a call are tuples or lists, or all are mappings, or record batches.",
    )


def _batches(batches: Iterable[Any], arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Add the arguments to record batches, as columns."""
    pa = _pyarrow()
    for given in batches:
        batch = given if isinstance(given, pa.RecordBatch) else pa.record_batch(given)
        for name, value in arguments.items():
            batch = batch.append_column(name, pa.repeat(_constant(value), batch.num_rows))
        yield batch


def _constant(value: object) -> Any:
    """Give the value as one of a type that does not depend on it, as text where it would."""
    pa = _pyarrow()
    if value is None:
        return pa.scalar(None, pa.string())
    return pa.scalar(value if isinstance(value, _PLAIN) else str(value))


def _pyarrow() -> Any:
    return importlib.import_module("pyarrow")
