from dataclasses import replace

import numpy as np
import pytest

from data.problems import InputError
from scenarios.hazards import gust_ms
from scenarios.measures import apply
from sim.case import prepare
from sim.event_log import chain
from sim.services.stores import LOCAL_TANK, REINFORCED, TELECOM
from tests.sim.conftest import Course, outage, scenario_of, with_chain

MANUAL = ("breaker", "manual", "manual", "manual", "manual")
REMOTE = ("breaker", "remote", "remote", "remote", "remote")


def with_lines(region, switch, reserve=("none",) * 4 + ("remote",)):
    """The region with a feeder of five sections of overhead line, which line crews repair."""
    changed, ids = with_chain(region, switch, reserve)
    sections = changed.sections
    is_line = np.isin(sections.section_id, ids)
    overhead = np.where(is_line, 1.0, sections.overhead_km)
    return replace(changed, sections=replace(sections, overhead_km=overhead)), ids


def what(outcome, asset_id):
    return {e.what: e.t_h for e in outcome.events if e.asset_id == asset_id}


def way_h(case, skill, section_id):
    """Travel from the nearest depot of a skill to a section's area."""
    row = int(np.flatnonzero(case.region.sections.section_id == section_id)[0])
    area = case.network.section_area[row]
    depots = case.region.depots
    homes = [
        int(np.flatnonzero(case.region.areas.area_id == name)[0])
        for name in depots.area_id[depots.skill == skill]
    ]
    return min(case.travel_h[home, area] for home in homes)


def substation_of(region, section_id):
    sections, feeders = region.sections, region.feeders
    feeder = sections.feeder_id[sections.section_id == section_id][0]
    return str(feeders.substation_id[feeders.feeder_id == feeder][0])


def test_one_section_with_manual_switches_is_followed_to_the_minute(bench, region):
    changed, ids = with_lines(region, MANUAL)
    case, outcome = bench.replicate(outage(2.0, ids[1], 1.0), region=changed)
    constants = region.constants
    ordered = 2.0 + constants["detection_h"] + constants["remote_switching_h"]
    arrived = ordered + constants["dispatch_h"] + way_h(case, "distribution", ids[1])
    isolated = arrived + constants["manual_switching_h"]
    repaired = isolated + 1.0
    assert arrived < 4.0  # base stations have two hours: nothing is slowed
    assert what(outcome, ids[1]) == {
        "section_failed": 2.0,
        "section_cut_out": pytest.approx(ordered),
        "crew_arrived": pytest.approx(arrived),
        "section_isolated": pytest.approx(isolated),
        "section_repaired": pytest.approx(repaired),
    }
    missing = 0.0
    for name in ids:
        row = int(np.flatnonzero(changed.sections.section_id == name)[0])
        until = repaired if name == ids[1] else isolated
        demand = case.spread_mw[:, case.network.section_area[row]]
        for hour in range(24):
            overlap = max(min(until, hour + 1) - max(2.0, hour), 0.0)
            missing += case.network.section_share[row] * demand[hour] * overlap
    assert outcome.metrics["ens_mwh"] == pytest.approx(missing, rel=1e-9)
    assert outcome.metrics["crew_busy_h"] == pytest.approx(repaired - ordered)
    assert outcome.metrics["failures"] == 1.0


def test_saidi_of_one_section_is_customers_times_hours(bench, region):
    changed, ids = with_lines(region, MANUAL)
    case, outcome = bench.replicate(outage(2.0, ids[1], 1.0), region=changed)
    times = what(outcome, ids[1])
    customers = dict(
        zip(changed.sections.section_id.tolist(), changed.sections.customers, strict=True)
    )
    hours = sum(customers[name] for name in ids) * (times["section_isolated"] - 2.0)
    hours += customers[ids[1]] * (times["section_repaired"] - times["section_isolated"])
    total = case.customers.sum()
    assert outcome.metrics["saidi_h"] == pytest.approx(hours / total)
    assert outcome.metrics["saifi"] == pytest.approx(sum(customers[n] for n in ids) / total)
    assert outcome.metrics["caidi_h"] == pytest.approx(hours / sum(customers[n] for n in ids))


def test_remote_switches_isolate_before_any_crew_travels(bench, region):
    changed, ids = with_lines(region, REMOTE)
    case, outcome = bench.replicate(outage(2.0, ids[1], 1.0), region=changed)
    constants = region.constants
    times = what(outcome, ids[1])
    detected = 2.0 + constants["detection_h"]
    assert times["section_isolated"] == pytest.approx(detected + constants["remote_switching_h"])
    arrived = (
        times["section_isolated"] + constants["dispatch_h"] + way_h(case, "distribution", ids[1])
    )
    assert times["crew_arrived"] == pytest.approx(arrived)
    assert times["section_repaired"] == pytest.approx(arrived + 1.0)


def test_two_faults_on_one_feeder_hold_each_other_up(bench, region):
    changed, ids = with_lines(region, MANUAL)
    _, outcome = bench.replicate(outage(2.0, ids[1], 1.0), outage(2.1, ids[3], 5.0), region=changed)
    first, second = what(outcome, ids[1]), what(outcome, ids[3])
    # A crew each: the second is a tenth of an hour later in all but its work.
    assert second["section_isolated"] == pytest.approx(first["section_isolated"] + 0.1)
    assert first["section_repaired"] == pytest.approx(first["section_isolated"] + 1.0)
    course = Course(*bench.case(region=changed))
    for name, work_h, t_h in ((ids[1], 1.0, 2.0), (ids[3], 5.0, 2.1)):
        process = course.response.section_fault(course.row(name), "test", work_h=work_h)
        course.at(t_h, lambda process=process: course.env.process(process))
    cut = course.run().interrupted(ids[0][:-1])
    back = {name: rows[-1][2] for name, rows in cut.items()}
    assert back[ids[0]] == pytest.approx(second["section_isolated"])
    assert back[ids[1]] == pytest.approx(first["section_repaired"])
    assert back[ids[2]] == pytest.approx(first["section_repaired"])
    assert back[ids[3]] == pytest.approx(second["section_repaired"])
    assert back[ids[4]] == pytest.approx(second["section_isolated"])


def test_a_repair_that_does_not_end_in_time_leaves_the_section_out(bench, region):
    changed, ids = with_lines(region, REMOTE)
    case, outcome = bench.replicate(outage(22.0, ids[1], 30.0), region=changed)
    times = what(outcome, ids[1])
    assert "section_repaired" not in times
    assert "crew_arrived" in times
    row = int(np.flatnonzero(changed.sections.section_id == ids[1])[0])
    persons = case.network.section_persons[row]
    area = case.network.section_area[row]
    assert outcome.persons_without[23, area, 0] == pytest.approx(persons)


def test_the_same_fault_twice_is_repaired_twice_and_ends_with_the_last(bench, region):
    changed, ids = with_lines(region, MANUAL)
    once = bench.replicate(outage(2.0, ids[1], 1.0), region=changed)[1]
    twice = bench.replicate(
        outage(2.0, ids[1], 1.0),
        outage(2.5, ids[1], 4.0),
        outage(2.5, ids[1], 4.0),
        region=changed,
    )[1]
    repaired = [e.t_h for e in twice.events if e.what == "section_repaired"]
    assert len(repaired) == 3
    assert repaired[0] == pytest.approx(what(once, ids[1])["section_repaired"])
    row = int(np.flatnonzero(changed.sections.section_id == ids[1])[0])
    area = int(bench.case(region=changed)[0].network.section_area[row])
    dark = np.flatnonzero(twice.persons_without[:, area, 0])
    assert dark[0] == 2
    assert dark[-1] == int(repaired[-1])


def test_a_whole_substation_is_dark_until_it_is_repaired(bench, region):
    ids = with_lines(region, MANUAL)[1]
    name = substation_of(region, ids[0])
    case, outcome = bench.replicate(outage(2.0, name, 3.0))
    row = int(np.flatnonzero(region.substations.substation_id == name)[0])
    area = int(np.flatnonzero(region.areas.area_id == region.substations.area_id[row])[0])
    depots = region.depots
    homes = [
        int(np.flatnonzero(region.areas.area_id == each)[0])
        for each in depots.area_id[depots.skill == "transmission"]
    ]
    constants = region.constants
    back = 2.0 + constants["detection_h"] + constants["dispatch_h"] + 3.0
    back += min(case.travel_h[home, area] for home in homes)
    times = what(outcome, name)
    assert times["branch_failed"] == times["substation_dark"] == 2.0
    assert times["branch_repaired"] == times["substation_live"] == pytest.approx(back)
    bus = case.network.substation_bus[row]
    missing = sum(
        case.intact_bus_mw[hour, bus] * max(min(back, hour + 1) - max(2.0, hour), 0.0)
        for hour in range(24)
    )
    assert outcome.metrics["ens_mwh"] == pytest.approx(missing, rel=1e-6)


def test_a_transformer_and_its_substation_come_back_with_the_last_repair(bench, region):
    ids = with_lines(region, MANUAL)[1]
    name = substation_of(region, ids[0])
    mv_bus = region.substations.mv_bus_id[region.substations.substation_id == name][0]
    trafo = str(region.trafos.trafo_id[region.trafos.lv_bus_id == mv_bus][0])
    _, outcome = bench.replicate(outage(1.0, name, 10.0), outage(1.5, trafo, 1.0))
    times = what(outcome, name)
    assert times["substation_live"] == times["branch_repaired"] > 11.0


def only_crews(region, skill, number):
    depots = region.depots
    crews = np.where(depots.skill == skill, number, depots.crews)
    return replace(region, depots=replace(depots, crews=crews))


def no_aid(region):
    table = region.mutual_aid
    return replace(region, mutual_aid=replace(table, crews=np.zeros_like(table.crews)))


def test_with_one_crew_switching_comes_first_and_then_the_shortest_repair(bench, region):
    changed, ids = with_lines(no_aid(only_crews(region, "distribution", 1)), MANUAL, ("none",) * 5)
    _, outcome = bench.replicate(
        outage(1.0, ids[2], 3.0), outage(1.1, ids[4], 2.0), outage(1.2, ids[0], 2.0), region=changed
    )
    isolated = [e.t_h for e in outcome.events if e.what == "section_isolated"]
    repaired = [(e.asset_id, e.t_h) for e in outcome.events if e.what == "section_repaired"]
    assert len(isolated) == 3
    assert max(isolated) < min(t_h for _, t_h in repaired)
    assert [name for name, _ in repaired][-1] == ids[2]


def test_a_crew_nobody_waits_for_stays_and_repairs(bench, region):
    changed, ids = with_lines(region, MANUAL)
    _, outcome = bench.replicate(outage(1.0, ids[2], 1.0), region=changed)
    assert [e.cause for e in outcome.events if e.what == "crew_arrived"] == ["switching"]


def test_a_cable_is_switched_by_a_line_crew_and_repaired_by_jointers(bench, region):
    changed, ids = with_chain(region, MANUAL)
    case, outcome = bench.replicate(outage(1.0, ids[2], 1.5), region=changed)
    row = int(np.flatnonzero(changed.sections.section_id == ids[2])[0])
    assert changed.sections.overhead_km[row] == 0.0
    constants = region.constants
    ordered = 1.0 + constants["detection_h"] + constants["remote_switching_h"]
    isolated = ordered + constants["dispatch_h"] + way_h(case, "distribution", ids[2])
    isolated += constants["manual_switching_h"]
    arrived = isolated + constants["dispatch_h"] + way_h(case, "cable", ids[2])
    came = [(e.cause, e.t_h) for e in outcome.events if e.what == "crew_arrived"]
    assert came == [
        ("switching", pytest.approx(isolated - constants["manual_switching_h"])),
        ("repair", pytest.approx(arrived)),
    ]
    # By the time the jointers work the base stations around the section have died.
    dead = case.network.section_persons[row] / case.population[case.network.section_area[row]]
    slowest = 1.0 + region.constants["telecom_slowdown"] * dead
    repaired = what(outcome, ids[2])["section_repaired"]
    assert arrived + 1.5 - 1e-9 <= repaired <= arrived + 1.5 * slowest + 1e-9


def test_without_jointers_a_cable_is_isolated_but_not_repaired(bench, region):
    changed, ids = with_chain(only_crews(region, "cable", 0), MANUAL)
    _, outcome = bench.replicate(outage(1.0, ids[2], 1.5), region=changed)
    assert "section_isolated" in what(outcome, ids[2])
    assert "section_repaired" not in what(outcome, ids[2])


def test_remote_switches_cut_out_the_part_around_the_fault_first(bench, region):
    changed, ids = with_lines(region, ("breaker", "manual", "remote", "manual", "manual"))
    course = Course(*bench.case(region=changed))
    course.at(
        2.0,
        lambda: course.env.process(
            course.response.section_fault(course.row(ids[1]), "test", work_h=1.0)
        ),
    )
    cut = course.run().interrupted(ids[0][:-1])
    log = dict(course.log(ids[1]))
    afar = 2.0 + region.constants["detection_h"] + region.constants["remote_switching_h"]
    assert afar < log["section_isolated"]
    # Behind the remote switch there is a remote reserve; in front of the fault none.
    for name in ids[2:]:
        assert cut[name] == [(1.0, 2.0, pytest.approx(afar))]
    assert cut[ids[0]] == [(1.0, 2.0, pytest.approx(log["section_isolated"]))]
    assert cut[ids[1]] == [(1.0, 2.0, pytest.approx(log["section_repaired"]))]


def test_without_crews_nothing_is_repaired(bench, region):
    changed, ids = with_lines(no_aid(only_crews(region, "distribution", 0)), MANUAL)
    _, outcome = bench.replicate(outage(1.0, ids[2], 3.0), region=changed)
    # The control room does what it can from afar.
    assert list(what(outcome, ids[2])) == ["section_failed", "section_cut_out"]
    assert outcome.metrics["crew_busy_h"] == 0.0


def test_crews_wait_for_calmer_wind(bench, region):
    changed, ids = with_lines(region, MANUAL)
    storm = {
        "kind": "wind_storm",
        "start_h": 0.0,
        "duration_h": 12.0,
        "peak_gust_ms": 40.0,
        "front_speed_ms": 50.0,
    }
    fragility = replace(
        changed.fragility, rate_per_100km_h=np.zeros_like(changed.fragility.rate_per_100km_h)
    )
    harmless = replace(changed, fragility=fragility)
    case, outcome = bench.replicate(storm, outage(5.0, ids[1], 1.0), region=harmless)
    row = int(np.flatnonzero(changed.sections.section_id == ids[1])[0])
    gust = gust_ms(case.scenario.hazards[0], region.areas, 24)[:, case.network.section_area[row]]
    limit = region.constants["work_gust_limit_ms"]
    assert gust[5] > limit
    calm = 5 + int(np.flatnonzero(gust[5:] <= limit)[0])
    way = region.constants["dispatch_h"] + way_h(case, "distribution", ids[1])
    # Telephones are dead by now, which lengthens the way by at most half.
    got = what(outcome, ids[1])["crew_arrived"]
    assert calm + way - 1e-9 <= got <= calm + way * (1.0 + region.constants["telecom_slowdown"])


def test_dead_telephones_slow_the_work_by_the_share_that_is_dead(bench, region):
    changed, ids = with_lines(region, MANUAL)
    name = substation_of(region, ids[0])
    plain = bench.replicate(outage(1.0, name, 20.0), outage(4.0, ids[1], 4.0), region=changed)
    telecom = replace(changed.telecom, battery_h=np.full_like(changed.telecom.battery_h, 100.0))
    longer = bench.replicate(
        outage(1.0, name, 20.0),
        outage(4.0, ids[1], 4.0),
        region=replace(changed, telecom=telecom),
    )
    case = plain[0]
    row = int(np.flatnonzero(changed.sections.section_id == ids[1])[0])
    area = int(case.network.section_area[row])
    under = case.network.section_substation == case.network.section_substation[row]
    here = case.network.section_area == area
    kinds = case.services.store_kinds
    assert kinds[TELECOM].lasts_h[area] == 2.0
    dead = case.network.section_persons[under & here].sum() / case.population[area]
    dead *= 1.0 - kinds[REINFORCED].share[area]
    # Crews with a Nødnett terminal are reached all the same.
    dead *= 1.0 - region.constants["crews_on_nodnett"]
    factor = 1.0 + region.constants["telecom_slowdown"] * dead
    slow, quick = what(plain[1], ids[1]), what(longer[1], ids[1])
    way = region.constants["dispatch_h"] + way_h(case, "distribution", ids[1])
    asked = 4.0 + region.constants["detection_h"] + region.constants["remote_switching_h"]
    assert quick["crew_arrived"] == pytest.approx(asked + way)
    assert slow["crew_arrived"] == pytest.approx(asked + factor * way)
    work = slow["section_repaired"] - slow["section_isolated"]
    assert work == pytest.approx(4.0 * factor)
    assert quick["section_repaired"] < slow["section_repaired"]


def test_mutual_aid_counts_from_the_first_hazard(bench, region):
    changed, ids = with_lines(only_crews(region, "distribution", 0), MANUAL)
    aid = changed.mutual_aid
    is_aid = np.isin(aid.depot_id, changed.depots.depot_id[changed.depots.skill == "distribution"])
    aid = replace(aid, arrives_h=np.where(is_aid, 5.0, aid.arrives_h))
    depots = changed.depots
    # Everybody comes from the one depot that gets help.
    home = aid.depot_id[is_aid][0]
    skill = np.where(
        (depots.skill == "distribution") & (depots.depot_id != home), "telecom", depots.skill
    )
    changed = replace(changed, mutual_aid=aid, depots=replace(depots, skill=skill))
    case, outcome = bench.replicate(outage(3.0, ids[1], 1.0), region=changed)
    way = region.constants["dispatch_h"] + way_h(case, "distribution", ids[1])
    times = what(outcome, ids[1])
    assert 8.0 + way - 1e-9 <= times["crew_arrived"] <= 8.0 + 1.5 * way


def test_an_unknown_asset_is_refused_before_anything_runs(region, bench):
    with pytest.raises(InputError, match="no-such-thing"):
        prepare(apply(region, []), scenario_of(outage(1.0, "no-such-thing", 1.0)), "x", bench.cache)


def test_base_stations_and_tanks_run_empty_on_time_and_name_the_fault(bench, region):
    changed, ids = with_lines(no_aid(only_crews(region, "distribution", 0)), MANUAL)
    case, outcome = bench.replicate(outage(1.0, ids[2], 3.0), region=changed)
    row = int(np.flatnonzero(case.region.sections.section_id == ids[2])[0])
    area = case.network.section_area[row]
    feeder = str(case.region.sections.feeder_id[row])
    log = [e for e in outcome.events if e.asset_id == feeder]
    events = {e.what: e for e in log}
    assert len(log) == len(events)
    kinds = case.services.store_kinds
    assert events["base_stations_down"].t_h == 1.0 + kinds[TELECOM].lasts_h[area]
    assert events["local_tank_empty"].t_h == 1.0 + kinds[LOCAL_TANK].lasts_h[area]
    for event in log:
        links = chain(outcome.events, outcome.events.index(event))
        assert [link.what for link in links] == [event.what, "section_failed"]
        assert (links[-1].asset_id, links[-1].cause) == (ids[2], "scenario")
