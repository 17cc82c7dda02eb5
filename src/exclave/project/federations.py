"""Federations as plain data, such as TOML gives it: from dictionaries to values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from exclave.federation import FederatedTable, Federation
from exclave.objects import QualifiedName
from exclave.project import reading
from exclave.project.place import Place
from exclave.project.reading import Fields

NOUN = "federations"
"""The key under which federations stand."""


def federations_of(data: object, place: Place) -> Mapping[str, Federation]:
    """Read federations by name.

    Parameters
    ----------
    data
        A table of federations by name, each with the properties of `Federation`. `tables` is a
        list of names, or a table of the properties of `FederatedTable` by name.
    place
        Where it stands, for messages.

    Raises
    ------
    DeclarationError
        For a key that is unknown, a value of the wrong kind or one that `Federation` refuses.
    """
    return {
        name: _federation(name, value, place.at(name))
        for name, value in reading.table(data, place).items()
    }


def _federation(name: str, value: object, place: Place) -> Federation:
    given = reading.fields(value, place, _FEDERATION)
    reading.required(given, place, "tables")
    with place.named():
        return Federation(name, **given)


def _tables(value: object, place: Place) -> list[FederatedTable]:
    if not isinstance(value, dict):
        return [FederatedTable(name) for name in reading.texts(value, place)]
    given = reading.table(cast("object", value), place)
    return [_table(name, each, place.at(name)) for name, each in given.items()]


def _table(name: str, value: object, place: Place) -> FederatedTable:
    given = reading.fields(value, place, _TABLE)
    with place.named():
        return FederatedTable(name, **given)


def _names_elsewhere(value: object, place: Place) -> dict[str, QualifiedName]:
    """Read the names of a table at members, spelled as in SQL."""
    found: dict[str, QualifiedName] = {}
    for slug, name in reading.table(value, place).items():
        with place.at(slug).named():
            found[slug] = QualifiedName.of(reading.text(name, place.at(slug)), "table")
    return found


def _words(value: object, place: Place) -> dict[str, str]:
    given = reading.table(value, place)
    return {name: reading.text(each, place.at(name)) for name, each in given.items()}


def _number(value: object, place: Place) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise place.unexpected("a whole number", value)
    return value


def _sets(value: object, place: Place) -> list[tuple[str, ...]]:
    items = reading.sequence(value, place)
    return [reading.texts(each, place.at(number)) for number, each in enumerate(items, start=1)]


def _server_options(value: object, place: Place) -> dict[str, object]:
    """Read options by name, which everyone on the hub can read: no secret among them."""
    found: dict[str, object] = {}
    for name, each in reading.table(value, place).items():
        if not isinstance(each, str | int | float):
            raise place.at(name).unexpected("text, a number, true or false", each)
        found[name] = each
    return found


_TABLE: Fields = {
    "at": _names_elsewhere,
    "only": reading.texts,
    "exclude": reading.texts,
    "types": _words,
    "key": reading.text_or_texts,
    "omit": _sets,
    "fetch_size": _number,
    "reference": reading.flag,
    "stale": reading.flag,
    "enums": reading.one_of("text", "type"),
}

_FEDERATION: Fields = {
    "tables": _tables,
    "source_schema": reading.text,
    "member_column": reading.text,
    "layout": reading.one_of("union", "inheritance"),
    "member_schema": reading.text,
    "readers": reading.text_or_texts,
    "writers": reading.text_or_texts,
    "server_options": _server_options,
}
