"""A plan as a person or a program reads it: text, rich text, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from exclave.objects import Column, ForeignObject, Hidden, Options, QualifiedName, Secret
from exclave.objects.foreign_table import Check, Generated, Partition
from exclave.objects.grant import WITH_GRANT_OPTION, Grant
from exclave.objects.names import quote_role
from exclave.plan.change import Change
from exclave.plan.plan import Plan

if TYPE_CHECKING:
    from rich.text import Text

_MARKS = {"create": "+", "alter": "~", "replace": "±", "drop": "-"}
_STYLES = {"+": "green", "~": "yellow", "±": "magenta", "-": "red", "!": "bold yellow", " ": "dim"}
_SKIPPED = frozenset({"extension", "renamed_from", "effective_options", "column_set"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a shown plan, and the mark that says how to colour it."""

    text: str
    mark: str


def plan_lines(plan: Plan) -> Iterator[Line]:
    """Give a plan line by line."""
    if not plan:
        yield Line("Nothing to do: the database is as declared.", " ")
    for change in plan.changes:
        mark = _MARKS[change.action]
        end = f" (replaced: {change.reason})" if change.reason else ""
        yield Line(f"{mark} {change.subject}{end}", mark)
        for path, old, new in _differences(change):
            yield Line(f"    {path}: {_shown(old)} → {_shown(new)}", mark)
    for note in plan.notes:
        yield Line(f"! {note}", "!")
    if plan:
        yield Line(_summary(plan), " ")


def _summary(plan: Plan) -> str:
    counts = dict.fromkeys(_MARKS, 0)
    for change in plan.changes:
        counts[change.action] += 1
    words = ", ".join(f"{count} to {action}" for action, count in counts.items() if count)
    return f"{len(plan)} change{'' if len(plan) == 1 else 's'}: {words}."


def rich_text(plan: Plan) -> Text:
    """Give a plan as text with colours (needs the package rich)."""
    from rich.text import Text

    text = Text()
    for line in plan_lines(plan):
        text.append(line.text + "\n", _STYLES[line.mark])
    return text


def plan_dict(plan: Plan) -> dict[str, Any]:
    """Give a plan as JSON takes it."""
    return {
        "changes": [_change_dict(change) for change in plan.changes],
        "notes": list(plan.notes),
    }


def _change_dict(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "kind": _kind(change.subject),
        "object": str(change.subject),
        "reason": change.reason,
        "before": None if change.before is None else object_dict(change.before),
        "after": None if change.after is None else object_dict(change.after),
        "sql": [statement.text for statement in change.statements],
    }


def _kind(value: ForeignObject) -> str:
    return type(value).__name__


def object_dict(value: Any) -> dict[str, Any]:
    """Give an object's properties as JSON takes them, secrets as references."""
    return {
        field.name: plain(getattr(value, field.name))
        for field in fields(value)
        if field.name not in _SKIPPED
    }


def plain(value: Any) -> Any:
    """Give a property's value as JSON takes it, secrets as references."""
    match value:
        case None | bool() | int() | str():
            return value
        case Secret() | Hidden():
            return {"secret": repr(value)} if isinstance(value, Secret) else {"hidden": True}
        case Options() | Mapping():
            return {str(name): plain(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case QualifiedName():
            return str(value)
        case Grant():
            end = WITH_GRANT_OPTION if value.grantable else ""
            return f"{value.privilege}{end} TO {quote_role(value.role)}"
        case Column() | Check() | Generated() | Partition():
            return object_dict(value)
        case frozenset() | tuple():
            items = [plain(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
            return sorted(items, key=str) if isinstance(value, frozenset) else items
        case _:
            return str(value)


def _differences(change: Change) -> Iterator[tuple[str, Any, Any]]:
    if change.before is None or change.after is None:
        return
    old, new = object_dict(change.before), object_dict(change.after)
    for name in old:
        yield from _difference(name, old[name], new[name])


def _difference(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict) and "secret" not in old | new:
        for name in old | new:  # pyright: ignore[reportUnknownVariableType]
            yield from _difference(f"{path}.{name}", old.get(name), new.get(name))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    elif path == "columns":
        before = {column["name"]: column for column in old}
        after = {column["name"]: column for column in new}
        for name in before | after:
            yield from _difference(f"column {name}", before.get(name), after.get(name))
    else:
        yield path, old, new


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        if "secret" in value:
            return str(value["secret"])  # pyright: ignore[reportUnknownArgumentType]
        if "hidden" in value:
            return "hidden"
        set_ones = {name: each for name, each in value.items() if each not in (None, {}, [])}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return ", ".join(f"{name} {_shown(each)}" for name, each in set_ones.items())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return "[" + ", ".join(_shown(each) for each in value) + "]"  # pyright: ignore[reportUnknownVariableType]
    return repr(value) if isinstance(value, str) else str(value)
