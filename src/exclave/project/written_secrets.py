"""Secrets that stand in plain data as they are, so that a front end can keep them from its log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from exclave.errors import DeclarationError
from exclave.objects import Options, Secret
from exclave.objects.registry import open_mapping_options
from exclave.project.reading import is_reference

_NO_OPTIONS = ("columns", "checks", "grants")
"""Where names are those of columns and so on, and mean nothing."""

_MAPPINGS = ("mappings", "user_mappings")


def plain_secrets(data: object) -> frozenset[str]:
    """Find the secrets that somebody wrote into declarations in the place of a reference.

    Nothing need be right with the declarations: what is refused may be shown too.

    Parameters
    ----------
    data
        What `catalog_of` takes, or anything else.

    Returns
    -------
    frozenset of str
        The values whose name or content says that they are secrets, and of the options of a user
        mapping all that are not known to be open.
    """
    return frozenset(_found(data, "", in_mapping=False))


def _found(data: object, key: object, *, in_mapping: bool) -> Iterator[str]:
    if is_reference(data):
        return
    if isinstance(data, dict):
        for name, value in cast("dict[object, object]", data).items():
            if not isinstance(value, str | int | float):
                yield from _found(value, name, in_mapping=in_mapping or name in _MAPPINGS)
            elif key not in _NO_OPTIONS and value != "":
                mapped = in_mapping and key == "options"
                if _is_secret(str(name), str(value), mapped=mapped):
                    yield str(value)
    elif isinstance(data, list):
        for value in cast("list[object]", data):
            yield from _found(value, key, in_mapping=in_mapping)


def _is_secret(name: str, value: str, *, mapped: bool) -> bool:
    try:
        options = Options({name: value})
    except DeclarationError:
        return mapped
    if mapped:
        options = options.sealed(open_mapping_options())
    return isinstance(options[name], Secret)
