"""The hub of one run, and the federation that a command is about."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from exclave.catalog import Connection, PsycopgConnection, connection_of
from exclave.cli.run import Run
from exclave.errors import CatalogError, ProjectError
from exclave.federation import Federation, Hub
from exclave.federation.home import DEFAULT_OWNER
from exclave.project import Database, Project

FederationOption = Annotated[
    str | None,
    typer.Option(
        "--federation",
        "-f",
        metavar="NAME",
        envvar="EXCLAVE_FEDERATION",
        help="The federation: its name, or where Python holds it, such as app.models:companies. "
        "Default: the only one of the settings, or else of the hub.",
    ),
]
OwnerOption = Annotated[
    str | None,
    typer.Option(
        "--owner",
        metavar="ROLE",
        envvar="EXCLAVE_OWNER",
        help="The role that owns what is made for federations. "
        f"Default: the settings', then {DEFAULT_OWNER}.",
    ),
]


class Sessions:
    """Sessions of their own for each use, as the settings say; a connectable for a `Hub`."""

    shared = False

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def opened(self) -> Generator[Connection]:
        """Give a new session, closed at the end."""
        with self._database.connect() as connection:
            yield connection_of(connection)


@dataclass(frozen=True)
class Shape:
    """A federation, and who says what it looks like.

    Parameters
    ----------
    federation
        The federation.
    declared
        Where it is declared; ``None`` when the hub alone knows it.
    """

    federation: Federation
    declared: str | None


@dataclass(frozen=True)
class Opened:
    """The hub of one run.

    Parameters
    ----------
    run
        What the options say.
    project
        What the settings say.
    hub
        The hub.
    """

    run: Run
    project: Project
    hub: Hub

    def declared(self) -> dict[str, Shape]:
        """Give the federations of the settings by name."""
        where = str(self.project.settings)
        return {
            name: Shape(federation, where)
            for name, federation in self.project.federations().items()
        }

    def shape(self, given: str | None) -> Shape:
        """Give the federation that is asked for.

        Parameters
        ----------
        given
            Its name, or ``module:name``; ``None`` takes the only one there is.

        Raises
        ------
        ProjectError
            When there is none, or none is named and there are several.
        """
        if given is not None and ":" in given:
            return Shape(self.project.find_federation(given), given)
        declared = self.declared()
        if given is None and len(declared) == 1:
            return next(iter(declared.values()))
        if given is not None and given in declared:
            return declared[given]
        kept = {each.name: Shape(each, None) for each in self.hub.federations()}
        known = kept | declared
        if given is None and len(known) == 1:
            return next(iter(known.values()))
        if given is not None and given in known:
            return known[given]
        if not known:
            raise ProjectError(
                "There is no federation, in the settings or on the hub. Make one, such as with: "
                "exclave fed init all_shops --table orders"
            )
        names = ", ".join(sorted(known))
        if given is None:
            raise ProjectError(f"Say which federation with --federation: there are {names}.")
        raise ProjectError(f'There is no federation "{given}"; there are {names}.')

    def federation(self, given: str | None) -> Federation:
        """Give the federation that is asked for, as `shape` does."""
        return self.shape(given).federation


@contextmanager
def opened(run: Run, owner: str | None) -> Generator[Opened]:
    """Give the hub of a run.

    Parameters
    ----------
    run
        What the options say.
    owner
        The owner role; ``None`` takes that of the settings, or exclave's default.

    Raises
    ------
    CatalogError
        When PostgreSQL refuses something within the context, or the connection is lost.
    """
    import psycopg

    project = run.project()
    project.prepare_imports()
    hub = Hub(Sessions(project.database), owner or project.owner or DEFAULT_OWNER)
    try:
        yield Opened(run, project, hub)
    except psycopg.Error as error:
        raise CatalogError(f"PostgreSQL refused: {PsycopgConnection.told(error)}") from error
    finally:
        hub.close()
