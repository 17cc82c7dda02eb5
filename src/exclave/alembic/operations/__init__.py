"""The operations of migrations: a module a noun, each with create, alter and drop."""

from exclave.alembic.operations.extension import (
    AlterExtensionOp,
    CreateExtensionOp,
    DropExtensionOp,
)
from exclave.alembic.operations.foreign_table import (
    AlterForeignTableOp,
    CreateForeignTableOp,
    DropForeignTableOp,
)
from exclave.alembic.operations.materialized_view import (
    AlterMaterializedViewOp,
    CreateMaterializedViewOp,
    DropMaterializedViewOp,
)
from exclave.alembic.operations.operation import ForeignOperation
from exclave.alembic.operations.schema import AlterSchemaOp, CreateSchemaOp, DropSchemaOp
from exclave.alembic.operations.server import AlterServerOp, CreateServerOp, DropServerOp
from exclave.alembic.operations.user_mapping import (
    AlterUserMappingOp,
    CreateUserMappingOp,
    DropUserMappingOp,
)
from exclave.alembic.operations.wrapper import AlterWrapperOp, CreateWrapperOp, DropWrapperOp

__all__ = [
    "AlterExtensionOp",
    "AlterForeignTableOp",
    "AlterMaterializedViewOp",
    "AlterSchemaOp",
    "AlterServerOp",
    "AlterUserMappingOp",
    "AlterWrapperOp",
    "CreateExtensionOp",
    "CreateForeignTableOp",
    "CreateMaterializedViewOp",
    "CreateSchemaOp",
    "CreateServerOp",
    "CreateUserMappingOp",
    "CreateWrapperOp",
    "DropExtensionOp",
    "DropForeignTableOp",
    "DropMaterializedViewOp",
    "DropSchemaOp",
    "DropServerOp",
    "DropUserMappingOp",
    "DropWrapperOp",
    "ForeignOperation",
]
