"""Making the ledger for every role of a database."""

from __future__ import annotations

from exclave.catalog import connection_of
from exclave.errors import PlanError
from exclave.plan.ledger.table import NAMES, LedgerTable


def install_ledger(connection: object) -> bool:
    """Make the ledger for every role of a database; for an administrator to call.

    It holds digests of secrets that cannot be read back, and what materialized views were made
    of and when they were refreshed. A ledger that a superuser made serves all roles, each with
    rows of its own. Without one, the first role that needs it makes one for itself, if it may
    create schemas.

    Parameters
    ----------
    connection
        A superuser's psycopg 3 connection or a `Connection`.

    Returns
    -------
    bool
        Whether anything was made; ``False`` when there is one that serves the current role.

    Raises
    ------
    PlanError
        When there is a schema ``exclave`` that another role owns, or the role may not create one.
    """
    hub = connection_of(connection)
    with hub.transaction():
        made = False
        for name in NAMES:
            table = LedgerTable.find(hub, name)
            if table.usable:
                continue
            if not table.creatable:
                raise PlanError(
                    "The ledger cannot be made: the schema exclave is there already and is not "
                    f"the role's own or holds another table {name}, or the role may not create "
                    "schemas in this database."
                )
            table.create(hub)
            made = True
    return made
