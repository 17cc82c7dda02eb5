"""Indexes of a materialized view: CREATE INDEX, RENAME, comment, DROP INDEX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from exclave.objects import Index, IndexKey, QualifiedName
from exclave.objects.quoting import quote_identifier, quote_literal
from exclave.plan.comment import comment_statements
from exclave.plan.statement import Fragment, Statement


def index_statements(
    before: Iterable[Index], after: Iterable[Index], view: QualifiedName
) -> list[Statement]:
    """Give the statements that turn some indexes into others.

    PostgreSQL can change little of an index: one that differs in more than its name and comment
    is dropped and created anew.

    Parameters
    ----------
    before, after
        The indexes as they are and as they are to be.
    view
        The materialized view, with its schema.
    """
    had, wanted = {index.name: index for index in before}, {index.name: index for index in after}
    gone = {name: index for name, index in had.items() if not _stays(index, wanted.get(name))}
    new = {name: index for name, index in wanted.items() if not _stays(index, had.get(name))}
    renamed = dict(_renamed(gone, new))
    statements = [
        Statement.of(f"DROP INDEX {_qualified(name, view)}")
        for name in gone
        if name not in renamed.values()
    ]
    statements += [
        Statement.of(f"ALTER INDEX {_qualified(name, view)} RENAME TO {quote_identifier(becomes)}")
        for becomes, name in renamed.items()
    ]
    for name, index in wanted.items():
        comment = None
        if name in renamed:
            comment = had[renamed[name]].comment
        elif name in new:
            statements.append(_create(index, view))
        else:
            comment = had[name].comment
        statements += comment_statements(comment, index.comment, f"INDEX {_qualified(name, view)}")
    return statements


def _stays(index: Index, other: Index | None) -> bool:
    return other is not None and replace(index, comment=None) == replace(other, comment=None)


def _renamed(gone: dict[str, Index], new: dict[str, Index]) -> Iterator[tuple[str, str]]:
    """Give the new and the old name of each index that only changes its name."""
    waiting = {name: index for name, index in gone.items() if name not in new}
    for name, index in new.items():
        if name in gone:
            continue
        for former, old in waiting.items():
            if _stays(replace(old, name=name), index):
                yield name, former
                del waiting[former]
                break


def _qualified(name: str, view: QualifiedName) -> str:
    return str(QualifiedName(name, view.schema))


def _create(index: Index, view: QualifiedName) -> Statement:
    unique = "UNIQUE " if index.unique else ""
    method = "" if index.method == "btree" else f" USING {quote_identifier(index.method)}"
    keys = ", ".join(_key(key) for key in index.keys)
    include = ", ".join(quote_identifier(column) for column in index.include)
    return Statement.of(
        f"CREATE {unique}INDEX {quote_identifier(index.name)} ON {view}{method} ({keys})",
        f" INCLUDE ({include})" if include else "",
        " NULLS NOT DISTINCT" if index.nulls_not_distinct else "",
        _storage(index),
        f" WHERE {index.where}" if index.where else "",
    )


def _key(key: IndexKey) -> str:
    words = [f"({key.expression})" if key.column is None else quote_identifier(key.column)]
    if key.collation is not None:
        words.append(f"COLLATE {key.collation}")
    if key.opclass is not None:
        words.append(str(key.opclass))
    if key.descending:
        words.append("DESC")
    if key.nulls_first != key.descending:
        words.append("NULLS FIRST" if key.nulls_first else "NULLS LAST")
    return " ".join(words)


def _storage(index: Index) -> list[Fragment]:
    if not index.options:
        return []
    items = ", ".join(
        f"{quote_identifier(name)} = {quote_literal(str(value))}"
        for name, value in index.options.items()
    )
    return [f" WITH ({items})"]
