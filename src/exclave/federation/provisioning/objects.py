"""What a member needs on the hub, as declarations for `exclave.plan`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exclave.federation.columns import MemberColumn
from exclave.federation.member import Member
from exclave.federation.naming import names_of, unsent_type
from exclave.federation.provisioning.server_options import server_options
from exclave.federation.routing.variants import Variant, variants_of
from exclave.federation.shape import Federation
from exclave.federation.tables import MemberTable
from exclave.objects import (
    Column,
    ForeignObject,
    ForeignTable,
    Generated,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
)
from exclave.objects.options import OptionInput


def way(federation: Federation, member: Member, owner: str, version: int) -> list[ForeignObject]:
    """Give what leads to a member: its schemas, its server and the owner's user mapping.

    It is made by the owner role itself, so it belongs to it.

    Parameters
    ----------
    federation, member
        Which member of which federation.
    owner
        The role that owns what is made, and as which views connect.
    version
        The hub's ``server_version_num``.
    """
    names = names_of(federation, member.slug)
    server = Server(
        names.server,
        member.wrapper,
        options=server_options(federation, member, version),
        comment=f"{member} of {federation}; made by exclave.",
    )
    return [
        Schema(names.schema),
        Schema(names.insertable),
        server,
        UserMapping(server, owner, options=member.mapping_options),
    ]


def foreign_tables(federation: Federation, table: MemberTable) -> Iterator[ForeignTable]:
    """Give a member's foreign tables of one joined table: the plain one, and those for inserts."""
    for variant in variants_of(table, federation.table(table.table)):
        yield _foreign_table(federation, table, variant)


def _foreign_table(federation: Federation, table: MemberTable, variant: Variant) -> ForeignTable:
    names = names_of(federation, table.slug)
    return ForeignTable(
        names.foreign_table(table.table, variant.name),
        _columns(federation, table.columns, variant),
        server=names.server,
        options=_options(federation, table),
    )


def _options(federation: Federation, table: MemberTable) -> Mapping[str, OptionInput]:
    if table.remote.options is not None:
        return table.remote.options
    options = {"schema_name": table.remote_schema, "table_name": table.remote_table}
    fetch_size = federation.table(table.table).fetch_size
    return options if fetch_size is None else {**options, "fetch_size": str(fetch_size)}


def _columns(
    federation: Federation, columns: Iterable[MemberColumn], variant: Variant
) -> Iterator[Column]:
    for column in columns:
        type_ = column.type
        if variant.name and column.opaque:
            type_ = str(unsent_type(federation, type_))
        renamed = column.remote_name != column.name
        generated = Generated(f"NULL::{type_}") if column.name in variant.omitted else None
        yield Column(
            column.name,
            type_,
            collation=column.collation and QualifiedName.of(column.collation, "collation"),
            generated=generated,
            options={"column_name": column.remote_name} if renamed else {},
        )
