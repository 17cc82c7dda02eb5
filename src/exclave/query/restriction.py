"""Restricting a statement to some members: each joined table becomes a subquery in its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from exclave.errors import QueryError
from exclave.objects.quoting import quote_identifier, quote_literal
from exclave.query.analysis import Analysis, analysis
from exclave.query.joined_name import JoinedName, possibly_named
from exclave.query.placeholders import Style
from exclave.query.scope import Relation

_WORD = re.compile(r'[\w$"]')


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of the native text that is replaced by another."""

    start: int
    end: int
    text: str


def restrict(
    sql: str,
    joined: Collection[JoinedName],
    *,
    without: Collection[str],
    stale: Collection[str] = (),
    style: Style = "pyformat",
    search_path: Sequence[str] = (),
) -> str:
    """Rewrite a text of SQL so that it reads nothing of some members.

    Each joined table that it reads becomes a subquery of the same name, with the members as
    constants, so that PostgreSQL leaves their branches out when it plans. Columns that were
    qualified by schema and table lose the schema. All the rest stays byte for byte. Tables that
    it writes to stay as they are, so refuse such statements if that is to be (see `reading`), and
    so do joined tables behind views and functions.

    Parameters
    ----------
    sql
        One or more statements, as they are handed to a driver.
    joined
        The joined tables. For tables to be treated in different ways, call it once for each.
    without
        The slugs of the members to leave out.
    stale
        The slugs of the members whose last known rows to take.
    style
        ``"pyformat"`` with ``%s``, ``%(name)s`` and ``%%``, as for psycopg with parameters;
        ``"native"`` with ``$1`` or without parameters.
    search_path
        The schemas in which names without a schema are looked up; without it they are no joined
        tables.

    Returns
    -------
    str
        The text to send, with the same placeholders.

    Raises
    ------
    QueryError
        When the text cannot be read or restricted, or a table has no last known rows.
    ExclaveError
        When pglast is not installed.

    Examples
    --------
    >>> users = JoinedName("fed", "users")
    >>> restrict("SELECT fed.users.id FROM fed.users", [users], without=["nl"])
    "SELECT users.id FROM (SELECT * FROM fed.users WHERE member NOT IN ('nl')) AS users"
    """
    near = possibly_named(sql, joined) if without or stale else []
    if not near:
        return sql
    found = analysis(sql, style, tuple(search_path))
    edits: list[Edit] = []
    names = _free_names(found.native.text)
    for relation, table in found.named({(table.schema, table.table): table for table in near}):
        _check(relation, table, stale)
        if relation.use == "read":
            subquery = _subquery(table, without, stale)
            edits += _edits(found.native.text, relation, table, subquery, names)
    return _edited(sql, found, edits)


def _check(relation: Relation, table: JoinedName, stale: Collection[str]) -> None:
    if relation.use == "define":
        raise QueryError(
            f"A statement keeps a query over {table} for later, so that members which it leaves "
            "out would be missing then too. Run it when all members are there."
        )
    if relation.use != "read":
        return
    if relation.locked:
        raise QueryError(
            f"A statement locks rows of {table}, which locks nothing at its members. Leave out "
            "FOR UPDATE or FOR SHARE, or name the other tables behind it: FOR UPDATE OF …"
        )
    if relation.sampled:
        raise QueryError(
            f"A statement takes a sample of {table}, which PostgreSQL does not do of a view. "
            "Leave out TABLESAMPLE, or use: WHERE random() < 0.01"
        )
    if stale and table.stale is None:
        raise QueryError(
            f"There are no last known rows of {table}: it is not one of the tables that keep "
            f"them. Leave out {', '.join(sorted(stale))} instead, or let the table keep them."
        )


def _subquery(table: JoinedName, without: Collection[str], stale: Collection[str]) -> str:
    """Give what stands behind the name of a table in the subquery."""
    column = quote_identifier(table.member_column)
    gone = ", ".join(map(quote_literal, sorted({*without, *stale})))
    text = f" WHERE {column} NOT IN ({gone})"
    if last := ", ".join(map(quote_literal, sorted(set(stale) - set(without)))):
        columns = ", ".join(map(quote_identifier, table.columns)) or "*"
        selected = f"SELECT {columns} FROM {table.stale}"  # noqa: S608 - quoted
        text += f" UNION ALL {selected} WHERE {column} IN ({last})"
    return text


def _edits(
    text: str, relation: Relation, table: JoinedName, subquery: str, names: Iterator[str]
) -> Iterator[Edit]:
    start, end = relation.span
    name = relation.name
    if relation.alias is None and relation.taken:
        if relation.whole:
            raise QueryError(
                f"{name} may be a column or a row of {table}, and something else has that name "
                f"too. Give the table a name of its own: FROM {table} AS …"
            )
        name = next(names)
        for place in relation.calls:
            yield Edit(*place, name)
    if relation.command is None:
        yield Edit(start, start, "(SELECT * FROM ")
    else:
        yield Edit(relation.command, start, "SELECT * FROM (SELECT * FROM ")
    alias = "" if relation.alias is not None else f" AS {quote_identifier(name)}"
    yield Edit(end, end, f"{subquery}){alias}")
    for begin, (first, behind) in relation.qualifiers:
        yield Edit(begin, behind, text[first:behind] if name == relation.name else name)


def _free_names(text: str) -> Iterator[str]:
    """Give names that do not stand in a text."""
    taken = text.casefold()
    return (name for number in count(1) if (name := f"joined_{number}") not in taken)


def _edited(sql: str, found: Analysis, edits: list[Edit]) -> str:
    """Make edits of the native text in what was written."""
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        start, end = found.native.written(edit.start), found.native.written(edit.end)
        text = found.native.spelled(edit.text)
        if edit.text[:1] != "(" and _glued(sql[start - 1 : start], text[:1]):
            text = f" {text}"
        if _glued(text[-1:], sql[end : end + 1]):
            text += " "
        pieces += [sql[position:start], text]
        position = end
    pieces.append(sql[position:])
    return "".join(pieces)


def _glued(before: str, after: str) -> bool:
    return bool(_WORD.match(before) and _WORD.match(after))
