"""Which names of relations a plan needs to be free, as it takes some and gives others up."""

from __future__ import annotations

from collections.abc import Iterator

from exclave.objects import ForeignObject, ForeignTable, MaterializedView
from exclave.plan.change import Change
from exclave.plan.need import Need

Name = tuple[str, str]


class RelationNames:
    """Follows the changes of a plan; tables, views, indexes and sequences share their names.

    Notes
    -----
    PostgreSQL documentation, "CREATE TABLE": "The name of the table must be distinct from the
    name of any other relation (table, sequence, index, view, materialized view, or foreign table)
    in the same schema", and from any data type, as a table is one.
    """

    def __init__(self) -> None:
        self._given_up: set[Name] = set()
        self._is_unknown = False

    def needed(self, change: Change) -> Iterator[Need]:
        """Give the names that a change needs, and take those that it gives up for free.

        Parameters
        ----------
        change
            The next one. After one that takes along what depends on an object nothing is needed
            any more: nobody knows which names that frees.
        """
        had, has = _names_of(change.before), _names_of(change.after)
        self._given_up |= had.keys() - has.keys()
        self._is_unknown |= change.cascade
        if self._is_unknown:
            return
        for name in sorted(has.keys() - had.keys() - self._given_up):
            yield _free(change.subject, name, question=has[name])


def _names_of(value: ForeignObject | None) -> dict[Name, str]:
    """Give the names that an object takes, each with the question whether it is free."""
    if not isinstance(value, ForeignTable | MaterializedView):
        return {}
    indexes = value.indexes if isinstance(value, MaterializedView) else ()
    return {
        value.key: "relation free",
        **{(value.schema, index.name): "index free" for index in indexes},
    }


def _free(value: ForeignObject, name: Name, question: str) -> Need:
    schema, bare = name
    what, others = ("its index", "") if question == "index free" else ("its name", " or type")
    message = (
        f'{value}: {what} "{bare}" is taken by another relation{others} of the schema "{schema}"; '
        "rename or drop that, or declare another name."
    )
    return Need(question, bare, message, schema=schema)
