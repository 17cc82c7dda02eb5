"""Declarations as plain data, such as TOML or YAML gives it: from dictionaries to a catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from exclave.objects import (
    PUBLIC,
    Catalog,
    Check,
    Column,
    Extension,
    ForeignObject,
    ForeignTable,
    Generated,
    Options,
    Partition,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects.options import OptionInput
from exclave.objects.registry import Level, check_options
from exclave.project import reading
from exclave.project.place import Place
from exclave.project.reading import Fields
from exclave.project.views import materialized_view

NOUNS = (
    "extensions",
    "wrappers",
    "servers",
    "user_mappings",
    "schemas",
    "foreign_tables",
    "materialized_views",
)
"""The keys under which declarations stand."""

_EXTENSION: Fields = {"schema": reading.text, "version": reading.text}
_OWNED: Fields = {"owner": reading.text, "grants": reading.grants, "comment": reading.text}
_WRAPPER: Fields = {
    **_OWNED,
    "handler": reading.text,
    "validator": reading.text,
    "options": reading.options,
    "renamed_from": reading.text,
}
_SERVER: Fields = {
    **_OWNED,
    "wrapper": reading.text,
    "type": reading.text,
    "version": reading.text,
    "options": reading.options,
    "renamed_from": reading.text,
    "mappings": reading.table,
}
_MAPPING: Fields = {"options": reading.options}
_LISTED_MAPPING: Fields = {**_MAPPING, "server": reading.text, "role": reading.text}
_GENERATED: Fields = {"expression": reading.text, "stored": reading.flag}
_CHECK: Fields = {"expression": reading.text, "no_inherit": reading.flag}
_PARTITION: Fields = {"parent": reading.text, "bound": reading.text}


def catalog_of(data: Mapping[str, Any], place: Place) -> Catalog:
    """Read declarations from plain data.

    Parameters
    ----------
    data
        Tables ``extensions``, ``wrappers``, ``servers``, ``schemas``, ``foreign_tables`` and
        ``materialized_views``, each with the properties of its objects by name, and a list
        ``user_mappings``; a server may have ``mappings`` by role. Properties are called as the
        parameters of the classes of `exclave.objects`. Names are taken as they are, but for
        those that may have a schema (foreign tables, materialized views, parents, functions),
        which are spelled as in SQL.
    place
        The document, for messages, and the folder that files are relative to.

    Returns
    -------
    Catalog
        The declarations.

    Raises
    ------
    DeclarationError
        For a key that is unknown, a value of the wrong kind or one that PostgreSQL could not
        accept; the message names its place and never shows a value that could be a secret.
    """
    for key in data:
        if key not in NOUNS:
            raise place.unknown(key, NOUNS)
    servers = [_server(*each) for each in _named(data, place, "servers")]
    wrappers = {server.name: server.wrapper for server in servers}
    objects: list[ForeignObject] = [
        *(_extension(*each) for each in _named(data, place, "extensions")),
        *(_wrapper(*each) for each in _named(data, place, "wrappers")),
        *servers,
        *_mappings_of_servers(data, place, wrappers),
        *_mappings(data, place, wrappers),
        *(_schema(*each) for each in _named(data, place, "schemas")),
        *(_foreign_table(*each, wrappers) for each in _named(data, place, "foreign_tables")),
        *(materialized_view(*each) for each in _named(data, place, "materialized_views")),
    ]
    with place.named():
        return Catalog(objects)


def _named(data: Mapping[str, Any], place: Place, noun: str) -> Iterator[tuple[str, Any, Place]]:
    """Give each object of a kind with its name and place."""
    inner = place.at(noun)
    for name, value in reading.table(data.get(noun, {}), inner).items():
        yield name, value, inner.at(name)


def _extension(name: str, value: object, place: Place) -> Extension:
    given = reading.fields(value, place, _EXTENSION)
    with place.named():
        return Extension(name, **given)


def _wrapper(name: str, value: object, place: Place) -> Wrapper:
    given = reading.fields(value, place, _WRAPPER)
    with place.named():
        made = Wrapper(name, **given)
    _check_options(given, name, "wrapper", str(made), place)
    return made


def _server(name: str, value: object, place: Place) -> Server:
    given = reading.fields(value, place, _SERVER)
    given.pop("mappings", None)
    with place.named():
        made = Server(name, **given)
    _check_options(given, made.wrapper, "server", str(made), place)
    return made


def _mappings_of_servers(
    data: Mapping[str, Any], place: Place, wrappers: Mapping[str, str]
) -> Iterator[UserMapping]:
    """Read the user mappings that stand with their servers, by role."""
    for server, value, server_place in _named(data, place, "servers"):
        inner = server_place.at("mappings")
        for role, mapping in reading.table(value.get("mappings", {}), inner).items():
            given = reading.fields(mapping, inner.at(role), _MAPPING)
            yield _mapping(server, role, given, inner.at(role), wrappers)


def _mappings(
    data: Mapping[str, Any], place: Place, wrappers: Mapping[str, str]
) -> Iterator[UserMapping]:
    """Read the user mappings that stand in a list."""
    inner = place.at("user_mappings")
    for number, value in enumerate(reading.sequence(data.get("user_mappings", []), inner), 1):
        here = inner.at(number)
        given = reading.fields(value, here, _LISTED_MAPPING)
        reading.required(given, here, "server")
        yield _mapping(given.pop("server"), given.pop("role", PUBLIC), given, here, wrappers)


def _mapping(
    server: str, role: str, given: dict[str, Any], place: Place, wrappers: Mapping[str, str]
) -> UserMapping:
    with place.named():
        made = UserMapping(server, role, **given)
    if server in wrappers:
        _check_options(given, wrappers[server], "user_mapping", str(made), place)
    return made


def _schema(name: str, value: object, place: Place) -> Schema:
    given = reading.fields(value, place, _OWNED)
    with place.named():
        return Schema(name, **given)


def _foreign_table(
    name: str, value: object, place: Place, wrappers: Mapping[str, str]
) -> ForeignTable:
    given = reading.fields(value, place, _FOREIGN_TABLE)
    reading.required(given, place, "server")
    wrapper = wrappers.get(given["server"])
    columns: list[Column] = given.pop("columns", [])
    with place.named():
        made = ForeignTable(QualifiedName.of(name, "foreign table"), columns, **given)
    if wrapper is not None:
        _check_options(given, wrapper, "table", str(made), place)
        for column in columns:
            if column.options:
                what, here = f'column "{column.name}" of {made}', place.at("columns")
                _check_options(
                    {"options": column.options}, wrapper, "column", what, here.at(column.name)
                )
    return made


def _columns(value: object, place: Place) -> list[Column]:
    """Read columns by name, in order: each a type, or a table of its properties."""
    return [
        _column(name, each, place.at(name)) for name, each in reading.table(value, place).items()
    ]


def _column(name: str, value: object, place: Place) -> Column:
    if isinstance(value, str):
        with place.named():
            return _plain_column(name, value)
    given = reading.fields(value, place, _COLUMN)
    reading.required(given, place, "type")
    with place.named():
        return Column(name, **given)


@lru_cache(maxsize=4096)
def _plain_column(name: str, type_: str) -> Column:
    """Give a column with nothing but a type; the tables of a hub repeat those of its members."""
    return Column(name, type_)


def _generated(value: object, place: Place) -> Generated:
    """Read an expression, or a table of it and whether it is stored."""
    given = reading.fields(reading.short_for(value, "expression"), place, _GENERATED)
    reading.required(given, place, "expression")
    with place.named():
        return Generated(**given)


def _checks(value: object, place: Place) -> list[Check]:
    """Read CHECK constraints by name: each an expression, or a table of its properties."""
    return [
        _check(name, each, place.at(name)) for name, each in reading.table(value, place).items()
    ]


def _check(name: str, value: object, place: Place) -> Check:
    given = reading.fields(reading.short_for(value, "expression"), place, _CHECK)
    reading.required(given, place, "expression")
    with place.named():
        return Check(name, **given)


def _partition(value: object, place: Place) -> Partition:
    given = reading.fields(value, place, _PARTITION)
    reading.required(given, place, "parent", "bound")
    with place.named():
        return Partition(**given)


_COLUMN: Fields = {
    "type": reading.text,
    "collation": reading.collation,
    "not_null": reading.flag,
    "default": reading.text,
    "generated": _generated,
    "identity": reading.one_of("ALWAYS", "BY DEFAULT"),
    "options": reading.options,
    "comment": reading.text,
    "grants": reading.grants,
    "renamed_from": reading.text,
}
_FOREIGN_TABLE: Fields = {
    **_OWNED,
    "server": reading.text,
    "columns": _columns,
    "options": reading.options,
    "checks": _checks,
    "inherits": reading.texts,
    "partition_of": _partition,
    "renamed_from": reading.former_name,
}


def _check_options(
    given: Mapping[str, Any], wrapper: str, level: Level, what: str, place: Place
) -> None:
    """Check each option against what is known of the wrapper, so that the fault names its key."""
    options: Mapping[str, OptionInput] = given.get("options", {})
    for name, value in options.items():
        with place.at("options").at(name).named():
            check_options(Options({name: value}, what), wrapper, level, what)
