"""Return after a large outage: in turn, with cold-load pick-up, and the energy adds up."""

from dataclasses import replace

import numpy as np
import pytest

from sim.case import intact_grid
from sim.event_log import chain
from sim.power.mesh import Mesh
from tests.sim.conftest import outage
from tests.sim.power.test_mesh import substation_row, without

DARK_H, BACK_H = 5.0, 9.0


def supply_lines(region):
    """Lines between the supplies and the rest of the grid."""
    ends = set(region.supplies.bus_id.tolist())
    lines = region.lines
    return [
        str(name)
        for name, one, other in zip(lines.line_id, lines.from_bus_id, lines.to_bus_id, strict=True)
        if {one, other} & ends
    ]


def collapse(bench, degc, hours=48):
    """All lines of the supplies out from one hour to another, without any crew."""
    course = bench.course(hours=hours, degc=degc)
    gone = ~np.isin(course.case.arrays.branch_ids, supply_lines(course.case.region))
    course.at(DARK_H, lambda: course.branches(gone, "branch_failed", "supplies"))
    back = np.ones_like(gone)
    course.at(BACK_H, lambda: course.branches(back, "branch_repaired", "supplies"))
    return course.run()


@pytest.fixture(scope="module")
def winter(bench):
    return collapse(bench, -15.0)


def lives(course):
    return [event for event in course.events if event.what == "substation_live"]


def test_after_a_collapse_substations_return_in_turn(winter):
    substations = len(winter.case.region.substations)
    dark = [event for event in winter.events if event.what == "substation_dark"]
    assert {event.t_h for event in dark} == {DARK_H}
    assert len(dark) == len(lives(winter)) == substations
    times = [event.t_h for event in lives(winter)]
    assert times == sorted(times)
    assert BACK_H < times[0] < BACK_H + 1.0
    assert BACK_H + 1.0 < times[-1] < BACK_H + 12.0
    assert len(set(times)) > 10
    chains = [chain(winter.events, winter.events.index(event)) for event in lives(winter)]
    steps = {int(step.asset_id) for _, step, _ in chains}
    assert steps == set(range(1, len(set(times)) + 1))
    for live, step, repaired in chains:
        assert (step.what, step.t_h) == ("black_start_step", live.t_h)
        assert (repaired.what, repaired.asset_id) == ("branch_repaired", "supplies")


def test_sections_are_dark_until_their_substation_has_its_turn(winter):
    ids = winter.case.region.substations.substation_id.tolist()
    back = {ids.index(event.asset_id): event.t_h for event in lives(winter)}
    cut = winter.interruptions
    substation = winter.case.network.section_substation[cut.section]
    whole = cut.from_h == DARK_H
    assert whole.any()
    assert cut.to_h[whole] == pytest.approx([back[row] for row in substation[whole]])


def test_what_returns_cold_draws_more_and_is_kept_apart(winter):
    case, mesh = winter.case, winter.mesh
    cut = winter.interruptions
    lost = np.zeros(case.hours)
    for section, weight, from_h, to_h in zip(
        cut.section, cut.weight, cut.from_h, cut.to_h, strict=True
    ):
        hours = np.clip(to_h - np.arange(case.hours), 0, 1) - np.clip(
            from_h - np.arange(case.hours), 0, 1
        )
        area = case.network.section_area[section]
        share = weight * case.network.section_share[section]
        lost += hours * share * case.spread_mw[:, area]
    missing = case.demand_mwh - mesh.served_mwh - mesh.shed_mwh.sum() - lost.sum()
    assert abs(missing) < 1e-6 * case.demand_mwh
    # No more heat is drawn afterwards than was not delivered.
    heating = case.rise_degc @ case.heating_mw_per_degc.sum(axis=1)
    assert 0.0 < mesh.cold_load_mwh < heating[: round(BACK_H) + 12].sum()
    assert mesh.residual_mw < 1e-6 * case.demand_mw.sum(axis=(1, 2)).max()


def test_nothing_is_picked_up_cold_in_summer(bench):
    course = collapse(bench, 20.0, hours=24)
    assert course.mesh.cold_load_mwh == 0.0
    assert len(lives(course)) == len(course.case.region.substations)


def test_a_lone_substation_returns_at_once(bench):
    course = bench.course(degc=-10.0)
    course.darken(3.0, 7.0, "s010")
    course.run()
    assert [event.t_h for event in lives(course)] == [7.0]
    assert course.why("substation_live", "s010") == ["substation_live", "branch_repaired"]
    assert course.mesh.cold_load_mwh > 0.0


def test_a_second_collapse_on_the_way_begins_anew(bench):
    course = bench.course(hours=24, degc=-5.0)
    gone = ~np.isin(course.case.arrays.branch_ids, supply_lines(course.case.region))
    back = np.ones_like(gone)
    for t_h, branches in ((2.0, gone), (4.0, back), (5.0, gone), (8.0, back)):
        what = "branch_failed" if branches is gone else "branch_repaired"
        course.at(t_h, lambda b=branches, w=what: course.branches(b, w, "supplies"))
    course.run()
    first = [event for event in lives(course) if event.t_h < 5.0]
    assert 0 < len(first) < len(course.case.region.substations)
    assert not [event for event in lives(course) if 5.0 <= event.t_h < 8.0]
    assert not course.mesh.dark.any()
    assert not course.mesh.held.any()


def test_pick_up_makes_a_limit_bind_that_normal_demand_does_not(bench):
    """One station on fewer transformers: it carries the evening, not the cold return."""
    case, grid = bench.case(degc=-2.0)
    row = substation_row(case, "s010")
    bus = case.network.substation_bus[row]
    trafos = case.network.substation_branches[row]
    # Just room for the normal peak over both of its transformers.
    rating = case.arrays.rating_mw.copy()
    rating[trafos] = 1.02 * case.intact_bus_mw[:, bus].max() / len(trafos)
    arrays = replace(
        case.arrays, rating_mw=rating, short_term_mw=1.2 * rating, trip_mw=1.5 * rating
    )
    tight = replace(case, arrays=arrays)
    grid = intact_grid(tight)
    assert not grid.state.is_curtailed
    mesh = Mesh(tight, grid)
    mesh.set_branches(8.0, without(tight, row))
    mesh.set_branches(16.0, without(tight))
    assert mesh.is_curtailed
    shed = -mesh.shed_mwh.sum()
    mesh.settle(20.0)
    shed += mesh.shed_mwh.sum()
    assert shed > 0.0
    mesh.finish()
    assert mesh.residual_mw < 1e-6 * case.demand_mw.sum(axis=(1, 2)).max()


def test_a_replication_of_a_collapse_closes_its_account_and_says_what_was_picked_up(bench, region):
    _, outcome = bench.replicate(outage(2.0, supply_lines(region), 0.5), hours=72, degc=-10.0)
    assert outcome.balance_residual < 1e-9
    assert outcome.metrics["cold_load_mwh"] > 0.0
    assert outcome.metrics["saifi"] >= 1.0 - 1e-9
    unserved = outcome.unserved_mw.sum(axis=(1, 2))
    assert unserved[-1] == 0.0
