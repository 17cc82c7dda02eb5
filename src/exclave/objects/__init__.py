"""What can be declared: plain values, equal when they mean the same in PostgreSQL."""

from exclave.objects.catalog import Catalog, ForeignObject
from exclave.objects.extension import Extension
from exclave.objects.foreign_table import Check, Column, ForeignTable, Generated, Partition
from exclave.objects.grant import Grant
from exclave.objects.import_schema import ImportForeignSchema
from exclave.objects.index import Index, IndexKey
from exclave.objects.materialized_view import MaterializedView, ViewColumn
from exclave.objects.names import PUBLIC, QualifiedName
from exclave.objects.options import Options
from exclave.objects.schema import Schema
from exclave.objects.secret import HIDDEN, Hidden, Secret
from exclave.objects.server import Server
from exclave.objects.user_mapping import UserMapping
from exclave.objects.wrapper import Wrapper

__all__ = [
    "HIDDEN",
    "PUBLIC",
    "Catalog",
    "Check",
    "Column",
    "Extension",
    "ForeignObject",
    "ForeignTable",
    "Generated",
    "Grant",
    "Hidden",
    "ImportForeignSchema",
    "Index",
    "IndexKey",
    "MaterializedView",
    "Options",
    "Partition",
    "QualifiedName",
    "Schema",
    "Secret",
    "Server",
    "UserMapping",
    "ViewColumn",
    "Wrapper",
]
