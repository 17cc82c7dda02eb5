"""The types that a federation needs on the hub: members' enums, and text that is never sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exclave.catalog import Connection
from exclave.errors import DeclarationError
from exclave.federation.columns import MemberColumn
from exclave.federation.labels import merged
from exclave.federation.naming import unsent_type
from exclave.federation.provisioning.query import query
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable
from exclave.objects import QualifiedName
from exclave.objects.quoting import quote_literal


def make_types(
    connection: Connection,
    federation: Federation,
    joined: JoinedTable,
    columns: Iterable[MemberColumn],
) -> None:
    """Make the types that are not there yet, and give enums the labels that they lack.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner.
    federation
        The federation; its schema is there.
    joined
        The joined table whose columns may be of enums.
    columns
        Columns of members' tables that are to be declared.

    Raises
    ------
    DeclarationError
        When the labels of an enum stand in another order in another table of the federation.
    """
    enums = {
        QualifiedName.of(column.type.removesuffix("[]")): column.enum
        for column in joined.columns
        if column.enum is not None
    }
    unsent = {
        unsent_type(federation, column.type): "text[]" if column.type.endswith("[]") else "text"
        for column in columns
        if column.opaque
    }
    names = [name.name for name in (*enums, *unsent)]
    if not names:
        return
    there = {
        name: tuple(labels)
        for name, labels in connection.fetch(query("types"), [federation.name, names])
    }
    for name, base in unsent.items():
        if name.name not in there:
            connection.execute(f"CREATE DOMAIN {name} AS {base}")
    for name, labels in enums.items():
        for statement in enum_statements(name, there.get(name.name), labels):
            connection.execute(statement)


def enum_statements(
    name: QualifiedName, there: Sequence[str] | None, labels: Sequence[str]
) -> list[str]:
    """Give the statements that make an enum, or add what it lacks.

    Parameters
    ----------
    name
        The enum.
    there
        The labels that it has, in order; ``None`` when it is yet to be made.
    labels
        Those that it must have, in order.

    Raises
    ------
    DeclarationError
        When the two orders contradict each other.
    """
    if there is None:
        return [f"CREATE TYPE {name} AS ENUM ({', '.join(map(quote_literal, labels))})"]
    wanted = merged([there, labels])
    if wanted is None:
        raise DeclarationError(
            f"The labels of the enum {name} stand in the order {', '.join(there)}, and in another "
            f'table in the order {", ".join(labels)}. Take enums="text" for one of the tables.'
        )
    statements: list[str] = []
    following: str | None = None
    for label in reversed(wanted):
        if label not in there:
            place = f" BEFORE {quote_literal(following)}" if following is not None else ""
            statements.append(f"ALTER TYPE {name} ADD VALUE {quote_literal(label)}{place}")
        following = label
    return statements
