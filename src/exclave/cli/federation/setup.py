"""``exclave fed init``: making a database a hub, and registering federations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import typer

from exclave.cli.federation.opened import FederationOption, Opened, OwnerOption, Shape, opened
from exclave.cli.run import Run
from exclave.errors import ProjectError
from exclave.federation import Federation
from exclave.federation.registry.install import WRAPPERS


def init(
    run: Run,
    name: Annotated[
        str | None,
        typer.Argument(
            help="A federation to register: one of the settings, or with --table a new one."
        ),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(help="A table that every member has; may be repeated."),
    ] = None,
    layout: Annotated[
        Literal["union", "inheritance"] | None, typer.Option(help="How tables are joined.")
    ] = None,
    source_schema: Annotated[
        str | None, typer.Option(metavar="NAME", help="The tables' schema at members.")
    ] = None,
    member_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The column that tells whose a row is."),
    ] = None,
    reader: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="A role that may read joined tables; may be repeated."),
    ] = None,
    writer: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="A role that may write too; may be repeated."),
    ] = None,
    wrapper: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A foreign-data wrapper that members are reached by; may be repeated. "
            "Default: postgres_fdw.",
        ),
    ] = None,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Make the database a hub, and register federations: that of NAME, or all of the settings.

    Where the role may not do all of it, the statements for an administrator are printed.

    Exit status: 0 done, or nothing to do; 1 error.
    """
    given = {
        "layout": layout,
        "source_schema": source_schema,
        "member_column": member_column,
        "readers": reader,
        "writers": writer,
    }
    given = {key: value for key, value in given.items() if value is not None}
    with opened(run, owner) as at:
        shapes = _shapes(at, name, table, given, federation)
        made = at.hub.install(wrapper or WRAPPERS)
        kept = {each.name: each for each in at.hub.federations()}
        for shape in shapes:
            there = kept.get(shape.federation.name)
            if shape.declared is None and there not in (None, shape.federation):
                raise ProjectError(
                    f"{shape.federation} is registered already, with another shape. Change its "
                    "tables with exclave fed table."
                )
            if there is None:
                at.hub.register(shape.federation)
        names = [shape.federation.name for shape in shapes]
        if run.as_json:
            run.show_json({"owner": at.hub.owner, "installed": made, "federations": names})
            return
        run.show(
            f"The database is a hub {'now' if made else 'already'}; "
            f'the role "{at.hub.owner}" owns what is made.'
        )
        for shape in shapes:
            tables = ", ".join(each.name for each in shape.federation.tables) or "none yet"
            run.show(f"{str(shape.federation).capitalize()} is registered; its tables: {tables}.")


def _shapes(
    at: Opened,
    name: str | None,
    tables: Sequence[str] | None,
    given: Mapping[str, object],
    federation: str | None,
) -> list[Shape]:
    """Give the federations that are to be registered."""
    if tables or given:
        if name is None:
            raise ProjectError("Name the federation: exclave fed init NAME --table …")
        if name in at.project.federations():
            raise ProjectError(
                f'Federation "{name}" is declared in {at.project.settings}: see there.'
            )
        return [Shape(Federation(name, tables or (), **given), None)]  # pyright: ignore[reportArgumentType]
    if federation is not None and ":" in federation:
        return [at.shape(federation)]
    declared = at.declared()
    wanted = name or federation
    if wanted is None:
        return list(declared.values())
    if wanted not in declared:
        raise ProjectError(
            f'The settings declare no federation "{wanted}". Give its tables: exclave fed init '
            f"{wanted} --table NAME …"
        )
    return [declared[wanted]]
