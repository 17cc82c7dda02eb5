"""Alembic's operations and exclave's, as one typed module: ``from exclave.alembic import op``.

At run time it is `alembic.op`; type checkers read ``op.pyi``, which is generated.
"""

from __future__ import annotations

from typing import Any

from alembic import op as _op

from exclave.alembic import implementation

implementation.register()


def __getattr__(name: str) -> Any:
    return getattr(_op, name)


def __dir__() -> list[str]:
    return dir(_op)
