"""What is written to a member's table, as SQL that is made once and kept in the registry."""

from __future__ import annotations

import re
from typing import Any

from exclave.federation.columns import MemberColumn
from exclave.federation.routing.variants import constant_of, is_left, variants_of
from exclave.federation.shape import FederatedTable
from exclave.federation.tables import MemberTable
from exclave.objects.data_type import canonical_type
from exclave.objects.quoting import quote_identifier, quote_literal


def writing_of(table: MemberTable, federated: FederatedTable) -> dict[str, Any]:
    """Give the parts of the statements that joined tables' triggers send to a member's table.

    In them ``$1`` is the row as it is to be, ``$2`` the row as it was, and ``$3`` an array of the
    columns that an INSERT left out, or that an UPDATE set to DEFAULT.

    Parameters
    ----------
    table
        The member's table.
    federated
        The table as the federation declares it.

    Returns
    -------
    dict
        JSON for ``exclave.member_table.writing``. ``held`` names the columns, ``generated`` those
        whose values the member generates, and ``always`` those for which it takes no other
        value. ``inserts`` has for each variant, by the places in ``generated`` of what it leaves
        out, the name behind the table's and the rest of the statement. ``assignments`` has what
        an UPDATE sets, ``condition`` what finds a row, and ``output`` what comes back.
    """
    generated = [column.name for column in table.columns if is_left(column)]
    return {
        "held": [column.name for column in table.columns],
        "generated": generated,
        "always": [column.name for column in table.columns if column.always],
        "inserts": {
            ",".join(
                str(place) for place, name in enumerate(generated, 1) if name in variant.omitted
            ): [
                f"@{variant.name}" if variant.name else "",
                _insert([each for each in table.columns if each.name not in variant.omitted]),
            ]
            for variant in reversed(variants_of(table, federated))  # the plain one rather
        },
        "assignments": {column.name: _assignment(column) for column in table.columns},
        "condition": " AND ".join(
            _found_by(column) for column in table.columns if column.name in table.key
        ),
        "output": ", ".join(map(_returned, table.columns)),
    }


def _insert(columns: list[MemberColumn]) -> str:
    if not columns:
        return "DEFAULT VALUES"
    names = ", ".join(quote_identifier(column.name) for column in columns)
    return f"({names}) VALUES ({', '.join(map(_value, columns))})"


def _value(column: MemberColumn) -> str:
    """Write the value that is sent: what was given, or the constant that is the default."""
    constant = constant_of(column)
    given = _field(column, 1)
    if constant is None:
        return given
    return f"CASE WHEN {quote_literal(column.name)} = ANY ($3) THEN {constant} ELSE {given} END"


def _field(column: MemberColumn, row: int) -> str:
    field = f"(${row}).{quote_identifier(column.name)}"
    if column.cast is None:
        return field
    return f"{field}::text::{_without_modifier(canonical_type(column.type))}"


def _assignment(column: MemberColumn) -> str:
    value = _value(column)
    if column.opaque:
        # postgres_fdw sends no tableoid: the value then goes as a parameter without a type
        value = f"CASE WHEN tableoid = 0 THEN NULL ELSE {value} END"
    return f"{quote_identifier(column.name)} = {value}"


def _found_by(column: MemberColumn) -> str:
    """Write the condition on a column of the key, so that it is sent."""
    name = quote_identifier(column.name)
    if column.opaque:
        return f"{name}::{column.cast} = ($2).{name}"
    return f"{name} = {_field(column, 2)}"


def _returned(column: MemberColumn) -> str:
    name = quote_identifier(column.name)
    return name if column.cast is None else f"{name}::{column.cast} AS {name}"


def _without_modifier(type_: str) -> str:
    """Give a type that takes values of any length; what is too long is then refused, not cut."""
    found = re.fullmatch(r"([a-z ]+)\([0-9,]+\)([a-z ]*)((?:\[\])?)", type_)
    if found is None:
        return type_
    name = {"character": "bpchar", "bit": "varbit"}.get(found[1], found[1] + found[2])
    return name + found[3]
