"""The SQL that reads a remote: one file a query."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """Give the text of ``sql/<name>.sql``."""
    folder = files("exclave.federation.remote").joinpath("sql")
    return folder.joinpath(f"{name}.sql").read_text(encoding="utf-8")


def statements(name: str, **parts: str) -> list[str]:
    """Give the statements of ``sql/<name>.sql``, with ``{part}`` put in as SQL."""
    text = query(name)
    for part, sql in parts.items():
        text = text.replace("{" + part + "}", sql)
    return [statement.strip() for statement in text.split(";\n") if statement.strip()]
