"""Convolution: known answers, and what must hold for any system."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid.adequacy.convolution import convolve, why_not_exact
from grid.adequacy.outage_table import grid_step, outage_table
from grid.adequacy.system import drawn_each_hour, repairable
from tests.grid.adequacy.systems import (
    enumerate_one_area,
    join,
    make_link,
    make_stores,
    make_system,
    make_units,
)

capacities = st.lists(st.integers(1, 60).map(lambda c: c / 4), min_size=1, max_size=8)
loads = st.lists(st.integers(0, 900).map(lambda load: load / 10), min_size=1, max_size=5)
seeds = st.integers(0, 2**32 - 1)
few = settings(derandomize=True, deadline=None, max_examples=40)


def random_outages(seed, count):
    return drawn_each_hour(np.random.default_rng(seed).uniform(0.0, 0.4, count))


def random_repairable(seed, count):
    rng = np.random.default_rng(seed)
    return repairable(rng.uniform(50.0, 2000.0, count), rng.uniform(5.0, 200.0, count))


@pytest.mark.parametrize("load_mw", [3.0, 10.0])
def test_a_single_unit_is_lost_as_often_as_it_fails(load_mw):
    mttf, mttr = 450.0, 50.0
    lam, mu = 1 / mttf, 1 / mttr
    exact = convolve(make_system(np.full(8760, load_mw), make_units([10.0], mttf, mttr)))
    assert exact.lole_h == pytest.approx(8760 * lam / (lam + mu))
    assert exact.loee_mwh == pytest.approx(8760 * load_mw * lam / (lam + mu))
    assert exact.frequency == pytest.approx(8760 * lam * mu / (lam + mu))
    assert exact.mean_duration_h == pytest.approx(mttr)


def test_two_equal_units_that_must_both_run():
    lam, mu = 0.01, 0.1
    exact = convolve(make_system(np.full(1000, 15.0), make_units([10.0, 10.0], 1 / lam, 1 / mu)))
    up = mu / (lam + mu)
    assert exact.lole_h == pytest.approx(1000 * (1 - up**2))
    assert exact.frequency == pytest.approx(1000 * up**2 * 2 * lam)


def test_a_load_that_steps_above_the_capacity_begins_one_event_a_day():
    day = np.array([5.0] * 12 + [11.0] * 12)
    exact = convolve(make_system(np.tile(day, 10), make_units([10.0], np.inf, 1.0)))
    assert exact.frequency == pytest.approx(10.0)
    assert exact.lole_h == pytest.approx(120.0)
    assert exact.mean_duration_h == pytest.approx(12.0)
    assert exact.daily_peak_lole_days == pytest.approx(10.0)


@few
@given(capacities, loads, seeds)
def test_convolution_equals_going_through_every_state(capacity_mw, load_mw, seed):
    outages = random_outages(seed, len(capacity_mw))
    exact = convolve(make_system(load_mw, make_units(capacity_mw, outages=outages)))
    for hour, load in enumerate(load_mw):
        lolp, shortfall = enumerate_one_area(capacity_mw, outages.probability, load)
        assert exact.lolp[hour] == pytest.approx(lolp, rel=1e-9, abs=1e-12)
        assert exact.eue_mwh[hour, 0] == pytest.approx(shortfall, rel=1e-9, abs=1e-9)


@few
@given(capacities, loads, seeds)
def test_frequency_equals_every_crossing_of_every_state(capacity_mw, load_mw, seed):
    outages = random_repairable(seed, len(capacity_mw))
    exact = convolve(make_system(load_mw, make_units(capacity_mw, outages=outages)))
    crossings = 0.0
    q = outages.probability
    for up in product((True, False), repeat=len(capacity_mw)):
        weight = np.prod(np.where(up, 1 - q, q))
        available = sum(c for u, c in zip(up, capacity_mw, strict=True) if u)
        for hour, load in enumerate(load_mw):
            if available < load - 1e-6:
                crossings += weight * (available >= load_mw[hour - 1] - 1e-6)
                continue
            for u, c, rate in zip(up, capacity_mw, outages.failure_rate_per_h, strict=True):
                crossings += weight * rate * (u and available - c < load - 1e-6)
    assert exact.frequency == pytest.approx(crossings, rel=1e-9, abs=1e-12)


@few
@given(capacities, loads, st.integers(1, 60), seeds)
def test_another_unit_never_raises_lole(capacity_mw, load_mw, more_mw, seed):
    outages = random_repairable(seed, len(capacity_mw))
    less = convolve(make_system(load_mw, make_units(capacity_mw, outages=outages)))
    extra = join(outages, random_repairable(seed + 1, 1))
    more = convolve(make_system(load_mw, make_units([*capacity_mw, more_mw], outages=extra)))
    assert more.lole_h <= less.lole_h + 1e-9
    assert more.loee_mwh <= less.loee_mwh + 1e-9


@few
@given(capacities, loads, st.floats(1.0, 3.0), seeds)
def test_more_load_never_lowers_lole(capacity_mw, load_mw, factor, seed):
    units = make_units(capacity_mw, outages=random_repairable(seed, len(capacity_mw)))
    less = convolve(make_system(load_mw, units))
    more = convolve(make_system(np.array(load_mw) * factor, units))
    assert more.lole_h >= less.lole_h - 1e-9
    assert more.loee_mwh >= less.loee_mwh - 1e-9


two_areas = st.tuples(capacities, capacities, loads, seeds)


def split_system(case, links):
    first, second, load_mw, seed = case
    rng = np.random.default_rng(seed)
    area = [0] * len(first) + [1] * len(second)
    units = make_units([*first, *second], area=area, outages=random_outages(seed, len(area)))
    load = np.stack([load_mw, rng.permutation(load_mw) * 0.7], axis=1)
    return make_system(load, units, links=links)


@few
@given(two_areas)
def test_two_areas_with_an_unlimited_link_are_one(case):
    split = split_system(case, make_link(1e6))
    units = replace(split.units, area=np.zeros_like(split.units.area))
    joined = convolve(make_system(split.load_mw.sum(axis=1), units))
    exact = convolve(split)
    assert exact.lolp == pytest.approx(joined.lolp, rel=1e-9, abs=1e-12)
    assert exact.loee_mwh == pytest.approx(joined.loee_mwh, rel=1e-9, abs=1e-9)


@few
@given(two_areas)
def test_two_areas_without_a_link_are_two(case):
    exact = convolve(split_system(case, make_link(0.0)))
    for area in (0, 1):
        system = split_system(case, None)
        here = system.units.area == area
        outages = drawn_each_hour(system.units.outages.probability[here])
        units = make_units(system.units.capacity_mw[here], outages=outages)
        alone = convolve(make_system(system.load_mw[:, area], units))
        assert exact.area_lolp[:, area] == pytest.approx(alone.lolp, rel=1e-9, abs=1e-12)
        assert exact.eue_mwh[:, area].sum() == pytest.approx(alone.loee_mwh, abs=1e-9)


@few
@given(two_areas, st.integers(0, 80).map(lambda link: link / 2), st.floats(0.0, 1.0))
def test_two_areas_equal_going_through_every_state(case, link_mw, out):
    first, second, load_mw, seed = case
    case = (first[:3], second[:3], load_mw[:1], seed)
    system = split_system(case, make_link(link_mw, outages=drawn_each_hour(np.array([out]))))
    units, (load,) = system.units, system.load_mw
    q = units.outages.probability
    lolp, eue = 0.0, np.zeros(2)
    for link_up, *up in product((True, False), repeat=1 + len(units)):
        weight = np.prod(np.where(up, 1 - q, q)) * (1 - out if link_up else out)
        available = np.bincount(units.area, np.where(up, units.capacity_mw, 0.0), minlength=2)
        margin = available - load
        lacking, spare = np.maximum(-margin, 0.0), np.maximum(margin, 0.0)
        left = lacking - np.minimum(lacking, np.minimum(spare[::-1], link_up * link_mw))
        lolp += weight * (left.max() > 1e-6)
        eue += weight * left
    exact = convolve(system)
    assert exact.lolp[0] == pytest.approx(lolp, rel=1e-9, abs=1e-12)
    assert exact.eue_mwh[0] == pytest.approx(eue, rel=1e-9, abs=1e-9)


def test_mean_duration_of_units_drawn_each_hour_is_that_of_a_row_of_bad_draws():
    q = 0.2
    system = make_system(np.full(500, 8.0), make_units([10.0], outages=drawn_each_hour([q])))
    assert convolve(system).frequency == pytest.approx(500 * q * (1 - q))
    assert convolve(system).mean_duration_h == pytest.approx(1 / (1 - q))


def test_the_table_is_exact_to_the_kilowatt_unless_it_would_be_too_long():
    none = np.zeros(0)
    assert grid_step(np.array([12.0, 20.0]), none, 1000.0) == pytest.approx(4.0)
    assert grid_step(np.array([1500.001, 1300.007]), none, 2800.008) == pytest.approx(0.003)
    # The steady 12 and 20 MW stay exact; what changes by the hour is rounded.
    step = grid_step(np.array([12.0, 20.0]), np.array([0.001]), 1000.0, max_states=900)
    assert step == pytest.approx(4.0 / 3)


def test_table_of_two_units():
    table = outage_table(np.array([10.0, 5.0]), drawn_each_hour([0.1, 0.2]), 5.0)
    below = table.lolp(np.array([0.0, 5.0, 10.0, 15.0, 16.0]))
    assert below == pytest.approx([0.0, 0.02, 0.1, 0.28, 1.0])
    assert table.expected_shortfall(np.array([15.0])) == pytest.approx([10 * 0.1 + 5 * 0.2])


@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("changing", [2, 9])
def test_capacity_by_the_hour_equals_going_through_every_state(changing, drawn):
    rng = np.random.default_rng(changing)
    count = changing + 2
    outages = random_outages(1, count) if drawn else random_repairable(1, count)
    hourly = rng.integers(0, 20, (changing, 3)) / 2
    capacity = np.concatenate((hourly.max(axis=1), [12.0, 7.0]))
    row = np.concatenate((np.arange(changing), [-1, -1]))
    units = replace(make_units(capacity, outages=outages), hourly_row=row, hourly_mw=hourly)
    load = np.array([0.5, 0.6, 0.7]) * capacity.sum()
    exact = convolve(make_system(load, units))
    for hour in range(3):
        here = np.concatenate((hourly[:, hour], [12.0, 7.0]))
        lolp, shortfall = enumerate_one_area(here, outages.probability, load[hour])
        assert exact.lolp[hour] == pytest.approx(lolp, rel=1e-9)
        assert exact.eue_mwh[hour, 0] == pytest.approx(shortfall, rel=1e-9)
    assert np.isnan(exact.frequency) != drawn


def test_storage_and_three_areas_are_refused_by_name():
    units = make_units([10.0])
    assert "storage" in why_not_exact(make_system([5.0], units, stores=make_stores(1, 1)))
    with pytest.raises(ValueError, match="3 areas"):
        convolve(make_system([[1.0, 1.0, 1.0]], units))
