"""A wrapper that applies conditions in Python as PostgreSQL does, and claims some as exact."""

from __future__ import annotations

import datetime
import functools
import json
import operator
import re
import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from exclave.fdw import (
    And,
    AnyOf,
    ColumnReference,
    Comparison,
    Condition,
    ForeignDataWrapper,
    IsNull,
    Lookup,
    Not,
    Options,
    Or,
    Parameter,
    ScanContext,
    ScanPlan,
    ScanRequest,
    Table,
    Unrepresentable,
)

UTC = datetime.UTC
INFINITIES = {"infinity": 1, "-infinity": -1}


def date_key(text: str) -> tuple[int, ...]:
    """Give what sorts as dates and timestamps do: whether they are infinite, then their parts."""
    if text in INFINITIES:
        return (INFINITIES[text],)
    year, *rest = [int(part) for part in re.findall(r"\d+", text.partition("+")[0])]
    rest += [0] * (5 - len(rest))
    fraction = re.search(r"\.(\d+)", text)
    micros = int((fraction[1] + "00000")[:6]) if fraction else 0
    return (0, 1 - year if text.endswith("BC") else year, *rest[:5], micros)


def time_key(text: str) -> tuple[int, ...]:
    return date_key(f"0-0-0 {text}")


def interval_key(text: str) -> float:
    """Give microseconds, with months of thirty days, as PostgreSQL compares intervals."""
    if text in INFINITIES:
        return INFINITIES[text] * float("inf")
    units = {"year": 360, "mon": 30, "day": 1}
    days = sum(
        int(count) * units[unit] for count, unit in re.findall(r"([+-]?\d+) (year|mon|day)", text)
    )
    clock = re.search(r"([+-]?)(\d+):(\d+):(\d+)(?:\.(\d+))?", text)
    if clock is None:
        return days * 86_400_000_000
    sign, hours, minutes, seconds, fraction = clock.groups()
    micros = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1_000_000
    micros += int(((fraction or "") + "000000")[:6])
    return days * 86_400_000_000 + (-micros if sign == "-" else micros)


def number_key(value: Any) -> tuple[Any, ...]:
    """NaN is equal to itself, and more than any other."""
    return (1, 0) if value != value else (0, value)


def said(value: Any) -> str:
    return value.text if isinstance(value, Unrepresentable) else str(value)


KEYS: dict[str, Callable[[Any], Any]] = {
    "date": lambda value: date_key(said(value)),
    "timestamp": lambda value: date_key(said(value)),
    "timestamptz": lambda value: date_key(said(value)),
    "time": lambda value: time_key(said(value)),
    "interval": lambda value: (
        value / datetime.timedelta(microseconds=1)
        if isinstance(value, datetime.timedelta)
        else interval_key(said(value))
    ),
    "text": lambda value: value.encode(),
    "char": lambda value: value.rstrip(" ").encode(),
    "int": number_key,
    "number": number_key,
    "int[]": lambda value: value if isinstance(value, list) else said(value),
}


def elements(value: Any) -> list[Any]:
    """Give the elements of an array that are not NULL, whatever its dimensions."""
    if isinstance(value, Unrepresentable):
        return [int(each) for each in re.findall(r"-?\d+", value.text.partition("=")[2])]
    if isinstance(value, list):
        return [each for part in value for each in elements(part)]
    return [] if value is None else [value]


def has_null(value: Any) -> bool:
    if isinstance(value, Unrepresentable):
        return "NULL" in value.text
    return value is None or (isinstance(value, list) and any(has_null(each) for each in value))


def like(pattern: str, flags: int) -> re.Pattern[str]:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    return re.compile(
        "".join(wild.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL | flags
    )


def matches(value: str, pattern: str, name: str) -> bool:
    flags = re.IGNORECASE | re.ASCII if "*" in name else 0
    return (like(pattern, flags).fullmatch(value) is not None) != name.startswith("!")


def contained(small: Any, large: Any) -> bool:
    return not has_null(small) and set(elements(small)) <= set(elements(large))


ORDERS = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
OTHERS: dict[str, Callable[[Any, Any], bool]] = {
    "@>": lambda left, right: contained(right, left),
    "<@": contained,
    "&&": lambda left, right: bool(set(elements(left)) & set(elements(right))),
}


def compared(name: str, kind: str, left: Any, right: Any) -> bool:
    if name.lstrip("!").startswith("~~"):
        return matches(left, right, name)
    if name in OTHERS:
        return OTHERS[name](left, right)
    key = KEYS.get(kind, lambda value: value)
    return ORDERS[name](key(left), key(right))


def holds(condition: Condition, row: dict[str, Any], kinds: dict[str, str]) -> bool | None:
    """Say whether a condition is true, false or NULL for a row."""
    match condition:
        case And(parts):
            known = [holds(part, row, kinds) for part in parts]
            return False if False in known else None if None in known else True
        case Or(parts):
            known = [holds(part, row, kinds) for part in parts]
            return True if True in known else None if None in known else False
        case Not(part):
            known_part = holds(part, row, kinds)
            return None if known_part is None else not known_part
        case IsNull(column, negated):
            return (row[column] is None) != negated
        case Comparison(column, name, value):
            value = row[value.column] if isinstance(value, ColumnReference) else value
            if row[column] is None or value is None:
                return None
            return compared(name, kinds[column], row[column], value)
        case AnyOf(column, name, values, every):
            if not values:
                return every
            if row[column] is None:
                return None
            found = [compared(name, kinds[column], row[column], value) for value in values]
            return all(found) if every else any(found)


def values_of(condition: Condition) -> Iterator[Any]:
    match condition:
        case And(parts) | Or(parts):
            for part in parts:
                yield from values_of(part)
        case Not(part):
            yield from values_of(part)
        case Comparison(_, _, value):
            yield value
        case AnyOf(_, _, values):
            yield from [values] if isinstance(values, Parameter) else values
        case _:
            pass


def is_known(condition: Condition) -> bool:
    return not any(isinstance(value, Unrepresentable) for value in values_of(condition))


def representable(text: str, read: Callable[[str], Any]) -> Any:
    try:
        return Unrepresentable("", text) if text.startswith("24:") else read(text)
    except ValueError:
        return Unrepresentable("", text)


def bound_of(text: str) -> Any:
    if text.startswith("["):
        return Unrepresentable("", text)
    return json.loads(text.replace("{", "[").replace("}", "]").replace("NULL", "null"))


def interval_of(text: str) -> Any:
    if "mon" in text or "year" in text or text in INFINITIES:
        return Unrepresentable("", text)
    return datetime.timedelta(microseconds=interval_key(text))


READ: dict[str, Callable[[str], Any]] = {
    "int": int,
    "number": lambda text: int(text) if text.lstrip("-").isdigit() else Decimal(text),
    "float": float,
    "real": lambda text: struct.unpack("f", struct.pack("f", float(text)))[0],
    "bool": lambda text: text == "true",
    "bytea": lambda text: bytes.fromhex(text[2:]),
    "uuid": UUID,
    "date": lambda text: representable(text, datetime.date.fromisoformat),
    "time": lambda text: representable(text, datetime.time.fromisoformat),
    "timestamp": lambda text: representable(text, datetime.datetime.fromisoformat),
    "timestamptz": lambda text: representable(text, datetime.datetime.fromisoformat),
    "interval": interval_of,
    "int[]": bound_of,
}


@functools.cache
def rows_in(path: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Read a file of rows: kinds of columns, and texts as PostgreSQL writes them."""
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    kinds: dict[str, str] = given["kinds"]
    read = {column: READ.get(kind, str) for column, kind in kinds.items()}
    return {
        name: "number" if kind in {"float", "real"} else kind for name, kind in kinds.items()
    }, [
        {
            column: None if text is None else read[column](text)
            for column, text in zip(kinds, row, strict=True)
        }
        for row in given["rows"]
    ]


class Applying(ForeignDataWrapper):
    """Rows of a file, those that fulfil what its option says."""

    parallel_safe = True

    class TableOptions(Options):
        file: str
        claims: Literal["all", "some", "none"]

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        options: Any = table.options
        steps = {"all": 1, "some": 2, "none": 1000}[options.claims]
        claimed = [
            number
            for number, condition in enumerate(request.conditions)
            if number % steps == (0 if steps < 1000 else 1) and is_known(condition)
        ]
        applied = claimed if options.claims == "some" else range(len(request.conditions))
        return ScanPlan(
            remote={"applied": list(applied)},
            exact=[request.conditions[number] for number in claimed],
            lookups=[Lookup((column.name,)) for column in table.columns],
        )

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        options: Any = context.table.options
        kinds, rows = rows_in(options.file)
        applied = [context.conditions[number] for number in plan.remote["applied"]]
        known = [condition for condition in applied if is_known(condition)]
        for row in rows:
            if all(holds(condition, row, kinds) for condition in known):
                yield tuple(row[column] for column in plan.columns)
