"""Longer reserves never let anything fail sooner, when nobody competes for what is shared."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.region import Region
from sim.dependencies.function_events import OUT, WEAKENED
from sim.outcome import Outcome
from tests.sim.conftest import Bench

RESERVES = (
    ("dependencies", "autonomy_h"),
    ("backups", "ups_h"),
    ("backups", "fuel_h"),
    ("backups", "process_autonomy_h"),
    ("telecom", "battery_h"),
    ("telecom", "reinforced_h"),
    ("telecom", "nodnett_h"),
    ("telecom", "nodnett_long_h"),
    ("water_works", "storage_h"),
    ("water_networks", "local_tank_h"),
    ("water_networks", "sewage_sump_h"),
    ("district_heat", "accumulator_h"),
)
"""Tables and columns that hold hours of reserve."""

HAZARDS = (
    {
        "kind": "asset_outage",
        "start_h": 2.0,
        "asset_ids": ["s120", "s106", "s094"],
        "repair_h": 40.0,
    },
    {"kind": "site_outage", "start_h": 5.0, "duration_h": 50.0, "site_ids": ["w1", "e1"]},
    {"kind": "telecom_outage", "start_h": 9.0, "duration_h": 20.0, "level": 0.2},
    {
        "kind": "road_disruption",
        "start_h": 4.0,
        "duration_h": 60.0,
        "area_ids": ["3242", "3214"],
    },
    {"kind": "staff_absence", "start_h": 1.0, "duration_h": 90.0, "share": 0.4},
)
HOURS = 96


def without_queues(region: Region) -> Region:
    """So many crews and trucks that nobody waits for another, and nothing lent to one of many."""
    depots, units = region.depots, region.mobile_units
    return replace(
        region,
        depots=replace(depots, crews=np.full_like(depots.crews, 500)),
        mobile_units=replace(units, units=np.zeros_like(units.units)),
    )


def longer(region: Region, table: str, column: str, rows: np.ndarray) -> Region:
    """The region with a reserve doubled in some rows."""
    whole = getattr(region, table)
    hours = getattr(whole, column).copy()
    hours[rows] *= 2.0
    return replace(region, **{table: replace(whole, **{column: hours})})


def survival_h(outcome: Outcome, limit: float) -> np.ndarray:
    """First hour each function is below a level in each area; the end if it never is."""
    below = outcome.function_level < limit
    return np.where(below.any(axis=0), below.argmax(axis=0), len(below))


@pytest.fixture(scope="module")
def usual(bench: Bench) -> tuple[Region, Outcome]:
    region = without_queues(bench.region)
    return region, bench.replicate(*HAZARDS, region=region, hours=HOURS)[1]


def test_the_crisis_takes_every_function_somewhere(usual):
    _, outcome = usual
    lost = (outcome.function_level < WEAKENED).any(axis=(0, 1))
    assert lost.sum() >= 10


@pytest.mark.parametrize(("table", "column"), RESERVES)
def test_doubling_a_reserve_everywhere_shortens_no_functions_survival(bench, usual, table, column):
    region, before = usual
    every = np.ones(len(getattr(region, table)), dtype=bool)
    changed = longer(region, table, column, every)
    after = bench.replicate(*HAZARDS, region=changed, hours=HOURS)[1]
    for limit in (WEAKENED, OUT):
        assert (survival_h(after, limit) >= survival_h(before, limit)).all()


@given(st.data())
@settings(max_examples=40)
def test_doubling_any_one_reserve_shortens_no_functions_survival(bench, usual, data):
    region, before = usual
    table, column = data.draw(st.sampled_from(RESERVES))
    count = len(getattr(region, table))
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=5))))
    changed = longer(region, table, column, rows)
    after = bench.replicate(*HAZARDS, region=changed, hours=HOURS)[1]
    for limit in (WEAKENED, OUT):
        assert (survival_h(after, limit) >= survival_h(before, limit)).all()


def test_longer_telecom_batteries_lengthen_the_survival_of_what_needs_telephones(bench, usual):
    region, before = usual
    every = np.ones(len(region.telecom), dtype=bool)
    changed = longer(region, "telecom", "battery_h", every)
    after = bench.replicate(*HAZARDS, region=changed, hours=HOURS)[1]
    assert (survival_h(after, WEAKENED) > survival_h(before, WEAKENED)).any()
