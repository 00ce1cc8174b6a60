"""Security scan: known answers, agreement with the full solution, ranking, frequencies."""

import copy
from dataclasses import replace
from functools import cache

import numpy as np
import pandapower as pp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.problems import BeredtError, InputError
from data.read import load_region
from grid.calibration import winter_peak_security
from grid.net_study import net_study
from grid.protection import Protection
from grid.security.scan import security_scan
from grid.security.scan_bench import ScanBench
from grid.security.scan_outages import branch_parts, named_outages, pairs
from grid.security.scan_rates import Rate, combined, part_rates
from grid.solver import GridSolver
from grid.study import GridStudy, region_study
from tests.grid.conftest import small_grid
from tests.strategies import random_case


@cache
def cables():
    """A net of 20 kV cables for the rates: all that a scan looks up there."""
    net = pp.create_empty_network()
    head, tail = pp.create_bus(net, 20.0), pp.create_bus(net, 20.0)
    for _ in range(20):
        pp.create_line_from_parameters(net, head, tail, 1.0, 0.1, 0.1, 0.0, 1.0, type="cs")
    return net


def study_of(arrays, demand):
    """A study of bare arrays."""
    buses, branches, sources = (
        len(ids) for ids in (arrays.bus_ids, arrays.branch_ids, arrays.source_ids)
    )
    return GridStudy(
        name="small",
        arrays=arrays,
        demand_mw=demand,
        area_demand_mw=np.zeros((1, 0, 0)),
        kile_nok_per_mw=np.tile(1000.0 * np.arange(1.0, demand.shape[2] + 1), (buses, 1)),
        customers=10.0 * (demand[0].sum(axis=1) > 0),
        x_m=np.arange(float(buses)),
        y_m=np.zeros(buses),
        protection=Protection(),
        branch_table=np.full(branches, "line"),
        branch_row=np.arange(branches),
        branch_side=np.full(branches, ""),
        source_table=np.full(sources, "gen"),
        source_row=np.arange(sources),
        bus_of=np.arange(buses),
        load_class=np.empty(0, dtype=int),
        origin=cables(),
    )


def demand_at(buses, **mw):
    demand = np.zeros((1, buses, 4))
    for bus, power in mw.items():
        demand[0, int(bus[1:]), 1] = power
    return demand


@pytest.fixture
def radial():
    arrays = small_grid([(0, 1), (1, 2), (1, 3)], [50.0, 50.0, 50.0], [100.0])
    return study_of(arrays, demand_at(4, b1=5.0, b2=10.0, b3=20.0))


@pytest.fixture
def ring():
    arrays = small_grid([(0, 1), (1, 2), (2, 3), (3, 0)], [50.0] * 4, [100.0])
    return study_of(arrays, demand_at(4, b1=5.0, b2=10.0, b3=20.0))


@pytest.fixture(scope="module")
def region():
    return load_region()


@pytest.fixture(scope="module")
def region_grid(region, tmp_path_factory):
    return region_study(region, tmp_path_factory.mktemp("arrays"))


def by_label(contingencies):
    return {each.label: each for each in contingencies}


def test_in_a_radial_grid_every_outage_darkens_what_lies_behind(radial):
    scan = security_scan(radial)
    found = by_label(scan.singles)
    assert {name: each.dark_bus_ids for name, each in found.items()} == {
        "l0": ("b1", "b2", "b3"),
        "l1": ("b2",),
        "l2": ("b3",),
    }
    assert {each.verdict for each in found.values()} == {"dark"}
    assert found["l0"].total_unserved_mw == pytest.approx(35.0)
    assert found["l2"].unserved_mw == pytest.approx((0.0, 20.0, 0.0, 0.0))
    assert found["l0"].customers == pytest.approx(30.0)
    assert found["l2"].customer_share == pytest.approx(1 / 3)
    assert scan.singles_secure == 0
    assert [each.label for each in scan.ranking] == ["l0", "l2", "l1"]


def test_cost_is_energy_until_the_repair_times_its_value(radial):
    (worst, *_) = security_scan(radial).ranking
    assert worst.duration_h == 5.0
    assert worst.duration_estimated
    assert worst.ens_mwh == pytest.approx(35.0 * 5.0)
    assert worst.cost_nok == pytest.approx(35.0 * 5.0 * 2000.0)
    assert np.isnan(worst.per_yr)


def test_a_ring_stands_one_outage_and_two_darken_what_is_between(ring):
    scan = security_scan(ring, order=2)
    assert scan.singles_secure == 4
    found = by_label(scan.pairs)
    assert found["l0+l1"].dark_bus_ids == ("b1",)
    assert found["l0+l3"].dark_bus_ids == ("b1", "b2", "b3")
    assert found["l1+l2"].dark_bus_ids == ("b2",)
    assert len(found) == scan.pairs_scanned == 6
    assert scan.pairs_secure == scan.pairs_not_worse == scan.pairs_left_out == 0


def test_pairs_that_only_add_up_are_counted_and_not_listed(radial):
    scan = security_scan(radial, order=2)
    assert scan.pairs == ()
    assert (scan.pairs_scanned, scan.pairs_secure, scan.pairs_not_worse) == (3, 0, 3)


def test_of_parallel_lines_the_weak_one_trips_when_the_strong_one_fails():
    arrays = small_grid([(0, 1), (0, 1)], [100.0, 20.0], [200.0], susceptance_pu=[9.0, 1.0])
    found = by_label(security_scan(study_of(arrays, demand_at(2, b1=60.0))).singles)
    assert found["l1"].verdict == "secure"
    strong = found["l0"]
    assert strong.verdict == "cascade"
    assert [step.branch_ids for step in strong.steps] == [("l1",)]
    assert strong.loading_before == pytest.approx(3.0)
    assert strong.loaded_before == "l1"
    assert strong.dark_bus_ids == ("b1",)
    assert strong.total_unserved_mw == pytest.approx(60.0)


def test_an_overload_the_operator_has_time_for_is_shed_to_the_rating():
    arrays = small_grid([(0, 1), (0, 1)], [100.0, 55.0], [200.0])
    (found,) = (
        each
        for each in security_scan(study_of(arrays, demand_at(2, b1=60.0))).singles
        if each.label == "l0"
    )
    assert found.verdict == "shed"
    assert found.total_unserved_mw == pytest.approx(5.0)
    assert found.loading_before == pytest.approx(60.0 / 55.0)
    assert found.loading == pytest.approx(1.0)
    assert found.relief_h > 0
    (limit,) = found.binding
    assert limit.branch_id == "l1"
    assert limit.nok_per_mw > 0


def test_an_overload_that_redispatch_takes_away_costs_nobody_anything():
    arrays = small_grid(
        [(0, 1), (0, 1), (1, 2)], [60.0, 60.0, 60.0], [100.0, 100.0], source_bus=[0, 2],
        share=[0.9, 0.1],
    )  # fmt: skip
    scan = security_scan(study_of(arrays, demand_at(3, b1=70.0)))
    found = by_label(scan.singles)["l0"]
    assert found.loading_before == pytest.approx(63.0 / 60.0)
    assert found.verdict == "relieved"
    assert found.total_unserved_mw == 0.0
    assert found.cost_nok == 0.0


def test_losing_a_source_or_a_bus_is_scanned_when_asked(ring):
    scan = security_scan(ring, sources=True, buses=True)
    found = {(each.kinds[0], each.label): each for each in scan.singles}
    assert len(found) == 4 + 1 + 4
    assert found["source", "s0"].total_unserved_mw == pytest.approx(35.0)
    assert found["bus", "b0"].total_unserved_mw == pytest.approx(35.0)
    assert found["bus", "b2"].dark_bus_ids == ("b2",)
    assert found["bus", "b2"].total_unserved_mw == pytest.approx(10.0)


def test_chosen_sets_are_always_there_and_unknown_names_are_all_named(ring):
    scan = security_scan(ring, chosen=[("l3", "l0", "l2"), ("s0",)])
    assert [each.label for each in scan.chosen] == ["l0+l2+l3", "s0"]
    assert [each.label for each in scan.ranking][:2] == ["s0", "l0+l2+l3"]
    with pytest.raises(InputError) as refused:
        security_scan(ring, chosen=[("l0", "nope"), ("l1", "l1"), ("nothing",)])
    assert [each.found for each in refused.value.problems] == ["nope", "nothing", "l1+l1"]


def test_a_solver_failure_is_recorded_by_name_and_ranked_first(ring, monkeypatch):
    solve = GridSolver.solve

    def fail(self, in_service, demand_mw, **options):
        if not in_service[2]:
            raise BeredtError("load shedding has no solution")
        return solve(self, in_service, demand_mw, **options)

    monkeypatch.setattr(GridSolver, "solve", fail)
    scan = security_scan(ring, chosen=[("l0", "l2")])
    assert scan.ranking[0].label == "l0+l2"
    assert scan.ranking[0].verdict == "failed"
    assert scan.ranking[0].failure == "load shedding has no solution"


def test_the_intact_grid_is_judged_as_well():
    arrays = small_grid([(0, 1), (0, 1)], [30.0, 30.0], [40.0])
    scan = security_scan(study_of(arrays, demand_at(2, b1=50.0)))
    assert scan.intact.verdict == "shed"
    assert scan.intact.total_unserved_mw == pytest.approx(10.0)
    assert scan.singles_secure == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_quick_look_agrees_with_the_full_solution(seed):
    case = random_case(seed, buses=10, hours=1, tightness=0.4)
    study = study_of(case.arrays, case.demand_mw)
    bench = ScanBench(study)
    outages = [(part,) for part in branch_parts(study)]
    outages += pairs(branch_parts(study), bench.intact_loading, limit=15)
    rates = part_rates(study, branch_parts(study))
    found = bench.contingencies(outages, rates, lambda _count: None)
    for outage, quick in zip(outages, found, strict=True):
        full, _ = bench.examine(outage, rates)
        assert (quick.verdict, quick.dark_bus_ids) == (full.verdict, full.dark_bus_ids)
        assert quick.total_unserved_mw == pytest.approx(full.total_unserved_mw, abs=1e-6)
        assert quick.loading_before == pytest.approx(full.loading_before, rel=1e-6, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_a_scan_says_is_served_is_what_the_solver_serves(seed):
    case = random_case(seed, buses=8, hours=1)
    study = study_of(case.arrays, case.demand_mw)
    solver = GridSolver(case.arrays, study.shed_cost, study.protection)
    for each in security_scan(study).singles:
        if each.failure:
            continue
        state = solver.solve(study.in_service_without(each.part_ids), study.demand_mw)
        lost = (study.demand_mw * (1.0 - state.served_share)).sum()
        assert each.total_unserved_mw == pytest.approx(lost, abs=1e-6)
        assert [step.branch_ids for step in each.steps] == [s.branch_ids for s in state.tripped]


def test_too_many_pairs_keep_those_of_the_most_loaded(ring):
    parts = branch_parts(ring)
    kept = pairs(parts, np.array([0.1, 0.9, 0.3, 0.8]), limit=3)
    assert [tuple(part.part_id for part in pair) for pair in kept] == [
        ("l1", "l2"),
        ("l1", "l3"),
        ("l2", "l3"),
    ]


def test_overlapping_outages_follow_the_parallel_equations():
    one = Rate(failures_per_yr=0.5, repair_h=24.0, estimated=True)
    other = Rate(failures_per_yr=0.01, repair_h=2000.0, estimated=True)
    per_yr, duration_h = combined([one, other])
    assert per_yr == pytest.approx(0.5 * 0.01 * (24.0 + 2000.0) / 8760.0)
    assert duration_h == pytest.approx(24.0 * 2000.0 / 2024.0)
    assert combined([one]) == pytest.approx((0.5, 24.0))


def test_a_net_states_its_own_repair_and_failures(ring):
    net = copy.deepcopy(ring.origin)
    net.line.loc[[0, 2], "repair_h"] = [7.0, 9.0]
    net.line.loc[[0, 2], "failures_per_yr"] = [0.2, 0.1]
    ring = replace(ring, origin=net)
    rates = list(part_rates(ring, branch_parts(ring)).values())
    assert rates[0] == Rate(failures_per_yr=0.2, repair_h=7.0, estimated=False)
    assert rates[1].repair_h == 5.0
    assert rates[1].estimated
    found = by_label(security_scan(ring, chosen=[("l0", "l2")]).chosen)["l0+l2"]
    assert found.cost_nok_per_yr == pytest.approx(found.per_yr * found.cost_nok)


def test_three_windings_fail_as_one():
    net = pp.networks.example_multivoltage()
    study = net_study(net, "multivoltage")
    found = by_label(security_scan(study).singles)
    assert len(found) == len(study.elements)
    three = [each for each in found.values() if each.kinds == ("trafo3w",)]
    assert len(three) == len(net.trafo3w)
    assert all(each.verdict == "dark" for each in three)


def test_the_region_is_secure_and_its_calibration_says_so(region, region_grid):
    scan = security_scan(region_grid)
    loading, secure = winter_peak_security(region, region_grid.arrays)
    assert secure == scan.singles_secure / len(scan.singles) == 1.0
    assert loading == pytest.approx(0.7023385, abs=1e-6)
    assert scan.intact.verdict == "secure"


def test_a_pair_of_the_region_has_a_frequency_from_its_tables(region, region_grid):
    at = region.reliability.component.tolist().index("power_transformer")
    rate, repair_h = region.reliability.failure_rate_per_100_yr[at] / 100, 2000.0
    (found,) = security_scan(region_grid, chosen=[("s028_t1", "s028_t2")]).chosen
    assert found.verdict == "dark"
    assert found.per_yr == pytest.approx(rate**2 * 2 * repair_h / 8760.0)
    assert found.duration_h == pytest.approx(repair_h / 2)
    line = int(np.flatnonzero(region.lines.line_id == "l35_1")[0])
    ((part,),) = named_outages(region_grid, [("l35_1",)])
    per_km = 0.1 / 100
    assert part_rates(region_grid, [part])[part].failures_per_yr == pytest.approx(
        per_km * region.lines.length_km[line]
    )


def test_the_same_scan_gives_the_same_ranking(region_grid):
    chosen = [("follo_t1", "follo_t2"), ("ulven_t1", "ulven_t2")]
    first, again = (security_scan(region_grid, chosen=chosen, buses=True) for _ in range(2))
    assert repr(first.ranking) == repr(again.ranking)
    costs = [each.cost_nok for each in first.ranking]
    assert costs == pytest.approx(sorted(costs, reverse=True))
