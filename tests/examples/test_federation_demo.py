"""The flights of three airports, which `make demo` runs: what it prints is so."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from statistics import fmean

import pytest

from exclave.cluster import Cluster

from .flights import Run, airline_names, flights, run_example

ROW = re.compile(r"│ ([A-Z]{3}) +│ +([\d,]+) │ +([\d.]+) │")
WINTER = (12, 1, 2)


@pytest.fixture(scope="module")
def run(cluster: Cluster) -> Run:
    """Run the demo on the version of `cluster`."""
    return run_example("federation.py", cluster)


@pytest.fixture(scope="module")
def everywhere() -> list[dict[str, str]]:
    """The flights of all airports."""
    return list(flights())


@pytest.fixture(scope="module")
def by_airport(everywhere: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """The flights of each airport."""
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in everywhere:
        found[row["origin"]].append(row)
    return dict(sorted(found.items()))


def table_of(by_airport: dict[str, list[dict[str, str]]], *more: str) -> list[tuple[str, str, str]]:
    """Give the rows of a table of airports; `more` are airports with a flight more."""
    rows: list[tuple[str, str, str]] = []
    for airport, found in by_airport.items():
        delays = [int(row["dep_delay"]) for row in found if row["dep_delay"] != "NA"]
        count = len(found) + (airport in more)
        rows.append((airport, f"{count:,}", f"{fmean(delays):.1f}"))
    return rows


def test_it_ends_well(run: Run) -> None:
    assert (run.status, run.errors) == (0, "")
    assert re.findall(r"(?m)^ ?(\d+)  \S", run.output) == [str(n) for n in range(1, 10)]
    assert "\x1b" not in run.output
    assert not re.search(r"(?m) $", run.output)


def test_it_says_what_was_loaded(run: Run, by_airport: dict[str, list[dict[str, str]]]) -> None:
    for airport, found in by_airport.items():
        assert f"{airport}: flights {len(found):,}, weather " in run.step(2)
    assert sum(map(len, by_airport.values())) == 336_776


def test_the_plan_names_the_members_and_tables_that_are_joined_then(run: Run) -> None:
    plan, _, applied = run.step(3).partition("After apply():")
    assert re.findall(r"add member (\w+):", plan) == ["EWR", "JFK", "LGA"]
    assert re.findall(r"add table (\w+):", plan) == ["flights", "weather"]
    assert re.findall(r"(\w+): joined", applied) == ["EWR", "JFK", "LGA"]


def test_the_ranking_is_that_of_the_data(run: Run, everywhere: list[dict[str, str]]) -> None:
    names = airline_names()
    delays: dict[str, list[int]] = defaultdict(list)
    for row in everywhere:
        if row["dep_delay"] != "NA":
            delays[row["carrier"]].append(int(row["dep_delay"]))
    ranked = sorted(
        ((fmean(found), len(found), carrier) for carrier, found in delays.items()), reverse=True
    )
    printed = re.findall(r"│ ([^│]+?) +│ +([\d.]+) │ +([\d,]+) │", run.step(4))
    assert printed == [
        (names[carrier], f"{mean:.1f}", f"{count:,}")
        for mean, count, carrier in [each for each in ranked if each[1] > 1000][:5]
    ]


def test_a_row_knows_its_airport_and_a_condition_on_it_spares_the_others(
    run: Run, by_airport: dict[str, list[dict[str, str]]]
) -> None:
    shown = run.step(5)
    assert ROW.findall(shown) == table_of(by_airport)
    winter = sum(
        datetime.fromisoformat(row["time_hour"]).month in WINTER for row in by_airport["JFK"]
    )
    assert f"Winter flights from JFK: {winter:,}. LGA was sent 0 statements." in shown
    assert "FROM public.flights WHERE ((season::text = 'winter'::text))" in shown


def test_the_longest_delays_are_those_of_the_data(
    run: Run, everywhere: list[dict[str, str]]
) -> None:
    names = airline_names()
    left = [row for row in everywhere if row["dep_delay"] != "NA"]
    left.sort(key=lambda row: int(row["dep_delay"]), reverse=True)
    pattern = r"│ (\w{3}) +│ +[\d,]+ │ ([^│]+?) +│ (\w{3}) │ +([\d.]+) │"
    assert re.findall(pattern, run.step(6)) == [
        (row["origin"], names[row["carrier"]], row["dest"], f"{int(row['dep_delay']) / 60:.1f}")
        for row in left[:4]
    ]


def test_jfk_gives_a_new_flight_its_id(
    run: Run, by_airport: dict[str, list[dict[str, str]]]
) -> None:
    number = len(by_airport["JFK"]) + 1
    assert f"flight.id = {number}; JFK itself has [(2014, 'SFO')] under this id" in run.step(7)


def test_an_airport_that_is_down_is_an_error_or_missing_or_as_it_was(
    run: Run, by_airport: dict[str, list[dict[str, str]]]
) -> None:
    shown = run.step(8)
    assert '"raise": MembersDownError: LGA is down (refused)' in shown
    skipped, _, stale = shown.partition('"skip"')[2].partition('"stale"')
    rows = table_of(by_airport, "JFK")
    assert ROW.findall(skipped) == [row for row in rows if row[0] != "LGA"]
    assert "as they are now: EWR, JFK; missing: LGA" in skipped
    assert ROW.findall(stale) == rows
    assert re.search(r"as they are now: EWR, JFK; last known: LGA, \d+ s old", stale)
    assert "LGA is started: 3 of 3 airports answer." in stale


def test_a_new_column_is_told_and_followed(
    run: Run, by_airport: dict[str, list[dict[str, str]]]
) -> None:
    before, _, after = run.step(9).partition("After sync()")
    assert "Queries go on: 336,777 flights." in before
    assert re.findall(r'Member "\w+"[^.]*\.', before) == [
        'Member "EWR", table "flights", column "gate": it is new: text.'
    ]
    gates = {"EWR": "A1", "JFK": "NULL", "LGA": "NULL"}
    assert re.findall(r"│ (\w{3}) +│ (\w+) +│ +([\d,]+) │", after) == [
        (airport, gates[airport], count) for airport, count, _ in table_of(by_airport, "JFK")
    ]
    assert "What drift() tells now: nothing." in after
