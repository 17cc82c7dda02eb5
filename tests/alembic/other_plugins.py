"""Plug-ins of others, which register themselves for good when they are imported, for a while."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.autogenerate import comparators

_added: dict[str, dict[Any, list[Any]]] = {}


@contextmanager
def plugin(name: str) -> Iterator[None]:
    """Import a plug-in, and have autogenerate ask it until the end of the context."""
    registry = comparators._registry  # type: ignore[attr-defined]
    before = {key: list(functions) for key, functions in registry.items()}
    if name not in _added:
        importlib.import_module(name)
        _added[name] = {
            key: functions[len(before.get(key, [])) :] for key, functions in registry.items()
        }
    else:
        for key, functions in _added[name].items():
            registry[key].extend(functions)
    assert any(_added[name].values())
    try:
        yield
    finally:
        registry.clear()
        registry.update(before)
