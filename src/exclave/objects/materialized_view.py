"""A materialized view: the rows of a query, kept until they are refreshed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from exclave.errors import DeclarationError
from exclave.objects.grant import Grants, GrantsInput, make_grants
from exclave.objects.index import Index
from exclave.objects.names import QualifiedName, check_name, check_role, former_name
from exclave.objects.text import check_text

Uses = Mapping[QualifiedName, frozenset[str] | None]
"""The relations that a query reads, and those of their columns that are known to be read; what
is only read by way of an ordinary view has ``None``."""


@dataclass(frozen=True, slots=True, init=False)
class ViewColumn:
    """What is said of a column of a materialized view; the query says that there is one.

    Parameters
    ----------
    name
        Its name.
    type
        Its data type; set when read from a database, and no difference.
    comment
        The comment; ``None`` means that there is none.
    grants
        Privileges (SELECT …) on this column alone; ``None`` leaves them.
    """

    name: str
    type: str | None = field(compare=False)
    comment: str | None
    grants: Grants | None

    def __init__(
        self,
        name: str,
        type: str | None = None,  # noqa: A002 - PostgreSQL's word
        *,
        comment: str | None = None,
        grants: GrantsInput | None = None,
    ) -> None:
        assign = object.__setattr__
        assign(self, "name", check_name(name, "column"))
        assign(self, "type", type)
        assign(self, "comment", check_text(comment, f'comment of column "{name}"') or None)
        assign(self, "grants", make_grants(grants, "column", f'column "{name}"'))


@dataclass(frozen=True, slots=True, init=False)
class MaterializedView:
    """A materialized view, over foreign tables or any others.

    PostgreSQL cannot change a materialized view's query: another query is another view, which
    takes the place of the first with its indexes, owner, privileges and comments.

    Parameters
    ----------
    name
        Its name, or a `QualifiedName`.
    query
        The SELECT that gives its rows.
    schema
        The schema that holds it.
    columns
        What is said of its columns; those that are not named are left as they are.
    indexes
        Its indexes. Concurrent refreshing needs a unique one.
    with_data
        Whether its creation runs the query; without data it cannot be read before it is
        refreshed. Of one that was read it tells whether it has data. It is no difference.
    owner
        The owning role, with whose privileges the query is run; ``None`` leaves it as it is.
    grants
        Privileges by role, less the owner's own; ``None`` leaves them.
    comment
        The comment; ``None`` means that there is none.
    uses
        The tables and views that the query reads; found in its text unless given. Names without
        a schema are left to the search path.
    extension
        The extension it belongs to, which creates and drops it; set when read from a database.
    renamed_from
        Its former name, as it was, so that a change of name is an ALTER and no DROP; a
        `QualifiedName` if the schema changed too.

    Raises
    ------
    DeclarationError
        When two columns or indexes have one name, or the query is empty.

    Notes
    -----
    PostgreSQL documentation, "CREATE MATERIALIZED VIEW".
    """

    schema: str
    name: str
    query: str
    columns: tuple[ViewColumn, ...] = field(compare=False)
    indexes: tuple[Index, ...]
    with_data: bool = field(compare=False)
    owner: str | None
    grants: Grants | None
    comment: str | None
    uses: Uses = field(compare=False)
    extension: str | None = field(compare=False)
    renamed_from: QualifiedName | None = field(compare=False)
    column_set: frozenset[ViewColumn] = field(repr=False)

    def __init__(
        self,
        name: QualifiedName | str,
        query: str,
        *,
        schema: str | None = None,
        columns: Iterable[ViewColumn] = (),
        indexes: Iterable[Index] = (),
        with_data: bool = True,
        owner: str | None = None,
        grants: GrantsInput | None = None,
        comment: str | None = None,
        uses: Uses | Iterable[QualifiedName | str] = (),
        extension: str | None = None,
        renamed_from: QualifiedName | str | None = None,
        column_set: frozenset[ViewColumn] | None = None,
    ) -> None:
        del column_set  # derived; accepted so that dataclasses.replace works
        if isinstance(name, QualifiedName):
            schema, name = schema or name.schema, name.name
        schema = schema or "public"
        assign = object.__setattr__
        assign(self, "schema", check_name(schema, "schema"))
        assign(self, "name", check_name(name, "materialized view"))
        assign(self, "query", check_text(query, f"query of {self}").strip().rstrip(";").rstrip())
        assign(self, "columns", tuple(columns))
        assign(self, "indexes", tuple(sorted(indexes, key=lambda index: index.name)))
        assign(self, "with_data", with_data)
        assign(self, "owner", owner and check_role(owner, "role"))
        assign(self, "grants", make_grants(grants, "materialized view", str(self)))
        assign(self, "comment", check_text(comment, f"comment of {self}") or None)
        assign(self, "uses", _uses(uses))
        assign(self, "extension", extension)
        assign(self, "renamed_from", former_name(renamed_from, schema, "materialized view"))
        assign(self, "column_set", frozenset(self.columns))
        self._check_shape()

    def _check_shape(self) -> None:
        if not self.query:
            raise DeclarationError(f"{self} has no query; give it a SELECT.")
        for kind, given in (
            ("columns", [column.name for column in self.columns]),
            ("indexes", [index.name for index in self.indexes]),
        ):
            if len(set(given)) < len(given):
                [(twice, _)] = Counter(given).most_common(1)
                raise DeclarationError(f"{self}: two {kind} are called {twice!r}.")

    @property
    def qualified_name(self) -> QualifiedName:
        """Its name with its schema."""
        return QualifiedName(self.name, self.schema)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it in a database."""
        return (self.schema, self.name)

    def __str__(self) -> str:
        return f'materialized view "{self.schema}"."{self.name}"'


def _uses(given: Uses | Iterable[QualifiedName | str]) -> Uses:
    if isinstance(given, Mapping):
        return dict(cast("Uses", given))
    return {QualifiedName.of(name, "table"): frozenset() for name in given}
