from dataclasses import replace

import numpy as np
import pytest

from data.problems import BeredtError
from tests.sim.conftest import with_backup

WATER, HOSPITAL, TERMINAL, SEWAGE, CARE = "w1", "h1", "f1", "s1", "care_3242"

ONE_GENSET = {
    "genset_share": 1.0,
    "gensets": 1,
    "gensets_needed": 1,
    "availability": 1.0,
    "start_failure_probability": 0.0,
    "mttf_h": 1e12,
}
"""A unit that starts and runs for good."""


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


def need(region, site_id, service):
    """Row of the dependency of a site's kind on a service."""
    kind = region.sites.kind[region.sites.site_id == site_id][0]
    table = region.dependencies
    return int(np.flatnonzero((table.dependent == kind) & (table.needs == service))[0])


def restart_h(region, site_id):
    """Hours from the return of electricity until a site delivers again."""
    return float(region.dependencies.recovery_h[need(region, site_id, "electricity")])


def alone(region, site_id, **figures):
    """The region with a site no mobile genset comes to."""
    return with_backup(region, site_id, mobile_priority=0, **figures)


def without_stock(region, site_id, **figures):
    return alone(region, site_id, process_autonomy_h=0.0, **figures)


def feed_area(course, site_id):
    return str(course.case.region.sites.area_id[course.site(site_id)])


def dark(bench, region, site_id, from_h=2.0, to_h=20.0, *, every_feed=True):
    names = feeds(region, site_id) if every_feed else feeds(region, site_id)[:1]
    course = bench.course(region)
    course.darken(from_h, to_h, *names)
    return course.run()


def test_a_hospital_with_a_reserve_feed_is_not_lost(bench, region):
    assert len(set(feeds(region, HOSPITAL))) == 2
    # Nødnett around it still has batteries at the end.
    course = dark(bench, region, HOSPITAL, to_h=9.0, every_feed=False)
    assert course.log(HOSPITAL) == []
    assert course.lost(HOSPITAL) == []


def test_a_hospital_with_power_weakens_when_the_services_around_it_are_gone(bench, region):
    course = dark(bench, region, HOSPITAL, every_feed=False)
    assert "site_feed_lost" not in dict(course.log(HOSPITAL))
    telecom, table = region.telecom, region.dependencies
    own = telecom.area_id == feed_area(course, HOSPITAL)
    # One network is enough: the last to fall silent counts, and then the autonomy.
    silent = 2.0 + float(telecom.nodnett_h[own][0])
    felt = silent + float(table.autonomy_h[need(region, HOSPITAL, "nodnett")])
    assert course.log(HOSPITAL)[0] == ("site_weakened", felt)
    assert course.why("site_weakened", HOSPITAL) == [
        "site_weakened",
        "nodnett_down",
        "substation_dark",
        "branch_failed",
    ]


def test_a_site_without_any_reserve_is_lost_at_once_and_back_when_it_has_restarted(bench, region):
    changed = without_stock(region, WATER, genset_share=0.0, ups_h=0.0)
    course = dark(bench, changed, WATER)
    back = 20.0 + restart_h(region, WATER)
    assert course.lost(WATER) == [(1.0, 2.0, back)]
    assert ("site_lost", 2.0) in course.log(WATER)
    assert ("site_feed_back", 20.0) in course.log(WATER)
    assert ("site_back", back) in course.log(WATER)


def test_a_works_stops_at_once_and_people_lose_water_when_the_reservoir_is_empty(bench, region):
    assert stock_of(region, WATER) == 0.0
    course = dark(bench, alone(region, WATER), WATER)
    assert course.lost(WATER)[0][1] == 2.0
    empty = dict(course.log(WATER))["reservoir_empty"]
    assert 8.0 < empty - 2.0 < 11.0
    supply = f"water_supply@{feed_area(course, WATER)}"
    assert dict(course.log(supply))["service_weakened"] == empty
    assert course.why("service_weakened", supply) == [
        "service_weakened",
        "reservoir_empty",
        "site_lost",
        "site_feed_lost",
        "substation_dark",
        "branch_failed",
    ]


def test_the_stock_bridges_exactly_its_hours(bench, region):
    stock = stock_of(region, SEWAGE)
    assert 0.0 < stock < 18.0
    course = dark(bench, alone(region, SEWAGE), SEWAGE)
    end = 20.0 + restart_h(region, SEWAGE)
    assert course.lost(SEWAGE) == [(1.0, pytest.approx(2.0 + stock), end)]
    assert ("stock_empty", pytest.approx(2.0 + stock)) in course.log(SEWAGE)


def test_an_outage_shorter_than_the_stock_is_not_noticed(bench, region):
    to_h = 2.0 + 0.9 * stock_of(region, SEWAGE)
    course = dark(bench, alone(region, SEWAGE), SEWAGE, to_h=to_h)
    assert course.lost(SEWAGE) == []


def test_a_stock_drawn_down_lasts_shorter_the_next_time(bench, region):
    changed = alone(region, SEWAGE, process_autonomy_h=6.0)
    (name,) = feeds(changed, SEWAGE)
    course = bench.course(changed)
    course.darken(1.0, 5.0, name)
    course.darken(9.0, 20.0, name)
    course.run()
    refill = 4.0 * 6.0 / region.constants["stock_refill_h"]
    end = 20.0 + restart_h(region, SEWAGE)
    assert course.lost(SEWAGE) == [(1.0, pytest.approx(9.0 + 2.0 + refill), end)]


def test_a_genset_takes_over_after_the_battery(bench, region):
    changed = without_stock(
        region, WATER, **ONE_GENSET, ups_h=0.25, start_delay_h=0.1, fuel_h=100.0, refuelled=False
    )
    course = dark(bench, changed, WATER)
    assert course.lost(WATER) == []
    assert [name for name, _ in course.log(WATER)] == ["site_feed_lost", "site_feed_back"]


def test_without_battery_the_site_is_out_while_the_genset_starts(bench, region):
    changed = without_stock(
        region, WATER, **ONE_GENSET, ups_h=0.0, start_delay_h=0.25, fuel_h=100.0, refuelled=False
    )
    back = 2.25 + restart_h(region, WATER)
    assert dark(bench, changed, WATER).lost(WATER) == [(1.0, 2.0, pytest.approx(back))]


def test_a_genset_that_does_not_start_leaves_the_battery_only(bench, region):
    never = ONE_GENSET | {"start_failure_probability": 1.0}
    changed = without_stock(
        region, WATER, **never, ups_h=0.5, start_delay_h=0.1, fuel_h=100.0, refuelled=True
    )
    course = dark(bench, changed, WATER)
    end = 20.0 + restart_h(region, WATER)
    assert course.lost(WATER) == [(1.0, pytest.approx(2.5), end)]
    assert ("genset_failed", pytest.approx(2.5)) in course.log(WATER)
    assert "fuel_ordered" not in dict(course.log(WATER))
    assert course.why("site_lost", WATER)[:3] == ["site_lost", "genset_failed", "site_feed_lost"]


def test_half_the_load_behind_the_genset_delivers_half(bench, region):
    half = ONE_GENSET | {"genset_share": 0.5}
    changed = without_stock(
        region, WATER, **half, ups_h=0.5, start_delay_h=0.1, fuel_h=100.0, refuelled=False
    )
    end = 20.0 + restart_h(region, WATER)
    assert dark(bench, changed, WATER).lost(WATER) == [(0.5, pytest.approx(2.5), end)]


def test_a_stock_bridges_a_half_loss_for_twice_as_long(bench, region):
    half = ONE_GENSET | {"genset_share": 0.5}
    changed = alone(
        region,
        SEWAGE,
        **half,
        process_autonomy_h=3.0,
        ups_h=0.5,
        start_delay_h=0.1,
        fuel_h=100.0,
        refuelled=False,
    )
    course = dark(bench, changed, SEWAGE)
    end = 20.0 + restart_h(region, SEWAGE)
    assert course.lost(SEWAGE) == [(0.5, pytest.approx(2.0 + 0.5 + 6.0), end)]


def test_an_empty_tank_that_nobody_fills_ends_the_supply(bench, region):
    changed = without_stock(
        region, WATER, **ONE_GENSET, ups_h=0.25, start_delay_h=0.1, fuel_h=6.0, refuelled=False
    )
    course = dark(bench, changed, WATER)
    # The battery charged by the genset bridges at the end as at the beginning.
    ((weight, from_h, to_h),) = course.lost(WATER)
    assert (weight, to_h) == (1.0, 20.0 + restart_h(region, WATER))
    assert 8.1 <= from_h <= 8.1 + 0.25 + 1e-9
    assert "fuel_empty" in dict(course.log(WATER))
    assert course.why("site_lost", WATER)[:3] == ["site_lost", "fuel_empty", "site_feed_lost"]


def test_what_is_left_of_a_care_home_without_power_is_what_the_table_says(bench, region):
    changed = without_stock(region, CARE, genset_share=0.0, ups_h=0.0)
    left = float(region.dependencies.level_after[need(region, CARE, "electricity")])
    assert 0.0 < left < 1.0
    course = dark(bench, changed, CARE, to_h=4.0)
    end = 4.0 + restart_h(region, CARE)
    assert course.lost(CARE) == [(pytest.approx(1.0 - left), 2.0, end)]
    assert ("site_weakened", 2.0) in course.log(CARE)


def test_a_site_struck_itself_delivers_what_the_strike_leaves(bench):
    course = bench.course()
    course.strike(3.0, 7.5, HOSPITAL, level=0.4)
    course.run()
    assert course.lost(HOSPITAL) == [(pytest.approx(0.6), 3.0, 7.5)]
    assert course.why("site_weakened", HOSPITAL) == ["site_weakened", "site_struck"]
    assert course.why("site_back", HOSPITAL) == ["site_back", "site_restored"]


def test_a_site_state_lasts_as_long_as_its_loss(bench, region):
    course = dark(bench, without_stock(region, WATER, genset_share=0.0, ups_h=0.0), WATER)
    states = [state for state in course.parts.states.states if state.asset_id == WATER]
    assert [(state.kind, state.level, state.from_h, state.to_h) for state in states] == [
        ("site", 0.0, 2.0, 20.0 + restart_h(region, WATER))
    ]
    assert course.events[states[0].event].what == "site_lost"


def test_a_truck_comes_before_the_tank_is_empty(bench, region):
    changed = without_stock(
        region,
        WATER,
        **ONE_GENSET,
        ups_h=0.25,
        start_delay_h=0.1,
        fuel_h=14.0,
        refuelled=True,
    )
    constants = region.constants
    below = min(constants["genset_refuel_threshold_h"], 0.5 * 14.0)
    course = dark(bench, changed, WATER)
    log = dict(reversed(course.log(WATER)))  # the first of each kind counts
    assert log["fuel_ordered"] == pytest.approx(2.1 + 14.0 - below)
    site = int(np.flatnonzero(changed.sites.site_id == WATER)[0])
    area = course.case.site_area[site]
    depots = region.depots
    homes = [
        int(np.flatnonzero(region.areas.area_id == each)[0])
        for each in depots.area_id[depots.skill == "fuel"]
    ]
    way = min(course.case.travel_h[home, area] for home in homes)
    # Load at the terminal, drive, unload at the site.
    delivered = log["fuel_ordered"] + way + 2.0 * constants["truck_load_h"]
    assert log["fuel_delivered"] == pytest.approx(delivered)
    assert course.lost(WATER) == []


def test_without_trucks_the_fuel_that_was_ordered_never_comes(bench, region):
    changed = without_stock(
        region,
        WATER,
        **ONE_GENSET,
        ups_h=0.25,
        start_delay_h=0.1,
        fuel_h=6.0,
        refuelled=True,
    )
    depots = changed.depots
    none = np.where(depots.skill == "fuel", 0, depots.crews)
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
        **ONE_GENSET,
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
        # Load that is shed has no dark substation behind it.
        assert course.why("site_feed_lost", site_id) == [
            "site_feed_lost",
            "substation_dark",
            "branch_failed",
        ]
        chain = course.behind("site_feed_lost", site_id)
        assert (chain[-1].asset_id, chain[-1].cause) == ("+".join(names), "test")
        assert chain[1].asset_id in names


def test_every_loss_names_its_cause_to_the_end(bench, region):
    course = dark(bench, region, TERMINAL)
    (name, *_) = feeds(region, TERMINAL)
    losses = {
        e.what
        for e in course.events
        if e.asset_id == TERMINAL and e.what in ("site_feed_lost", "site_lost", "site_weakened")
    }
    assert losses
    for what in losses:
        root = course.behind(what, TERMINAL)[-1]
        assert (root.what, root.asset_id, root.cause) == ("branch_failed", name, "test")


def test_a_feed_that_returns_names_the_repair_that_brought_it(bench, region):
    sites = region.sites
    section = str(sites.section_id[sites.site_id == CARE][0])
    course = bench.course(region)
    course.cut(2.0, 4.0, section, isolate=True)
    course.run()
    assert course.why("site_feed_lost", CARE) == ["site_feed_lost", "section_failed"]
    assert course.why("site_feed_back", CARE) == ["site_feed_back", "section_repaired"]


def test_the_reserve_feed_counts_only_while_it_is_alive_itself(bench, region):
    changed = without_stock(
        region, HOSPITAL, genset_share=0.0, ups_h=0.0, start_failure_probability=0.0
    )
    normal, reserve = feeds(changed, HOSPITAL)
    course = bench.course(changed)
    course.darken(2.0, 9.0, normal)
    gone = np.ones(len(course.case.arrays.branch_ids), dtype=bool)
    ids = region.substations.substation_id
    for each in (normal, reserve):
        row = int(np.flatnonzero(ids == each)[0])
        gone[course.case.network.substation_branches[row]] = False
    course.at(5.0, lambda: course.branches(gone, "branch_failed", "both"))
    course.run()
    assert course.lost(HOSPITAL) == [(1.0, 5.0, 9.0)]


def test_sites_far_away_notice_nothing(bench, region):
    # Neither reservoirs nor batteries of base stations are empty so soon.
    course = dark(bench, region, WATER, to_h=3.5)
    (name,) = feeds(region, WATER)
    for site_id in region.sites.site_id.tolist():
        if name not in feeds(region, site_id):
            assert course.log(site_id) == []


def test_sites_far_away_keep_their_feed_however_long_it_lasts(bench, region):
    course = dark(bench, region, WATER)
    (name,) = feeds(region, WATER)
    for site_id in region.sites.site_id.tolist():
        if name not in feeds(region, site_id):
            assert "site_feed_lost" not in dict(course.log(site_id))


@pytest.mark.parametrize("better", [{"fuel_h": 24.0}, {"ups_h": 4.0}, {"process_autonomy_h": 9.0}])
def test_more_reserve_never_loses_more(bench, region, better):
    figures = ONE_GENSET | {
        "ups_h": 0.25,
        "start_delay_h": 0.1,
        "fuel_h": 6.0,
        "refuelled": False,
        "process_autonomy_h": 1.0,
        "mobile_priority": 0,
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
    whole = np.ones(len(course.case.arrays.branch_ids), dtype=bool)
    course.at(2.0, lambda: course.branches(whole, "branch_failed", "line"))

    def shed():
        course.mesh.critical_share = lambda *_: share
        course.sites.look_at_all(course.root("looked", ""))

    course.at(3.0, shed)
    course.run()
    assert (("site_feed_lost", 3.0) in course.log(WATER)) == is_lost
    if is_lost:
        # No dark substation: the change of the meshed grid that made it shed.
        assert course.why("site_feed_lost", WATER) == ["site_feed_lost", "branch_failed"]
