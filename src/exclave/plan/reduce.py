"""An alteration with only what differs on its two sides, and yet with the same statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from exclave.objects import Column, ForeignObject, ForeignTable, MaterializedView, Options
from exclave.plan.change import Change
from exclave.plan.foreign_table import paired_columns

_IDENTITY: frozenset[str] = frozenset({"name", "role", "server", "wrapper", "query", "with_data"})
"""What every object keeps; a relation keeps its schema too."""

_DERIVED = frozenset({"column_set", "effective_options"})
_IRRELEVANT = frozenset({"extension", "renamed_from"})
_EMPTY: dict[str, object] = {
    "options": {},
    "columns": (),
    "checks": (),
    "inherits": (),
    "indexes": (),
    "uses": (),
}

Pair = tuple[Any, Any]


def reduced(change: Change) -> Change:
    """Give an alteration whose two sides hold only what differs.

    Parameters
    ----------
    change
        Any change; what is no alteration is given back as it is.

    Returns
    -------
    Change
        One that has the same statements, and whose reverse has the same statements as the
        change's own reverse.
    """
    before, after = change.before, change.after
    if before is None or after is None or change.reason:
        return change
    wanted = _statements(change)
    for candidate in _candidates(before, after):
        smaller = replace(change, before=candidate[0], after=candidate[1])
        if _statements(smaller) == wanted:
            return smaller
    return change


def _statements(change: Change) -> list[object]:
    return [change.statements, change.reverse().statements]


def _candidates(before: ForeignObject, after: ForeignObject) -> Iterator[Pair]:
    """Give smaller and smaller reductions, the smallest first."""
    if isinstance(before, MaterializedView):
        one, other = _differing(before, after, _IDENTITY | {"schema"})
        yield _with(one, other, columns=_without_equal(*_both(before, after, "columns")))
        yield one, other
        return
    if not (isinstance(before, ForeignTable) and isinstance(after, ForeignTable)):
        yield _differing(before, after, _IDENTITY)
        return
    one, other = _differing(before, after, _IDENTITY | {"schema"})
    parts = _Parts.of(before, after)
    for columns in (parts.slim, parts.differing):
        one, other = _with(one, other, columns=columns)
        yield one, other
        one, other = _with(one, other, inherits=_both(before, after, "inherits"))
        one, other = _with(one, other, partition_of=_both(before, after, "partition_of"))
        yield one, other
    yield _with(one, other, columns=parts.granted)
    one, other = _with(one, other, checks=_both(before, after, "checks"))
    yield _with(one, other, columns=parts.computed)


def _differing(before: Any, after: Any, kept: Iterable[str]) -> Pair:
    """Give both sides with what is equal on them emptied."""
    sides: list[dict[str, object]] = [{}, {}]
    for field in fields(before):
        name = field.name
        if name in kept or name in _DERIVED:
            continue
        for side, value in zip(sides, _difference(name, before, after), strict=True):
            side[name] = value
    return replace(before, **sides[0]), replace(after, **sides[1])


def _difference(name: str, before: Any, after: Any) -> Pair:
    one, other = _both(before, after, name)
    if name in _IRRELEVANT:
        return None, None
    if one == other:
        return _EMPTY.get(name), _EMPTY.get(name)
    if isinstance(one, Options) and isinstance(other, Options):
        return _without_common(one, other)
    if name == "indexes":
        return _without_equal(before.indexes, after.indexes)
    if name in ("grants", "checks") and one is not None and other is not None:
        return one - other, other - one
    return one, other


def _without_common(one: Options, other: Options) -> Pair:
    common = [name for name, value in one.items() if name in other and other[name] == value]
    return one.without(*common), other.without(*common)


def _without_equal(one: tuple[Any, ...], other: tuple[Any, ...]) -> Pair:
    return [each for each in one if each not in other], [each for each in other if each not in one]


def _both(before: Any, after: Any, name: str) -> Pair:
    return getattr(before, name), getattr(after, name)


def _with(one: Any, other: Any, **pairs: Pair) -> Pair:
    return (
        replace(one, **{name: pair[0] for name, pair in pairs.items()}),
        replace(other, **{name: pair[1] for name, pair in pairs.items()}),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Columns of two states of a table: ever more of them, the differing ones first."""

    slim: Pair
    differing: Pair
    granted: Pair
    computed: Pair

    @classmethod
    def of(cls, before: ForeignTable, after: ForeignTable) -> _Parts:
        pairs = paired_columns(before, after)
        new = {name: old.name for name, (old, _) in pairs.items()}
        equal = {name for name, (old, column) in pairs.items() if old == column}
        gone = {old.name for name, (old, _) in pairs.items() if name in equal}

        def chosen(also: Callable[[Column], bool]) -> Pair:
            extra = {name for name, (old, column) in pairs.items() if also(old) or also(column)}
            olds = gone - {new[name] for name in extra}
            return (
                [column for column in before.columns if column.name not in olds],
                [column for column in after.columns if column.name not in equal - extra],
            )

        slim = {name: _slim(old, column) for name, (old, column) in pairs.items()}
        slim_old = {pair[0].name: pair[0] for pair in slim.values()}
        plain = chosen(lambda _: False)
        return cls(
            slim=(
                [slim_old.get(column.name, column) for column in plain[0]],
                [slim[column.name][1] if column.name in slim else column for column in plain[1]],
            ),
            differing=plain,
            granted=chosen(lambda column: bool(column.grants)),
            computed=chosen(lambda column: column.generated is not None or bool(column.grants)),
        )


def _slim(old: Column, new: Column) -> Pair:
    return _differing(old, new, {"name", "type", "generated", "identity", "renamed_from"})
