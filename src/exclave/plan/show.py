"""A plan as a person or a program reads it: text, rich text, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, cast

from exclave.objects import (
    Column,
    ForeignObject,
    ForeignTable,
    Hidden,
    Index,
    IndexKey,
    Options,
    Secret,
    ViewColumn,
)
from exclave.objects.foreign_table import Check, Generated, Partition
from exclave.objects.grant import WITH_GRANT_OPTION, Grant
from exclave.objects.names import quote_role
from exclave.objects.options import NO_OPTIONS
from exclave.objects.secret import MASK
from exclave.plan import column as columns
from exclave.plan.change import Change
from exclave.plan.foreign_table import paired_columns
from exclave.plan.statement import SecretVariables

if TYPE_CHECKING:
    from rich.text import Text

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
"""What `json.dumps` takes, but for fractions."""

_MARKS = {"create": "+", "alter": "~", "replace": "±", "drop": "-"}
_STYLES = {"+": "green", "~": "yellow", "±": "magenta", "-": "red", "!": "bold yellow", " ": "dim"}
_UNSET: tuple[Json, ...] = (None, {}, [], False)
_SKIPPED = frozenset({"extension", "renamed_from", "effective_options", "column_set", "uses"})
_STATE = {"with_data"}
_NAMED = {"columns": "column", "indexes": "index"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a shown plan, and the mark that says how to colour it."""

    text: str
    mark: str


def shown_lines(changes: Sequence[Change], notes: Sequence[str]) -> Iterator[Line]:
    """Give changes and notes line by line."""
    if not changes:
        yield Line("Nothing to do: the database is as declared.", " ")
    yield from shown_changes(changes)
    for note in notes:
        yield Line(f"! {note}", "!")
    if changes:
        yield Line(_summary(changes), " ")


def shown_changes(changes: Iterable[Change]) -> Iterator[Line]:
    """Give changes line by line, each with its properties."""
    for change in changes:
        mark = _MARKS[change.action]
        end = f" (replaced: {change.reason})" if change.reason else ""
        yield Line(f"{mark} {change.subject}{end}", mark)
        for detail in _details(change):
            yield Line(f"    {detail}", mark)


def _summary(changes: Sequence[Change]) -> str:
    counts = dict.fromkeys(_MARKS, 0)
    for change in changes:
        counts[change.action] += 1
    words = ", ".join(f"{count} to {action}" for action, count in counts.items() if count)
    return f"{len(changes)} change{'' if len(changes) == 1 else 's'}: {words}."


def rich_text(lines: Iterable[Line]) -> Text:
    """Give lines as text with colours (needs the package rich)."""
    from rich.text import Text

    text = Text()
    for line in lines:
        text.append(line.text + "\n", _STYLES[line.mark])
    return text


def change_dict(change: Change, variables: SecretVariables) -> dict[str, Json]:
    """Give a change as JSON takes it; a column that is renamed tells its former name."""
    after = None if change.after is None else object_dict(change.after)
    if after is not None and (former := {new: old for old, new in _renamed(change).items()}):
        for column in cast("list[dict[str, Json]]", after["columns"]):
            if (name := str(column["name"])) in former:
                column["renamed_from"] = former[name]
    return {
        "action": change.action,
        "kind": _kind(change.subject),
        "object": str(change.subject),
        "reason": change.reason,
        "before": None if change.before is None else object_dict(change.before),
        "after": after,
        "sql": [statement.shown(variables) for statement in change.statements],
    }


def _kind(value: ForeignObject) -> str:
    return type(value).__name__


_Part = Column | Check | Generated | Partition | ViewColumn | Index | IndexKey


def object_dict(value: ForeignObject | _Part) -> dict[str, Json]:
    """Give an object's properties as JSON takes them, secrets as references."""
    return {
        field.name: plain(getattr(value, field.name))
        for field in fields(value)
        if field.name not in _SKIPPED
    }


def plain(value: object) -> Json:
    """Give a property's value as JSON takes it, secrets as references."""
    match value:
        case None | bool() | int() | str():
            return value
        case Secret():
            return {"secret": repr(value)}
        case Hidden():
            return {"hidden": True}
        case Options():
            return {name: plain(each) for name, each in value.items()}
        case Grant():
            end = WITH_GRANT_OPTION if value.grantable else ""
            return f"{value.privilege}{end} TO {quote_role(value.role)}"
        case Column() | Check() | Generated() | Partition() | ViewColumn() | Index() | IndexKey():
            return object_dict(value)
        case frozenset():
            items = [plain(each) for each in cast("frozenset[object]", value)]
            return sorted(items, key=str)
        case tuple():
            return [plain(each) for each in cast("tuple[object, ...]", value)]
        case _:
            return str(value)


def _details(change: Change) -> Iterator[str]:
    if change.after is None:
        return
    new = object_dict(change.after)
    if change.before is None:
        for name, value in new.items():
            if name in _NAMED:
                for part, properties in _by_name(value).items():
                    if said := _shown(properties):
                        yield f"{_NAMED[name]} {part}: {said}"
            elif name == "query":
                yield from ("query:", *(f"    {line.rstrip()}" for line in str(value).splitlines()))
            elif value not in _UNSET and f'"{value}"' not in str(change.after):
                yield f"{name}: {_shown(value)}"
        return
    before, renamed = change.before, _renamed(change)
    if isinstance(before, ForeignTable) and renamed:
        yield from (f"column {had}.name: {had!r} → {name!r}" for had, name in renamed.items())
        now = [columns.renamed(each, renamed.get(each.name, each.name)) for each in before.columns]
        before = replace(before, columns=now)
    old = object_dict(before)
    for name in (name for name in old if name not in _STATE):
        for path, was, becomes in _difference(name, old[name], new[name]):
            yield f"{path}: {_shown(was)} → {_shown(becomes)}"
    yield from _secrets_that_look_alike(before, change.after)


def _renamed(change: Change) -> dict[str, str]:
    """Give the new names of columns that stay and are renamed, by their former ones."""
    match change.before, change.after:
        case ForeignTable() as before, ForeignTable() as after:
            pairs = paired_columns(before, after).values()
            return {old.name: new.name for old, new in pairs if old.name != new.name}
        case _:
            return {}


def _secrets_that_look_alike(before: ForeignObject, after: ForeignObject) -> Iterator[str]:
    """Tell of secrets that differ in what must not be shown, such as two passwords."""
    new = dict(_options(after))
    for path, options in _options(before):
        for name, value in new.get(path, NO_OPTIONS).items():
            had = options.get(name)
            if had != value and plain(had) == plain(value):
                yield f"{path}.{name}: {_shown(plain(had))} → {_shown(plain(value))}"


def _options(value: ForeignObject) -> Iterator[tuple[str, Options]]:
    own = getattr(value, "options", None)
    if isinstance(own, Options):
        yield "options", own
    if isinstance(value, ForeignTable):
        yield from ((f"column {column.name}.options", column.options) for column in value.columns)


def _difference(path: str, old: Json, new: Json) -> Iterator[tuple[str, Json, Json]]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and not (_unseen(old) or _unseen(new)):
        for name in old | new:
            yield from _difference(f"{path}.{name}", old.get(name), new.get(name))
    elif path in _NAMED:
        before, after = _by_name(old), _by_name(new)
        for name in before | after:
            yield from _difference(f"{_NAMED[path]} {name}", before.get(name), after.get(name))
    else:
        yield path, old, new


def _by_name(columns: Json) -> dict[str, Json]:
    given = cast("list[dict[str, Json]]", columns)
    return {
        str(column["name"]): {name: each for name, each in column.items() if name != "name"}
        for column in given
    }


def _unseen(value: dict[str, Json]) -> str | None:
    """Give what stands for a secret or a hidden value, if it is one; an option may be called so."""
    if isinstance(reference := value.get("secret"), str):
        return MASK if reference == repr(Secret.literal("")) else reference
    return "hidden" if value.get("hidden") is True else None


def _shown(value: Json) -> str:
    match value:
        case None:
            return "none"
        case dict():
            return _unseen(value) or ", ".join(
                name.replace("_", " ") if each is True else f"{name} {_shown(each)}"
                for name, each in value.items()
                if each not in _UNSET
            )
        case list():
            return "[" + ", ".join(_shown(each) for each in value) + "]"
        case str():
            return repr(value)
        case _:
            return str(value)
