"""DuckDB in the backend: one for each folder, which can read nothing else, and no network."""

from __future__ import annotations

import contextlib
import functools
import importlib
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exclave.fdw import WrapperError
from exclave.wrappers.files import background
from exclave.wrappers.files.macros import MACROS

ROWS_AHEAD = 65_536
"""Rows of a record batch."""

_STATES = {
    "OutOfMemoryException": "53200",
    "OutOfRangeException": "22003",
    "ConversionException": "22018",
    "PermissionException": "42501",
    "IOException": "58030",
}

_MAGIC = re.compile(r"[*?[]")

_ADVICE = ("Possible", "Try", "LINE")
"""How lines of an error begin that tell of DuckDB's options, or show its SQL."""

_LONGEST = 300
"""Characters of a line of an error that are shown."""

_RAGGED = (
    "Do all lines have as many values as the first? The options delimiter, quote, escape help."
)

_LOCKED = (
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


@dataclass(frozen=True)
class EngineSettings:
    """What a DuckDB is started with.

    Parameters
    ----------
    root
        The one folder that it may read, without symbolic links.
    threads
        How many threads work on a query.
    memory_limit
        As DuckDB writes it: ``512MB``.
    temp_directory
        Where it puts what does not fit; empty for nowhere.
    """

    root: str
    threads: int = 1
    memory_limit: str = "512MB"
    temp_directory: str = ""


@functools.lru_cache(maxsize=8)
def _database(settings: EngineSettings) -> Any:
    """Start a DuckDB; its threads block the signals that the calling thread blocks."""
    duckdb = importlib.import_module("duckdb")
    config: dict[str, Any] = {
        "threads": settings.threads,
        "async_threads": 0,
        "memory_limit": settings.memory_limit,
        "temp_directory": settings.temp_directory,
        "autoload_known_extensions": False,
        "autoinstall_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "enable_external_file_cache": False,
        "python_enable_replacements": False,
    }
    made = duckdb.connect(":memory:", config=config)
    folder = settings.root.rstrip("/") + "/"
    made.execute(f"SET allowed_directories = [{quoted_text(folder)}]")
    for statement in (*MACROS, *_LOCKED):
        made.execute(statement)
    return made


class _Connection:
    """A connection of one query, which another thread can interrupt."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.opened: Any = None

    def open(self, datasets: Mapping[str, Sequence[str]]) -> Any:
        """Connect, with Arrow files as tables."""
        self.opened = _database(self.settings).cursor()
        for name, files in datasets.items():
            dataset = importlib.import_module("pyarrow.dataset")
            self.opened.register(name, dataset.dataset(list(files), format="ipc"))
        return self.opened

    def stop(self) -> None:
        """Interrupt the query."""
        if self.opened is not None:
            with contextlib.suppress(Exception):  # it was just closed
                self.opened.interrupt()


def stream(
    settings: EngineSettings,
    sql: str,
    parameters: Sequence[object] = (),
    datasets: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Any]:
    """Run a query and give its rows as record batches of pyarrow, as they are asked for.

    Raises
    ------
    WrapperError
        What DuckDB reports.
    """
    connection = _Connection(settings)

    def produce() -> Iterator[Any]:
        opened = connection.open(datasets or {})
        try:
            relation = opened.sql(sql, params=list(parameters))
            yield from relation.to_arrow_reader(ROWS_AHEAD)
        finally:
            opened.close()

    yield from _told(background.in_background(produce, connection.stop))


def fetch(
    settings: EngineSettings, sql: str, datasets: Mapping[str, Sequence[str]] | None = None
) -> list[tuple[Any, ...]]:
    """Run a query of few rows, for planning, and give them."""
    connection = _Connection(settings)

    def work() -> list[tuple[Any, ...]]:
        opened = connection.open(datasets or {})
        try:
            return opened.execute(sql).fetchall()
        finally:
            opened.close()

    [rows] = _told(background.in_background(lambda: iter([work()]), connection.stop))
    return rows


def _told(items: Iterator[Any]) -> Iterator[Any]:
    """Raise what DuckDB raises as an error for the user, which needs no traceback."""
    try:
        yield from items
    except Exception as error:
        library = type(error).__module__.startswith(("_duckdb", "duckdb", "pyarrow"))
        if not library and not isinstance(error, OSError):  # pyarrow's for what DuckDB reports
            raise
        lines = str(error).strip().splitlines() or [type(error).__name__]
        state = _STATES.get(type(error).__name__) or _STATES.get(_kind(lines[0]), "HV000")
        more = itertools.takewhile(lambda line: line and not line.startswith(_ADVICE), lines[1:])
        detail = "\n".join(line[:_LONGEST] for line in more)
        hint = _RAGGED if "sniffing file" in lines[0] else None
        raise WrapperError(lines[0], sqlstate=state, detail=detail or None, hint=hint) from None


def _kind(message: str) -> str:
    """Give the exception that a message is of: after the first rows, pyarrow raises all of them."""
    return message.partition(" Error: ")[0].replace(" ", "") + "Exception"


def temp_directory() -> str:
    """Give a folder of this backend below PostgreSQL's own for temporary files.

    PostgreSQL removes what a server that crashed left there. Outside a server there is none.
    """
    temporary = Path.cwd() / "base" / "pgsql_tmp"
    if not (Path.cwd() / "PG_VERSION").is_file():
        return ""
    temporary.mkdir(mode=0o700, exist_ok=True)
    return str(temporary / f"pgsql_tmp{os.getpid()}.duckdb")


def quoted_text(text: str) -> str:
    """Write a text as a literal of DuckDB's SQL."""
    return "'" + text.replace("'", "''") + "'"


def quoted_paths(paths: Iterable[str]) -> str:
    """Write a list of files, whose names mean themselves and no pattern."""
    return "[" + ", ".join(quoted_text(_MAGIC.sub(r"[\g<0>]", path)) for path in paths) + "]"


def quoted_name(name: str) -> str:
    """Write a name as an identifier of DuckDB's SQL."""
    return '"' + name.replace('"', '""') + '"'
