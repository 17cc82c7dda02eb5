"""Desired against actual: ordered, reversible changes, and their SQL."""

from exclave.objects import ForeignObject
from exclave.plan.apply import run
from exclave.plan.change import Change, noun_of
from exclave.plan.compare import compare
from exclave.plan.import_schema import import_foreign_schema
from exclave.plan.interleave import around_others
from exclave.plan.ledger import adopt, install_ledger
from exclave.plan.make import make, removal
from exclave.plan.plan import Plan
from exclave.plan.policy import Policy
from exclave.plan.reduce import reduced
from exclave.plan.refreshing import Refreshed, RefreshStatus, refresh, refresh_status
from exclave.plan.scope import Scope
from exclave.plan.statement import Statement

__all__ = [
    "Change",
    "Plan",
    "Policy",
    "RefreshStatus",
    "Refreshed",
    "Scope",
    "Statement",
    "adopt",
    "around_others",
    "compare",
    "create_statements",
    "drop_statements",
    "import_foreign_schema",
    "install_ledger",
    "make",
    "reduced",
    "refresh",
    "refresh_status",
    "removal",
    "run",
]


def create_statements(value: ForeignObject) -> list[Statement]:
    """Give the statements that create one object, without a look at any database."""
    return noun_of(value).create(value)


def drop_statements(value: ForeignObject) -> list[Statement]:
    """Give the statements that drop one object, without a look at any database."""
    return noun_of(value).drop(value)
