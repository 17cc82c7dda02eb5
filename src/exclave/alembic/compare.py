"""Autogenerate: foreign objects as declared against those of a database."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, cast

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

from exclave import plan
from exclave.alembic.federations import servers_of_members
from exclave.alembic.filters import Filters
from exclave.alembic.operations import ForeignOperation
from exclave.alembic.plugin import KEY, metadata_of
from exclave.alembic.steps import operations_of
from exclave.catalog import read
from exclave.errors import DeclarationError
from exclave.objects import Catalog, QualifiedName
from exclave.plan import Policy, Scope
from exclave.sqlalchemy import SqlalchemyConnection, foreign_objects
from exclave.sqlalchemy.declaration import is_planned
from exclave.sqlalchemy.naming import Naming

log = logging.getLogger("alembic.autogenerate.exclave")

_WORDS = {"create": "added", "alter": "changed", "drop": "removed", "replace": "replaced"}


def compare_foreign(
    context: AutogenContext, upgrade_ops: ops.UpgradeOps, schemas: Iterable[str | None]
) -> None:
    """Add the operations that make a database's foreign objects as declared.

    Parameters
    ----------
    context
        What autogenerate knows.
    upgrade_ops
        What it has found for ordinary tables; ours come before and after that.
    schemas
        The schemas that it looks at; ``None`` among them is the connection's default one.
    """
    assert context.connection is not None
    session = SqlalchemyConnection(context.connection)
    declared = _declared(context)
    naming = Naming.of_connection(context.connection)
    policy = _policy(context, declared, frozenset(schemas), upgrade_ops, naming)
    made = plan.make(session, declared, policy)
    for note in made.notes:
        log.warning("%s", note)
    for change in made:
        log.info("Detected %s %s", _WORDS[change.action], change.subject)
    if not made:
        return
    role = read(session, schemas=[]).role
    changed = _touched(upgrade_ops, naming)
    before, after = plan.around_others(made, changed.__contains__)
    operations = operations_of([*before, *after], declared, role)
    first = upgrade_ops.info[KEY] = operations[: len(before)]
    upgrade_ops.ops[:0] = first
    upgrade_ops.ops.extend(operations[len(before) :])


def _declared(context: AutogenContext) -> Catalog:
    catalog = Catalog()
    for metadata in metadata_of(context):
        catalog |= foreign_objects(metadata, context.connection)
    return catalog


def _policy(
    context: AutogenContext,
    declared: Catalog,
    schemas: frozenset[str | None],
    upgrade_ops: ops.UpgradeOps,
    naming: Naming,
) -> Policy:
    unmanaged = context.opts.get("exclave_unmanaged", "drop")
    if unmanaged not in ("drop", "ignore"):
        raise DeclarationError(
            f"exclave_unmanaged={unmanaged!r}: write 'drop' to have what nobody declares proposed "
            "for dropping, or 'ignore' to leave it alone."
        )
    tables = {
        (naming.schema(table.schema), str(table.name)): table
        for metadata in metadata_of(context)
        for table in metadata.tables.values()
        if is_planned(table)
    }
    assert context.connection is not None
    filters = Filters(context, schemas, tables, servers_of_members(context.connection))
    owners = _owners(context, declared)
    provided, shaken = _provided(upgrade_ops, naming), _shaken(upgrade_ops, naming)
    scope = Scope(filters.includes, filters.column, owners, provided, shaken)
    return Policy(unmanaged=unmanaged, scope=scope)


def _owners(context: AutogenContext, declared: Catalog) -> frozenset[str]:
    """Give the roles whose undeclared objects are ours: the current one, and those told of."""
    given = context.opts.get("exclave_owners", ())
    if isinstance(given, str):
        raise DeclarationError("exclave_owners takes several names of roles, not a string.")
    named = {getattr(value, "owner", None) for value in declared} - {None}
    return frozenset({"CURRENT_USER", *given, *cast("set[str]", named)})


def _touched(upgrade_ops: ops.UpgradeOps, naming: Naming) -> set[QualifiedName]:
    """Give the ordinary tables that are altered or dropped."""
    return {
        QualifiedName(op.table_name, naming.schema(op.schema))
        for op in upgrade_ops.ops
        if isinstance(op, ops.ModifyTableOps | ops.DropTableOp)
    }


def _shaken(
    upgrade_ops: ops.UpgradeOps, naming: Naming
) -> dict[QualifiedName, frozenset[str] | None]:
    """Give the ordinary tables that go, and those of which columns go or get another type.

    PostgreSQL refuses either while a view reads them.
    """
    found: dict[QualifiedName, frozenset[str] | None] = {}
    for op in upgrade_ops.ops:
        if isinstance(op, ops.DropTableOp):
            found[QualifiedName(op.table_name, naming.schema(op.schema))] = None
        elif isinstance(op, ops.ModifyTableOps):
            names = {
                each.column_name
                for each in op.ops
                if isinstance(each, ops.DropColumnOp)
                or (isinstance(each, ops.AlterColumnOp) and each.modify_type is not None)
            }
            found[QualifiedName(op.table_name, naming.schema(op.schema))] = frozenset(names)
    return found


def _provided(upgrade_ops: ops.UpgradeOps, naming: Naming) -> frozenset[str]:
    """Give the ordinary tables that are created, and the types that SQLAlchemy makes for them."""
    names: set[str] = set()
    for op in upgrade_ops.ops:
        if isinstance(op, ops.CreateTableOp):
            names |= _spellings(op.table_name, naming.schema(op.schema))
            for column in op.columns:
                type_ = getattr(column, "type", None)
                if isinstance(type_, sa.Enum) and type_.name:
                    names |= _spellings(type_.name, naming.schema(cast("Any", type_).schema))
    return frozenset(names)


def _spellings(name: str, schema: str) -> set[str]:
    return {str(QualifiedName(name)), str(QualifiedName(name, schema))}


def move_to_front(upgrade_ops: ops.UpgradeOps) -> None:
    """Move what comes first before what other plug-ins have put there since, such as new types."""
    first = cast("list[ForeignOperation]", upgrade_ops.info.get(KEY, []))
    ours = {id(operation) for operation in first}
    upgrade_ops.ops.sort(key=lambda operation: id(operation) not in ours)
