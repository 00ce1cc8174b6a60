"""Mobile gensets in a course of the built-in region, with few units and few who ask."""

from dataclasses import replace

import numpy as np
import pytest

from tests.sim.conftest import with_backup
from tests.sim.response.test_spares import rows_of
from tests.sim.services.test_sites import ONE_GENSET, feeds, restart_h

ONE, TWO, THREE = "care_3228", "care_3209", "care_3201"
PREPARE_H, CONNECT_H, TANK_H = 1.0, 1.5, 8.0
DEPOT = "oslo_east"


def prepared(region, units=((DEPOT, 0.5, 1),), **priorities):
    """Only these mobile gensets, and only these sites, which have no reserve of their own."""
    table = region.backups
    region = replace(
        region, backups=replace(table, mobile_priority=np.zeros_like(table.mobile_priority))
    )
    for site_id, priority in priorities.items():
        region = with_backup(
            region,
            site_id,
            mobile_priority=priority,
            genset_share=0.0,
            ups_h=0.0,
            process_autonomy_h=0.0,
        )
    depots, ratings, counts = zip(*units, strict=True)
    mobile = rows_of(
        region.mobile_units,
        unit_id=[f"unit {at}" for at in range(len(units))],
        kind=["genset"] * len(units),
        depot_id=list(depots),
        units=list(counts),
        rating_mva=list(ratings),
        prepare_h=[PREPARE_H] * len(units),
        connect_h=[CONNECT_H] * len(units),
        fuel_h=[TANK_H] * len(units),
    )
    return replace(region, mobile_units=mobile)


ORDER_H = 0.5
"""Until a unit is ordered, the built-in region's ``dispatch_h``."""

WORKS = "w1"
"""Needs nothing but power for a day; its reservoir stands behind it."""


def works(region):
    return with_load(prepared(region, **{WORKS: 1}), WORKS, 0.3)


def with_load(region, site_id, load_mw):
    sites = region.sites
    load = np.where(sites.site_id == site_id, load_mw, sites.load_mw)
    return replace(region, sites=replace(sites, load_mw=load))


def dark(course, site_id, from_h, to_h):
    course.darken(from_h, to_h, *feeds(course.case.region, site_id))


def way_h(course, site_id, depot=DEPOT):
    """From the depot to a site's area."""
    case = course.case
    home = case.depot_area[case.region.depots.depot_id.tolist().index(depot)]
    return float(case.travel_h[home, case.site_area[course.site(site_id)]])


def back_h(course, site_id, depot=DEPOT):
    case = course.case
    home = case.depot_area[case.region.depots.depot_id.tolist().index(depot)]
    return float(case.travel_h[case.site_area[course.site(site_id)], home])


def times(course, site_id, what):
    return [t_h for each, t_h in course.log(site_id) if each == what]


def test_a_site_without_power_gets_a_genset_after_its_way(bench, region):
    course = bench.course(prepared(region, **{ONE: 1}))
    dark(course, ONE, 2.0, 12.0)
    course.run()
    connected = 2.0 + ORDER_H + PREPARE_H + way_h(course, ONE) + CONNECT_H
    assert region.constants["dispatch_h"] == ORDER_H
    assert times(course, ONE, "mobile_genset_sent") == [2.0 + ORDER_H]
    assert times(course, ONE, "mobile_genset_connected") == [pytest.approx(connected)]
    ((weight, from_h, to_h),) = course.lost(ONE)
    assert (from_h, to_h) == (2.0, pytest.approx(connected))
    assert weight > 0.0
    assert course.why("site_back", ONE)[:3] == [
        "site_back",
        "mobile_genset_connected",
        "site_feed_lost",
    ]


def test_a_site_nobody_has_put_in_order_gets_none(bench, region):
    course = bench.course(prepared(region, **{ONE: 0}))
    dark(course, ONE, 2.0, 12.0)
    course.run()
    assert times(course, ONE, "mobile_genset_sent") == []


def test_of_those_who_wait_the_most_urgent_is_next(bench, region):
    course = bench.course(prepared(region, **{ONE: 5, TWO: 3, THREE: 1}), hours=48)
    dark(course, ONE, 2.0, 20.0)
    dark(course, TWO, 3.0, 46.0)
    dark(course, THREE, 4.0, 46.0)
    course.run()
    # The unit is back at its depot, and goes to who is most urgent, not to who waits longest.
    free = 20.0 + back_h(course, ONE)
    assert times(course, ONE, "mobile_genset_returned") == [20.0]
    assert times(course, THREE, "mobile_genset_sent") == [pytest.approx(free)]
    assert times(course, TWO, "mobile_genset_sent") == []


def test_of_those_who_go_dark_together_the_most_urgent_gets_the_only_one(bench, region):
    """Whoever stands first in the table."""
    for first, second in ((ONE, TWO), (TWO, ONE)):
        course = bench.course(prepared(region, **{first: 1, second: 5}))
        names = {*feeds(region, first), *feeds(region, second)}
        course.darken(2.0, 20.0, *sorted(names))
        course.run()
        assert times(course, first, "mobile_genset_sent") == [2.0 + ORDER_H]
        assert times(course, second, "mobile_genset_sent") == []


def test_the_smallest_that_carries_a_site_is_sent(bench, region):
    units = ((DEPOT, 0.2, 1), (DEPOT, 0.5, 1), (DEPOT, 1.0, 1))
    changed = with_load(prepared(region, units, **{ONE: 1, TWO: 1}), ONE, 0.1)
    changed = with_load(changed, TWO, 0.3)
    course = bench.course(changed)
    dark(course, ONE, 2.0, 12.0)
    dark(course, TWO, 3.0, 12.0)
    course.run()
    sent = {e.asset_id: e.cause for e in course.events if e.what == "mobile_genset_sent"}
    assert sent == {ONE: "unit 0", TWO: "unit 1"}


def test_a_site_too_large_for_any_gets_the_largest_and_is_carried_in_part(bench, region):
    units = ((DEPOT, 0.2, 1), (DEPOT, 0.5, 1))
    changed = with_load(prepared(region, units, **{WORKS: 1}), WORKS, 2.0)
    course = bench.course(changed)
    dark(course, WORKS, 2.0, 12.0)
    course.run()
    (sent,) = [e for e in course.events if e.what == "mobile_genset_sent"]
    assert sent.cause == "unit 1"
    assert course.lost(WORKS)[1][0] == pytest.approx(1.0 - 0.5 * 800.0 / 2000.0)


def test_the_grid_that_is_back_in_time_calls_a_genset_off(bench, region):
    course = bench.course(prepared(region, **{ONE: 1, TWO: 1}))
    dark(course, ONE, 2.0, 2.0 + ORDER_H + 0.2)
    dark(course, TWO, 4.0, 20.0)
    course.run()
    assert times(course, ONE, "mobile_genset_sent") == [2.0 + ORDER_H]
    assert times(course, ONE, "mobile_genset_connected") == []
    # It had not left yet.
    assert times(course, TWO, "mobile_genset_sent") == [4.0 + ORDER_H]


def test_nothing_is_ordered_for_a_site_that_is_back_before(bench, region):
    course = bench.course(prepared(region, **{ONE: 1}))
    dark(course, ONE, 2.0, 2.0 + 0.9 * ORDER_H)
    course.run()
    assert times(course, ONE, "mobile_genset_sent") == []


def test_a_genset_on_its_way_turns_round_when_the_grid_is_back(bench, region):
    course = bench.course(prepared(region, **{ONE: 1, TWO: 1}))
    dark(course, ONE, 2.0, 3.7)
    dark(course, TWO, 4.0, 23.0)
    course.run()
    assert times(course, ONE, "mobile_genset_connected") == []
    (sent,) = times(course, TWO, "mobile_genset_sent")
    assert sent > 4.0


def test_a_genset_is_refuelled_before_it_is_dry(bench, region):
    course = bench.course(works(region), hours=48)
    dark(course, WORKS, 2.0, 40.0)
    course.run()
    connected = times(course, WORKS, "mobile_genset_connected")[0]
    ordered = times(course, WORKS, "fuel_ordered")
    delivered = times(course, WORKS, "fuel_delivered")
    # At half a tank, again and again.
    assert ordered[0] == pytest.approx(connected + 0.5 * TANK_H)
    assert ordered[1] == pytest.approx(delivered[0] + 0.5 * TANK_H)
    assert len(delivered) >= 3
    assert "fuel_empty" not in dict(course.log(WORKS))
    assert course.lost(WORKS) == [(1.0, 2.0, pytest.approx(connected + restart_h(region, WORKS)))]


def test_a_genset_nobody_brings_fuel_stops_when_its_tank_is_empty(bench, region):
    changed = works(region)
    depots = changed.depots
    none = np.where(depots.skill == "fuel", 0, depots.crews)
    course = bench.course(replace(changed, depots=replace(depots, crews=none)), hours=48)
    dark(course, WORKS, 2.0, 40.0)
    course.run()
    connected = times(course, WORKS, "mobile_genset_connected")[0]
    dry, restart = connected + TANK_H, restart_h(region, WORKS)
    assert times(course, WORKS, "fuel_empty") == [pytest.approx(dry)]
    assert course.lost(WORKS) == [
        (1.0, 2.0, pytest.approx(connected + restart)),
        (1.0, pytest.approx(dry), 40.0 + restart),
    ]


def test_fuel_that_comes_late_starts_it_again(bench, region):
    course = bench.course(works(region), hours=48)
    stop = course.root("site_lost", "terminals")
    for terminal in range(len(region.fuel_depots)):
        course.at(3.0, lambda at=terminal: course.parts.fuel.terminal_changed(at, 0.0, stop))
        course.at(22.0, lambda at=terminal: course.parts.fuel.terminal_changed(at, 1.0, stop))
    dark(course, WORKS, 2.0, 40.0)
    course.run()
    empty = times(course, WORKS, "fuel_empty")[0]
    delivered = times(course, WORKS, "fuel_delivered")[0]
    assert 22.0 < delivered < 30.0
    back = delivered + restart_h(region, WORKS)
    assert course.lost(WORKS)[1] == (1.0, pytest.approx(empty), pytest.approx(back))


def test_a_site_whose_own_genset_carries_it_asks_when_that_fails(bench, region):
    changed = with_backup(
        prepared(region, **{ONE: 1}),
        ONE,
        **ONE_GENSET,
        start_delay_h=0.0,
        fuel_h=6.0,
        refuelled=False,
    )
    course = bench.course(changed)
    dark(course, ONE, 2.0, 20.0)
    course.run()
    assert times(course, ONE, "mobile_genset_sent") == [pytest.approx(8.0 + ORDER_H)]


def test_a_site_behind_closed_roads_gets_its_genset_when_they_open(bench, region):
    course = bench.course(prepared(region, **{ONE: 1}))
    roads = course.case.region.roads
    area = str(region.sites.area_id[region.sites.site_id == ONE][0])
    touching = (roads.from_area_id == area) | (roads.to_area_id == area)
    links = np.flatnonzero(touching).tolist()

    def strike(speed):
        course.parts.roads.strike(links, 9, speed, course.root("road_struck", area))

    course.at(1.0, lambda: strike(0.0))
    course.at(9.0, lambda: strike(1.0))
    dark(course, ONE, 2.0, 20.0)
    course.run()
    connected = 9.0 + way_h(course, ONE) + CONNECT_H
    assert times(course, ONE, "mobile_genset_connected") == [pytest.approx(connected)]


def test_every_unit_is_free_again_when_nobody_needs_one(bench, region):
    units = ((DEPOT, 0.5, 2),)
    course = bench.course(prepared(region, units, **{ONE: 1, TWO: 2, THREE: 3}), hours=72)
    dark(course, ONE, 2.0, 9.0)
    dark(course, TWO, 4.0, 18.0)
    dark(course, THREE, 5.0, 30.0)
    # Two more at once, long afterwards: both units are at hand.
    dark(course, ONE, 50.0, 60.0)
    dark(course, TWO, 51.0, 60.5)
    course.run()
    assert times(course, ONE, "mobile_genset_sent") == [2.0 + ORDER_H, 50.0 + ORDER_H]
    assert times(course, TWO, "mobile_genset_sent") == [4.0 + ORDER_H, 51.0 + ORDER_H]
