"""When foreign tables and views get their DDL: SQLAlchemy's events of tables and metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.mock import MockConnection

from exclave.objects import MaterializedView
from exclave.plan.ledger import remember
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.declaration import is_federated, is_ordinary, is_planned
from exclave.sqlalchemy.desired import check_foreign_keys, declared_by
from exclave.sqlalchemy.instead import never
from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.statements import Bind, creation, run

if hasattr(sa.Table, "set_creator_ddl"):
    from exclave.sqlalchemy.creator import attach_hooks, attach_none
else:
    from exclave.sqlalchemy.sqlalchemy_2_0 import attach_hooks, attach_none


def attach(table: sa.Table) -> None:
    """Have a foreign table created and dropped as one, and its indexes and keys never sent.

    A federation's table is made by the hub: nothing at all is sent for it.
    """
    (attach_none if is_federated(table) else attach_hooks)(table)
    for index in table.indexes:
        index.ddl_if(callable_=never)
    for constraint in table.foreign_key_constraints:
        constraint.ddl_if(callable_=never)


def listen_to(metadata: sa.MetaData) -> None:
    """Check a metadata before its tables are created."""
    if not event.contains(metadata, "before_create", _before_create_all):
        event.listen(metadata, "before_create", _before_create_all)
        event.listen(metadata, "before_drop", _before_drop_all)


def _before_create_all(
    target: sa.MetaData, connection: Bind, *, tables: Iterable[sa.Table] = (), **more: Any
) -> None:
    del more
    _check_database(connection, tables)
    check_foreign_keys(target)
    _before_drop_all(target)


def _before_drop_all(target: sa.MetaData, connection: Bind | None = None, **more: Any) -> None:
    del connection, more
    for table in target.tables.values():
        if not is_ordinary(table):
            attach(table)  # also what was added to it since


def _check_database(connection: Bind, tables: Iterable[sa.Table]) -> None:
    """Refuse a database that has no foreign tables, before it is asked what it does not have."""
    if not isinstance(connection, MockConnection) and any(is_planned(table) for table in tables):
        SqlalchemyConnection(connection)  # checks it


def _before_create(target: sa.Table, connection: Bind, **more: Any) -> None:
    del more
    _check_database(connection, [target])
    if not event.contains(target.metadata, "before_create", _before_create_all):
        check_foreign_keys(target.metadata)  # a copy's metadata
    attach(target)


def _after_create(target: sa.Table, connection: Bind, **more: Any) -> None:
    del more
    if is_federated(target):
        return
    naming = Naming.of_connection(connection)
    run(creation(target, naming)[1:], connection)
    made = declared_by(target, naming)
    if isinstance(made, MaterializedView) and not isinstance(connection, MockConnection):
        remember(SqlalchemyConnection(connection), [made])


def _before_drop(target: sa.Table, connection: Bind, **more: Any) -> None:
    del connection, more
    attach(target)


def listen_to_table(table: sa.Table) -> None:
    """Prepare a table before it is created or dropped, and complete it; copies of it too."""
    for name, listener in (
        ("before_create", _before_create),
        ("after_create", _after_create),
        ("before_drop", _before_drop),
    ):
        event.listen(table, name, listener, propagate=True)
