"""Projects of Alembic on fresh databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exclave.cluster import Database

from .project import Project

NewProject = Callable[..., Project]


@pytest.fixture
def new_project(database: Database, tmp_path: Path) -> NewProject:
    """Make a project with options of ``context.configure``."""

    def make(**options: Any) -> Project:
        return Project(tmp_path, database, **options)

    return make
