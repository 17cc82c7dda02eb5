"""Alembic front end: foreign objects in `alembic revision --autogenerate`, and operations for them.

Alembic finds it by itself, as the plug-in ``alembic.autogenerate.exclave``.
"""

import alembic  # noqa: F401 # pyright: ignore[reportUnusedImport] - loads the plug-in; it must begin
