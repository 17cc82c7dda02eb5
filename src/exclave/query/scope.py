"""What a name stands for at some place of a statement: tables, aliases and WITH queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Span = tuple[int, int]
"""A piece of a text: where it begins, and the position behind it."""

Use = Literal["read", "insert", "update", "delete", "merge", "copy", "define", "other"]
"""What a statement does with a relation: ``define`` keeps it for later, as a view does; ``other``
is no query, such as GRANT."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A placeholder: ``$number``, for one value or for a list of them."""

    number: int
    many: bool = False


Atom = str | Bound
"""What a column is compared with: a constant or a placeholder."""


@dataclass(slots=True, eq=False)
class Relation:
    """A table or view that a statement names, with what else in it has to do with it.

    Parameters
    ----------
    schema, name
        As it is named; a relation without a schema is found by the search path.
    use
        What is done with it.
    span
        Where it stands, ONLY and ``*`` with it but no alias.
    alias
        The name that it is given.
    renames
        Whether the alias names the columns too.
    sampled
        Whether it has TABLESAMPLE.
    command
        Where the word TABLE stands, if it is the command ``TABLE name``.
    locked
        Whether its rows are locked, by FOR UPDATE and its kin.
    upserted
        Whether it has ON CONFLICT.
    taken
        Whether its name cannot be an alias: another relation has it where it would be read.
    whole
        Whether its name stands alone, as a column or as its whole row.
    qualifiers
        Where ``schema.name`` stands before a column of it: the schema, and the name itself.
    calls
        Where its name alone stands before a column of it.
    conditions
        What each of its columns is compared with: one of each of these must hold.
    """

    schema: str | None
    name: str
    use: Use
    span: Span = (0, 0)
    alias: str | None = None
    renames: bool = False
    sampled: bool = False
    command: int | None = None
    locked: bool = False
    upserted: bool = False
    taken: bool = False
    whole: bool = False
    qualifiers: list[tuple[int, Span]] = field(default_factory=list[tuple[int, Span]])
    calls: list[Span] = field(default_factory=list[Span])
    conditions: dict[str, list[tuple[Atom, ...]]] = field(
        default_factory=dict[str, list[tuple[Atom, ...]]]
    )


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """Something in FROM that columns can be taken from.

    Parameters
    ----------
    name
        As columns of it are qualified; empty when they cannot be.
    relation
        The table or view that it is; `None` for a subquery, function, join or WITH query.
    within
        All relations whose rows it gives, which FOR UPDATE locks.
    """

    name: str
    relation: Relation | None = None
    within: tuple[Relation, ...] = ()

    @property
    def bare(self) -> Relation | None:
        """The relation, if it has no alias, so that its schema may stand before its name."""
        return self.relation if self.relation and self.relation.alias is None else None


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The names that can be used at some place.

    Parameters
    ----------
    items
        What is in FROM of the query.
    outer
        The scope of the query around it.
    queries
        The names of the WITH queries.
    """

    items: tuple[Item, ...] = ()
    outer: Scope | None = None
    queries: frozenset[str] = frozenset()

    def inner(self, items: tuple[Item, ...] = ()) -> Scope:
        """Give the scope of a query within this one."""
        return Scope(items, self, self.queries)

    def knowing(self, *names: str) -> Scope:
        """Give the same scope with more WITH queries."""
        return Scope(self.items, self.outer, self.queries | set(names))

    def _levels(self) -> Iterator[tuple[Item, ...]]:
        scope: Scope | None = self
        while scope is not None:
            yield scope.items
            scope = scope.outer

    def by_name(self, name: str) -> Relation | None:
        """Give the relation that ``name`` means before a column, if it is one."""
        for items in self._levels():
            for item in items:
                if item.name == name:
                    return item.relation
        return None

    def by_schema(self, schema: str, name: str, search_path: tuple[str, ...]) -> Relation | None:
        """Give the relation that ``schema.name`` means before a column, if it is one.

        It is one without an alias. When something else of that name is nearer, it is marked: its
        name alone would mean the other one.

        Parameters
        ----------
        schema, name
            The qualified name.
        search_path
            Where relations without a schema are found.

        Notes
        -----
        PostgreSQL's source, ``refnameNamespaceItem`` in ``parse_relation.c``.
        """
        schemas = [schema, None] if schema in search_path else [schema]
        nearer = False
        for items in self._levels():
            for wanted in schemas:
                for item in items:
                    found = item.bare
                    if found and found.name == name and found.schema == wanted:
                        found.taken |= nearer
                        return found
            nearer |= any(item.name == name for item in items)
        return None
