from dataclasses import replace

import numpy as np
import pytest

from data.problems import BeredtError
from tests.sim.conftest import with_backup

WATER, HOSPITAL, TERMINAL = "w1", "h1", "f1"


def feeds(region, site_id):
    """Substations that feed a site, the normal one first."""
    sites, sections, feeders = region.sites, region.sections, region.feeders
    row = int(np.flatnonzero(sites.site_id == site_id)[0])
    found = []
    for section in (sites.section_id[row], sites.reserve_section_id[row]):
        if section:
            feeder = sections.feeder_id[sections.section_id == section][0]
            found.append(str(feeders.substation_id[feeders.feeder_id == feeder][0]))
    return found


def stock_of(region, site_id):
    return float(region.backups.process_autonomy_h[region.backups.site_id == site_id][0])


def without_stock(region, site_id, **figures):
    return with_backup(region, site_id, process_autonomy_h=0.0, **figures)


def dark(bench, region, site_id, from_h=2.0, to_h=20.0, *, every_feed=True):
    names = feeds(region, site_id) if every_feed else feeds(region, site_id)[:1]
    course = bench.course(region)
    course.darken(from_h, to_h, *names)
    return course.run()


def test_a_hospital_with_a_reserve_feed_is_not_lost(bench, region):
    assert len(set(feeds(region, HOSPITAL))) == 2
    course = dark(bench, region, HOSPITAL, every_feed=False)
    assert course.log(HOSPITAL) == []
    assert course.lost(HOSPITAL) == []


def test_a_site_without_any_reserve_is_lost_at_once_and_back_at_once(bench, region):
    changed = without_stock(region, WATER, genset_share=0.0, ups_h=0.0)
    course = dark(bench, changed, WATER)
    assert course.lost(WATER) == [(1.0, 2.0, 20.0)]
    assert ("site_lost", 2.0) in course.log(WATER)
    assert ("site_back", 20.0) in course.log(WATER)


def test_the_reservoir_bridges_exactly_its_hours(bench, region):
    stock = stock_of(region, WATER)
    assert 0.0 < stock < 18.0
    course = dark(bench, region, WATER)
    assert course.lost(WATER) == [(1.0, pytest.approx(2.0 + stock), 20.0)]
    assert ("stock_empty", pytest.approx(2.0 + stock)) in course.log(WATER)


def test_an_outage_shorter_than_the_reservoir_is_not_noticed(bench, region):
    course = dark(bench, region, WATER, to_h=2.0 + 0.9 * stock_of(region, WATER))
    assert course.lost(WATER) == []


def test_a_reservoir_drawn_down_lasts_shorter_the_next_time(bench, region):
    changed = with_backup(region, WATER, process_autonomy_h=6.0)
    (name,) = feeds(changed, WATER)
    course = bench.course(changed)
    course.darken(1.0, 5.0, name)
    course.darken(9.0, 20.0, name)
    course.run()
    refill = 4.0 * 6.0 / region.constants["stock_refill_h"]
    assert course.lost(WATER) == [(1.0, pytest.approx(9.0 + 2.0 + refill), 20.0)]


def test_a_genset_takes_over_after_the_battery(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=1.0,
        start_failure_probability=0.0,
        ups_h=0.25,
        start_delay_h=0.1,
        fuel_h=100.0,
        refuelled=False,
    )
    course = dark(bench, changed, WATER)
    assert course.lost(WATER) == []
    assert [name for name, _ in course.log(WATER)] == ["site_feed_lost", "site_feed_back"]


def test_without_battery_the_site_is_out_while_the_genset_starts(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=1.0,
        start_failure_probability=0.0,
        ups_h=0.0,
        start_delay_h=0.25,
        fuel_h=100.0,
        refuelled=False,
    )
    assert dark(bench, changed, WATER).lost(WATER) == [(1.0, 2.0, pytest.approx(2.25))]


def test_a_genset_that_does_not_start_leaves_the_battery_only(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=1.0,
        start_failure_probability=1.0,
        ups_h=0.5,
        start_delay_h=0.1,
        fuel_h=100.0,
        refuelled=True,
    )
    course = dark(bench, changed, WATER)
    assert course.lost(WATER) == [(1.0, pytest.approx(2.5), 20.0)]
    assert ("genset_failed", pytest.approx(2.5)) in course.log(WATER)
    assert "fuel_ordered" not in dict(course.log(WATER))


def test_half_the_load_behind_the_genset_delivers_half(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=0.5,
        start_failure_probability=0.0,
        ups_h=0.5,
        start_delay_h=0.1,
        fuel_h=100.0,
        refuelled=False,
    )
    assert dark(bench, changed, WATER).lost(WATER) == [(0.5, pytest.approx(2.5), 20.0)]


def test_a_stock_bridges_a_half_loss_for_twice_as_long(bench, region):
    changed = with_backup(
        region,
        WATER,
        process_autonomy_h=3.0,
        genset_share=0.5,
        start_failure_probability=0.0,
        ups_h=0.5,
        start_delay_h=0.1,
        fuel_h=100.0,
        refuelled=False,
    )
    course = dark(bench, changed, WATER)
    assert course.lost(WATER) == [(0.5, pytest.approx(2.0 + 0.5 + 6.0), 20.0)]


def test_an_empty_tank_that_nobody_fills_ends_the_supply(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=1.0,
        start_failure_probability=0.0,
        ups_h=0.25,
        start_delay_h=0.1,
        fuel_h=6.0,
        refuelled=False,
    )
    course = dark(bench, changed, WATER)
    # The battery charged by the genset bridges at the end as at the beginning.
    ((weight, from_h, to_h),) = course.lost(WATER)
    assert (weight, to_h) == (1.0, 20.0)
    assert 8.1 <= from_h <= 8.1 + 0.25 + 1e-9
    assert "fuel_empty" in dict(course.log(WATER))


def test_a_truck_comes_before_the_tank_is_empty(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=1.0,
        start_failure_probability=0.0,
        ups_h=0.25,
        start_delay_h=0.1,
        fuel_h=14.0,
        refuelled=True,
    )
    constants = region.constants
    below = min(constants["genset_refuel_threshold_h"], 0.5 * 14.0)
    course = dark(bench, changed, WATER)
    log = dict(reversed(course.log(WATER)))
    assert log["fuel_ordered"] == pytest.approx(2.1 + 14.0 - below)
    site = int(np.flatnonzero(changed.sites.site_id == WATER)[0])
    area = course.case.site_area[site]
    depots = region.depots
    homes = [
        int(np.flatnonzero(region.areas.area_id == each)[0])
        for each in depots.area_id[depots.kind == "fuel"]
    ]
    way = min(course.case.travel_h[home, area] for home in homes)
    quick = log["fuel_ordered"] + way + constants["truck_load_h"]
    assert (
        quick - 1e-9 <= log["fuel_delivered"] <= quick + constants["telecom_slowdown"] * way + 1e-9
    )
    assert course.lost(WATER) == []


def test_without_trucks_the_fuel_that_was_ordered_never_comes(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=1.0,
        start_failure_probability=0.0,
        ups_h=0.25,
        start_delay_h=0.1,
        fuel_h=6.0,
        refuelled=True,
    )
    depots = changed.depots
    none = np.where(depots.kind == "fuel", 0, depots.crews)
    changed = replace(changed, depots=replace(depots, crews=none))
    course = dark(bench, changed, WATER)
    log = dict(course.log(WATER))
    assert "fuel_ordered" in log
    assert "fuel_delivered" not in log
    assert course.lost(WATER)


def test_a_small_tank_is_not_ordered_for_without_end(bench, region):
    changed = without_stock(
        region,
        WATER,
        genset_share=1.0,
        start_failure_probability=0.0,
        ups_h=0.25,
        start_delay_h=0.1,
        fuel_h=8.0,
        refuelled=True,
    )
    course = dark(bench, changed, WATER)
    orders = [what for what, _ in course.log(WATER)].count("fuel_ordered")
    assert 1 <= orders <= 6


def test_both_feeds_dark_at_once_name_the_substation_not_load_shedding(bench, region):
    for site_id in region.sites.site_id[region.sites.reserve_section_id != ""][:8].tolist():
        names = feeds(region, site_id)
        if len(set(names)) < 2:
            continue
        course = bench.course(region)
        course.darken(2.0, 3.0, *names)
        course.run()
        (cause,) = [
            e.cause for e in course.events if e.asset_id == site_id and e.what == "site_feed_lost"
        ]
        assert f"{'+'.join(names)} failed: test" in cause
        assert "load shedding" not in cause


def test_every_loss_names_its_cause_to_the_end(bench, region):
    course = dark(bench, region, TERMINAL)
    (name, *_) = feeds(region, TERMINAL)
    losses = [
        e
        for e in course.events
        if e.asset_id == TERMINAL and e.what in ("site_feed_lost", "site_lost", "site_weakened")
    ]
    assert losses
    for event in losses:
        assert f"{name} failed: test" in event.cause


def test_the_reserve_feed_counts_only_while_it_is_alive_itself(bench, region):
    changed = without_stock(
        region, HOSPITAL, genset_share=0.0, ups_h=0.0, start_failure_probability=0.0
    )
    normal, reserve = feeds(changed, HOSPITAL)
    course = bench.course(changed)
    course.darken(2.0, 12.0, normal)
    gone = np.ones(len(course.case.arrays.branch_ids), dtype=bool)
    ids = region.substations.substation_id
    for each in (normal, reserve):
        row = int(np.flatnonzero(ids == each)[0])
        gone[course.case.network.substation_branches[row]] = False
    course.at(5.0, lambda: course.supply.change_branches(gone, "both failed: test"))
    course.run()
    assert course.lost(HOSPITAL) == [(1.0, 5.0, 12.0)]


def test_sites_far_away_notice_nothing(bench, region):
    course = dark(bench, region, WATER)
    (name,) = feeds(region, WATER)
    for site_id in region.sites.site_id.tolist():
        if name not in feeds(region, site_id):
            assert course.log(site_id) == []


@pytest.mark.parametrize("better", [{"fuel_h": 24.0}, {"ups_h": 4.0}, {"process_autonomy_h": 9.0}])
def test_more_reserve_never_loses_more(bench, region, better):
    figures = {
        "genset_share": 1.0,
        "start_failure_probability": 0.0,
        "ups_h": 0.25,
        "start_delay_h": 0.1,
        "fuel_h": 6.0,
        "refuelled": False,
        "process_autonomy_h": 1.0,
    }
    lost = []
    for each in (figures, figures | better):
        course = dark(bench, with_backup(region, WATER, **each), WATER)
        lost.append(sum(weight * (to_h - from_h) for weight, from_h, to_h in course.lost(WATER)))
    assert lost[1] < lost[0]


def test_a_case_is_refused_when_its_scenario_names_unknown_assets(bench):
    with pytest.raises(BeredtError):
        bench.case(
            {"kind": "asset_outage", "start_h": 1.0, "asset_ids": ["nothing"], "repair_h": 1.0}
        )


@pytest.mark.parametrize(("share", "is_lost"), [(0.6, False), (0.4, True)])
def test_a_site_is_without_feed_when_most_critical_load_is_shed(bench, region, share, is_lost):
    course = bench.course(region)
    course.mesh.critical_share = lambda *_: share
    course.at(3.0, course.sites.look_at_all)
    course.run()
    log = course.log(WATER)
    assert (("site_feed_lost", 3.0) in log) == is_lost
    if is_lost:
        assert "load shedding" in next(e.cause for e in course.events if e.asset_id == WATER)
