"""Extensions, wrappers, servers, user mappings and schemas that live and die with a metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.mock import MockConnection

from exclave import plan
from exclave.errors import ApplyError, DeclarationError, PrerequisiteError
from exclave.objects import Catalog, Extension, Schema, Server, UserMapping, Wrapper
from exclave.plan.declared_options import check_declared_options
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.declaration import KEY, declaration_of, is_foreign
from exclave.sqlalchemy.desired import check_foreign_keys, foreign_table_of, registered
from exclave.sqlalchemy.events import listen_to
from exclave.sqlalchemy.naming import Naming
from exclave.sqlalchemy.statements import Bind, run

Registered = Extension | Wrapper | Server | UserMapping | Schema

_STILL_USED = "2BP01"  # dependent_objects_still_exist
_NOT_OURS = "42501"  # insufficient_privilege


def register_foreign(metadata: sa.MetaData, *objects: Registered) -> None:
    """Have `create_all` and `drop_all` of a metadata create and drop foreign objects too.

    `create_all` makes what is missing before the tables, and with ``checkfirst=False`` all of
    it; what exists is left as it is, even if it differs (`make_plan` tells how). `drop_all`
    drops what is registered after the tables, in reverse order and never with CASCADE. What
    foreign tables of the metadata that stay behind still use (``drop_all(tables=…)``) stays.
    So does, with ``checkfirst``, an extension or schema that others still use or own.

    Like sequences of a metadata they are created and dropped whichever ``tables=`` are given.
    A schema's name goes through ``schema_translate_map`` as those of tables do.

    Parameters
    ----------
    metadata
        Where to register them.
    objects
        What to register, in any order. The same object may be registered again.

    Raises
    ------
    DeclarationError
        For anything else, such as a foreign table (declare it with `ForeignTable`), and when two
        different objects have the same name. Nothing is registered then.
    """
    for value in objects:
        if not isinstance(value, Registered):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DeclarationError(
                f"{value!r} cannot be registered; give an Extension, Wrapper, Server, UserMapping "
                "or Schema, and declare a foreign table with exclave.sqlalchemy.ForeignTable."
            )
    metadata.info[KEY] = metadata.info.get(KEY, Catalog()) | objects
    listen_to(metadata)
    if not event.contains(metadata, "before_create", _create):
        # Before and after the types of enumerations, which live in schemas.
        event.listen(metadata, "before_create", _create, insert=True)
        event.listen(metadata, "before_drop", _drop_last)


def _create(
    target: sa.MetaData,
    connection: Bind,
    *,
    tables: Iterable[sa.Table] = (),
    checkfirst: Any = False,
    **_: Any,
) -> None:
    check_foreign_keys(target)
    session = None if isinstance(connection, MockConnection) else SqlalchemyConnection(connection)
    naming = Naming.of_connection(connection)
    objects = registered(target, naming)
    foreign = [foreign_table_of(table, naming) for table in tables if is_foreign(table)]
    version = connection.dialect.server_version_info  # none of a mock connection
    check_declared_options(objects | foreign, int(version[0]) if version else None)
    if checkfirst and session is not None:
        plan.make(session, objects, plan.Policy(existing="keep")).apply(session)
        return
    for value in objects:
        run(plan.create_statements(value), connection)


def _drop_last(target: sa.MetaData, connection: Bind, **_: Any) -> None:
    del connection
    if event.contains(target, "after_drop", _drop):
        event.remove(target, "after_drop", _drop)
    event.listen(target, "after_drop", _drop)


def _drop(
    target: sa.MetaData,
    connection: Bind,
    *,
    tables: Iterable[sa.Table] = (),
    checkfirst: Any = False,
    **_: Any,
) -> None:
    naming = Naming.of_connection(connection)
    objects = registered(target, naming)
    if not len(objects):
        return
    dropped = set(tables)
    remaining = [table for table in target.tables.values() if table not in dropped]
    if checkfirst and not isinstance(connection, MockConnection):
        inspector = sa.inspect(connection)
        remaining = [
            table
            for table in remaining
            if inspector.has_table(table.name, schema=connection.schema_for_object(table))
        ]
    unused = _unused(objects, remaining, naming)
    if not checkfirst or isinstance(connection, MockConnection):
        for value in unused:
            run(plan.drop_statements(value), connection)
        return
    session = SqlalchemyConnection(connection)
    shared = [value for value in unused if isinstance(value, Extension | Schema)]
    plan.removal(session, [value for value in unused if value not in shared]).apply(session)
    for value in shared:
        _drop_unless_shared(session, value)


def _unused(objects: Catalog, tables: Iterable[sa.Table], naming: Naming) -> list[Registered]:
    """Give what none of some tables needs, in the order of dropping."""
    schemas = {naming.schema(table.schema) for table in tables}
    declarations = [declaration_of(table) for table in tables]
    servers = {found.server for found in declarations if found is not None}
    wrappers = {objects.servers[name].wrapper for name in servers if name in objects.servers}

    def is_needed(value: object) -> bool:
        match value:
            case Server(name=name) | UserMapping(server=name):
                return name in servers
            case Schema(name=name):
                return name in schemas
            case Wrapper(name=name):
                return name in wrappers
            case _:
                return bool(servers)

    backwards = reversed(list(objects))
    return [value for value in backwards if isinstance(value, Registered) and not is_needed(value)]


def _drop_unless_shared(session: SqlalchemyConnection, value: Registered) -> None:
    try:
        with session.transaction():
            plan.removal(session, [value]).apply(session)
    except PrerequisiteError:
        return  # another role's: nothing but its ownership is asked before a drop
    except ApplyError as error:
        if error.sqlstate not in (_STILL_USED, _NOT_OURS):
            raise
