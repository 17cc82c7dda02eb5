"""The same later: the other database's table has changed, and with it the hub's view of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Numeric, Table, Text

import exclave as xc
from exclave.sqlalchemy import ForeignTable, register_foreign

hub, reports = MetaData(), MetaData()
metadata = {"hub": hub, "reports": reports}

revenue = Table(
    "revenue",
    reports,
    Column("year", BigInteger, primary_key=True),
    Column("total", Numeric(14, 2)),
    Column("source", Text),
)

server = xc.Server("reports", options={"dbname": "reports", "fetch_size": 1000})
register_foreign(
    hub,
    xc.Extension("postgres_fdw"),
    server,
    xc.UserMapping(server, options={"user": "hub"}),
)
ForeignTable("revenue", hub, like=revenue, server=server, comment="what comes in")

back = xc.Server("hub", options={"dbname": "shop"})
register_foreign(reports, xc.Extension("postgres_fdw"), back)
