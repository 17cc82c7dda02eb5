"""The FROM clause of DuckDB's SQL for the files of a table, and the columns that it has."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exclave.fdw import Table, WrapperError
from exclave.wrappers.files import delimited, engine, names
from exclave.wrappers.files.columns import SourceColumn, requested_type, source_column
from exclave.wrappers.files.engine import EngineSettings, quoted_paths, quoted_text
from exclave.wrappers.files.options import (
    ColumnOptions,
    ServerOptions,
    TableOptions,
    WrapperOptions,
)
from exclave.wrappers.files.paths import Files, find

ARROW = "arrow_files"
"""What Arrow files are called in DuckDB, which does not read them itself."""

_PARTITION = re.compile(r"/([^/=]+)=[^/]*(?=/)")


@dataclass(frozen=True)
class Source:
    """The files of a table, for queries.

    Parameters
    ----------
    settings
        Of the DuckDB that reads them.
    files
        Which they are.
    sql
        The FROM clause.
    sample
        The same for the first file alone, where all have the same columns.
    """

    settings: EngineSettings
    files: Files
    sql: str
    sample: str

    @property
    def datasets(self) -> dict[str, tuple[str, ...]]:
        """The Arrow files, by the name that stands for them."""
        return {ARROW: self.files.paths} if self.files.format == "arrow" else {}


def settings_of(wrapper: object, root: str) -> EngineSettings:
    """Give the settings of the DuckDB that reads below a folder."""
    assert isinstance(wrapper, WrapperOptions)
    spill = engine.temp_directory() if wrapper.spill else ""
    return EngineSettings(root, wrapper.threads, wrapper.memory_limit, spill)


def source_of(table: Table) -> Source:
    """Find the files of a table, and write how they are read."""
    server, options = table.server.options, table.options
    assert isinstance(server, ServerOptions)
    assert isinstance(options, TableOptions)
    files = find(server.root, options)
    declared = {_file_name(column.name, column.options): column.type for column in table.columns}
    settings = settings_of(table.wrapper.options, files.root)
    if files.format == "jsonl":
        found = described(make(settings, files, options))
        declared = {  # as the files spell it: keys of JSON that differ in case would be NULL
            names.meant(table.name, name, found, keys=True) or name: kind
            for name, kind in declared.items()
        }
    return make(settings, files, options, declared)


def make(
    settings: EngineSettings,
    files: Files,
    options: TableOptions,
    declared: Mapping[str, str] | None = None,
) -> Source:
    """Write how files are read; `declared` has the columns' types by their names in the files."""
    if files.format == "arrow":
        return Source(settings, files, ARROW, ARROW)
    partitions = partition_columns(files) if options.partitions is not False else ()
    if options.partitions and not partitions:
        raise WrapperError(
            f'no folder of "{options.path}" has a name such as year=2013', sqlstate="HV00D"
        )
    arguments = _arguments(files, options, declared, partitions)
    function = {"parquet": "read_parquet", "csv": "read_csv", "jsonl": "read_json"}[files.format]

    def call(paths: Iterable[str]) -> str:
        return f"{function}({', '.join([quoted_paths(paths), *arguments])})"

    whole = call(files.paths)
    return Source(settings, files, whole, whole if options.union_by_name else call(files.paths[:1]))


def partition_columns(files: Files) -> tuple[str, ...]:
    """Give the names in folders such as ``year=2013`` below the root."""
    inside = files.paths[0][len(files.root.rstrip("/")) :]
    return tuple(dict.fromkeys(_PARTITION.findall(inside)))


def _arguments(
    files: Files,
    options: TableOptions,
    declared: Mapping[str, str] | None,
    partitions: tuple[str, ...],
) -> list[str]:
    common = [f"hive_partitioning = {str(bool(partitions)).lower()}"]
    if partitions and declared is not None:
        common.append("hive_types_autocast = false")
    if options.union_by_name and files.format != "jsonl":
        common.append("union_by_name = true")
    if files.format == "csv":
        own = None if declared is None else [each for each in declared if each not in partitions]
        return [*delimited.arguments(files, options, own), *common]
    if files.format == "jsonl":
        return [*_json(declared, partitions), *common]
    return common


def _json(declared: Mapping[str, str] | None, partitions: tuple[str, ...]) -> list[str]:
    arguments = ["format = 'newline_delimited'"]
    if declared is not None:
        listed = [
            f"{quoted_text(name)}: {quoted_text(requested_type(kind))}"
            for name, kind in declared.items()
            if name not in partitions
        ]
        if listed:
            arguments.append(f"columns = {{{', '.join(listed)}}}")
    return arguments


@functools.lru_cache(maxsize=64)
def _described(
    settings: EngineSettings, sql: str, datasets: tuple[str, ...], version: int
) -> dict[str, str]:
    named = {ARROW: datasets} if datasets else {}
    rows = engine.fetch(settings, f"DESCRIBE FROM {sql}", named)
    return {str(row[0]): str(row[1]) for row in rows}


def described(source: Source) -> dict[str, str]:
    """Give the columns of the files: names, and types as DuckDB writes them."""
    paths = source.files.paths if source.files.format == "arrow" else ()
    return _described(source.settings, source.sample, paths, source.files.version)


def columns_of(table: Table, source: Source) -> dict[str, SourceColumn]:
    """Say how each column of a table is read, by its name.

    Raises
    ------
    WrapperError
        If the files do not have one of them.
    """
    found = described(source)
    made: dict[str, SourceColumn] = {}
    read_as: dict[str, str] = {}
    for column in table.columns:
        wanted = _file_name(column.name, column.options)
        name = names.meant(table.name, wanted, found)
        if name is None:
            raise WrapperError(
                f'the files of table "{table.name}" have no column "{wanted}"',
                sqlstate="HV005",
                hint=f"They have {', '.join(found)}; the column's option column names one.",
            )
        if read_as.setdefault(name, wanted) != wanted:
            raise WrapperError(
                f'"{read_as[name]}" and "{wanted}" of table "{table.name}" would both be read from '
                f'"{name}" of the files',
                sqlstate="HV005",
                hint=f"They have {', '.join(found)}; the column's option column names one.",
            )
        made[column.name] = source_column(column, name, found[name])
    return made


def _file_name(name: str, options: object) -> str:
    assert isinstance(options, ColumnOptions)
    return options.column or name
