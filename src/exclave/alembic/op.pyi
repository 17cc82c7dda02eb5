"""Alembic's operations and exclave's, with types.

Generated from `exclave.alembic.operations` by tests/alembic/stubs.py.
"""

from collections.abc import Iterable, Mapping

from alembic.op import *

from exclave.alembic.operations.extension import ExtensionProperties
from exclave.alembic.operations.foreign_table import ForeignTableProperties
from exclave.alembic.operations.materialized_view import MaterializedViewProperties
from exclave.alembic.operations.schema import SchemaProperties
from exclave.alembic.operations.server import ServerProperties
from exclave.alembic.operations.user_mapping import UserMappingProperties
from exclave.alembic.operations.wrapper import WrapperProperties
from exclave.objects import (
    Check,
    Column,
    Hidden,
    Index,
    Partition,
    QualifiedName,
    Server,
    ViewColumn,
)
from exclave.objects.grant import GrantsInput
from exclave.objects.options import OptionInput

def create_extension(name: str, *, schema: str | None = ..., version: str | None = ...) -> None:
    """Create an extension, such as ``postgres_fdw``.

    Parameters
    ----------
    name, schema, version
        As in `exclave.Extension`.
    """

def alter_extension(name: str, *, before: ExtensionProperties, after: ExtensionProperties) -> None:
    """Move an extension to another version or schema.

    Parameters
    ----------
    name
        Its name.
    before, after
        What differs, as it is and as it is to be.
    """

def drop_extension(name: str) -> None:
    """Drop an extension, on which nothing may depend any more.

    Parameters
    ----------
    name
        Its name.
    """

def create_foreign_table(
    name: str,
    *columns: Column,
    server: Server | str,
    schema: str | None = ...,
    options: Mapping[str, OptionInput] = ...,
    checks: Iterable[Check] = ...,
    inherits: Iterable[QualifiedName | str] = ...,
    partition_of: Partition | None = ...,
    owner: str | None = ...,
    grants: GrantsInput | None = ...,
    comment: str | None = ...,
) -> None:
    """Create a foreign table.

    Parameters
    ----------
    name, columns, server, options, checks, inherits, partition_of, owner, grants, comment
        As in `exclave.ForeignTable`.
    schema
        Its schema; ``None`` is the connection's default one, and ``public`` with ``--sql``.
    """

def alter_foreign_table(
    name: str,
    *,
    schema: str | None = ...,
    before: ForeignTableProperties,
    after: ForeignTableProperties,
) -> None:
    """Alter a foreign table in place.

    Parameters
    ----------
    name, schema
        Which one; the schema as in `create_foreign_table`.
    before, after
        What differs, as it is and as it is to be. Of columns, options, checks and privileges
        only those that differ: a column in `after` alone is added, one in `before` alone is
        dropped, and one whose `renamed_from` is in `before` is renamed. A new name or schema
        is ``{"name": …, "schema": …}`` in `after`. Where a type changes, the generated
        columns and the checks of the table must be on both sides, and where columns or checks
        change, its parents.
    """

def drop_foreign_table(name: str, *, schema: str | None = ...) -> None:
    """Drop a foreign table, on which nothing may depend any more.

    Parameters
    ----------
    name, schema
        Which one; the schema as in `create_foreign_table`.
    """

def create_materialized_view(
    name: str,
    query: str,
    *,
    schema: str | None = ...,
    columns: Iterable[ViewColumn] = ...,
    indexes: Iterable[Index] = ...,
    with_data: bool = ...,
    owner: str | None = ...,
    grants: GrantsInput | None = ...,
    comment: str | None = ...,
) -> None:
    """Create a materialized view.

    Parameters
    ----------
    name, query, columns, indexes, with_data, owner, grants, comment
        As in `exclave.MaterializedView`.
    schema
        Its schema; ``None`` is the connection's default one, and ``public`` with ``--sql``.
    """

def alter_materialized_view(
    name: str,
    *,
    schema: str | None = ...,
    before: MaterializedViewProperties,
    after: MaterializedViewProperties,
) -> None:
    """Alter a materialized view, but for its query, which PostgreSQL cannot alter.

    Parameters
    ----------
    name, schema
        Which one; the schema as in `create_materialized_view`.
    before, after
        What differs, as it is and as it is to be. Of columns, indexes and privileges only
        those that differ. A new name or schema is ``{"name": …, "schema": …}`` in `after`.
    """

def drop_materialized_view(name: str, *, schema: str | None = ...) -> None:
    """Drop a materialized view, on which nothing may depend any more.

    Parameters
    ----------
    name, schema
        Which one; the schema as in `create_materialized_view`.
    """

def create_schema(
    name: str,
    *,
    owner: str | None = ...,
    grants: GrantsInput | None = ...,
    comment: str | None = ...,
) -> None:
    """Create a schema.

    Parameters
    ----------
    name, owner, grants, comment
        As in `exclave.Schema`.
    """

def alter_schema(name: str, *, before: SchemaProperties, after: SchemaProperties) -> None:
    """Alter a schema.

    Parameters
    ----------
    name
        Its name.
    before, after
        What differs, as it is and as it is to be.
    """

def drop_schema(name: str) -> None:
    """Drop a schema, which must be empty.

    Parameters
    ----------
    name
        Its name.
    """

def create_server(
    name: str,
    wrapper: str = ...,
    *,
    options: Mapping[str, OptionInput] = ...,
    type: str | None = ...,
    version: str | None = ...,
    owner: str | None = ...,
    grants: GrantsInput | None = ...,
    comment: str | None = ...,
) -> None:
    """Create a foreign server.

    Parameters
    ----------
    name, wrapper, options, type, version, owner, grants, comment
        As in `exclave.Server`.
    """

def alter_server(name: str, *, before: ServerProperties, after: ServerProperties) -> None:
    """Alter a foreign server in place.

    Parameters
    ----------
    name
        Its name.
    before, after
        What differs, as it is and as it is to be: of options and privileges too only those
        that differ. A new name is ``{"name": …}`` in `after`.
    """

def drop_server(name: str) -> None:
    """Drop a foreign server, on which nothing may depend any more.

    Parameters
    ----------
    name
        Its name.
    """

def create_user_mapping(
    server: str, role: str = ..., *, options: Mapping[str, OptionInput] | Hidden = ...
) -> None:
    """Create a user mapping.

    Parameters
    ----------
    server, role, options
        As in `exclave.UserMapping`; a password is a `exclave.Secret`. Options that are
        `exclave.HIDDEN` are refused: nobody knows what to write.
    """

def alter_user_mapping(
    server: str, role: str = ..., *, before: UserMappingProperties, after: UserMappingProperties
) -> None:
    """Alter a user mapping.

    Parameters
    ----------
    server, role
        Which one.
    before, after
        The options that differ, as they are and as they are to be. Secrets of `before` are
        never resolved.
    """

def drop_user_mapping(server: str, role: str = ...) -> None:
    """Drop a user mapping.

    Parameters
    ----------
    server, role
        Which one.
    """

def create_wrapper(
    name: str,
    *,
    handler: QualifiedName | str | None = ...,
    validator: QualifiedName | str | None = ...,
    options: Mapping[str, OptionInput] = ...,
    owner: str | None = ...,
    grants: GrantsInput | None = ...,
    comment: str | None = ...,
    extension: str | None = ...,
) -> None:
    """Create a foreign-data wrapper.

    Parameters
    ----------
    name, handler, validator, options, owner, grants, comment
        As in `exclave.Wrapper`.
    extension
        The extension that has created the wrapper; then only its options, owner, privileges
        and comment are set.
    """

def alter_wrapper(name: str, *, before: WrapperProperties, after: WrapperProperties) -> None:
    """Alter a foreign-data wrapper in place.

    Parameters
    ----------
    name
        Its name.
    before, after
        What differs, as it is and as it is to be: of options and privileges too only those
        that differ. A new name is ``{"name": …}`` in `after`.
    """

def drop_wrapper(name: str, *, extension: str | None = ...) -> None:
    """Drop a foreign-data wrapper, on which nothing may depend any more.

    Parameters
    ----------
    name
        Its name.
    extension
        The extension that has created it and drops it; then nothing is done.
    """
