"""The names of a federation's objects on the hub, checked before anything is made."""

from __future__ import annotations

from dataclasses import dataclass

from exclave.errors import DeclarationError
from exclave.federation.shape import Federation
from exclave.objects import QualifiedName
from exclave.objects.names import MAX_NAME_BYTES

_SUFFIX_BYTES = len("@unkeyed")
"""What the longest name that exclave derives from a table's name adds to it."""


GATE = "@gate"
"""The empty table, in a federation's private schema, that all joined tables read first."""


@dataclass(frozen=True, slots=True)
class MemberNames:
    """The names of a member's objects.

    Parameters
    ----------
    base
        The name of its server, and of the schema of its foreign tables.
    """

    base: str

    @property
    def server(self) -> str:
        """The foreign server."""
        return self.base

    @property
    def schema(self) -> str:
        """The schema of its foreign tables, which are the owner's alone."""
        return self.base

    @property
    def insertable(self) -> str:
        """The schema of its tables as applications see them."""
        return f"{self.base}_insertable"

    def foreign_table(self, table: str, variant: str = "") -> QualifiedName:
        """A foreign table; the variants are for inserts that leave columns to the remote."""
        return QualifiedName(f"{table}@{variant}" if variant else table, self.schema)

    def own_table(self, table: str) -> QualifiedName:
        """The view through which applications see the member's table."""
        return QualifiedName(table, self.insertable)


def names_of(federation: Federation, slug: str) -> MemberNames:
    """Give the names of a member's objects.

    Parameters
    ----------
    federation
        The federation.
    slug
        The member's slug.
    """
    return MemberNames(federation.member_schema.format(federation=federation.name, member=slug))


def private_schema(federation: str) -> str:
    """Name the schema of what belongs to a federation and to the owner alone."""
    return f"{federation}_private"


def joined_table(federation: str, table: str) -> QualifiedName:
    """Name a joined table."""
    return QualifiedName(table, federation)


def chunk_view(federation: str, table: str, chunk: int) -> QualifiedName:
    """Name the view that joins the tables of some members."""
    return QualifiedName(f"{table}@{chunk}", private_schema(federation))


def parent_table(federation: str, table: str) -> QualifiedName:
    """Name the table from which members' tables inherit."""
    return QualifiedName(f"{table}@parent", private_schema(federation))


def stale_table(federation: str, table: str) -> QualifiedName:
    """Name the table that keeps the last known rows."""
    return QualifiedName(f"{table}@stale", private_schema(federation))


def last_known(federation: str, table: str) -> QualifiedName:
    """Name the view that shows the last known rows as the joined table would."""
    return QualifiedName(f"{table}@last", private_schema(federation))


def write_function(federation: str, table: str) -> QualifiedName:
    """Name the function that brings rows of a joined table to their member."""
    return QualifiedName(f"{table}@write", private_schema(federation))


def enum_type(federation: Federation, name: str) -> QualifiedName:
    """Name the enum on the hub that stands for members' enums of one name.

    A joined table has a type of its own name, so an enum of that name gets another.
    """
    taken = {table.name for table in federation.tables}
    return QualifiedName(f"{name}_enum" if name in taken else name, federation.name)


def unsent_type(federation: Federation, type_: str) -> QualifiedName:
    """Name the domain that stands for text, or an array of it, in what is never sent."""
    return QualifiedName(f"text{'s' if type_.endswith('[]') else ''}@unsent", federation.name)


def check_federation(federation: Federation) -> None:
    """Check the names that a federation leads to.

    Raises
    ------
    DeclarationError
        When PostgreSQL would cut one or keeps it for itself.
    """
    _check_schema(federation.name, f"The schema of {federation}")
    _check_schema(private_schema(federation.name), f"The private schema of {federation}")
    for table in federation.tables:
        if len(table.name.encode()) + _SUFFIX_BYTES > MAX_NAME_BYTES:
            raise DeclarationError(
                f"{table}: its name is {len(table.name.encode())} bytes long; exclave derives "
                f"longer names from it, so {MAX_NAME_BYTES - _SUFFIX_BYTES} are the limit."
            )


def check_member(federation: Federation, slug: str) -> None:
    """Check the names that a member leads to.

    Raises
    ------
    DeclarationError
        When PostgreSQL would cut one or keeps it for itself, or when it is a schema of the
        federation.
    """
    names = names_of(federation, slug)
    where = f'member "{slug}" of {federation}'
    for name in (names.schema, names.insertable):
        _check_schema(name, f"A schema of {where}")
        if name in (federation.name, private_schema(federation.name), "exclave", "public"):
            raise DeclarationError(
                f'A schema of {where} would be called "{name}", which is taken; choose another '
                "slug, or another member_schema for the federation."
            )


def _check_schema(name: str, what: str) -> None:
    length = len(name.encode())
    if length > MAX_NAME_BYTES:
        raise DeclarationError(
            f'{what} would be called "{name}", which has {length} bytes; PostgreSQL keeps '
            f"{MAX_NAME_BYTES}. Choose a shorter name."
        )
    if name.startswith("pg_") or name == "information_schema":
        raise DeclarationError(
            f'{what} would be called "{name}"; PostgreSQL keeps such names for itself.'
        )
