"""IMPORT FOREIGN SCHEMA: the files and folders of a folder, as tables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from exclave.fdw import ImportContext, ImportedColumn, ImportedTable, ImportRequest, WrapperError
from exclave.wrappers.files import paths, sources
from exclave.wrappers.files.options import Format, ServerOptions, TableOptions, format_of

HERE = "."
"""The remote schema that stands for the root itself."""

_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric",
    "HUGEINT": "numeric",
    "UHUGEINT": "numeric",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "BLOB": "bytea",
    "DATE": "date",
    "TIME": "time",
    "INTERVAL": "interval",
    "UUID": "uuid",
}
_DECIMAL = re.compile(r"DECIMAL(\(\d+,\d+\))")
_BRACKETS = re.compile(r"(\[\d*\])+$")


def tables(request: ImportRequest, context: ImportContext) -> Iterator[ImportedTable]:
    """Give a table for each file, and for each folder with files of one format.

    Raises
    ------
    WrapperError
        If the folder is not there, or is outside the root.
    """
    server = context.server.options
    assert isinstance(server, ServerOptions)
    root = os.path.realpath(server.root)
    wanted = "" if request.remote_schema == HERE else request.remote_schema
    folder = os.path.realpath(os.path.join(root, wanted))
    if not Path(folder).is_relative_to(root) or not os.path.isdir(folder):
        raise WrapperError(
            f'there is no folder "{request.remote_schema}" below the root of server '
            f'"{context.server.name}"',
            sqlstate="HV00P",
            hint='The schema names a folder; "." is the root itself.',
        )
    for name, path, kind in _found(folder, root):
        if request.wants(name):
            yield _table(name, path, kind, root, context)


def _found(folder: str, root: str) -> Iterator[tuple[str, str, Format]]:
    names: set[str] = set()
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        kind = _kind(entry, root)
        if kind is None or entry.name[0] in "._":
            continue
        name = entry.name if entry.is_dir() else entry.name.partition(".")[0]
        if name in names:
            name = entry.name  # a.csv and a.parquet
        names.add(name)
        yield name, os.path.relpath(entry.path, root), kind


def _kind(entry: os.DirEntry[str], root: str) -> Format | None:
    real = os.path.realpath(entry.path)
    if not Path(real).is_relative_to(root):
        return None
    if os.path.isfile(real):
        return format_of(real)
    inside: set[Format] = set()
    for path in paths.walk(real, root):
        kind = format_of(path)
        inside |= set() if kind is None else {kind}
    return inside.pop() if len(inside) == 1 else None


def _table(name: str, path: str, kind: Format, root: str, context: ImportContext) -> ImportedTable:
    options = TableOptions.parse({"path": path})
    files = paths.find(root, options)
    settings = sources.settings_of(context.wrapper.options, root)
    source = sources.make(settings, files, options)
    columns = [
        ImportedColumn(column, postgres_type(found))
        for column, found in sources.described(source).items()
    ]
    return ImportedTable(name, columns, {"path": path, "format": kind})


def postgres_type(found: str) -> str:
    """Give the type of PostgreSQL's that holds all values of one of DuckDB's."""
    brackets = _BRACKETS.search(found)
    if brackets:
        element = postgres_type(found[: brackets.start()])
        return element if element == "jsonb" else f"{element}[]"
    if found in _TYPES:
        return _TYPES[found]
    decimal = _DECIMAL.fullmatch(found)
    if decimal:
        return f"numeric{decimal[1]}"
    if found.startswith("TIMESTAMP"):
        return "timestamptz" if found.endswith("TIME ZONE") else "timestamp"
    if found.startswith(("STRUCT", "MAP", "UNION", "JSON", "VARIANT")):
        return "jsonb"
    return "text"
