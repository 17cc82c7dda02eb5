"""How DuckDB is told to read CSV as COPY does: every line counts, and nothing is guessed."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from exclave.fdw import WrapperError
from exclave.wrappers.files.engine import quoted_text
from exclave.wrappers.files.options import TableOptions
from exclave.wrappers.files.paths import Files

_MARK = b"\xef\xbb\xbf"


def arguments(files: Files, options: TableOptions, names: Iterable[str] | None) -> list[str]:
    """Write the arguments of ``read_csv``; `names` are those declared, if a table is.

    Raises
    ------
    WrapperError
        If a file that should begin with names begins with an empty line.
    """
    if options.header:
        _check_first_lines(files)
    tabs = ".tsv" in Path(files.paths[0]).suffixes
    delimiter = options.delimiter or ("\t" if tabs else ",")
    written = [
        f"delim = {quoted_text(delimiter)}",
        f"quote = {quoted_text(options.quote)}",
        f"escape = {quoted_text(options.escape)}",
        f"nullstr = {quoted_text(options.null)}",
        f"header = {str(options.header).lower()}",
        "allow_quoted_nulls = false",
        "comment = ''",  # or lines that begin with # are left out
        "skip = 0",  # or lines at the start that have fewer values are left out
        "strict_mode = true",
    ]
    if names is None:
        return [*written, "dateformat = '%Y-%m-%d'"]  # what a cast reads
    written.append("all_varchar = true")
    if not options.header:
        written.append(f"names = [{', '.join(map(quoted_text, names))}]")
    return written


@functools.lru_cache(maxsize=64)
def _check_first_lines(files: Files) -> None:
    """DuckDB leaves empty lines out, and then takes the names for a row."""
    for path in files.paths:
        if _start(path).startswith((b"\n", b"\r")):
            raise WrapperError(
                f'the first line of "{Path(path).name}" is empty, and not the names of columns',
                sqlstate="22P04",
                hint="Remove the line, or set the option header to false.",
            )


def _start(path: str) -> bytes:
    if path.endswith(".zst"):
        return b""
    opener: Callable[..., Any] = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        try:
            return file.read(len(_MARK) + 1).removeprefix(_MARK)
        except (OSError, EOFError):  # DuckDB says what is wrong with it
            return b""
