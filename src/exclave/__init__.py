"""PostgreSQL foreign data for Python: declare it, create it, compare it, query it."""

from typing import TYPE_CHECKING, Any

from exclave.objects import (
    HIDDEN,
    PUBLIC,
    Catalog,
    Check,
    Column,
    Extension,
    ForeignTable,
    Generated,
    Grant,
    Hidden,
    ImportForeignSchema,
    Index,
    IndexKey,
    MaterializedView,
    Options,
    Partition,
    QualifiedName,
    Schema,
    Secret,
    Server,
    UserMapping,
    ViewColumn,
    Wrapper,
)

if TYPE_CHECKING:
    from exclave.federation import DeclaredTable, FederatedTable, Federation, Hub, Member

_OF_FEDERATION = ("DeclaredTable", "FederatedTable", "Federation", "Hub", "Member")

__all__ = [
    "HIDDEN",
    "PUBLIC",
    "Catalog",
    "Check",
    "Column",
    "DeclaredTable",
    "Extension",
    "FederatedTable",
    "Federation",
    "ForeignTable",
    "Generated",
    "Grant",
    "Hidden",
    "Hub",
    "ImportForeignSchema",
    "Index",
    "IndexKey",
    "MaterializedView",
    "Member",
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


def __getattr__(name: str) -> Any:
    """Load what federations take when it is first asked for."""
    if name in _OF_FEDERATION:
        from exclave import federation

        return getattr(federation, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
