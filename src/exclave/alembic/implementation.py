"""What an operation does: the engine's statements are sent, or written out with ``--sql``."""

from __future__ import annotations

from alembic.operations import Operations

from exclave.alembic.operations import ForeignOperation


def register() -> None:
    """Have Alembic perform the operations with `perform`."""
    Operations.implementation_for(ForeignOperation, replace=True)(perform)


def perform(operations: Operations, operation: ForeignOperation) -> None:
    """Make the change of an operation.

    Raises
    ------
    SecretError
        When a secret cannot be resolved.
    ApplyError
        When PostgreSQL refuses a statement.
    PlanError
        When a statement would have to hold what the database would not show.
    """
    from exclave import plan
    from exclave.sqlalchemy import SqlalchemyConnection

    if not operations.get_context().as_sql:
        plan.run([operation.change], SqlalchemyConnection(operations.get_bind()))
        return
    impl = operations.get_context().impl
    for statement in operation.change.statements:
        impl.static_output(statement.text + impl.command_terminator)
