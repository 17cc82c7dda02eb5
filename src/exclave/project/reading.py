"""Reading plain data: tables with known keys, texts, lists, options and references to secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from exclave.objects import QualifiedName, Secret
from exclave.objects.options import OptionInput
from exclave.project.place import Place

Reader = Callable[[Any, Place], Any]
"""Reads a value at a place, and raises a `DeclarationError` that names the place."""

Fields = Mapping[str, Reader]
"""What reads each key of a table."""

REFERENCES = ("env", "file", "command", "call")
"""The ways in which a secret is referred to: ``{ env = "NAME" }`` and so on."""


def table(value: object, place: Place) -> dict[str, Any]:
    """Read a table, whatever its keys."""
    if not isinstance(value, dict):
        raise place.unexpected("a table", value)
    for key in cast("dict[object, object]", value):
        if not isinstance(key, str):
            raise place.at(key).unexpected("text as its key", key)
    return cast("dict[str, Any]", value)


def fields(value: object, place: Place, known: Fields) -> dict[str, Any]:
    """Read a table of which all keys are known."""
    return {
        key: _reader(key, place, known)(each, place.at(key))
        for key, each in table(value, place).items()
    }


def _reader(key: str, place: Place, known: Fields) -> Reader:
    if key not in known:
        raise place.unknown(key, known)
    return known[key]


def required(read: dict[str, Any], place: Place, *keys: str) -> None:
    """Refuse a table that lacks a key."""
    for key in keys:
        if key not in read:
            raise place.fault(f"the key {key!r} is missing.")


def text(value: object, place: Place) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise place.unexpected("text", value)
    return value


def flag(value: object, place: Place) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise place.unexpected("true or false", value)
    return value


def sequence(value: object, place: Place) -> list[object]:
    """Read a list, whatever is in it."""
    if not isinstance(value, list):
        raise place.unexpected("a list", value)
    return cast("list[object]", value)


def texts(value: object, place: Place) -> tuple[str, ...]:
    """Read a list of texts."""
    items = sequence(value, place)
    return tuple(text(each, place.at(number)) for number, each in enumerate(items, start=1))


def text_or_texts(value: object, place: Place) -> tuple[str, ...]:
    """Read a list of texts, or one text alone."""
    return (value,) if isinstance(value, str) else texts(value, place)


def one_of(*choices: str) -> Reader:
    """Make what reads one of a few words."""

    def read(value: object, place: Place) -> str:
        if value not in choices:
            raise place.unexpected(" or ".join(repr(choice) for choice in choices), value)
        return cast("str", value)

    return read


def grants(value: object, place: Place) -> dict[str, Sequence[str]]:
    """Read privileges by role: ``{ app = ["SELECT", "INSERT"], PUBLIC = "SELECT" }``."""
    return {role: text_or_texts(each, place.at(role)) for role, each in table(value, place).items()}


def options(value: object, place: Place) -> dict[str, OptionInput]:
    """Read options: texts, numbers, booleans and references to secrets, by name."""
    return {name: option(each, place.at(name)) for name, each in table(value, place).items()}


def option(value: object, place: Place) -> OptionInput:
    """Read the value of one option."""
    if isinstance(value, str | int | float):
        return value
    if not isinstance(value, dict):
        raise place.unexpected("text, a number, true, false or a reference to a secret", value)
    return reference(cast("dict[str, object]", value), place)


def short_for(value: object, name: str) -> object:
    """Give the table that a text alone is short for."""
    return {name: value} if isinstance(value, str) else value


def collation(value: object, place: Place) -> QualifiedName:
    """Read a collation's name, or a table of it and its schema."""
    given = fields(short_for(value, "name"), place, {"name": text, "schema": text})
    required(given, place, "name")
    with place.named():
        return QualifiedName(**given)


def former_name(value: object, place: Place) -> QualifiedName | str:
    """Read the former name of something that stands in a schema, spelled as in SQL."""
    with place.named():
        name = QualifiedName.of(text(value, place), "relation")
    return name if name.schema else name.name


def is_reference(value: object) -> bool:
    """Tell whether a table refers to a secret."""
    return isinstance(value, dict) and any(kind in value for kind in REFERENCES)


def reference(value: object, place: Place) -> Secret:
    """Read a reference to a secret.

    ``{ env = "NAME" }`` is an environment variable, ``{ file = "path" }`` a file's content,
    ``{ command = ["program", "argument"] }`` what a program prints, and
    ``{ call = "package.module:function" }`` what a function returns. A file's name is relative to
    the folder of the document.
    """
    given = table(value, place)
    for key in given:
        if key not in REFERENCES:
            raise place.unknown(key, REFERENCES)
    if len(given) != 1:
        raise place.fault(f"expected exactly one of {', '.join(REFERENCES)}.")
    [(kind, what)] = given.items()
    inner = place.at(kind)
    match kind:
        case "env":
            return Secret.env(text(what, inner))
        case "file":
            return Secret.file((place.folder or Path()) / Path(text(what, inner)).expanduser())
        case "command":
            return Secret.command(*_program(what, inner))
        case _:
            return Secret.call(text(what, inner))


def _program(value: object, place: Place) -> tuple[str, ...]:
    words = texts(value, place)
    if not words:
        raise place.fault("expected a program and its arguments, found an empty list.")
    return words
