"""Declared materialized views, spelled as PostgreSQL prints what is there where both are one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from exclave.catalog import Connection
from exclave.objects import Catalog, Index, IndexKey, MaterializedView, QualifiedName
from exclave.objects.quoting import quote_identifier
from exclave.plan.former import former_view
from exclave.plan.ledger import ViewRecord, read_views
from exclave.plan.question import Question, Row, answers
from exclave.plan.syntax import has_grammar, is_same

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Spelled:
    """Declarations that can be compared value by value.

    Parameters
    ----------
    desired
        The declarations; a query or an expression that means what is there is spelled like it.
    unseen
        What could not be compared, a sentence each.
    recorded
        The keys of the views that exclave made, as far as it can tell.
    written
        The queries of views that are spelled otherwise now, as they were declared.
    """

    desired: Catalog
    unseen: tuple[str, ...]
    recorded: frozenset[Key]
    written: Mapping[Key, str]


def respell_views(connection: Connection, actual: Catalog, desired: Catalog, major: int) -> Spelled:
    """Bring declared materialized views into the spelling of those that are there.

    Parameters
    ----------
    connection
        A session on the hub.
    actual
        What is there.
    desired
        The declarations, their names resolved.
    major
        The hub's PostgreSQL major version.
    """
    records: Mapping[Key, Sequence[ViewRecord]] = {}
    if actual.materialized_views:
        records = read_views(connection)
    recorded = frozenset(
        key
        for key, view in actual.materialized_views.items()
        if any(is_same(record.definition, view.query) for record in records.get(key, ()))
    )
    pairs: dict[Key, tuple[MaterializedView, MaterializedView]] = {}
    for key, wanted in desired.materialized_views.items():
        there = actual.materialized_views.get(key) or former_view(actual, desired, wanted)
        if there is not None and there != wanted:
            pairs[key] = (there, wanted)
    if not pairs:
        return Spelled(desired, (), recorded, {})
    asked = list(dict.fromkeys(each for pair in pairs.values() for each in _questions(*pair)))
    same = set[Question]()
    if asked:
        found = zip(asked, answers(connection, asked), strict=True)
        same = {question for question, answer in found if answer}
    unseen: list[str] = []
    spelled: dict[Key, MaterializedView] = {}
    for key, (there, wanted) in pairs.items():
        verdict = _judge(there.query, wanted.query, records.get(there.key, ()), major)
        view = wanted if verdict == "other" else replace(wanted, query=there.query)
        spelled[key] = replace(view, indexes=_indexes(there, wanted, same))
        if verdict in _UNSEEN:
            unseen.append(
                f"{wanted}: {_UNSEEN[verdict]}; taken for right. If it is as declared, "
                "exclave.plan.adopt keeps that, and changes are seen from then on."
            )
        if verdict == "other" and not has_grammar():
            unseen.append(
                f"{wanted}: queries were compared as text, in which case, comments and parentheses "
                "count; install exclave[views] (pglast) to have them compared by meaning."
            )
    return Spelled(
        Catalog(
            spelled.get(value.key, value) if isinstance(value, MaterializedView) else value
            for value in desired
        ),
        tuple(unseen),
        recorded,
        {
            key: wanted.query
            for key, (_, wanted) in pairs.items()
            if spelled[key].query != wanted.query
        },
    )


Verdict = Literal["same", "other", "unrecorded", "upgraded"]

_UNSEEN: dict[Verdict, str] = {
    "unrecorded": "its query could not be compared, since exclave has no record of how it was made",
    "upgraded": "its query could not be compared, since this version of PostgreSQL prints it "
    "otherwise than the one that it was made under",
}


def _judge(actual: str, wanted: str, records: Sequence[ViewRecord], major: int) -> Verdict:
    """Tell whether the query that is there is the declared one.

    Parameters
    ----------
    actual
        What PostgreSQL prints.
    wanted
        The declared query.
    records
        What is kept of the view.
    major
        The version that prints.
    """
    if is_same(actual, wanted):
        return "same"
    if not records:
        return "unrecorded"
    of_wanted = [record for record in records if is_same(record.query, wanted)]
    if any(is_same(record.definition, actual) for record in of_wanted):
        return "same"
    if of_wanted and all(record.major != major for record in of_wanted):
        return "upgraded"
    return "other"


def _row(there: MaterializedView, wanted: MaterializedView) -> Row:
    columns = tuple((column.name, column.type or "text") for column in there.columns)
    return Row(wanted.name, columns)


def _index_pairs(
    there: MaterializedView, wanted: MaterializedView
) -> Iterator[tuple[Index, Index]]:
    had = {index.name: index for index in there.indexes}
    for index in wanted.indexes:
        if index.name in had:
            yield had[index.name], index


def _questions(there: MaterializedView, wanted: MaterializedView) -> Iterator[Question]:
    row = _row(there, wanted)
    for old, new in _index_pairs(there, wanted):
        for one, other in zip(old.keys, new.keys, strict=False):
            if question := _key_question(row, one, other):
                yield question
        if old.where and new.where and old.where != new.where:
            yield Question(row, "boolean", old.where, new.where)


def _key_question(row: Row, old: IndexKey, new: IndexKey) -> Question | None:
    """Ask whether an expression is the one that is there, or the column that is there."""
    if not new.expression or old.expression == new.expression:
        return None
    if old.expression:
        return Question(row, "text", old.expression, new.expression)
    name = cast("str", old.column)
    return Question(row, dict(row.columns)[name], quote_identifier(name), new.expression)


def _indexes(there: MaterializedView, wanted: MaterializedView, same: set[Question]) -> list[Index]:
    spelled = {index.name: index for index in wanted.indexes}
    row = _row(there, wanted)
    for old, new in _index_pairs(there, wanted):
        where = new.where
        if old.where and where and Question(row, "boolean", old.where, where) in same:
            where = old.where
        keys = list(new.keys)
        for place, (one, other) in enumerate(zip(old.keys, new.keys, strict=False)):
            keys[place] = _key(row, one, other, same)
        spelled[new.name] = replace(new, where=where, keys=keys)
    return list(spelled.values())


def _key(row: Row, old: IndexKey, new: IndexKey, same: set[Question]) -> IndexKey:
    question = _key_question(row, old, new)
    spelled = old if question is not None and question in same else new
    return replace(
        new,
        column=spelled.column,
        expression=spelled.expression,
        opclass=_where_found(old.opclass, new.opclass),
        collation=_where_found(old.collation, new.collation),
    )


def _where_found(old: QualifiedName | None, new: QualifiedName | None) -> QualifiedName | None:
    """Take what was named without a schema for its namesake that is there."""
    if old is None or new is None or new.schema is not None or old.name != new.name:
        return new
    return old
