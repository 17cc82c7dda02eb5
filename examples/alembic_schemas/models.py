"""Two schemas with ordinary and foreign tables, which one metadata declares."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Numeric, Table, Text

import exclave as xc
from exclave.sqlalchemy import ForeignTable, register_foreign

SCHEMAS = ("sales", "erp")

metadata = MetaData()
accounts = xc.Server("accounts", options={"host": "accounts.example.org", "dbname": "erp"})
register_foreign(
    metadata,
    xc.Extension("postgres_fdw"),
    xc.Schema("sales"),
    xc.Schema("erp", grants={"pg_monitor": ["USAGE"]}, comment="a window into the ERP system"),
    accounts,
    xc.UserMapping(accounts, options={"user": "shop"}),
)

orders = Table("orders", metadata, Column("id", BigInteger, primary_key=True), schema="sales")
lines = Table(
    "lines",
    metadata,
    Column("order", ForeignKey(orders.c.id), primary_key=True),
    Column("article", BigInteger, primary_key=True),
    schema="sales",
)
articles = ForeignTable(
    "articles",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("price", Numeric(10, 2)),
    server=accounts,
    schema="erp",
    remote_schema="public",
    comment="what can be sold",
)
stock = ForeignTable(
    "stock",
    metadata,
    Column("article", ForeignKey(articles.c.id), primary_key=True),
    Column("pieces", BigInteger),
    server=accounts,
    schema="erp",
)
