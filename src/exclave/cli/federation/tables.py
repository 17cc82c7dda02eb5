"""``exclave fed table``: the tables of a federation that the hub alone knows."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.table import Table

from exclave.cli.exit import DIFFERENCES
from exclave.cli.federation.given import Yes, agreed, pairs
from exclave.cli.federation.opened import FederationOption, Opened, OwnerOption, Shape, opened
from exclave.cli.federation.progress import shown_progress
from exclave.cli.run import Run
from exclave.errors import ExclaveError, FederationError, ProjectError
from exclave.federation import FederatedTable, Federation
from exclave.objects import QualifiedName


def add(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="TABLE", help="The joined table's name.")],
    at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEMBER=NAME",
            help="What the table is called at a member that calls it otherwise; may be repeated.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Take these columns alone; may be repeated."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Take all columns but these; may be repeated."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column that tells a member's rows apart, in place of the primary key; "
            "may be repeated.",
        ),
    ] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="COLUMN=TYPE", help="The type of a joined column; may be repeated."
        ),
    ] = None,
    fetch_size: Annotated[
        int | None, typer.Option(min=1, metavar="ROWS", help="Rows a round trip.")
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Its rows are the same at all members.")
    ] = False,
    stale: Annotated[
        bool,
        typer.Option("--stale", help="Keep its last known rows for when a member is down."),
    ] = False,
    enums: Annotated[
        Literal["text", "type"], typer.Option(help="What an enum becomes on the hub.")
    ] = "text",
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Add a table to a federation, and join those of all members; or change how it is joined.

    Exit status: 0 done, or nothing to do; 1 error.
    """
    table = FederatedTable(
        name,
        at={slug: QualifiedName.of(there, "table") for slug, there in pairs(at, "--at").items()},
        only=only or None,
        exclude=exclude or (),
        key=key or None,
        types=pairs(type_, "--type"),
        fetch_size=fetch_size,
        reference=reference,
        stale=stale,
        enums=enums,
    )
    with opened(run, owner) as hub:
        shape = _changeable(hub, federation)
        others = [each for each in shape.tables if each.name != name]
        _change(hub, shape, [*others, table])
    if run.as_json:
        run.show_json({"added": name})
    else:
        run.show(f'Table "{name}" is joined in {shape}.')


def remove(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="TABLE", help="The joined table's name.")],
    yes: Yes = False,
    federation: FederationOption = None,
    owner: OwnerOption = None,
) -> None:
    """Take a table from a federation: the joined table goes, the members' own stay.

    Exit status: 0 done; 2 not done; 1 error, and nothing was changed.
    """
    with opened(run, owner) as hub:
        shape = _changeable(hub, federation)
        table = shape.table(name)
        if not agreed(run, f'Drop the joined table "{name}" of {shape}?', yes=yes):
            raise typer.Exit(DIFFERENCES)
        _change(hub, shape, [each for each in shape.tables if each != table])
    if run.as_json:
        run.show_json({"removed": name})
    else:
        run.show(f'Table "{name}" is no longer joined in {shape}.')


def listed(run: Run, federation: FederationOption = None, owner: OwnerOption = None) -> None:
    """List the tables of a federation, and how they are joined.

    Exit status: 0 done, 1 error.
    """
    with opened(run, owner) as hub:
        shape = hub.shape(federation)
    if run.as_json:
        run.show_json({**shape.federation.to_dict(), "declared": shape.declared})
        return
    table = Table("table", "columns", "remarks", box=None, pad_edge=False)
    for each in shape.federation.tables:
        table.add_row(each.name, _columns(each), _remarks(each))
    run.show_table(table)


def _columns(table: FederatedTable) -> str:
    if table.only is not None:
        return f"only {', '.join(table.only)}"
    return f"all but {', '.join(table.exclude)}" if table.exclude else "all"


def _remarks(table: FederatedTable) -> str:
    remarks = [f"{slug} has it as {there}" for slug, there in sorted(table.at.items())]
    remarks += [f"{name} as {type_}" for name, type_ in sorted(table.types.items())]
    if table.key is not None:
        remarks.append(f"key {', '.join(table.key)}")
    if table.fetch_size is not None:
        remarks.append(f"{table.fetch_size} rows a round trip")
    if table.reference:
        remarks.append("the same at all members")
    if table.stale:
        remarks.append("last known rows are kept")
    return "; ".join(remarks)


def _changeable(at: Opened, given: str | None) -> Federation:
    """Give a federation whose shape is kept on the hub alone."""
    shape: Shape = at.shape(given)
    if shape.declared is not None:
        raise ProjectError(
            f"{shape.federation} is declared by {shape.declared}: change its tables there, and "
            "run exclave fed apply."
        )
    return shape.federation


def _change(at: Opened, federation: Federation, tables: list[FederatedTable]) -> None:
    """Give a federation other tables, and join them; where that cannot be, it keeps the former."""
    data = {**federation.to_dict(), "tables": [each.to_dict() for each in tables]}
    try:
        with shown_progress(at.run) as progress:
            at.hub.apply(Federation.from_dict(data), progress=progress)
    except FederationError:
        raise  # that some members lack a table does not keep it from the others
    except ExclaveError:
        at.hub.register(federation)
        raise
