"""A catalog: the foreign objects of one database, as declared or as read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar, cast

from exclave.errors import DeclarationError
from exclave.objects.extension import Extension
from exclave.objects.foreign_table import ForeignTable
from exclave.objects.materialized_view import MaterializedView
from exclave.objects.schema import Schema
from exclave.objects.server import Server
from exclave.objects.user_mapping import UserMapping
from exclave.objects.wrapper import Wrapper

ForeignObject = (
    Extension | Wrapper | Server | UserMapping | Schema | ForeignTable | MaterializedView
)
"""Everything that can stand in a catalog."""

_T = TypeVar("_T", bound=ForeignObject)


@dataclass(frozen=True, init=False)
class Catalog:
    """A set of foreign objects, each found by its key.

    Parameters
    ----------
    objects
        The objects, in any order. The same object may be given twice.

    Raises
    ------
    DeclarationError
        When two different objects have the same name.
    """

    extensions: Mapping[str, Extension]
    wrappers: Mapping[str, Wrapper]
    servers: Mapping[str, Server]
    user_mappings: Mapping[tuple[str, str], UserMapping]
    schemas: Mapping[str, Schema]
    foreign_tables: Mapping[tuple[str, str], ForeignTable]
    materialized_views: Mapping[tuple[str, str], MaterializedView]

    def __init__(self, objects: Iterable[ForeignObject] = ()) -> None:
        if not isinstance(objects, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DeclarationError(
                f"{cast('object', objects)!r} is no list of foreign objects; write [object], even "
                "for one alone."
            )
        given = list(objects)
        for value in given:
            if not isinstance(value, ForeignObject):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise DeclarationError(
                    f"{value!r} is no foreign object; declare an Extension, Wrapper, Server, "
                    "UserMapping, Schema, ForeignTable or MaterializedView."
                )
        assign = object.__setattr__
        assign(self, "extensions", _by_key(given, Extension))
        assign(self, "wrappers", _by_key(given, Wrapper))
        assign(self, "servers", _by_key(given, Server))
        assign(self, "user_mappings", _by_key(given, UserMapping))
        assign(self, "schemas", _by_key(given, Schema))
        assign(self, "foreign_tables", _by_key(given, ForeignTable))
        assign(self, "materialized_views", _by_key(given, MaterializedView))

    def __iter__(self) -> Iterator[ForeignObject]:
        yield from self.schemas.values()
        yield from self.extensions.values()
        yield from self.wrappers.values()
        yield from self.servers.values()
        yield from self.user_mappings.values()
        yield from self.foreign_tables.values()
        yield from self.materialized_views.values()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __hash__(self) -> int:
        return hash(frozenset(self))

    def __repr__(self) -> str:
        return f"Catalog([{', '.join(repr(value) for value in self)}])"

    def __or__(self, other: Iterable[ForeignObject]) -> Catalog:
        """Give a catalog with the objects of both."""
        return Catalog([*self, *other])


def _by_key(objects: list[ForeignObject], kind: type[_T]) -> Mapping[object, _T]:
    found: dict[object, _T] = {}
    for value in objects:
        if not isinstance(value, kind):
            continue
        first = found.setdefault(value.key, value)
        if first is not value and first != value:
            raise DeclarationError(f"Two different declarations of {value}; keep one.")
    return MappingProxyType(found)
