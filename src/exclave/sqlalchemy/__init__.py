"""SQLAlchemy front end: foreign tables beside ordinary ones, created and dropped with them."""

import exclave.sqlalchemy.compilation  # pyright: ignore[reportUnusedImport] - registers
import exclave.sqlalchemy.federation.hooks  # noqa: F401 # pyright: ignore[reportUnusedImport] - registers
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.declaration import (
    foreign_column_info,
    is_federated,
    is_foreign,
    is_materialized_view,
)
from exclave.sqlalchemy.desired import foreign_object, foreign_objects
from exclave.sqlalchemy.federation.declarative import federated_args
from exclave.sqlalchemy.federation.down import allow_many_members, completeness, federate
from exclave.sqlalchemy.federation.table import federated_table
from exclave.sqlalchemy.foreign_table import ForeignTable, foreign_table_args
from exclave.sqlalchemy.import_schema import import_foreign_schema
from exclave.sqlalchemy.materialized_view import MaterializedView
from exclave.sqlalchemy.named_type import NamedType
from exclave.sqlalchemy.planning import apply_plan, make_plan
from exclave.sqlalchemy.reflection import inspect_foreign, reflect
from exclave.sqlalchemy.refreshing import refresh, refresh_status
from exclave.sqlalchemy.registration import register_foreign

__all__ = [
    "ForeignTable",
    "MaterializedView",
    "NamedType",
    "SqlalchemyConnection",
    "allow_many_members",
    "apply_plan",
    "completeness",
    "federate",
    "federated_args",
    "federated_table",
    "foreign_column_info",
    "foreign_object",
    "foreign_objects",
    "foreign_table_args",
    "import_foreign_schema",
    "inspect_foreign",
    "is_federated",
    "is_foreign",
    "is_materialized_view",
    "make_plan",
    "reflect",
    "refresh",
    "refresh_status",
    "register_foreign",
]
