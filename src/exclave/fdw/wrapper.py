"""The class that a foreign-data wrapper in Python derives from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from exclave.fdw.analyzing import Sample
from exclave.fdw.failure import WrapperError
from exclave.fdw.importing import ImportContext, ImportedTable, ImportRequest
from exclave.fdw.options import Level, NoOptions, Options
from exclave.fdw.scanning import ScanContext, ScanPlan, ScanRequest
from exclave.fdw.session import Session as SessionType
from exclave.fdw.table import Table
from exclave.fdw.writing import Writes

__all__ = ["ForeignDataWrapper", "WrapperError"]


class ForeignDataWrapper(Writes, ABC):
    """A foreign-data wrapper.

    One object serves one plan, one scan or the writes of one statement to one table.
    """

    WrapperOptions: ClassVar[type[Options]] = NoOptions
    ServerOptions: ClassVar[type[Options]] = NoOptions
    MappingOptions: ClassVar[type[Options]] = NoOptions
    TableOptions: ClassVar[type[Options]] = NoOptions
    ColumnOptions: ClassVar[type[Options]] = NoOptions
    ImportOptions: ClassVar[type[Options]] = NoOptions

    Session: ClassVar[type[SessionType]] = SessionType
    """What ``context.session`` is an object of."""

    pushdown: ClassVar[frozenset[str]] = frozenset()
    """What `plan_scan` is asked for besides conditions: "sort", "limit", "aggregate".

    Each question may be declined. What is promised is taken at its word, and preferred to what
    PostgreSQL would do itself with all rows, whatever the costs that are estimated."""

    parallel_safe: ClassVar[bool] = False
    """Whether it may be run in parallel workers: processes of their own, with sessions of their own
    at the source, which see nothing that the leader's transaction has changed there."""

    @classmethod
    def check_rights(cls, level: Level, options: Options) -> None:
        """Refuse options that the current role may not set; called for each CREATE and ALTER.

        Does nothing unless a class overrides it: one that reads files as the user who runs
        PostgreSQL asks `has_role`.

        Parameters
        ----------
        level
            Of what they are the options.
        options
            All of them, those that stay as they were too.

        Raises
        ------
        WrapperError
            With SQLSTATE 42501, naming the right that is missing.
        """

    analyzable: ClassVar[bool] = True
    """Whether ANALYZE may read the tables; one without a table's name comes to all of them."""

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        """Say what a scan will do and cost; without any effect outside, as EXPLAIN calls it too."""
        return ScanPlan()

    @abstractmethod
    def scan(self, plan: ScanPlan, context: ScanContext) -> Any:
        """Give the rows.

        Parameters
        ----------
        plan
            What `plan_scan` answered, perhaps long ago; `columns` names those wanted.
        context
            The table as it is now.

        Returns
        -------
        object
            Either anything with ``__arrow_c_stream__``, whose fields are found by name, or an
            iterable of tuples with a value for each of ``plan.columns``. Lists are taken too, and
            copied, so that one list may be given again with other values. Rows are taken ahead of
            the query, some hundreds at a time.
        """

    def import_schema(
        self, request: ImportRequest, context: ImportContext
    ) -> Iterable[ImportedTable]:
        """Say which tables IMPORT FOREIGN SCHEMA shall make.

        Names and types are quoted and checked by the host, and the options by the class itself,
        before the first table is made.

        Parameters
        ----------
        request
            Which schema, which of its tables, and the options of the statement.
        context
            The server and the mapping of the user.

        Returns
        -------
        iterable of ImportedTable
            The tables; those that ``request.wants`` not may be among them.

        Raises
        ------
        WrapperError
            With SQLSTATE ``HV00Q`` if there is no such schema.
        """
        raise WrapperError(
            f"{type(self).__qualname__} does not import schemas",
            sqlstate="0A000",
            hint="Write CREATE FOREIGN TABLE.",
        )

    def analyze(self, table: Table, context: ScanContext, wanted: int) -> Sample | None:
        """Give a sample of the rows for ANALYZE.

        Parameters
        ----------
        table
            The table; with the options of the mapping in ``context.table``.
        context
            As for a scan.
        wanted
            How many rows; PostgreSQL asks for 300 times the statistics target.

        Returns
        -------
        Sample or None
            None, also unless a class overrides this, has the host scan the whole table and choose
            rows itself.
        """
        return None

    def explain(self, plan: ScanPlan, table: Table) -> Mapping[str, object]:
        """Give more lines of EXPLAIN for a scan; without any effect outside.

        Parameters
        ----------
        plan
            What `plan_scan` answered.
        table
            The table, without the options of the mapping.

        Returns
        -------
        mapping
            Label and value: text, a number, a boolean, or a list of texts.
        """
        return {}
