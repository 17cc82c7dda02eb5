"""The flights from Newark: the program runs, and what it prints is so."""

from __future__ import annotations

import re
from collections import defaultdict
from statistics import fmean

import pytest

from exclave.cluster import Cluster

from .flights import Run, airline_names, flights, run_example


@pytest.fixture(scope="module")
def run(cluster: Cluster) -> Run:
    """Run the program on the version of `cluster`."""
    return run_example("newark.py", cluster)


@pytest.fixture(scope="module")
def departures() -> list[dict[str, str]]:
    """The departures from Newark."""
    return [row for row in flights() if row["origin"] == "EWR"]


@pytest.fixture(scope="module")
def airlines() -> dict[str, str]:
    """The airlines' names by code."""
    return airline_names()


def test_it_ends_well(run: Run) -> None:
    assert (run.status, run.errors) == (0, "")


def test_it_has_ten_steps_and_no_colour_where_there_is_no_terminal(run: Run) -> None:
    assert re.findall(r"(?m)^ ?(\d+)  \S", run.output) == [str(n) for n in range(1, 11)]
    assert "\x1b" not in run.output
    assert not re.search(r"(?m) $", run.output)


def test_it_says_what_was_loaded(run: Run, departures: list[dict[str, str]]) -> None:
    assert f"departures {len(departures):,}" in run.step(2)
    assert len(departures) == 120_835
    assert "airlines 16, airports 1,458, planes 3,322" in run.step(2)


def test_the_ranking_is_that_of_the_data(
    run: Run, departures: list[dict[str, str]], airlines: dict[str, str]
) -> None:
    delays: dict[str, list[int]] = defaultdict(list)
    for row in departures:
        if row["arr_delay"] != "NA":
            delays[row["carrier"]].append(int(row["arr_delay"]))
    ranked = sorted(
        ((fmean(found), len(found), carrier) for carrier, found in delays.items()), reverse=True
    )
    worst = [each for each in ranked if each[1] >= 1000][:5]
    printed = re.findall(r"│ ([^│]+?) +│ +([\d.]+) │ +([\d,]+) │", run.step(5))
    assert printed == [
        (airlines[carrier], f"{mean:.1f}", f"{count:,}") for mean, count, carrier in worst
    ]
    assert printed[0][0] == "ExpressJet Airlines Inc."


def test_a_filter_reached_the_remote(run: Run) -> None:
    assert (
        "SELECT carrier, arr_delay FROM public.departures WHERE ((arr_delay IS NOT NULL))"
        in run.step(5)
    )


def test_grouping_first_lets_the_remote_do_the_arithmetic(run: Run) -> None:
    shown = run.step(6)
    assert "The result is the same." in shown
    assert "avg(arr_delay), count(*) FROM public.departures" in shown
    assert "GROUP BY 1 HAVING ((count(*) >= 1000))" in shown


def test_the_longest_delays_are_those_of_the_data(
    run: Run, departures: list[dict[str, str]], airlines: dict[str, str]
) -> None:
    arrived = [row for row in departures if row["arr_delay"] != "NA"]
    arrived.sort(key=lambda row: int(row["arr_delay"]), reverse=True)
    printed = re.findall(r"│ ([^│]+?) +│ (\w\w \d+) +│ [^│]+ │ ([\d-]+) │ +([\d.]+) │", run.step(7))
    assert printed == [
        (
            airlines[row["carrier"]],
            f"{row['carrier']} {row['flight']}",
            row["time_hour"][:10],
            f"{int(row['arr_delay']) / 60:.1f}",
        )
        for row in arrived[:3]
    ]
    assert "DESC NULLS LAST LIMIT 3" in run.step(7)


def test_writes_go_to_the_remote_which_gives_the_id(run: Run) -> None:
    shown = run.step(8)
    assert "inserted: flight.id = 120836" in shown
    assert "dep_delay is 12 at Newark" in shown
    assert "0 flights with this id" in shown
    assert re.search(
        r"INSERT INTO public\.departures\(id, .*VALUES \(DEFAULT, .*RETURNING id", shown
    )
    assert "UPDATE public.departures SET dep_delay" in shown
    assert "DELETE FROM public.departures" in shown


def test_a_rotated_password_is_a_difference_and_is_not_shown(run: Run) -> None:
    shown = run.step(9)
    assert "options.fetch_size: none → '10000'" in shown
    assert "2 changes: 2 to alter." in shown
    assert "OPTIONS (SET password :'NEWARK_PASSWORD');" in shown
    assert "Nothing to do: the database is as declared." in shown


def test_nothing_is_left(run: Run) -> None:
    shown = run.step(10)
    assert re.search(r"│ +0 │ +0 │ +0 │ +0 │", shown)
    assert "Nothing is left; Newark still has its 120,835 departures." in shown
