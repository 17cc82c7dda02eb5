"""The wrapper whose tables are answers of a server in JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exclave.fdw import (
    ForeignDataWrapper,
    Lookup,
    ScanContext,
    ScanPlan,
    ScanRequest,
    Table,
)
from exclave.wrappers.http import addresses, answers, client, options, pages, parameters
from exclave.wrappers.http.options import setting

_REQUEST, _PER_ROW = 1000, 0.1
"""Costs: a request takes as long as reading a thousand pages of a table."""

_FEWER = 0.01
"""The share of rows that a parameter leaves, as a guess."""


class Http(ForeignDataWrapper):
    """Rows of JSON that a server gives for GET, page by page.

    What may be asked for is said by a superuser, in the option ``allow`` of the foreign-data
    wrapper; redirects and pages must be below it too. Who asks stands in the user mapping, and is
    shown to the server's own origin only. Conditions become parameters where a column has the
    option ``parameter``; PostgreSQL looks at all rows again.
    """

    WrapperOptions = options.WrapperOptions
    ServerOptions = options.ServerOptions
    MappingOptions = options.MappingOptions
    TableOptions = options.TableOptions
    ColumnOptions = options.ColumnOptions

    def plan_scan(self, table: Table, request: ScanRequest) -> ScanPlan:
        """Choose the conditions that become parameters."""
        _, _, own = _options(table)
        pushed = dict(parameters.chosen(table, request.conditions))
        rows = max(1.0, own.estimate * _FEWER ** len(pushed))
        equal = [column for column in table.columns if parameters.name(column, "=") is not None]
        fewer = max(1.0, own.estimate * _FEWER)
        return ScanPlan(
            remote={"parameters": pushed},
            rows=max(float(own.estimate), 1.0) if not pushed else rows,
            startup_cost=_REQUEST,
            cost=_REQUEST + rows * _PER_ROW,
            lookups=[
                Lookup((column.name,), fewer, _REQUEST, _REQUEST + fewer * _PER_ROW)
                for column in equal
            ],
        )

    def scan(self, plan: ScanPlan, context: ScanContext) -> Iterator[tuple[Any, ...]]:
        """Ask for one page after the other, as rows are wanted."""
        wrapper, server, own = _options(context.table)
        asked = dict(parameters.given(context, plan.remote["parameters"]))
        url = addresses.joined(server.url, own.path)
        pick = answers.picker(context.table.columns, plan.columns)
        how = _pages(server, own)
        with client.connected(
            server.url, wrapper.allow, context.table.mapping, server.timeout, server.retries
        ) as connected:
            for row in pages.rows(connected, url, asked, how, own.rows):
                yield pick(row)

    def explain(self, plan: ScanPlan, table: Table) -> Mapping[str, object]:
        """Show the URL, and the names of the parameters that conditions give."""
        _, server, own = _options(table)
        url = addresses.shown(addresses.joined(server.url, own.path))
        return {"URL": url, "Parameters": list(plan.remote["parameters"]) or None}


def _options(
    table: Table,
) -> tuple[options.WrapperOptions, options.ServerOptions, options.TableOptions]:
    wrapper, server, own = table.wrapper.options, table.server.options, table.options
    assert isinstance(wrapper, options.WrapperOptions)
    assert isinstance(server, options.ServerOptions)
    assert isinstance(own, options.TableOptions)
    addresses.check(addresses.joined(server.url, own.path), wrapper.allow)
    return wrapper, server, own


def _pages(server: options.ServerOptions, own: options.TableOptions) -> pages.Pages:
    return pages.Pages(
        kind=setting(server, own, "paging"),
        parameter=setting(server, own, "page_parameter") or "",
        first=setting(server, own, "first_page"),
        size_parameter=setting(server, own, "size_parameter"),
        size=setting(server, own, "page_size"),
        next=setting(server, own, "next"),
    )
