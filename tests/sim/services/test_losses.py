from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from data.dependency_graph import water_shares
from sim.event_log import EventLog
from sim.power.interruptions import interruptions
from sim.services.area_levels import AreaLevels
from sim.services.district_heat import SERVICE
from sim.services.heat import hours_below
from sim.services.homes import LIMITS, heat_losses
from sim.services.losses import Losses, combined_share, losses_of, persons_without
from sim.services.section_stores import SectionStores
from sim.services.stores import LOCAL_TANK, REINFORCED, TELECOM
from sim.state_log import StateLog

HOURS = 24


def cuts(*rows):
    """Interruptions: section, weight, from and to."""
    return interruptions([(*row, at) for at, row in enumerate(rows)])


def stores_after(case, *rows, watched=None):
    """Stores of a case after sections were dark: section, weight, from and to."""
    env, log, network, region = simpy.Environment(), EventLog(), case.network, case.region
    stores = SectionStores(
        env,
        case.services.store_kinds,
        section_area=network.section_area,
        section_feeder=network.section_feeder,
        section_persons=network.section_persons,
        area_ids=region.areas.area_id.tolist(),
        feeder_ids=region.feeders.feeder_id.tolist(),
        section_ids=region.sections.section_id,
        log=log,
        states=StateLog(),
        watched=watched,
    )

    def at(t_h, act):
        def happen(_):
            act()
            stores.settle()

        env.timeout(t_h).callbacks.append(happen)

    for section, weight, from_h, to_h in rows:
        name = str(region.sections.section_id[section])
        event = log.note(from_h, "section_failed", name, cause="test")
        at(from_h, lambda s=section, w=weight, e=event: stores.dark(s, w, e))
        if to_h < case.hours:
            at(to_h, lambda s=section, e=event: stores.light(s, e))
    env.run(until=float(case.hours))
    stores.finish(float(case.hours))
    return stores


def losses_after(case, *rows):
    return losses_of(case, cuts(*rows), stores_after(case, *rows), AreaLevels())


def areas_after(*rows, end_h=24.0):
    """Area levels after services were low: service, area, level, from and to."""
    areas = AreaLevels()
    for service, area, level, from_h, to_h in rows:
        areas.set(from_h, service, area, level, 0)
        areas.set(to_h, service, area, 1.0, 0)
    areas.finish(end_h)
    return areas


def losses_in(case, *rows):
    return losses_of(case, cuts(), stores_after(case), areas_after(*rows))


def section_in(case, area_id):
    area = int(np.flatnonzero(case.region.areas.area_id == area_id)[0])
    rows = np.flatnonzero(case.network.section_area == area)
    return int(rows[np.argmax(case.network.section_persons[rows])]), area


def test_a_section_out_leaves_its_people_without_electricity(calm):
    case, _ = calm
    section, area = section_in(case, "3201")
    got = persons_without(case, losses_after(case, (section, 1.0, 2.5, 4.0)), "electricity")
    people = case.network.section_persons[section]
    assert got[:5, area] == pytest.approx([0.0, 0.0, 0.5 * people, people, 0.0])
    assert got.sum() == pytest.approx(1.5 * people)


def test_an_area_out_in_full_is_everybody_and_no_more(calm):
    case, _ = calm
    area = 3
    rows = np.flatnonzero(case.network.section_area == area).tolist()
    found = losses_after(case, *[(row, 1.0, 0.0, 24.0) for row in rows])
    got = persons_without(case, found, "electricity")
    assert got[:, area] == pytest.approx(case.population[area])
    assert (got <= case.population * (1 + 1e-12)).all()


def test_nothing_out_is_nobody_without_anything(calm):
    case, _ = calm
    found = losses_of(case, cuts(), stores_after(case), AreaLevels())
    assert {"electricity", "telecom", "nodnett", "water", "sewage", *LIMITS} == set(found)
    for service in found:
        assert not persons_without(case, found, service).any()


@pytest.mark.parametrize("area_id", ["030105", "3232"])
def test_base_station_batteries_die_at_their_hours_and_come_back_after_the_restart(calm, area_id):
    case, _ = calm
    section, area = section_in(case, area_id)
    kind = case.services.store_kinds[TELECOM]
    battery_h = kind.lasts_h[area]
    assert battery_h == (2.0 if area_id == "030105" else 4.0)
    stations, backhaul, struck = losses_after(case, (section, 1.0, 1.0, 9.0))["telecom"]
    assert stations.area.tolist() == [area]
    assert stations.from_h.tolist() == [1.0 + battery_h]
    assert stations.to_h.tolist() == [9.0 + kind.restart_h[area]]
    reinforced = case.services.store_kinds[REINFORCED].share[area]
    people = case.network.section_persons[section]
    assert stations.persons == pytest.approx([people * (1.0 - reinforced)])
    assert len(backhaul) == len(struck) == 0


def test_an_outage_within_the_battery_costs_no_telephone(calm):
    case, _ = calm
    section, _ = section_in(case, "030105")
    stations, *_ = losses_after(case, (section, 1.0, 1.0, 3.0))["telecom"]
    assert len(stations) == 0


def test_reinforced_stations_last_for_three_days(bench):
    case, _ = bench.case(hours=120)
    section, area = section_in(case, "3242")
    share = case.services.store_kinds[REINFORCED].share[area]
    assert 0.0 < share < 1.0
    found = losses_after(case, (section, 1.0, 1.0, 100.0))
    got = persons_without(case, found, "telecom")[:, area]
    people = case.network.section_persons[section]
    assert got[4] == 0.0
    assert got[6] == pytest.approx((1.0 - share) * people)
    assert got[72] == pytest.approx((1.0 - share) * people)
    assert got[74] == pytest.approx(people)


def test_crews_lose_touch_exactly_when_the_batteries_die(bench):
    course = bench.course()
    section, area = section_in(course.case, "030105")
    name = str(course.case.region.sections.section_id[section])
    course.cut(1.0, 6.0, name, isolate=True)
    restart_h = course.case.services.store_kinds[TELECOM].restart_h[area]
    seen = {}
    for t_h in (2.9, 3.1, 6.1, 6.0 + restart_h - 0.1, 6.0 + restart_h + 0.1):
        course.at(t_h, lambda t_h=t_h: seen.update({t_h: course.parts.telecom.up("telecom", area)}))
    course.run()
    lost = sum(
        float(course.case.network.section_persons[course.row(each)])
        for each in course.interrupted()
        if course.case.network.section_area[course.row(each)] == area
    )
    left = 1.0 - lost / course.case.population[area]
    first, *dead, last = seen.values()
    assert first == last == 1.0
    assert dead == [pytest.approx(left)] * 3


def test_pumped_zones_lose_water_when_the_local_tank_is_empty(calm):
    case, _ = calm
    section, area = section_in(case, "030105")
    got = persons_without(case, losses_after(case, (section, 1.0, 1.0, 10.0)), "water")
    kind = case.services.store_kinds[LOCAL_TANK]
    tank_h = kind.lasts_h[area]
    expected = case.network.section_persons[section] * kind.share[area]
    assert got[:, area].sum() == pytest.approx(expected * (9.0 - tank_h))
    assert not got[: int(1 + tank_h), area].any()


@pytest.mark.parametrize("left", [0.0, 0.5])
def test_an_empty_reservoir_takes_what_is_not_made_from_those_it_serves(bench, left):
    course = bench.course()
    case, levels = course.case, course.parts.levels
    node = case.services.reservoir_nodes[course.site("w1")]
    course.at(3.0, lambda: levels.set_own(node, left, course.root("reservoir_empty", "w1")))
    course.at(5.0, lambda: levels.set_own(node, 1.0, course.root("water_back", "w1")))
    course.run()
    found = losses_of(case, course.interruptions, course.parts.stores, course.parts.areas)
    got = persons_without(case, found, "water")
    of_works = water_shares(case.region)
    share = np.array([of_works[area].get("w1", 0.0) for area in case.region.areas.area_id.tolist()])
    assert share.max() > 0.5
    assert got[3] == pytest.approx((1.0 - left) * share * case.population)
    assert got[4] == pytest.approx(got[3])
    assert not got[5].any()


def test_all_water_comes_from_some_works(calm):
    case, _ = calm
    of_works = water_shares(case.region)
    for area in case.region.areas.area_id.tolist():
        assert sum(of_works[area].values()) == pytest.approx(1.0)


def test_dry_tanks_and_dry_works_hit_people_as_if_by_chance(calm):
    case, _ = calm
    section, area = section_in(case, "030105")
    rows = [(section, 1.0, 0.0, 24.0)]
    stores, areas = stores_after(case, *rows), areas_after(("water_supply", area, 0.4, 0.0, 24.0))
    got = persons_without(case, losses_of(case, cuts(*rows), stores, areas), "water")[20, area]
    pumped = case.services.store_kinds[LOCAL_TANK].share[area]
    dry = pumped * case.network.section_persons[section] / case.population[area]
    assert got == pytest.approx((1.0 - 0.4 * (1.0 - dry)) * case.population[area])


def test_a_broken_backbone_leaves_everybody_in_the_area_without_telephone(calm):
    case, _ = calm
    found = losses_in(case, ("backhaul", 4, 0.0, 3.0, 5.0))
    got = persons_without(case, found, "telecom")
    assert got[3:5, 4] == pytest.approx(case.population[4])
    assert got.sum() == pytest.approx(2.0 * case.population[4])
    assert not persons_without(case, found, "nodnett").any()


def cold(case, interrupted, areas=None):
    rows = heat_losses(case, interrupted, areas or AreaLevels())
    return {name: Losses(**columns) for name, columns in rows.items()}


@pytest.mark.parametrize("name", LIMITS)
def test_homes_are_cold_when_the_building_model_says_so(bench, name):
    case, _ = bench.case(hours=120, degc=-15.0)
    section, area = section_in(case, "3232")
    got = cold(case, cuts((section, 1.0, 2.0, 70.0)))[name]
    place, from_h, to_h = np.array([area]), np.array([2.0]), np.array([70.0])
    cold_from, cold_to = (each[0] for each in hours_below(case.homes[name], place, from_h, to_h))
    # Whoever has a stove feels only the first limit while there is wood.
    share = case.dwelling_share[area]
    if name != "heat_18":
        share = share * (1.0 - case.stove_share[area])
    is_cold = np.isfinite(cold_from)
    assert is_cold.any()
    assert got.from_h == pytest.approx(cold_from[is_cold])
    assert got.to_h == pytest.approx(cold_to[is_cold])
    people = case.network.section_persons[section]
    assert got.persons == pytest.approx(people * share[is_cold])
    assert (got.to_h > 70.0).all()


def test_lower_limits_are_passed_later_and_by_no_more_people(bench):
    case, _ = bench.case(hours=120, degc=-15.0)
    section, area = section_in(case, "3232")
    found = cold(case, cuts((section, 1.0, 2.0, 90.0)))
    share = [found[name].share(case.population, case.hours)[:, area] for name in LIMITS]
    assert share[2].max() > 0.0
    for warmer, colder in pairwise(share):
        assert (colder <= warmer + 1e-12).all()
        assert np.flatnonzero(colder)[0] > np.flatnonzero(warmer)[0]


def test_a_short_outage_cools_nobody(calm):
    case, _ = calm
    section, _ = section_in(case, "3232")
    assert not any(len(each) for each in cold(case, cuts((section, 1.0, 2.0, 4.0))).values())


def test_homes_with_a_stove_stay_above_the_limit_while_there_is_wood(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    assert case.region.constants["wood_h"] >= 88.0
    stoves = replace(case, stove_share=np.ones_like(case.stove_share))
    section, _ = section_in(case, "3232")
    found = cold(stoves, cuts((section, 1.0, 2.0, 90.0)))
    assert found["heat_18"].persons.sum() > 0.0
    assert found["heat"].persons.sum() == found["heat_10"].persons.sum() == 0.0


def test_homes_cool_from_what_the_stove_held_when_the_wood_is_burnt(bench):
    region = bench.region
    at = region.constants.key == "wood_h"
    constants = replace(region.constants, value=np.where(at, 24.0, region.constants.value))
    case, _ = bench.case(region=replace(region, constants=constants), hours=96, degc=-15.0)
    case = replace(case, stove_share=np.ones_like(case.stove_share))
    section, area = section_in(case, "3232")
    got = cold(case, cuts((section, 1.0, 2.0, 90.0)))["heat"]
    # From what the stove held to the limit, after the last log.
    outdoor = case.temperature_degc[0, area]
    above = [region.constants[key] - outdoor for key in ("stove_degc", "indoor_limit_degc")]
    expected = 26.0 + case.homes["heat"].tau_h[area] * np.log(above[0] / above[1])
    with_people = got.persons > 0.0
    assert np.sort(got.from_h[with_people]) == pytest.approx(np.sort(expected))


def test_outages_close_together_cool_as_one(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    section, _ = section_in(case, "3232")
    two = cold(case, cuts((section, 1.0, 2.0, 30.0), (section, 1.0, 31.0, 60.0)))
    one = cold(case, cuts((section, 1.0, 2.0, 60.0)))
    for name in LIMITS:
        assert two[name].from_h == pytest.approx(one[name].from_h)
        assert two[name].to_h == pytest.approx(one[name].to_h)
        # The first outage is what began it.
        assert set(two[name].event.tolist()) == {0}


def test_a_heat_plant_that_is_out_cools_the_homes_it_heats(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    supply, areas = case.region.district_heat_supply, case.region.areas.area_id.tolist()
    system = case.region.district_heat.system_id.tolist().index("celsio_oslo")
    rows = np.flatnonzero(supply.system_id == "celsio_oslo")
    heated = {areas.index(supply.area_id[row]): supply.dwelling_share[row] for row in rows.tolist()}
    plant = areas_after((SERVICE, system, 0.0, 2.0, 90.0), end_h=96.0)
    got = cold(case, cuts(), plant)["heat_18"]
    assert set(got.area.tolist()) == set(heated)
    for area, share in heated.items():
        # All classes of dwelling are cold by then.
        assert got.persons[got.area == area].sum() == pytest.approx(share * case.population[area])


def test_half_a_heat_plant_cools_half_as_many(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    counts = [
        cold(case, cuts(), areas_after((SERVICE, 0, level, 2.0, 90.0), end_h=96.0))["heat"]
        for level in (0.0, 0.5)
    ]
    assert counts[1].persons.sum() == pytest.approx(0.5 * counts[0].persons.sum())
    assert counts[0].persons.sum() > 0.0


rows_of_losses = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.floats(0.0, 5e4),
        st.floats(0.0, 24.0),
        st.floats(0.0, 24.0),
    ),
    max_size=30,
)
POPULATION = np.array([1e3, 1e4, 5e4, 1e5, 2e5, 1.0])


def made(rows):
    columns = [np.array(c) for c in zip(*rows, strict=True)] if rows else [np.array([])] * 4
    area, people, from_h, to_h = columns
    return Losses(
        area=area.astype(int),
        persons=people.astype(float),
        from_h=from_h,
        to_h=to_h,
        event=np.zeros(len(rows), dtype=int),
    )


@given(rows_of_losses, st.floats(0.0, 30.0), st.floats(0.0, 30.0), st.floats(0.0, 5.0))
def test_shares_stay_within_one_and_longer_autonomy_never_raises_them(
    rows, first_h, more_h, back_h
):
    delays = [(first_h, back_h), (first_h + more_h, back_h)]
    short, long = (made(rows).share(POPULATION, HOURS, *delay) for delay in delays)
    assert short.shape == (HOURS, 6)
    assert (short >= 0.0).all()
    assert (short <= 1.0).all()
    assert (long <= short + 1e-9).all()


@given(rows_of_losses, st.floats(0.0, 30.0), st.floats(0.0, 5.0), st.floats(0.0, 30.0))
def test_a_slower_recovery_never_lowers_what_is_felt(rows, autonomy_h, back_h, more_h):
    delays = [(autonomy_h, back_h), (autonomy_h, back_h + more_h)]
    quick, slow = (made(rows).share(POPULATION, HOURS, *delay) for delay in delays)
    assert (slow >= quick - 1e-9).all()


@given(rows_of_losses, rows_of_losses)
def test_two_kinds_of_loss_cost_at_least_the_larger_and_at_most_both(one, other):
    kinds = [made(one), made(other)]
    alone = [kind.share(POPULATION, HOURS) for kind in kinds]
    both = combined_share(kinds, POPULATION, HOURS)
    assert (both >= np.maximum(*alone) - 1e-12).all()
    assert (both <= np.minimum(alone[0] + alone[1], 1.0) + 1e-12).all()


def test_a_lack_that_grows_is_felt_from_its_own_beginning(calm):
    """Half are without from 2, three tenths more from 4: no clock starts anew."""
    case, _ = calm
    areas = AreaLevels()
    for t_h, level in ((2.0, 0.5), (4.0, 0.2), (9.0, 1.0)):
        areas.set(t_h, "water_supply", 4, level, 0)
    found = losses_of(case, cuts(), stores_after(case), areas)["water"]
    felt = combined_share(found, case.population, case.hours, 3.0)[:, 4]
    expected = np.zeros(case.hours)
    expected[5:7], expected[7:9] = 0.5, 0.8
    assert felt == pytest.approx(expected)


def test_a_loss_is_felt_from_its_autonomy_until_its_recovery():
    loss = made([(1, 5000.0, 3.0, 9.0)])
    short, long = (loss.share(POPULATION, HOURS, autonomy_h, 1.5) for autonomy_h in (2.0, 6.0))
    expected = np.zeros(HOURS)
    expected[5:10], expected[10] = 0.5, 0.25
    assert short[:, 1] == pytest.approx(expected)
    # As long as the autonomy is not longer.
    assert not long.any()
