"""``exclave pull``: declarations from a live database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from exclave.catalog import connection_of, read
from exclave.catalog.collector import paused_collector
from exclave.cli.run import Run
from exclave.errors import CatalogError, ProjectError
from exclave.objects import module
from exclave.objects.selection import Selection, select
from exclave.objects.source import EnvironmentReferences

if TYPE_CHECKING:
    import psycopg


class Style(Enum):
    """How declarations are written."""

    SQLALCHEMY = "sqlalchemy"
    OBJECTS = "objects"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a database holds, and the schema of names without one."""

    selection: Selection
    default_schema: str


def pull(
    run: Run,
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="[DATABASE]", help="The database, as --database.", show_default=False
        ),
    ] = None,
    style: Annotated[
        Style | None,
        typer.Option(
            help="A SQLAlchemy MetaData with tables, or a Catalog of plain objects. "
            "Default: sqlalchemy where it is installed."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write. Default: standard output."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Overwrite the file if it is there.")
    ] = False,
    schema: Annotated[
        list[str] | None,
        typer.Option(
            help="Declare the foreign tables of this schema and what they need; may be repeated."
        ),
    ] = None,
    owners: Annotated[bool, typer.Option("--owners/--no-owners", help="Declare owners.")] = True,
    grants: Annotated[
        bool, typer.Option("--grants/--no-grants", help="Declare privileges.")
    ] = True,
) -> None:
    """Write Python declarations of what a database holds.

    Passwords are never written: they become references to environment variables, which are
    listed on standard error.
    """
    style = style or (Style.SQLALCHEMY if find_spec("sqlalchemy") else Style.OBJECTS)
    if style is Style.SQLALCHEMY and find_spec("sqlalchemy") is None:
        raise ProjectError(
            "The style sqlalchemy needs the package sqlalchemy, which is not installed. Install "
            'it with: pip install "exclave[sqlalchemy]", or give --style objects.'
        )
    if output is not None and output.exists() and not force:
        raise _there(output)
    if address is not None:
        run = replace(run, database=address)
    references = EnvironmentReferences()
    with run.connected(run.project()) as connection, paused_collector():
        pulled = _pulled(connection, schema, owners=owners, grants=grants)
        text = _written(pulled, style, references)
    if output is not None:
        _write(text, output, force=force)
    if run.as_json:
        run.show_json(_as_json(None if output else text, references, pulled.selection))
        return
    if output is None and not run.quiet:
        typer.echo(text, nl=False)
    _tell(run, references, pulled.selection)


def _pulled(
    connection: psycopg.Connection[Any],
    schemas: Collection[str] | None,
    *,
    owners: bool,
    grants: bool,
) -> Pulled:
    found = read(connection, schemas=schemas or None).catalog
    for name in schemas or ():
        if name not in found.schemas:
            raise CatalogError(f"There is no schema {name!r} in the database.")
    [(default,)] = connection_of(connection).fetch("SELECT pg_catalog.current_schema()")
    selection = select(found, schemas=schemas or None, owners=owners, grants=grants)
    return Pulled(selection, default or "public")


def _written(pulled: Pulled, style: Style, references: EnvironmentReferences) -> str:
    if style is Style.OBJECTS:
        return module.module_of(pulled.selection, secret=references)
    from exclave.sqlalchemy import source

    return source.module_of(
        pulled.selection, secret=references, default_schema=pulled.default_schema
    )


def _write(text: str, path: Path, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise _there(path) from None
    except OSError as error:
        raise ProjectError(f"{path} cannot be written: {error.strerror}.") from None


def _there(path: Path) -> ProjectError:
    return ProjectError(f"{path} is there already; give --force to overwrite it.")


def _as_json(
    text: str | None, references: EnvironmentReferences, selection: Selection
) -> dict[str, Any]:
    return {
        "module": text,
        "variables": {name: str(place) for name, place in references.variables.items()},
        "hidden": [str(mapping) for mapping in selection.hidden],
    }


def _tell(run: Run, references: EnvironmentReferences, selection: Selection) -> None:
    if references.variables:
        run.tell("The declarations need these environment variables:")
    for name, place in references.variables.items():
        run.tell(f"  {name}: {place}")
    for mapping in selection.hidden:
        run.tell(f"! Not declared: {mapping}, whose options are not shown.", "bold yellow")
