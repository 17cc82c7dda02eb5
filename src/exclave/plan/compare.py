"""Comparing two catalogs without a database."""

from __future__ import annotations

from exclave.objects import Catalog
from exclave.plan.differences import Granted, Known, differences
from exclave.plan.plan import Plan
from exclave.plan.policy import DEFAULT_POLICY, Policy


def compare(
    actual: Catalog,
    desired: Catalog,
    policy: Policy = DEFAULT_POLICY,
    *,
    granted: Granted = lambda _: frozenset(),
    known: Known = lambda _: True,
) -> Plan:
    """Find what turns one catalog into another.

    Both must be spelled as one server spells them (see `exclave.plan.align`); `exclave.plan.make`
    does that and calls this.

    Parameters
    ----------
    actual
        What is there.
    desired
        What was declared.
    policy
        What may be done beyond it.
    granted
        Tells what default privileges grant on a new object.
    known
        Tells whether exclave made a materialized view, so that it may be dropped for being
        undeclared.

    Returns
    -------
    Plan
        Ordered changes, each with its reverse; empty when there is nothing to do.

    Raises
    ------
    DeclarationError
        When a user mapping or foreign table names a server that is neither there nor declared.
    PlanError
        When a server must be replaced and something that nobody declared depends on it.
    """
    return Plan(differences(actual, policy.within(desired), policy, granted, known), policy)
