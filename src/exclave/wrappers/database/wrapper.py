"""The class `Database`: what PostgreSQL asks of a foreign table of another database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from exclave.fdw import (
    ForeignDataWrapper,
    ImportContext,
    ImportedTable,
    ImportRequest,
    Lookup,
    Options,
    ScanContext,
    ScanPlan,
    ScanRequest,
    Table,
    TruncateContext,
    WrapperError,
    WriteContext,
    has_role,
)
from exclave.fdw.context import TableContext
from exclave.fdw.options import Level
from exclave.wrappers.database import changing, estimates, importing, levels, locations, plans
from exclave.wrappers.database.access import check_allowed
from exclave.wrappers.database.arrow import conformed
from exclave.wrappers.database.connection import Connection, Row
from exclave.wrappers.database.exactness import backend_of, groups_alike
from exclave.wrappers.database.selecting import families_of, select_for, statement
from exclave.wrappers.database.session import DatabaseSession
from exclave.wrappers.database.tables import key_of
from exclave.wrappers.database.values import read_rows


class Database(ForeignDataWrapper):
    """Tables of any database that has an ADBC driver or a dialect of SQLAlchemy."""

    WrapperOptions = levels.WrapperOptions
    ServerOptions = levels.ServerOptions
    MappingOptions = levels.MappingOptions
    TableOptions = levels.TableOptions
    ColumnOptions = levels.ColumnOptions
    ImportOptions = importing.ImportOptions
    Session = DatabaseSession
    pushdown: ClassVar[frozenset[str]] = frozenset({"sort", "limit", "aggregate"})

    @classmethod
    def check_rights(cls, level: Level, options: Options) -> None:
        """Let only roles that may read and write files of the server name one as a database."""
        if level != "server":
            return
        server: Any = options
        if not locations.is_file(locations.read(server.url)):
            return
        roles = ["pg_read_server_files", *["pg_write_server_files"] * server.updatable]
        for role in roles:
            if not has_role(role):
                raise WrapperError(
                    "permission denied to name a file as a database",
                    sqlstate="42501",
                    detail=f'Only roles with the privileges of "{role}" may do so.',
                    hint="With updatable false, pg_read_server_files is enough.",
                )

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        """Decide what the other database does of a request."""
        server: Any = table.server.options
        wrapper: Any = table.wrapper.options
        url = check_allowed(wrapper, server)
        backend = backend_of(url.get_backend_name())
        selection = select_for(request, table, backend)
        estimate = estimates.estimate(table, request, selection)
        keys = key_of(table)
        unique = bool(keys) and all(groups_alike(column, backend) for column in keys)
        return ScanPlan(
            remote=plans.kept(selection, request, table, url, server.driver),
            exact=[request.conditions[place] for place in selection.exact],
            sorted=bool(selection.sort),
            limited=selection.limit is not None,
            aggregated=selection.aggregated,
            rows=estimate.rows,
            startup_cost=estimate.startup_cost,
            cost=estimate.cost,
            lookups=[Lookup(tuple(column.name for column in keys))] if unique else (),
        )

    def explain(self, plan: ScanPlan, table: Table) -> Mapping[str, object]:
        """Show the SQL that is sent."""
        return {"Remote SQL": plan.remote["sql"]}

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterable[Any]:
        """Send the SELECT, and give rows or record batches."""
        connection = _connection(context)
        selection = plans.read(plan.remote)
        select, values = statement(
            selection,
            context.conditions,
            plan.columns,
            context.table,
            connection.backend,
            typed=connection.typed,
        )
        server: Any = context.table.server.options
        rows = connection.scan(select, values, server.fetch_size)
        kinds = families_of(selection, plan.columns, context.table)
        if not connection.typed:
            return read_rows(rows, kinds, connection.backend)
        return conformed(rows, kinds) if connection.backend == "sqlite" else rows

    def updatable(self, table: Table) -> frozenset[str]:
        """Say that all can be done, unless the option `updatable` forbids it."""
        server: Any = table.server.options
        mine: Any = table.options
        allowed = server.updatable and mine.updatable is not False
        return super().updatable(table) if allowed else frozenset()

    def key_columns(self, table: Table) -> Sequence[str]:
        """Name the columns with the option `key`."""
        found = [column.name for column in key_of(table)]
        if not found:
            raise WrapperError(
                f'rows of foreign table "{table.name}" have no key, by which they are changed or'
                " removed",
                sqlstate="55000",
                hint="Give the option key 'true' to the columns that together are unique there:"
                " ALTER FOREIGN TABLE … ALTER COLUMN … OPTIONS (ADD key 'true').",
            )
        return found

    def batch_size(self, table: Table) -> int:
        """Say how many rows one INSERT has."""
        server: Any = table.server.options
        mine: Any = table.options
        return mine.batch_size or server.batch_size

    def insert(self, rows: Sequence[Row], context: WriteContext) -> Iterable[Row | None] | None:
        """Insert rows."""
        return changing.Changes(_connection(context), context).insert(rows)

    def update(
        self, keys: Sequence[Row], rows: Sequence[Row], context: WriteContext
    ) -> Iterable[Row | None] | None:
        """Change the rows with these keys."""
        return changing.Changes(_connection(context), context).update(keys, rows)

    def delete(self, keys: Sequence[Row], context: WriteContext) -> Iterable[Row | None] | None:
        """Remove the rows with these keys."""
        return changing.Changes(_connection(context), context).delete(keys)

    def truncate(self, tables: Sequence[Table], context: TruncateContext) -> None:
        """Empty tables."""
        changing.truncate(_connection(context), tables, context)

    def import_schema(
        self, request: ImportRequest, context: ImportContext
    ) -> Iterable[ImportedTable]:
        """Read the tables of a schema, with types, keys and NOT NULL."""
        return importing.import_schema(request, context)


def _connection(context: TableContext) -> Connection:
    """Give the connection of the session, if what it reaches is still allowed."""
    table = context.table
    wrapper: Any = table.wrapper.options
    server: Any = table.server.options
    check_allowed(wrapper, server)
    session: DatabaseSession = context.session
    return session.connection(table.user_oid)
