"""The options of the wrapper `Files`, level by level."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from exclave.fdw import Doc, OptionError, Options

Format = Literal["parquet", "csv", "jsonl", "arrow"]

_SUFFIXES: Mapping[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}

_PACKED = (".gz", ".zst")
_SIZE = re.compile(r"\d+(\.\d+)?\s*[KMGT]i?B", re.IGNORECASE)


class WrapperOptions(Options):
    """Of the foreign-data wrapper: what a backend may use. Only a superuser can write them."""

    threads: Annotated[int, Doc("Threads of a backend that work on a query.")] = 1
    memory_limit: Annotated[str, Doc("Memory of a backend for files, such as `512MB`.")] = "512MB"
    spill: Annotated[
        bool, Doc("Whether what does not fit goes to PostgreSQL's folder for temporary files.")
    ] = True

    def check(self) -> None:
        """Check what DuckDB would refuse only at the first scan."""
        if self.threads < 1:
            raise OptionError("the option threads must be at least 1", sqlstate="HV024")
        if not _SIZE.fullmatch(self.memory_limit):
            raise OptionError(
                "the option memory_limit is no size", sqlstate="HV024", hint="Write 512MB or 2GB."
            )


class ServerOptions(Options):
    """Of a server: where files are."""

    root: Annotated[str, Doc("A folder; nothing outside of it is read.")]

    def check(self) -> None:
        """Check that the folder does not depend on where the server was started."""
        if not self.root.startswith("/"):
            raise OptionError(
                "the option root must be an absolute path", sqlstate="HV024", hint="Begin with /."
            )


class TableOptions(Options):
    """Of a foreign table: which files, and how they are read."""

    path: Annotated[
        str, Doc("A file, a pattern such as `2013-*.parquet`, or a folder, below the root.")
    ]
    format: Annotated[Format | None, Doc("Of the files; told by their names if left out.")] = None
    partitions: Annotated[
        bool | None,
        Doc("Whether folders such as `year=2013` are columns; if left out, where there are."),
    ] = None
    union_by_name: Annotated[
        bool, Doc("Whether files have different columns; those that a file lacks are NULL.")
    ] = False
    header: Annotated[bool, Doc("Whether a CSV file begins with the names of columns.")] = True
    delimiter: Annotated[
        str | None, Doc("Between values of CSV; a comma, or a tab for `.tsv`.")
    ] = None
    quote: Annotated[str, Doc("Around values of CSV.")] = '"'
    escape: Annotated[str, Doc("Before a quote within a value of CSV.")] = '"'
    null: Annotated[str, Doc("What stands for NULL in CSV where it is not quoted.")] = ""

    def check(self) -> None:
        """Refuse paths that would leave the root."""
        parts = self.path.split("/")
        if self.path.startswith("/") or ".." in parts or "\0" in self.path:
            raise OptionError(
                "the option path must stay below the server's root",
                sqlstate="HV024",
                hint='Write it relative to the root, without "..".',
            )
        for name in ("quote", "escape"):
            if len(getattr(self, name)) > 1:
                raise OptionError(f"the option {name} takes one character", sqlstate="HV024")


class ColumnOptions(Options):
    """Of a column."""

    column: Annotated[str | None, Doc("Its name in the files, if it is another.")] = None


def format_of(name: str) -> Format | None:
    """Tell the format of a file by its name; None if it does not tell."""
    lower = name.lower()
    for packed in _PACKED:
        lower = lower.removesuffix(packed)
    return next((kind for suffix, kind in _SUFFIXES.items() if lower.endswith(suffix)), None)
