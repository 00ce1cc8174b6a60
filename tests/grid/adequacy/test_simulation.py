"""Simulation: agrees with convolution, depends on seed and year only, keeps storage honest."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid.adequacy.convolution import convolve
from grid.adequacy.simulation import simulate
from grid.adequacy.study import study_adequacy
from grid.adequacy.system import drawn_each_hour, repairable
from tests.grid.adequacy.systems import make_link, make_stores, make_system, make_units

few = settings(derandomize=True, deadline=None, max_examples=25)
seeds = st.integers(0, 2**32 - 1)
DAY = 60 + 30 * np.sin(np.arange(24) / 24 * 2 * np.pi)


def small_system(seed, *, areas=1, hours=96, links=None, stores=None):
    rng = np.random.default_rng(seed)
    count = 5 * areas
    outages = repairable(rng.uniform(30, 200, count), rng.uniform(3, 30, count))
    area = np.arange(count) % areas
    units = make_units(rng.integers(10, 40, count), area=area, outages=outages)
    load = np.resize(DAY, (areas, hours)).T * rng.uniform(0.7, 1.1, areas)
    return make_system(load, units, links=links, stores=stores)


def close(index, sigmas=4.0):
    return abs(index.simulated - index.exact) <= sigmas * index.standard_error


@pytest.mark.parametrize("areas", [1, 2])
def test_simulation_agrees_with_convolution(areas):
    links = make_link(15.0, outages=repairable([40.0], [10.0])) if areas > 1 else None
    study = study_adequacy(small_system(3, areas=areas, links=links), years=4000, seed=8)
    both = [i for i in study.indices if not np.isnan(i.exact) and not np.isnan(i.simulated)]
    assert len(both) >= 4
    assert [i for i in both if not close(i)] == []


def test_units_drawn_each_hour_agree_with_convolution():
    units = make_units([10.0, 10.0, 10.0], outages=drawn_each_hour([0.1, 0.2, 0.3]))
    study = study_adequacy(make_system(np.tile([15.0, 25.0, 8.0], 8), units), years=4000, seed=8)
    both = [i for i in study.indices if not np.isnan(i.exact) and not np.isnan(i.simulated)]
    assert {i.quantity for i in both} == {"lole_h", "loee_mwh", "lolf", "mean_duration_h"}
    assert [i for i in both if not close(i)] == []


def test_capacity_by_the_hour_agrees_with_convolution():
    system = small_system(4)
    hourly = np.linspace(0.0, 30.0, system.hours)[None, :]
    row = np.where(np.arange(len(system.units)) == 2, 0, -1)
    units = replace(system.units, hourly_row=row, hourly_mw=hourly)
    study = study_adequacy(replace(system, units=units), years=3000, seed=2)
    assert "by simulation only" in study.missing[0]
    both = [i for i in study.indices if not np.isnan(i.exact) and not np.isnan(i.simulated)]
    assert {i.quantity for i in both} == {"lole_h", "loee_mwh"}
    assert [i for i in both if not close(i)] == []


def test_error_shrinks_with_the_square_root_of_the_years():
    system = small_system(3)
    few_years = simulate(system, 200, 1).loss_h[:, 0]
    many_years = simulate(system, 3200, 1).loss_h[:, 0]
    ratio = (few_years.std() / np.sqrt(200)) / (many_years.std() / np.sqrt(3200))
    assert ratio == pytest.approx(4.0, rel=0.25)


def test_batches_of_years_give_what_one_run_gives():
    system = small_system(5, areas=2, links=make_link(10.0))
    whole = simulate(system, 30, 7)
    rest = simulate(system, 20, 7, first_year=10)
    assert np.array_equal(whole.loss_h[10:], rest.loss_h)
    assert np.array_equal(whole.events[10:], rest.events)
    assert not np.array_equal(whole.loss_h, simulate(system, 30, 8).loss_h)


@few
@given(seeds, st.floats(1.0, 60.0), st.floats(1.0, 300.0), st.floats(0.3, 1.0), st.floats(0.0, 1.0))
def test_storage_stays_within_its_bounds_and_never_raises_unserved_energy(
    seed, power_mw, energy_mwh, efficiency, share
):
    links = make_link(12.0, outages=repairable([30.0], [20.0]))
    without = small_system(seed, areas=2, links=links)
    store = make_stores(power_mw, energy_mwh, area=1, efficiency=efficiency, share=share)
    with_it = simulate(replace(without, stores=store), 3, seed)
    bare = simulate(without, 3, seed)
    assert (with_it.lowest_mwh >= 0.0).all()
    assert (with_it.highest_mwh <= energy_mwh).all()
    assert (with_it.unserved_mwh <= bare.unserved_mwh + 1e-6).all()
    saved = bare.unserved_mwh[:, -1] - with_it.unserved_mwh[:, -1]
    assert saved == pytest.approx(with_it.discharged_mwh[:, 0], abs=1e-5)


def test_storage_covers_a_known_shortfall_until_it_is_empty():
    units = make_units([10.0], np.inf, 1.0)
    stores = make_stores(4.0, 6.0, efficiency=0.5)
    # 4 MW short for three hours from 6 MWh; 2 MW surplus for two hours stores 2 MWh.
    years = simulate(
        make_system([14.0, 14.0, 14.0, 8.0, 8.0, 13.0], units, stores=stores), 2, seed=1
    )
    assert years.loss_h[:, 0] == pytest.approx([1.5 + 1 / 3] * 2)
    assert years.unserved_mwh[:, 0] == pytest.approx([6.0 + 1.0] * 2)
    assert years.events[:, 0] == pytest.approx([2.0] * 2)
    assert years.discharged_mwh[:, 0] == pytest.approx([8.0] * 2)


def test_help_goes_through_an_area_between():
    units = make_units([30.0], np.inf, 1.0, area=[0])
    load = [[10.0, 0.0, 25.0]]
    chain = make_link(15.0, ends=((0, 1), (1, 2)))
    years = simulate(make_system(load, units, links=chain), 2, seed=1)
    assert years.unserved_mwh[0] == pytest.approx([0.0, 0.0, 10.0, 10.0])
    assert years.loss_h[0] == pytest.approx([0.0, 0.0, 1.0, 1.0])


@few
@given(seeds)
def test_three_areas_with_unlimited_links_are_one(seed):
    split = small_system(seed, areas=3, links=make_link(1e6, ends=((0, 1), (1, 2))))
    units = replace(split.units, area=np.zeros_like(split.units.area))
    one = simulate(make_system(split.load_mw.sum(axis=1), units), 2, seed)
    # Links that never fail still draw their state, after the units' own numbers.
    three = simulate(split, 2, seed)
    assert three.unserved_mwh[:, -1] == pytest.approx(one.unserved_mwh[:, 0], abs=1e-5)
    assert three.loss_h[:, -1] == pytest.approx(one.loss_h[:, 0], abs=1e-9)
    assert (three.events[:, -1] == one.events[:, 0]).all()


def test_a_single_unit_fails_as_often_as_theory_says():
    lam, mu = 1 / 90, 1 / 10
    system = make_system(np.full(1000, 5.0), make_units([10.0], 1 / lam, 1 / mu))
    years = simulate(system, 3000, 11)
    exact = convolve(system)
    error = years.events[:, 0].std() / np.sqrt(3000)
    assert exact.frequency == pytest.approx(1000 * lam * mu / (lam + mu))
    assert abs(years.events[:, 0].mean() - exact.frequency) < 4 * error
