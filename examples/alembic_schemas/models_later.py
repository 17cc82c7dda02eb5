"""The same later: every property has changed, and a table has moved to the other schema."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Numeric, Table, Text

import exclave as xc
from exclave.sqlalchemy import ForeignTable, register_foreign

SCHEMAS = ("sales", "erp")

metadata = MetaData()
accounts = xc.Server("accounts", options={"host": "erp.example.org"}, comment="the new one")
register_foreign(
    metadata,
    xc.Extension("postgres_fdw", schema="erp"),
    xc.Schema("sales", comment="what we sell"),
    xc.Schema("erp", owner="pg_monitor", grants={"pg_read_all_data": ["USAGE"]}),
    accounts,
    xc.UserMapping(accounts, options={"user": "sales"}),
)

orders = Table("orders", metadata, Column("id", BigInteger, primary_key=True), schema="sales")
lines = Table(
    "lines",
    metadata,
    Column("order", ForeignKey(orders.c.id), primary_key=True),
    Column("article", BigInteger, primary_key=True),
    Column("pieces", BigInteger),
    schema="sales",
)
articles = ForeignTable(
    "articles",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text),
    Column("price", Numeric(12, 2)),
    server=accounts,
    schema="erp",
    remote_schema="goods",
)
stock = ForeignTable(
    "stock",
    metadata,
    Column("article", ForeignKey(articles.c.id), primary_key=True),
    Column("pieces", BigInteger),
    server=accounts,
    schema="sales",
)
