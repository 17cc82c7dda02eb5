"""``exclave fdw new``: a project with a wrapper, its tests and its SQL."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exclave.cli.exit import told_errors
from exclave.cli.fdw.asked import NoColor, WithTraceback, errors
from exclave.errors import ProjectError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_SUFFIX = ".tmpl"
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_TAKEN = sys.stdlib_module_names | {"exclave"}
_LONGEST = 63 - len("_validator")


def new(
    name: Annotated[
        str, typer.Argument(help="Of the wrapper and its package: lower case, such as weather.")
    ],
    folder: Annotated[
        Path | None, typer.Option(help="Where to make it. Default: a folder of that name, here.")
    ] = None,
    no_color: NoColor = False,
    with_traceback: WithTraceback = False,
) -> None:
    """Make a project with a wrapper: a class, its tests on a real PostgreSQL, and its SQL.

    Nothing that exists is written over.
    """
    with told_errors(errors(no_color), with_traceback=with_traceback):
        _check_name(name)
        target = Path(name) if folder is None else folder
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ProjectError(f"{target} exists already; name a folder that is new or empty")
        for path, text in _project(name):
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            typer.echo(str(file))


def _check_name(name: str) -> None:
    if not _NAME.match(name) or keyword.iskeyword(name):
        raise ProjectError(
            f"{name!r} cannot be the name of a package and a wrapper; take lower-case letters, "
            "digits and underscores, such as weather"
        )
    if name in _TAKEN:
        raise ProjectError(
            f"a package {name!r} would hide the one of Python or exclave; take a name that neither "
            "has, such as weather"
        )
    if len(name) > _LONGEST:
        raise ProjectError(f"{name!r} is too long; PostgreSQL takes {_LONGEST} characters here")


def _project(name: str) -> Iterator[tuple[str, str]]:
    """Give paths and texts of the files."""
    words = {"name": name, "class": "".join(part.capitalize() for part in name.split("_"))}
    for path, source in sorted(_templates(files("exclave.cli.fdw") / "template", "")):
        yield _filled(path, words), _filled(source.read_text(encoding="utf-8"), words)


def _templates(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, f"{above}{entry.name}/")
        elif entry.name.endswith(_SUFFIX):
            yield above + entry.name.removesuffix(_SUFFIX), entry


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"__(name|class)__", lambda found: words[found[1]], text)
