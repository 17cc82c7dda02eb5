"""Which files a table reads: none outside the root, whatever links there are."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exclave.fdw import WrapperError
from exclave.wrappers.files.options import Format, TableOptions, format_of

_MAGIC = frozenset("*?[")


@dataclass(frozen=True)
class Files:
    """The files of a table.

    Parameters
    ----------
    root
        The folder, without symbolic links.
    paths
        Of the files, sorted; each below the root, without symbolic links.
    format
        Of all of them.
    version
        Changes when one of them is written.
    size
        Bytes of all of them.
    """

    root: str
    paths: tuple[str, ...]
    format: Format
    version: int
    size: int


def find(root: str, options: TableOptions) -> Files:
    """Find the files of a table.

    Raises
    ------
    WrapperError
        If there are none, if one is outside the root, or if nothing tells their format.
    """
    folder = os.path.realpath(root)
    if not os.path.isdir(folder):
        raise WrapperError(f'the root "{root}" is not a folder', sqlstate="58P01")
    found = sorted(_matching(folder, options))
    if not found:
        raise WrapperError(f'there is no file "{options.path}" below the root', sqlstate="58P01")
    kind = options.format or _one_format(found, options.path)
    status = [os.stat(path) for path in found]
    version = hash(
        tuple(
            (path, each.st_mtime_ns, each.st_size, each.st_ino)
            for path, each in zip(found, status, strict=True)
        )
    )
    return Files(folder, tuple(found), kind, version, sum(each.st_size for each in status))


def _matching(root: str, options: TableOptions) -> Iterator[str]:
    whole = os.path.join(root, options.path)
    if os.path.isfile(whole):
        yield _inside(whole, root)
    elif os.path.isdir(whole):
        folder = _inside(whole, root)
        wanted = options.format or _one_format(list(walk(folder, root)), options.path)
        yield from (path for path in walk(folder, root) if format_of(path) == wanted)
    elif _MAGIC & set(options.path):
        for path in _globbed(root, options.path.split("/")):
            if os.path.isfile(path):
                yield _inside(path, root)


def walk(folder: str, root: str) -> Iterator[str]:
    """Give the files below a folder, without hidden ones and what begins with an underscore."""
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if entry.name[0] in "._":
            continue
        path = _inside(entry.path, root)
        if os.path.isdir(path):
            if not entry.is_symlink():  # which could lead in a circle
                yield from walk(path, root)
        else:
            yield path


def _globbed(folder: str, parts: list[str]) -> Iterator[str]:
    """Give what a pattern matches; ``**`` is any folders."""
    first, rest = parts[0], parts[1:]
    if first == "**":
        yield from _globbed(folder, rest) if rest else ()
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                yield from _globbed(entry.path, parts)
            elif not rest:
                yield entry.path
    elif not rest:
        yield from (entry.path for entry in _entries(folder) if _matches(entry.name, first))
    else:
        for entry in _entries(folder):
            if _matches(entry.name, first) and entry.is_dir():
                yield from _globbed(entry.path, rest)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    return sorted(os.scandir(folder), key=lambda each: each.name)


def _matches(name: str, pattern: str) -> bool:
    hidden = name.startswith(".") and not pattern.startswith(".")
    return not hidden and fnmatch.fnmatchcase(name, pattern)


def _inside(path: str, root: str) -> str:
    real = os.path.realpath(path)
    if not Path(real).is_relative_to(root):
        raise WrapperError(
            f'"{os.path.relpath(path, root)}" leads out of the root',
            sqlstate="42501",
            hint="A symbolic link there points outside; only files below the root are read.",
        )
    return real


def _one_format(paths: list[str], shown: str) -> Format:
    kinds: set[Format] = {kind for path in paths if (kind := format_of(path)) is not None}
    if len(kinds) != 1:
        found = " and ".join(sorted(kinds)) if kinds else "none that names tell"
        raise WrapperError(
            f'the files of "{shown}" must be of one format, found {found}',
            sqlstate="HV00D",
            hint="Give the option format: parquet, csv, jsonl or arrow.",
        )
    return kinds.pop()
