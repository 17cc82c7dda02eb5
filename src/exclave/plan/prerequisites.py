"""Whether the database has what a plan needs and does not make itself."""

from __future__ import annotations

from collections.abc import Iterable

from exclave.catalog import Connection, Snapshot
from exclave.errors import PrerequisiteError
from exclave.objects import (
    ImportForeignSchema,
)
from exclave.plan.change import Change
from exclave.plan.need import Need
from exclave.plan.needs import Needs
from exclave.plan.query import query


def missing(connection: Connection, snapshot: Snapshot, changes: Iterable[Change]) -> list[Need]:
    """Find what changes need and the database lacks.

    Parameters
    ----------
    connection
        A session on the hub.
    snapshot
        What is there.
    changes
        The changes of a plan.

    Returns
    -------
    list of Need
        What is not met; found with one query however many changes there are.
    """
    return _unmet(connection, Needs(snapshot, list(changes)).all())


def missing_for_import(
    connection: Connection, snapshot: Snapshot, spec: ImportForeignSchema
) -> list[Need]:
    """Find what an import needs on the hub and the database lacks; see `missing`."""
    return _unmet(connection, Needs(snapshot, []).to_import(spec))


def _unmet(connection: Connection, asked: Iterable[Need]) -> list[Need]:
    needs = list(dict.fromkeys(asked))
    if not needs:
        return []
    rows = connection.fetch(
        query("prerequisites"),
        [
            [need.question for need in needs],
            [need.name for need in needs],
            [need.schema for need in needs],
        ],
    )
    return [need for need, (met,) in zip(needs, rows, strict=True) if not met]


def refuse(needs: list[Need]) -> None:
    """Raise when there are unmet needs.

    Raises
    ------
    PrerequisiteError
        Naming each, with the statements that an administrator must run.
    """
    if needs:
        message = "\n".join(dict.fromkeys(need.message for need in needs))
        remedies = dict.fromkeys(need.remedy for need in needs if need.remedy)
        raise PrerequisiteError(message, list(remedies))
