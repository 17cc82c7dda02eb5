"""A target: what a Python module declares, found by ``package.module:name``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from exclave.errors import ExclaveError, ProjectError
from exclave.federation import Federation
from exclave.objects import Catalog, ForeignObject

if TYPE_CHECKING:
    import psycopg
    import sqlalchemy as sa


def add_to_path(folders: Iterable[Path]) -> None:
    """Let modules of some folders be found before all others, as ``python -m`` does."""
    for folder in reversed([str(each) for each in folders]):
        if folder not in sys.path:
            sys.path.insert(0, folder)


def find(name: str) -> object:
    """Import what a target names.

    Parameters
    ----------
    name
        Such as ``app.models:Base.metadata``.

    Raises
    ------
    ProjectError
        When there is no such module or nothing of that name in it, or when its import fails.
    """
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise ProjectError(
            f"The target {name!r} is not of the form module:name, such as app.models:Base."
        )
    found: Any = _module(module_name, name)
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise ProjectError(
                f"The target {name!r}: {_described(found)} has nothing called {part!r}."
                f"{_closest(part, found)}"
            ) from None
    return found


def _module(module_name: str, target: str) -> object:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and f"{module_name}.".startswith(f"{error.name}."):
            raise ProjectError(
                f"The target {target!r}: there is no module {error.name!r}. It is looked for in "
                f"{Path.cwd()}, in the folder of the settings, in those that `pythonpath` names, "
                "and where Python looks."
            ) from None
        raise _failed(target, error) from error
    except ExclaveError:
        raise
    except (Exception, SystemExit) as error:
        raise _failed(target, error) from error


def _failed(target: str, error: BaseException, what: str = "its import") -> ProjectError:
    return ProjectError(
        f"The target {target!r}: {what} raised {type(error).__name__}: {error} "
        "(--traceback shows where)."
    )


def _called(function: Callable[[], object], name: str) -> object:
    try:
        return function()
    except ExclaveError:
        raise
    except (Exception, SystemExit) as error:
        raise _failed(name, error, "the function") from error


def objects_of(target: object, name: str, connection: psycopg.Connection[Any]) -> Catalog:
    """Give the declarations that a target holds.

    Parameters
    ----------
    target
        A SQLAlchemy `MetaData`, a class or value with one as its ``metadata``, a `Catalog`, an
        object or several objects, or a function that gives one of these.
    name
        How it is called, for messages.
    connection
        The database they are for: names without a schema stand in its current schema.

    Raises
    ------
    ProjectError
        When it is nothing of that kind.
    """
    metadata = _metadata_of(target)
    if metadata is not None:
        return _of_metadata(metadata, connection)
    if isinstance(target, Catalog):
        return target
    if isinstance(target, ForeignObject):
        return Catalog([target])
    if isinstance(target, list | tuple | set | frozenset):
        return Catalog(cast("Iterable[ForeignObject]", target))
    if callable(target) and not isinstance(target, type):
        return objects_of(_called(target, name), f"{name}()", connection)
    raise ProjectError(
        f"The target {name!r} is a {type(target).__name__}; expected a SQLAlchemy MetaData, a "
        "class with one as its metadata, an exclave Catalog, a list of objects such as Server and "
        "ForeignTable, or a function that gives one of these."
    )


def federation_of(target: object, name: str) -> Federation:
    """Give the federation that a target holds.

    Parameters
    ----------
    target
        A `Federation`, or a function that gives one.
    name
        How it is called, for messages.

    Raises
    ------
    ProjectError
        When it is nothing of that kind.
    """
    if isinstance(target, Federation):
        return target
    if callable(target) and not isinstance(target, type):
        return federation_of(_called(target, name), f"{name}()")
    raise ProjectError(
        f"The target {name!r} is a {type(target).__name__}; expected a Federation, or a function "
        "that gives one."
    )


def _metadata_of(target: object) -> sa.MetaData | None:
    if "sqlalchemy" not in sys.modules:
        return None
    import sqlalchemy as sa

    for candidate in (target, getattr(target, "metadata", None)):
        if isinstance(candidate, sa.MetaData):
            return candidate
    return None


def _of_metadata(metadata: sa.MetaData, connection: psycopg.Connection[Any]) -> Catalog:
    """Ask SQLAlchemy over the connection that is open already."""
    import sqlalchemy as sa

    from exclave.sqlalchemy import foreign_objects

    engine = sa.create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=sa.StaticPool
    )
    with engine.connect() as session:
        return foreign_objects(metadata, session)


def _described(found: object) -> str:
    name = getattr(found, "__name__", None)
    return f"{type(found).__name__} {name}" if name else f"a {type(found).__name__}"


def _closest(part: str, found: object) -> str:
    import difflib

    close = difflib.get_close_matches(part, dir(found), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
