"""What a metadata declares against what a database holds."""

from __future__ import annotations

import sqlalchemy as sa

from exclave import plan
from exclave.plan.policy import DEFAULT_POLICY
from exclave.sqlalchemy.connection import SqlalchemyConnection
from exclave.sqlalchemy.desired import foreign_objects


def make_plan(
    metadata: sa.MetaData, connection: sa.Connection, policy: plan.Policy = DEFAULT_POLICY
) -> plan.Plan:
    """Compare everything foreign that a metadata declares with what a database holds.

    Parameters
    ----------
    metadata
        With foreign tables, and what `register_foreign` has added.
    connection
        The database; within an asynchronous program ``await connection.run_sync(…)``.
    policy
        What the plan may do beyond the declarations.

    Returns
    -------
    Plan
        The changes, to look at or to apply with `apply_plan`; empty when there is none.

    Raises
    ------
    DeclarationError
        When something is declared that PostgreSQL could not accept.
    PlanError
        When there is no such plan.
    CatalogError
        When the database cannot be read.
    """
    objects = foreign_objects(metadata, connection)
    return plan.make(SqlalchemyConnection(connection), objects, policy)


def apply_plan(made: plan.Plan, connection: sa.Connection) -> bool:
    """Make a plan's changes; as `exclave.plan.Plan.apply`, over a connection of SQLAlchemy's.

    Parameters
    ----------
    made
        The plan.
    connection
        The database. An open transaction is joined by way of a savepoint, and is the caller's to
        commit.

    Returns
    -------
    bool
        Whether anything was done.

    Raises
    ------
    PlanError
        As `exclave.plan.Plan.apply`; the database is as it was.
    """
    return made.apply(SqlalchemyConnection(connection))
