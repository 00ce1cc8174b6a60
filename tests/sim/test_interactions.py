"""Hand-made timelines in which what fails holds up what would mend it.

Each is told in the hours of a planner's log; the hours are worked out by hand from the
region's own figures, named where they enter.
"""

from dataclasses import replace

import numpy as np
import pytest

from sim.event_log import chain
from sim.outcome import SERVICES, Outcome
from tests.sim.conftest import Bench, outage, with_backup

HURDAL, CARE = "3242", "care_3242"


def log_of(outcome: Outcome, *asset_ids: str) -> list[tuple[float, str]]:
    """Hour and kind of every event of some assets, in order."""
    rows = [(e.t_h, e.what) for e in outcome.events if e.asset_id in asset_ids]
    return sorted((round(t_h, 2), what) for t_h, what in rows)


def hour_of(outcome: Outcome, what: str, asset_id: str) -> float:
    """When something first happened to an asset."""
    return next(e.t_h for e in outcome.events if e.what == what and e.asset_id == asset_id)


def why(outcome: Outcome, what: str, asset_id: str) -> list[str]:
    """Kinds of event that led to the first event of a kind, itself first."""
    at = next(k for k, e in enumerate(outcome.events) if e.what == what and e.asset_id == asset_id)
    return [event.what for event in chain(outcome.events, at)]


def with_column(bench: Bench, table: str, column: str, value: float):
    """The region with one figure everywhere in a table."""
    rows = getattr(bench.region, table)
    same = np.full_like(getattr(rows, column), value)
    return replace(bench.region, **{table: replace(rows, **{column: same})})


def home_section(bench: Bench, site_id: str) -> str:
    sites = bench.region.sites
    return str(sites.section_id[sites.site_id == site_id][0])


def care_home(bench: Bench, **figures: float):
    """The region with a nursing home in Hurdal whose one genset is as told and never breaks."""
    usual = {
        "genset_share": 1.0,
        "gensets": 1,
        "gensets_needed": 1,
        "availability": 1.0,
        "mttf_h": 1e9,
        "start_failure_probability": 0.0,
        "ups_h": 0.5,
        "fuel_h": 20.0,
        "refuelled": True,
        "process_autonomy_h": 0.0,
        "mobile_priority": 0,
    }
    return with_backup(bench.region, CARE, **(usual | figures))


# Telecom loss slows the repair that restores telecom


def test_base_stations_that_go_silent_slow_the_repair_that_feeds_them(bench):
    """The one substation of Hurdal fails at 1:00 and takes six hours of work."""
    told = {}
    for battery_h in (4.0, 0.5):
        region = with_column(bench, "telecom", "battery_h", battery_h)
        told[battery_h] = bench.replicate(outage(1.0, "s120", 6.0), region=region, hours=48)[1]
    constants, telecom = bench.region.constants, bench.region.telecom
    # Of those whose base stations are not reinforced, half have Nødnett, which still works:
    # the others are not reached, and what nobody can coordinate takes half as long again.
    silent = 1.0 - float(telecom.reinforced_share[telecom.area_id == HURDAL][0])
    unreached = silent * (1.0 - constants["crews_on_nodnett"])
    slowed = 1.0 + constants["telecom_slowdown"] * unreached
    assert slowed == pytest.approx(1.0 + 0.5 * 0.625 * 0.5)
    arrives_h = hour_of(told[4.0], "crew_arrived", "s120")
    # The crew is asked for at 1:15, before either battery is empty, and arrives at the same time.
    assert hour_of(told[0.5], "crew_arrived", "s120") == arrives_h
    assert hour_of(told[4.0], "base_stations_down", "s120") == pytest.approx(5.0)
    assert hour_of(told[0.5], "base_stations_down", "s120") == pytest.approx(1.5)
    assert hour_of(told[4.0], "branch_repaired", "s120") == pytest.approx(arrives_h + 6.0)
    assert hour_of(told[0.5], "branch_repaired", "s120") == pytest.approx(arrives_h + 6.0 * slowed)


def test_telephones_return_when_the_repair_they_held_up_is_done(bench):
    region = with_column(bench, "telecom", "battery_h", 0.5)
    case, outcome = bench.replicate(outage(1.0, "s120", 6.0), region=region, hours=48)
    area = case.region.areas.area_id.tolist().index(HURDAL)
    telecom = outcome.persons_without[:, area, SERVICES.index("telecom")]
    restart_h = float(case.region.telecom.restart_h[area])
    back_h = hour_of(outcome, "branch_repaired", "s120") + restart_h
    silent = np.flatnonzero(telecom > 0.0)
    assert silent[0] == 1  # half past one
    assert silent[-1] == int(back_h)
    # Reinforced stations last three days: their people never notice.
    reinforced = float(case.region.telecom.reinforced_share[area])
    assert telecom.max() == pytest.approx((1.0 - reinforced) * case.population[area], rel=1e-6)


# A fuel truck that cannot reach


def test_a_truck_reaches_the_genset_before_its_tank_is_empty(bench):
    section = home_section(bench, CARE)
    _, outcome = bench.replicate(outage(1.0, section, 60.0), region=care_home(bench), hours=48)
    log = log_of(outcome, CARE)
    # On battery from 1:00 to 1:30 while the genset starts (36 s), 20 hours in the tank:
    # ordered when 12 hours are left.
    ordered_h = hour_of(outcome, "fuel_ordered", CARE)
    assert ordered_h == pytest.approx(1.0 + (20.0 - 12.0), abs=2.1)
    assert hour_of(outcome, "fuel_delivered", CARE) < ordered_h + 12.0
    assert "fuel_empty" not in [what for _, what in log]


def test_a_tank_runs_dry_behind_closed_roads_and_fills_when_they_open(bench):
    """Every road to Hurdal is closed from 2:00 to 40:00."""
    roads = {
        "kind": "road_disruption",
        "start_h": 2.0,
        "duration_h": 38.0,
        "area_ids": [HURDAL],
    }
    section = home_section(bench, CARE)
    region = care_home(bench)
    case, outcome = bench.replicate(outage(1.0, section, 60.0), roads, region=region, hours=72)
    ordered_h = hour_of(outcome, "fuel_ordered", CARE)
    empty_h = hour_of(outcome, "fuel_empty", CARE)
    brought_h = hour_of(outcome, "fuel_delivered", CARE)
    assert hour_of(outcome, "area_cut_off", HURDAL) == 2.0
    assert hour_of(outcome, "area_reached", HURDAL) == 40.0
    assert 2.0 < ordered_h < empty_h < 40.0
    # The truck loads, drives and pumps; it is not bound while nobody can be reached.
    areas = case.region.areas.area_id.tolist()
    depots = case.region.fuel_depots
    from_gardermoen = areas.index("3209"), areas.index(HURDAL)
    assert "fuel_gardermoen" in depots.depot_id.tolist()
    load_h = case.region.constants["truck_load_h"]
    assert brought_h == pytest.approx(40.0 + 2.0 * load_h + case.travel_h[from_gardermoen])
    # 10.5 hours between the order and the last drop: what was left when it was ordered.
    assert empty_h - ordered_h == pytest.approx(12.0, abs=1.6)
    assert why(outcome, "fuel_empty", CARE)[-1] == "section_failed"
    # Without light and lifts a nursing home does three tenths of its work.
    site = case.region.sites.site_id.tolist().index(CARE)
    levels = [e.level for e in outcome.events if e.asset_id == CARE and e.what == "site_weakened"]
    assert case.region.sites.kind[site] == "care"
    assert min(levels) <= 0.3


# A reservoir empties


def test_a_reservoir_lasts_by_the_hour_of_the_day_and_people_lose_water_when_it_is_empty(bench):
    """The largest treatment works stops at 6:00, when people begin to use water."""
    stop = {"kind": "site_outage", "start_h": 6.0, "duration_h": 30.0, "site_ids": ["w1"]}
    case, outcome = bench.replicate(stop, hours=72)
    works = case.region.water_works
    row = works.site_id.tolist().index("w1")
    profile = case.region.water_profile
    use = profile.factor[np.argsort(profile.hour)] / profile.factor.mean()
    # The reservoir swings about its mean as the works fill it evenly and the day empties it:
    # minute by minute, in hours of mean use.
    swing = np.cumsum(np.repeat(1.0 - use, 60)) / 60.0
    left, t_h = float(works.storage_h[row]) + swing[6 * 60 - 1] - swing.mean(), 6.0
    while left > 0.0:
        rate = use[int(t_h) % 24]
        step = min(1.0 - t_h % 1.0, left / rate)
        left, t_h = left - step * rate, t_h + step
    assert hour_of(outcome, "reservoir_empty", "w1") == pytest.approx(t_h, abs=0.02)
    oslo = case.region.areas.area_id.tolist().index("030104")
    water = outcome.persons_without[:, oslo, SERVICES.index("water")]
    assert not water[: int(t_h)].any()
    assert water[int(t_h) + 1] > 0.5 * case.population[oslo]
    # A hospital notices after its own reserve of eight hours.
    weakened_h = hour_of(outcome, "site_weakened", "h1")
    assert weakened_h == pytest.approx(hour_of(outcome, "reservoir_empty", "w1") + 8.0)
    assert why(outcome, "site_weakened", "h1") == [
        "site_weakened",
        "service_weakened",
        "reservoir_empty",
        "site_lost",
        "site_struck",
    ]


def test_a_reservoir_that_outlasts_the_stop_is_not_noticed(bench):
    stop = {"kind": "site_outage", "start_h": 6.0, "duration_h": 4.0, "site_ids": ["w1"]}
    _, outcome = bench.replicate(stop, hours=48)
    assert outcome.metrics["person_h_water"] == 0.0
    assert "reservoir_empty" not in {event.what for event in outcome.events}


# A genset that does not start


def test_a_mobile_genset_stands_in_for_one_that_does_not_start(bench):
    region = care_home(bench, start_failure_probability=1.0, mobile_priority=1)
    section = home_section(bench, CARE)
    case, outcome = bench.replicate(outage(1.0, section, 20.0), region=region, hours=48)
    log = log_of(outcome, CARE)
    assert log[:3] == [(1.0, "site_feed_lost"), (1.5, "genset_failed"), (1.5, "site_weakened")]
    # Ordered as long after as any crew; the nearest free unit is made ready, driven, connected.
    assert log[3] == (1.5 + case.region.constants["dispatch_h"], "mobile_genset_sent")
    sent_h, there_h = (
        hour_of(outcome, f"mobile_genset_{what}", CARE) for what in ("sent", "connected")
    )
    unit = next(e.cause for e in outcome.events if e.what == "mobile_genset_sent")
    units = case.region.mobile_units
    row = units.unit_id.tolist().index(unit)
    areas = case.region.areas.area_id.tolist()
    home = case.region.depots.depot_id.tolist().index(units.depot_id[row])
    way_h = case.travel_h[case.depot_area[home], areas.index(HURDAL)]
    assert there_h - sent_h == pytest.approx(
        float(units.prepare_h[row]) + way_h + float(units.connect_h[row]), abs=0.3
    )
    # Nursing is weakened from the battery's end until then, and never again for want of power.
    weak = [e for e in outcome.events if e.asset_id == CARE and e.cause == "electricity"]
    assert [(round(e.t_h, 2), e.level) for e in weak] == [(1.5, pytest.approx(0.3))]
    assert ("site_back" in [what for t_h, what in log if t_h == round(there_h, 2)]) is True
    repaired_h = hour_of(outcome, "section_repaired", section)
    assert hour_of(outcome, "mobile_genset_returned", CARE) == pytest.approx(repaired_h)


def test_the_same_genset_that_starts_is_not_noticed(bench):
    section = home_section(bench, CARE)
    _, outcome = bench.replicate(outage(1.0, section, 5.0), region=care_home(bench), hours=48)
    assert not [e for e in outcome.events if e.asset_id == CARE and e.cause == "electricity"]


# Staff below the minimum


def test_nursing_weakens_when_too_few_come_to_the_next_shift(bench):
    """Three in ten are ill from 6:00, and schools close: a quarter of the rest stay at home."""
    absence = {
        "kind": "staff_absence",
        "start_h": 6.0,
        "duration_h": 30.0,
        "share": 0.3,
        "schools_closed": True,
        "works_at": ["care"],
        "area_ids": ["3205"],
    }
    _, outcome = bench.replicate(absence, hours=72)
    staff = bench.region.staff
    row = staff.works_at.tolist().index("care")
    assert (staff.needed_share[row], staff.parents_share[row]) == (0.8, 0.25)
    present = 0.7 * 0.75 / 0.8
    # Felt from the shift at 7:00; double shifts carry eight hours.
    short = next(e for e in outcome.events if e.asset_id == "staff@care")
    weak = next(e for e in outcome.events if e.what == "site_weakened")
    assert (short.t_h, short.level) == (7.0, pytest.approx(present))
    assert (weak.t_h, weak.asset_id) == (15.0, "care_3205")
    assert weak.level == pytest.approx(0.2 + 0.8 * present)
    # Over at 36:00, seen at the shift of 15:00 the next day.
    assert hour_of(outcome, "site_back", "care_3205") == pytest.approx(39.0)
    assert why(outcome, "site_weakened", "care_3205") == [
        "site_weakened",
        "staff_short",
        "staff_short",
    ]


def test_too_few_line_workers_make_faults_wait_longer(bench):
    """Six faults in one depot's area at 8:00; half of the line workers are away from the start."""
    sections, feeders = bench.region.sections, bench.region.feeders
    own = feeders.feeder_id[feeders.area_id == "3226"]
    ids = [str(sections.section_id[sections.feeder_id == name][-1]) for name in own[:6]]
    faults = outage(8.0, ids, 4.0)
    absence = {
        "kind": "staff_absence",
        "start_h": 0.0,
        "duration_h": 72.0,
        "share": 0.6,
        "works_at": ["crew_distribution"],
    }
    outcomes = [
        bench.replicate(*hazards, hours=72)[1] for hazards in ((faults,), (faults, absence))
    ]
    last = [
        max(e.t_h for e in outcome.events if e.what == "section_repaired") for outcome in outcomes
    ]
    assert last[1] > last[0]
    assert hour_of(outcomes[1], "crews_fewer", "bjorkelangen") <= 7.0


# Roads, control and telecom together


def test_a_fault_nobody_sees_waits_for_the_telephones_people_report_it_by(bench):
    """The control room is blind; calls come later where half of the network is struck."""
    section = home_section(bench, CARE)
    fault = outage(2.0, section, 2.0)
    blind = {"kind": "control_loss", "start_h": 1.0, "duration_h": 20.0, "sight_share": 1.0}
    silent = {
        "kind": "telecom_outage",
        "start_h": 1.0,
        "duration_h": 20.0,
        "area_ids": [HURDAL],
        "level": 0.5,
    }
    constants = bench.region.constants
    arrived = []
    for hazards in ((fault,), (fault, blind), (fault, blind, silent)):
        _, outcome = bench.replicate(*hazards, hours=48)
        arrived.append(hour_of(outcome, "crew_arrived", section))
    by_calls_h = constants["detection_by_calls_h"]
    assert arrived[1] - arrived[0] == pytest.approx(by_calls_h - constants["detection_h"])
    # Twice as long until somebody gets through, and a slower way for a crew half of which is
    # reached over Nødnett.
    way_h = arrived[0] - 2.0 - constants["detection_h"] - constants["remote_switching_h"]
    reached = 0.5 + 0.5 * constants["crews_on_nodnett"]
    slower = constants["telecom_slowdown"] * (1.0 - reached)
    assert arrived[2] - arrived[1] == pytest.approx(by_calls_h + slower * way_h)
