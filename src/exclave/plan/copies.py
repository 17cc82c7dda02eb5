"""Copies of objects with other properties, made only where something differs.

A plan for a large hub goes over hundreds of thousands of values, nearly all of them as they should
be; to copy each of them takes several times as long as all the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from exclave.objects import Column, ForeignObject

_Value = TypeVar("_Value", bound=ForeignObject | Column)


def changed(value: _Value, **properties: object) -> _Value:
    """Give a value with some properties; the value itself when it has them already."""
    if all(getattr(value, name) == wanted for name, wanted in properties.items()):
        return value
    return replace(value, **properties)


def filled(actual: _Value, desired: _Value, **properties: object) -> _Value:
    """Give a declaration with the properties that it left open; `actual` if that is the same.

    Parameters
    ----------
    actual
        What is there.
    desired
        The declaration.
    properties
        What the open properties are to be. The other ones are as declared.
    """
    declared = _getter(type(desired), frozenset(properties))
    if declared(actual) == declared(desired) and changed(actual, **properties) is actual:
        return actual
    return replace(desired, **properties)


@cache
def _getter(kind: type[ForeignObject | Column], but_for: frozenset[str]) -> Callable[[object], Any]:
    """Give what reads the properties of an object that make it equal to another, but for some."""
    return attrgetter(
        *(each.name for each in fields(kind) if each.compare and each.name not in but_for)
    )
