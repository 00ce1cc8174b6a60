from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.action_kinds import Crews, NeighbourhoodBatteries, Underground
from scenarios.measures import add_crews, apply, neighbourhood_batteries, underground
from scenarios.read import load_measure, load_portfolio
from sim.hazards.damage import (
    OVERHEAD_MV,
    Exposure,
    exposures,
    failure_rate_per_h,
    row_of,
    sample_failures,
)

HOURS = 12


def gust(region, peak_ms):
    shape = np.sin(np.pi * (np.arange(HOURS) + 0.5) / HOURS) ** 2
    return np.repeat((peak_ms * shape)[:, None], len(region.areas), axis=1)


def draw(region, exposure, field, replication=0, seed=7):
    return sample_failures(
        exposure, region.fragility, field, seed=seed, replication=replication, hazard="storm 0"
    )


def course_of(failures):
    return dict(zip(failures.asset.tolist(), failures.t_h.tolist(), strict=True))


def test_rate_at_twice_the_reference_gust(region):
    table = region.fragility
    at = row_of(table, OVERHEAD_MV)
    expected = (
        table.rate_per_100km_h[at] * 2.0 ** table.exponent[at] * (1.0 - table.temporary_share[at])
    )
    rate = failure_rate_per_h(
        table, OVERHEAD_MV, np.array([1.0, 3.0]), np.full(2, 2.0 * table.reference_ms[at])
    )
    assert rate == pytest.approx([expected, 3.0 * expected])


def test_an_unknown_kind_is_refused(region):
    with pytest.raises(KeyError, match="pylon"):
        row_of(region.fragility, "pylon")


@pytest.mark.parametrize("peak_ms", [0.0, 14.9])
def test_no_failure_below_the_reference_gust(region, peak_ms):
    for exposure in exposures(region):
        assert len(draw(region, exposure, gust(region, peak_ms)).asset) == 0


def test_cable_never_fails_in_wind(region):
    field = gust(region, 60.0)
    cabled = region.sections.overhead_km == 0.0
    for replication in range(5):
        failed = draw(region, exposures(region)[0], field, replication).asset
        assert len(failed)
        assert not cabled[failed].any()


def test_a_line_without_area_meets_no_wind(region):
    exposure = Exposure(kind=OVERHEAD_MV, units=np.full(3, 1e6), area=np.array([-1, 0, -1]))
    assert draw(region, exposure, gust(region, 40.0)).asset.tolist() == [1]


def test_failure_times_lie_in_the_hours_with_wind_enough(region):
    field = gust(region, 40.0)
    reference = region.fragility.reference_ms[row_of(region.fragility, OVERHEAD_MV)]
    for t_h in draw(region, exposures(region)[0], field).t_h:
        assert field[int(np.ceil(t_h)) - 1, 0] > reference


def test_failures_come_as_often_as_the_rate_says(region):
    field = gust(region, 35.0)
    units = np.linspace(0.05, 1.0, 400)
    exposure = Exposure(kind=OVERHEAD_MV, units=units, area=np.zeros(400, dtype=int))
    hazard = failure_rate_per_h(region.fragility, OVERHEAD_MV, units, field[:, :1]).sum(axis=0)
    expected = -np.expm1(-hazard)
    runs = 300
    counts = np.zeros(400)
    for replication in range(runs):
        counts[draw(region, exposure, field, replication).asset] += 1
    spread = np.sqrt((expected * (1.0 - expected)).sum() * runs)
    assert abs(counts.sum() - runs * expected.sum()) < 4.0 * spread
    each = (counts / runs - expected) / np.sqrt(expected * (1.0 - expected) / runs)
    assert np.abs(each).max() < 4.5
    assert abs(each.mean()) < 4.0 / np.sqrt(400)


def test_failure_times_follow_the_rate(region):
    field = gust(region, 35.0)
    exposure = Exposure(kind=OVERHEAD_MV, units=np.full(4000, 1e3), area=np.zeros(4000, dtype=int))
    failed = draw(region, exposure, field)
    assert len(failed.asset) == 4000
    rate = failure_rate_per_h(region.fragility, OVERHEAD_MV, np.ones(1), field[:, :1])[:, 0]
    share = rate / rate.sum()
    got = np.bincount(np.ceil(failed.t_h).astype(int) - 1, minlength=HOURS) / 4000
    assert (np.abs(got - share) <= 4.0 * np.sqrt(share * (1.0 - share) / 4000)).all()


def test_the_same_key_gives_the_same_failures_and_another_key_others(region):
    field, exposure = gust(region, 35.0), exposures(region)[0]
    first = course_of(draw(region, exposure, field))
    assert course_of(draw(region, exposure, field)) == first
    assert course_of(draw(region, exposure, field, replication=1)) != first
    assert course_of(draw(region, exposure, field, seed=8)) != first


@given(st.lists(st.floats(0.0, 1.0), min_size=20, max_size=20), st.integers(0, 50))
def test_less_exposure_only_takes_failures_away(region, share, replication):
    field = gust(region, 40.0)
    units = np.full(20, 0.4)
    before = Exposure(kind=OVERHEAD_MV, units=units, area=np.zeros(20, dtype=int))
    after = replace(before, units=units * np.array(share))
    many = course_of(draw(region, before, field, replication))
    few = course_of(draw(region, after, field, replication))
    assert few.items() <= many.items()


@pytest.mark.parametrize("overhead_km", [10.0, 300.0, 1e6])
def test_undergrounding_never_adds_a_failure(region, overhead_km):
    hardened, _ = underground(region, Underground(kind="underground", overhead_km=overhead_km))
    field = gust(region, 38.0)
    fewer = 0
    for replication in range(20):
        for before, after in zip(exposures(region), exposures(hardened), strict=True):
            many = course_of(draw(region, before, field, replication))
            few = course_of(draw(hardened, after, field, replication))
            assert few.items() <= many.items()
            fewer += len(many) - len(few)
    assert fewer > 0


def test_measures_that_append_rows_leave_the_storm_alone(region):
    changed, _ = add_crews(region, Crews(kind="crews", added_per_depot=2, aid_crews=30))
    changed, _ = neighbourhood_batteries(
        changed,
        NeighbourhoodBatteries(kind="neighbourhood_batteries", count=9, p_mw=0.5, e_mwh=2.0),
    )
    field = gust(region, 38.0)
    for before, after in zip(exposures(region), exposures(changed), strict=True):
        assert course_of(draw(region, before, field)) == course_of(draw(changed, after, field))


@pytest.mark.parametrize("name", ["raskere-gjenoppretting", "lokal-beredskap"])
def test_portfolios_that_harden_nothing_meet_the_same_failures(region, name):
    measures = [load_measure(each) for each in load_portfolio(name).measures]
    changed = apply(region, measures).region
    field = gust(region, 38.0)
    for before, after in zip(exposures(region), exposures(changed), strict=True):
        assert course_of(draw(region, before, field)) == course_of(draw(changed, after, field))
