"""Two databases: the hub reads a table of the other one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Numeric, Table

import exclave as xc
from exclave.sqlalchemy import ForeignTable, register_foreign

hub, reports = MetaData(), MetaData()
metadata = {"hub": hub, "reports": reports}

revenue = Table(
    "revenue",
    reports,
    Column("year", BigInteger, primary_key=True),
    Column("total", Numeric(12, 2)),
)

server = xc.Server("reports", options={"dbname": "reports"})
register_foreign(
    hub,
    xc.Extension("postgres_fdw"),
    server,
    xc.UserMapping(server, options={"user": "reader"}),
)
ForeignTable("revenue", hub, like=revenue, server=server, comment="what came in")

back = xc.Server("hub", options={"dbname": "hub"})
register_foreign(reports, xc.Extension("postgres_fdw"), back)
