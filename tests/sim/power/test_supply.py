from itertools import pairwise

import numpy as np
import pytest

from sim.event_log import chain as chain_of_events
from tests.sim.conftest import with_battery, with_chain

MANUAL = ("breaker", "manual", "manual", "manual", "manual")


@pytest.fixture(scope="module")
def chain(region):
    return with_chain(region, MANUAL)


def substation_of(region, section_id):
    sections, feeders = region.sections, region.feeders
    feeder = sections.feeder_id[sections.section_id == section_id][0]
    return str(feeders.substation_id[feeders.feeder_id == feeder][0])


def test_a_fault_darkens_the_feeder_until_it_is_isolated(bench, chain):
    region, ids = chain
    course = bench.course(region)
    supply, row = course.supply, course.row(ids[1])
    course.at(2.0, lambda: supply.fail_section(row, course.root("section_failed", ids[1])))
    course.at(3.5, lambda: supply.isolate_section(row, course.root("section_isolated", ids[1])))
    course.at(6.25, lambda: supply.repair_section(row, course.root("section_repaired", ids[1])))
    cut = course.run().interrupted()
    assert cut == {
        ids[0]: [(1.0, 2.0, 3.5)],
        ids[1]: [(1.0, 2.0, 6.25)],
        ids[2]: [(1.0, 2.0, 3.5)],
        ids[3]: [(1.0, 2.0, 3.5)],
        ids[4]: [(1.0, 2.0, 3.5)],
    }


def test_without_reserve_everything_behind_waits_for_the_repair(bench, region):
    changed, ids = with_chain(region, MANUAL, ("none",) * 5)
    course = bench.course(changed)
    course.cut(2.0, 6.25, ids[2], isolate=True)
    cut = course.run().interrupted()
    assert cut == {name: [(1.0, 2.0, 6.25)] for name in ids[2:]}


def test_a_breaker_inside_the_feeder_keeps_the_head_alive(bench, region):
    changed, ids = with_chain(region, ("breaker", "manual", "breaker", "manual", "manual"))
    course = bench.course(changed)
    course.cut(2.0, 3.0, ids[3])
    assert sorted(course.run().interrupted()) == ids[2:]


def test_sections_joined_without_a_switch_share_their_fate(bench, region):
    changed, ids = with_chain(region, ("breaker", "manual", "none", "manual", "manual"))
    course = bench.course(changed)
    course.cut(2.0, 3.0, ids[2], isolate=True)
    assert sorted(course.run().interrupted()) == ids[1:3]


def test_sections_between_two_isolated_faults_wait_for_the_first_repair(bench, chain):
    region, ids = chain
    course = bench.course(region)
    course.cut(2.0, 5.0, ids[1], isolate=True)
    course.cut(3.0, 9.0, ids[3], isolate=True)
    cut = course.run().interrupted()
    assert cut == {
        ids[1]: [(1.0, 2.0, 5.0)],
        ids[2]: [(1.0, 3.0, 5.0)],
        ids[3]: [(1.0, 3.0, 9.0)],
    }


def test_a_section_that_fails_twice_is_out_until_both_faults_are_mended(bench, chain):
    region, ids = chain
    course = bench.course(region)
    course.cut(2.0, 4.0, ids[1], isolate=True)
    course.cut(3.0, 6.0, ids[1])
    cut = course.run().interrupted()
    assert cut == {ids[1]: [(1.0, 2.0, 6.0)]}


def test_what_is_out_at_the_end_counts_to_the_end(bench, chain):
    region, ids = chain
    course = bench.course(region)
    failed = course.root("section_failed", ids[4])
    course.at(22.5, lambda: course.supply.fail_section(course.row(ids[4]), failed))
    cut = course.run().interrupted()
    assert cut == {name: [(1.0, 22.5, 24.0)] for name in ids}


def test_a_dark_substation_cuts_every_section_under_it_once(bench, chain):
    region, ids = chain
    name = substation_of(region, ids[0])
    course = bench.course(region)
    course.darken(3.0, 5.5, name)
    cut = course.run().interrupted()
    feeders = set(region.feeders.feeder_id[region.feeders.substation_id == name].tolist())
    under = region.sections.section_id[np.isin(region.sections.feeder_id, sorted(feeders))]
    assert sorted(cut) == sorted(under.tolist())
    assert all(rows == [(1.0, 3.0, 5.5)] for rows in cut.values())
    (because,) = set(course.interruptions.because.tolist())
    dark, failed = chain_of_events(course.events, because)
    assert (dark.what, dark.asset_id, dark.t_h) == ("substation_dark", name, 3.0)
    assert (failed.what, failed.asset_id, failed.cause) == ("branch_failed", name, "test")


def test_a_fault_under_a_dark_substation_keeps_its_section_out_afterwards(bench, chain):
    region, ids = chain
    course = bench.course(region)
    course.darken(1.0, 8.0, substation_of(region, ids[0]))
    course.cut(2.0, 12.0, ids[1])
    isolated = course.root("section_isolated", ids[1])
    course.at(3.0, lambda: course.supply.isolate_section(course.row(ids[1]), isolated))
    cut = course.run().interrupted(ids[0][:-1])
    assert cut[ids[1]] == [(1.0, 1.0, 12.0)]
    # The reserve at the end is alive again as soon as the substation is.
    for name in (ids[0], ids[2], ids[3], ids[4]):
        assert cut[name] == [(1.0, 1.0, 8.0)]


def test_a_fault_goes_on_while_its_substation_goes_dark_and_comes_back(bench, chain):
    region, ids = chain
    course = bench.course(region)
    course.cut(2.0, 12.0, ids[1], isolate=True)
    course.darken(4.0, 6.0, substation_of(region, ids[0]))
    cut = course.run().interrupted(ids[0][:-1])
    assert cut[ids[1]] == [(1.0, 2.0, 12.0)]
    assert cut[ids[2]] == [(1.0, 4.0, 6.0)]


def test_energy_not_served_is_the_cut_share_of_demand(bench, chain):
    region, ids = chain
    course = bench.course(region)
    course.cut(2.0, 4.5, ids[1], isolate=True)
    course.run()
    case, row = course.case, course.row(ids[1])
    share = case.network.section_share[row]
    demand = case.spread_mw[:, case.network.section_area[row]]
    missing = share * (demand[2] + demand[3] + 0.5 * demand[4])
    assert case.demand_mwh - course.mesh.served_mwh == pytest.approx(missing, rel=1e-5)


def test_power_out_on_a_feeder_is_what_its_dark_sections_demand(bench, chain):
    region, ids = chain
    course = bench.course(region)
    feeder = int(course.case.network.section_feeder[course.row(ids[0])])
    seen = []
    course.cut(2.0, 6.0, ids[1], isolate=True)
    for t_h in (1.0, 4.0, 7.0):
        course.at(t_h, lambda: seen.append(course.supply.out_mw(feeder)))
    course.run()
    row = course.row(ids[1])
    network = course.case.network
    expected = network.section_share[row] * course.case.spread_mw[4, network.section_area[row]]
    assert seen == [0.0, pytest.approx(expected), 0.0]


def test_a_battery_carries_its_section_until_it_is_empty(bench, chain):
    region, ids = chain
    plain = bench.course(region)
    row = plain.row(ids[2])
    network = plain.case.network
    demand = network.section_share[row] * plain.case.spread_mw[:, network.section_area[row]]
    energy = demand[3] + demand[4] + 0.5 * demand[5]
    course = bench.course(with_battery(region, ids[2], 2.0 * demand.max(), float(energy)))
    course.cut(3.0, 9.0, ids[0], isolate=False)
    cut = course.run().interrupted()
    assert cut[ids[2]] == [(1.0, pytest.approx(5.5), 9.0)]
    assert cut[ids[1]] == [(1.0, 3.0, 9.0)]
    assert sum(course.supply.battery_mwh.values()) == pytest.approx(energy)
    assert (f"battery-{ids[2]}", "battery_empty", pytest.approx(5.5)) in [
        (e.asset_id, e.what, e.t_h) for e in course.events
    ]


def test_a_weak_battery_carries_a_part_of_its_customers(bench, chain):
    region, ids = chain
    plain = bench.course(region)
    row = plain.row(ids[2])
    network = plain.case.network
    demand = network.section_share[row] * plain.case.spread_mw[:, network.section_area[row]]
    half = 0.5 * float(demand[3:].max())
    course = bench.course(with_battery(region, ids[2], half, 100.0))
    course.cut(3.0, 5.0, ids[0])
    cut = course.run().interrupted()
    assert cut[ids[2]] == [(pytest.approx(0.5), 3.0, 5.0)]
    assert sum(course.supply.battery_mwh.values()) == pytest.approx(0.5 * (demand[3] + demand[4]))


def test_each_part_of_a_section_names_what_left_it_in_the_dark(bench, chain):
    """A weak battery carries half for a while: the other half is dark from the fault on."""
    region, ids = chain
    plain = bench.course(region)
    row = plain.row(ids[2])
    network = plain.case.network
    demand = network.section_share[row] * plain.case.spread_mw[:, network.section_area[row]]
    half = 0.5 * float(demand[3:].max())
    course = bench.course(with_battery(region, ids[2], half, 0.5 * float(demand[3])))
    course.cut(3.0, 12.0, ids[0])
    course.run()
    cut = course.interruptions
    rows = np.flatnonzero(cut.section == row)
    names = {}
    for at in rows.tolist():
        event = course.events[int(cut.because[at])]
        assert event.t_h <= cut.from_h[at], event
        names[float(cut.from_h[at])] = event.what
    assert list(names.values()) == ["section_failed", "battery_empty"]
    assert min(names) == 3.0


def test_a_battery_does_not_charge_while_its_section_is_dark(bench, chain):
    region, ids = chain
    plain = bench.course(region)
    row = plain.row(ids[2])
    network = plain.case.network
    demand = network.section_share[row] * plain.case.spread_mw[:, network.section_area[row]]
    p_mw, energy = 2.0 * float(demand.max()), float(demand[1])
    course = bench.course(with_battery(region, ids[2], p_mw, energy))
    course.cut(1.0, 8.0, ids[0])
    course.cut(8.125, 12.0, ids[0])
    course.run()
    charged = min(energy, 0.125 * p_mw * 0.9)
    assert sum(course.supply.battery_mwh.values()) == pytest.approx(energy + charged)


def test_a_battery_does_not_carry_a_section_that_is_broken_itself(bench, chain):
    region, ids = chain
    course = bench.course(with_battery(region, ids[2], 50.0, 500.0))
    course.cut(1.0, 4.0, ids[2])
    assert course.run().interrupted()[ids[2]] == [(1.0, 1.0, 4.0)]


def test_every_interruption_ends_after_it_begins_and_none_overlaps(bench, chain):
    region, ids = chain
    course = bench.course(region)
    rng = np.random.default_rng(5)
    for name in ids:
        for start in rng.uniform(0.0, 20.0, 3):
            course.cut(float(start), float(start + rng.uniform(0.1, 5.0)), name)
    course.darken(6.0, 7.0, substation_of(region, ids[0]))
    for rows in course.run().interrupted().values():
        assert all(from_h < to_h for _, from_h, to_h in rows)
        assert all(a[2] <= b[1] for a, b in pairwise(rows))


def test_a_battery_has_charged_before_its_own_section_broke(bench, chain):
    region, ids = chain
    plain = bench.course(region)
    row = plain.row(ids[2])
    network = plain.case.network
    demand = network.section_share[row] * plain.case.spread_mw[:, network.section_area[row]]
    energy = float(demand[1])
    course = bench.course(with_battery(region, ids[2], 2.0 * float(demand.max()), energy))
    course.cut(1.0, 5.0, ids[0])
    course.cut(12.0, 13.0, ids[2])
    course.cut(13.01, 20.0, ids[0])
    course.run()
    assert sum(course.supply.battery_mwh.values()) == pytest.approx(2.0 * energy)


def test_a_section_on_its_battery_goes_dark_when_it_breaks_itself(bench, chain):
    region, ids = chain
    course = bench.course(with_battery(region, ids[2], 50.0, 500.0))
    course.cut(1.0, 9.0, ids[0])
    course.cut(4.0, 9.0, ids[2])
    assert course.run().interrupted()[ids[2]] == [(1.0, 4.0, 9.0)]
