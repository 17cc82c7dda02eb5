"""What Alembic loads by the entry point group ``alembic.plugins``, when it is imported itself.

It costs little, since `exclave.plan` and `exclave.sqlalchemy` are imported only when they are
used, and does nothing for a metadata that holds nothing foreign.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from alembic.util import DispatchPriority, PriorityDispatchResult

from exclave.alembic import implementation, render

if TYPE_CHECKING:
    import sqlalchemy as sa
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

NAME = "alembic.autogenerate.exclave"
"""The plug-in's name, which Alembic's default ``autogenerate_plugins`` takes."""

KEY = "exclave"
"""Where `exclave.sqlalchemy` keeps its own in the `info` of SQLAlchemy's objects."""

OWN_SCHEMA = "exclave"
"""The schema of what exclave itself keeps in a database; nobody declares it."""


def setup(plugin: Plugin) -> None:
    """Have the comparators called, and the operations performed and rendered.

    Parameters
    ----------
    plugin
        What Alembic has made for this module.
    """
    implementation.register()
    render.register()
    for function, target, priority in (
        (hide_foreign_tables, "schema", DispatchPriority.FIRST),
        (compare, "schema", DispatchPriority.LAST),
        (put_first, "autogenerate", DispatchPriority.LAST),
    ):
        plugin.add_autogenerate_comparator(
            function, target, KEY, qualifier="postgresql", priority=priority
        )


def hide_foreign_tables(
    context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]
) -> PriorityDispatchResult:
    """Keep Alembic's own comparators from what exclave makes, and from its own schemas."""
    del upgrade_ops
    if is_concerned(context):
        from exclave.alembic.federations import private_schemas

        ordinary = [table for table in context.sorted_tables if KEY not in table.info]
        context.sorted_tables = ordinary
        declared = {table.schema for table in ordinary}
        assert context.connection is not None
        schemas -= {OWN_SCHEMA, *private_schemas(context.connection)} - declared
    return PriorityDispatchResult.CONTINUE


def compare(
    context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]
) -> PriorityDispatchResult:
    """Compare foreign objects, once Alembic has compared ordinary tables."""
    if is_concerned(context):
        from exclave.alembic.compare import compare_foreign

        vars(context).pop("sorted_tables", None)  # it is computed again
        compare_foreign(context, upgrade_ops, schemas)
    return PriorityDispatchResult.CONTINUE


def put_first(context: AutogenContext, upgrade_ops: UpgradeOps) -> PriorityDispatchResult:
    """Put drops and schemas before what other plug-ins have added since, such as types."""
    if is_concerned(context):
        from exclave.alembic.compare import move_to_front

        move_to_front(upgrade_ops)
    return PriorityDispatchResult.CONTINUE


def is_concerned(context: AutogenContext) -> bool:
    """Tell whether the project declares anything foreign, or has configured exclave."""
    if "exclave_unmanaged" in context.opts:
        return True
    return any(
        KEY in metadata.info or any(KEY in table.info for table in metadata.tables.values())
        for metadata in metadata_of(context)
    )


def metadata_of(context: AutogenContext) -> list[sa.MetaData]:
    """Give the target metadata, of which there may be several."""
    found = context.metadata
    if found is None:
        return []
    return list(found) if isinstance(found, Sequence) else [found]


class _PluginModule(ModuleType):
    """A module that gives itself: Alembic 1.18 iterates over what an entry point names."""

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


sys.modules[__name__].__class__ = _PluginModule
