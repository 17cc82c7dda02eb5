"""The questions of newark.py, as one would ask them of tables in one database."""

from __future__ import annotations

from models import Airline, Flight
from sqlalchemy import Float, Select, cast, func, select
from sqlalchemy.orm import selectinload

ENOUGH = 1000
"""Airlines with fewer arrivals than this are not ranked."""


def worst_airlines() -> Select:
    """Rank airlines by their mean delay: a join of remote flights with local airlines."""
    delay = cast(func.avg(Flight.arr_delay), Float).label("delay")
    return (
        select(Airline.name, delay, func.count().label("arrivals"))
        .join(Flight.airline)
        .where(Flight.arr_delay.is_not(None))
        .group_by(Airline.name)
        .having(func.count() >= ENOUGH)
        .order_by(delay.desc())
        .limit(5)
    )


def worst_airlines_grouped_first() -> Select:
    """Ask the same so that the remote does the arithmetic: group first, then join."""
    by_carrier = (
        select(
            Flight.carrier,
            func.avg(Flight.arr_delay).label("delay"),
            func.count().label("arrivals"),
        )
        .where(Flight.arr_delay.is_not(None))
        .group_by(Flight.carrier)
        .having(func.count() >= ENOUGH)
        .subquery()
    )
    return (
        select(Airline.name, cast(by_carrier.c.delay, Float), by_carrier.c.arrivals)
        .join(by_carrier, by_carrier.c.carrier == Airline.carrier)
        .order_by(by_carrier.c.delay.desc())
        .limit(5)
    )


def longest_delays() -> Select:
    """Give the most delayed flights to known airports, with what the hub knows of them."""
    return (
        select(Flight)
        .where(Flight.arr_delay.is_not(None))
        .order_by(Flight.arr_delay.desc().nulls_last())
        .limit(3)
        .options(selectinload(Flight.airline), selectinload(Flight.destination))
    )
