"""Materialized views as plain data."""

from __future__ import annotations

from exclave.objects import Index, IndexKey, MaterializedView, QualifiedName, ViewColumn
from exclave.project import reading
from exclave.project.place import Place
from exclave.project.reading import Fields


def materialized_view(name: str, value: object, place: Place) -> MaterializedView:
    """Read a materialized view.

    Parameters
    ----------
    name
        Its name, spelled as in SQL.
    value
        Its properties; ``indexes`` and ``columns`` are tables by name.
    place
        Where it stands.

    Raises
    ------
    DeclarationError
        When something in it is not as it should be.
    """
    given = reading.fields(value, place, _VIEW)
    reading.required(given, place, "query")
    with place.named():
        return MaterializedView(QualifiedName.of(name, "materialized view"), **given)


def _columns(value: object, place: Place) -> list[ViewColumn]:
    return [
        _column(name, each, place.at(name)) for name, each in reading.table(value, place).items()
    ]


def _column(name: str, value: object, place: Place) -> ViewColumn:
    given = reading.fields(value, place, _COLUMN)
    with place.named():
        return ViewColumn(name, **given)


def _indexes(value: object, place: Place) -> list[Index]:
    return [
        _index(name, each, place.at(name)) for name, each in reading.table(value, place).items()
    ]


def _index(name: str, value: object, place: Place) -> Index:
    given = reading.fields(value, place, _INDEX)
    reading.required(given, place, "keys")
    with place.named():
        return Index(name, **given)


def _keys(value: object, place: Place) -> list[IndexKey]:
    """Read what an index is over: names of columns, and tables of what else a key can be."""
    return [
        _key(each, place.at(number))
        for number, each in enumerate(reading.sequence(value, place), start=1)
    ]


def _key(value: object, place: Place) -> IndexKey:
    given = reading.fields(reading.short_for(value, "column"), place, _KEY)
    with place.named():
        return IndexKey(**given)


_KEY: Fields = {
    "column": reading.text,
    "expression": reading.text,
    "collation": reading.collation,
    "opclass": reading.text,
    "descending": reading.flag,
    "nulls_first": reading.flag,
}
_INDEX: Fields = {
    "keys": _keys,
    "unique": reading.flag,
    "method": reading.text,
    "where": reading.text,
    "include": reading.texts,
    "nulls_not_distinct": reading.flag,
    "options": reading.options,
    "comment": reading.text,
}
_COLUMN: Fields = {"comment": reading.text, "grants": reading.grants}
_VIEW: Fields = {
    "query": reading.text,
    "columns": _columns,
    "indexes": _indexes,
    "with_data": reading.flag,
    "owner": reading.text,
    "grants": reading.grants,
    "comment": reading.text,
    "uses": reading.texts,
    "renamed_from": reading.former_name,
}
