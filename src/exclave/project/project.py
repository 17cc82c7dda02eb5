"""A project: what it declares, in which database, and under which policy."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exclave.catalog.collector import paused_collector
from exclave.errors import DeclarationError, ProjectError
from exclave.federation import Federation
from exclave.objects import Catalog
from exclave.plan.policy import DEFAULT_POLICY, Policy
from exclave.project import declarations, federations, reading, target
from exclave.project.database import LIBPQ_DEFAULTS, Database
from exclave.project.place import Place
from exclave.project.reading import Fields

if TYPE_CHECKING:
    import psycopg

SETTINGS = "exclave.toml"
PYPROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Project:
    """What one project says.

    Parameters
    ----------
    folder
        Where modules and relative files are looked for first: that of the settings.
    settings
        The file that the settings came from; ``None`` without one.
    targets
        What Python modules declare, each as ``module:name``.
    declared
        What the settings themselves declare.
    database
        The database.
    policy
        What may be done beyond the declarations.
    pythonpath
        Further folders in which modules are looked for.
    federation_targets
        Federations that Python modules hold, each as ``module:name``.
    declared_federations
        Federations that the settings themselves declare, by name.
    owner
        The role that owns what is made for federations; ``None`` takes exclave's default.
    """

    folder: Path
    settings: Path | None = None
    targets: tuple[str, ...] = ()
    declared: Catalog = field(default_factory=Catalog)
    database: Database = LIBPQ_DEFAULTS
    policy: Policy = DEFAULT_POLICY
    pythonpath: tuple[Path, ...] = ()
    federation_targets: tuple[str, ...] = ()
    declared_federations: Mapping[str, Federation] = field(
        default_factory=dict[str, Federation], hash=False
    )
    owner: str | None = None

    @property
    def declares(self) -> bool:
        """Whether anything is declared, in the settings or by a target."""
        return bool(self.targets) or len(self.declared) > 0

    def desired(self, connection: psycopg.Connection[Any]) -> Catalog:
        """Give all declarations: those of the settings and those of the targets.

        Parameters
        ----------
        connection
            The database they are for, with autocommit and not in a transaction.

        Raises
        ------
        ProjectError
            When a target cannot be found, or nothing is declared anywhere.
        DeclarationError
            When two different declarations have one name.
        """
        if not self.declares:
            where = (
                f"{self.settings} declares nothing and names no target"
                if self.settings
                else (
                    f"there is no {SETTINGS} and no {PYPROJECT} with [tool.exclave] here or above"
                )
            )
            raise ProjectError(
                f"Nothing is declared: {where}. Give a target, such as --target app.models:Base, "
                f"or declare servers in {SETTINGS}."
            )
        self.prepare_imports()
        desired = self.declared
        for name in self.targets:
            desired |= target.objects_of(target.find(name), name, connection)
        return desired

    def federations(self) -> Mapping[str, Federation]:
        """Give the federations that the project declares, by name.

        Raises
        ------
        ProjectError
            When a target cannot be found, or is no federation.
        DeclarationError
            When two different ones have one name.
        """
        found = dict(self.declared_federations)
        for name in self.federation_targets:
            federation = self.find_federation(name)
            if found.setdefault(federation.name, federation) != federation:
                raise DeclarationError(
                    f"{federation} is declared twice, and differently: by {name} and before."
                )
        return found

    def find_federation(self, name: str) -> Federation:
        """Give the federation that a Python module holds.

        Parameters
        ----------
        name
            Such as ``app.models:companies``.

        Raises
        ------
        ProjectError
            When there is no such module or nothing of that name in it, or no federation.
        """
        self.prepare_imports()
        return target.federation_of(target.find(name), name)

    def prepare_imports(self) -> None:
        """Let the modules of the project be imported, by targets and by secrets."""
        target.add_to_path([self.folder, *self.pythonpath])


@paused_collector()
def load(settings: Path | None = None, start: Path | None = None) -> Project:
    """Read the settings of a project.

    Parameters
    ----------
    settings
        An ``exclave.toml``, a ``pyproject.toml`` or a folder with one; ``None`` looks in the
        starting folder and those above it, and gives an empty project when there is none.
    start
        The starting folder; ``None`` for the current one.

    Returns
    -------
    Project
        The project.

    Raises
    ------
    ProjectError
        When the file cannot be read.
    DeclarationError
        When something in it is not as it should be; the message names the file and the place.
    """
    start = (start or Path.cwd()).resolve()
    if settings is None:
        found = next(_settings_above(start), None)
        return Project(folder=start) if found is None else _read(*found)
    path = settings / SETTINGS if settings.is_dir() else settings
    data: object = _tables(path)
    if path.name == PYPROJECT:
        data = _in_pyproject(_tables(path))
        if data is None:
            raise ProjectError(f"{path} has no table [tool.exclave].")
    return _read(path, data)


def _settings_above(start: Path) -> Iterator[tuple[Path, object]]:
    for folder in (start, *start.parents):
        if (path := folder / SETTINGS).is_file():
            yield path, _tables(path)
        if (path := folder / PYPROJECT).is_file():
            data = _in_pyproject(_tables(path))
            if data is not None:
                yield path, data


def _in_pyproject(data: Mapping[str, Any]) -> object:
    return data.get("tool", {}).get("exclave")


def _tables(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        fault = f"is no TOML: {error}"
    except UnicodeDecodeError:
        fault = "is not UTF-8"
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
    raise ProjectError(f"{path} {fault}.")


def _read(path: Path, given_data: object) -> Project:
    folder = path.resolve().parent
    keys = ("tool", "exclave") if path.name == PYPROJECT else ()
    place = Place(os.path.relpath(path), keys, folder)
    data = reading.table(given_data, place)
    nouns = {*declarations.NOUNS, federations.NOUN}
    settings = {key: value for key, value in data.items() if key not in nouns}
    declared = {key: value for key, value in data.items() if key in declarations.NOUNS}
    for key in settings:
        if key not in _SETTINGS:
            raise place.unknown(key, {*_SETTINGS, *nouns})
    given = reading.fields(settings, place, _SETTINGS)
    return Project(
        folder=folder,
        settings=path,
        targets=given.get("target", ()),
        declared=declarations.catalog_of(declared, place),
        database=given.get("database", LIBPQ_DEFAULTS),
        policy=given.get("policy", DEFAULT_POLICY),
        pythonpath=tuple(folder / name for name in given.get("pythonpath", ())),
        federation_targets=given.get("federation", ()),
        declared_federations=federations.federations_of(
            data.get(federations.NOUN, {}), place.at(federations.NOUN)
        ),
        owner=given.get("owner"),
    )


def _policy(value: object, place: Place) -> Policy:
    return Policy(**reading.fields(value, place, _POLICY))


def _names(value: object, place: Place) -> frozenset[str]:
    return frozenset(reading.texts(value, place))


_POLICY: Fields = {
    "unmanaged": reading.one_of("ignore", "drop"),
    "existing": reading.one_of("alter", "keep"),
    "cascade": reading.flag,
    "hidden": reading.one_of("keep", "set"),
    "schemas": _names,
}

_SETTINGS: Fields = {
    "target": reading.text_or_texts,
    "database": Database.read,
    "policy": _policy,
    "pythonpath": reading.text_or_texts,
    "federation": reading.text_or_texts,
    "owner": reading.text,
}
