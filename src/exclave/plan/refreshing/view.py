"""What must be known of a materialized view to refresh it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exclave.catalog import Connection
from exclave.errors import DeclarationError, PlanError, PrerequisiteError
from exclave.objects import MaterializedView, QualifiedName
from exclave.objects.quoting import quote_identifier
from exclave.plan.query import query

ViewName = str | QualifiedName | MaterializedView
"""A view by its name as SQL spells it, or the declaration of one."""


@dataclass(frozen=True, slots=True)
class View:
    """A materialized view as it is.

    Parameters
    ----------
    oid
        Its object identifier.
    name
        Its name.
    owner
        The role with whose privileges its query is run.
    populated
        Whether it has data.
    allowed
        Whether the current role may refresh it.
    extension
        Whether it belongs to an extension.
    uses
        The materialized views that it reads, itself or by way of ordinary views.
    servers
        The foreign servers that its query reads, not counting those of `uses`.
    unique_indexes
        Of each unique index: its name, and whether it is valid, partial and over expressions.
    """

    oid: int
    name: QualifiedName
    owner: str
    populated: bool
    allowed: bool
    extension: bool
    uses: frozenset[int]
    servers: tuple[str, ...]
    unique_indexes: tuple[Mapping[str, Any], ...]

    @property
    def obstacle(self) -> str | None:
        """Why it cannot be refreshed concurrently; ``None`` when it can."""
        if not self.populated:
            return "it has no data yet"
        if not self.unique_indexes:
            return "it has no unique index"
        for index in self.unique_indexes:
            if index["valid"] and not index["partial"] and not index["computed"]:
                return None
        index = self.unique_indexes[0]
        what = f"its unique index {quote_identifier(index['name'])}"
        if index["partial"]:
            return f"{what} is partial: it has a WHERE clause"
        if index["computed"]:
            return f"{what} is over an expression, not over plain columns"
        return f"{what} is not valid"

    def __str__(self) -> str:
        return f"materialized view {self.name}"


def read_views(connection: Connection, oid: int | None = None) -> dict[int, View]:
    """Read all materialized views, or one, by their object identifiers."""
    rows = (json.loads(value) for (value,) in connection.fetch(query("refreshing/views"), [oid]))
    return {
        row["oid"]: View(
            row["oid"],
            QualifiedName(row["name"], row["schema"]),
            row["owner"],
            row["populated"],
            row["allowed"],
            row["extension"],
            frozenset(row["uses"] or ()),
            tuple(row["servers"] or ()),
            tuple(row["unique_indexes"] or ()),
        )
        for row in rows
    }


def chosen(
    connection: Connection, views: Mapping[int, View], names: Iterable[ViewName] | None
) -> list[View]:
    """Choose views by their names, in the order in which they are to be refreshed.

    Parameters
    ----------
    connection
        A session on the hub.
    views
        All that there are.
    names
        Which of them; ``None`` takes all that the role may refresh and no extension owns.

    Raises
    ------
    DeclarationError
        When `names` is one string.
    PlanError
        When there is no such view.
    PrerequisiteError
        When the role may not refresh one that is named.
    """
    if names is None:
        wanted = {oid for oid, view in views.items() if view.allowed and not view.extension}
        return [view for view in in_order(views) if view.oid in wanted]
    if isinstance(names, str):
        raise DeclarationError(f"names takes several views, not the string {names!r}.")
    spelled = [
        str(name.qualified_name if isinstance(name, MaterializedView) else name) for name in names
    ]
    found = [oid for (oid,) in connection.fetch(query("refreshing/named"), [spelled])]
    for name, oid in zip(spelled, found, strict=True):
        if oid not in views:
            raise PlanError(
                f"There is no materialized view {name}; write it as in SQL, with its schema."
            )
    for oid in found:
        if not views[oid].allowed:
            _refuse(connection, views[oid])
    return [view for view in in_order(views) if view.oid in found]


def _refuse(connection: Connection, view: View) -> None:
    [(role, version)] = connection.fetch(
        "SELECT current_user::text, current_setting('server_version_num')::int4"
    )
    name, owner = quote_identifier(role), quote_identifier(view.owner)
    remedy = f"GRANT MAINTAIN ON {view.name} TO {name};"
    raise PrerequisiteError(
        f'The role "{role}" may not refresh the {view}, which belongs to "{view.owner}".',
        [remedy if version >= 170000 else f"GRANT {owner} TO {name};"],
    )


def in_order(views: Mapping[int, View]) -> Iterator[View]:
    """Give views in an order in which each comes after those that it reads."""
    waiting = dict(views)
    while waiting:
        yield from _with_used(next(iter(waiting)), waiting)


def _with_used(oid: int, waiting: dict[int, View]) -> Iterator[View]:
    view = waiting.pop(oid)
    for used in sorted(view.uses):
        if used in waiting:
            yield from _with_used(used, waiting)
    yield view
