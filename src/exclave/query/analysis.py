"""All relations that a text of SQL names, kept by text: programs send the same ones again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from exclave.errors import QueryError
from exclave.query.grammar import parse
from exclave.query.joined_name import JoinedName
from exclave.query.placeholders import NativeText, Style, native
from exclave.query.scope import Relation
from exclave.query.walk import Walk

_LONGEST_KEPT = 100_000
"""Characters: a longer text, of many rows to be inserted say, is hardly sent again."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a text, whatever is a joined table.

    Parameters
    ----------
    native
        The text as PostgreSQL takes it.
    relations
        What it names, in the order in which it stands there.
    search_path
        Where relations without a schema are found.
    """

    native: NativeText
    relations: tuple[Relation, ...]
    search_path: tuple[str, ...]

    def named(
        self, joined: Mapping[tuple[str, str], JoinedName]
    ) -> list[tuple[Relation, JoinedName]]:
        """Give the relations that are joined tables.

        Parameters
        ----------
        joined
            The joined tables by their schemas and names.
        """
        found: list[tuple[Relation, JoinedName]] = []
        for relation in self.relations:
            schemas = self.search_path if relation.schema is None else (relation.schema,)
            tables = (joined.get((schema, relation.name)) for schema in schemas)
            table = next((table for table in tables if table), None)
            if table:
                found.append((relation, table))
        return found


def analysis(sql: str, style: Style, search_path: tuple[str, ...]) -> Analysis:
    """Read a text, or look up what was found in it before.

    Parameters
    ----------
    sql
        One or more statements.
    style
        How their placeholders are written.
    search_path
        Where relations without a schema are found.

    Raises
    ------
    QueryError
        When PostgreSQL's grammar does not know it.
    ExclaveError
        When pglast is not installed.
    """
    if len(sql) > _LONGEST_KEPT:
        return _analysis.__wrapped__(sql, style, search_path)
    return _analysis(sql, style, search_path)


@lru_cache(maxsize=1024)
def _analysis(sql: str, style: Style, search_path: tuple[str, ...]) -> Analysis:
    text = native(sql, style)
    statements, tokens = parse(text)
    walk = Walk(tokens, search_path)
    try:
        for statement in statements:
            walk.statement(statement)
    except RecursionError:
        raise QueryError(
            "A statement has too many queries within queries to be read. Split it."
        ) from None
    relations = sorted(walk.relations, key=lambda relation: relation.span)
    return Analysis(text, tuple(relations), search_path)
