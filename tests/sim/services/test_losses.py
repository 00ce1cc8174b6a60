from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.power.interruptions import Interruptions
from sim.services.heat import hours_below
from sim.services.losses import (
    Losses,
    electricity_losses,
    heat_losses,
    pumped_water_losses,
    telecom_losses,
    works_water_losses,
)
from sim.services.sites import SiteOutages
from sim.services.telecom import base_stations_up, without_telephone

HOURS = 24


def cuts(*rows):
    section, weight, from_h, to_h = (np.array(c) for c in zip(*rows, strict=True))
    return Interruptions(
        section=section,
        weight=weight.astype(float),
        from_h=from_h.astype(float),
        to_h=to_h.astype(float),
        cause=("test",) * len(rows),
    )


def site_outages(*rows):
    columns = [np.array(c) for c in zip(*rows, strict=True)] if rows else [np.array([])] * 4
    site, weight, from_h, to_h = columns
    return SiteOutages(
        site=site.astype(np.int64),
        weight=weight.astype(float),
        from_h=from_h.astype(float),
        to_h=to_h.astype(float),
    )


def persons(losses, case):
    return losses.share(case.population, case.hours) * case.population


def section_in(case, area_id):
    area = int(np.flatnonzero(case.region.areas.area_id == area_id)[0])
    rows = np.flatnonzero(case.network.section_area == area)
    return int(rows[np.argmax(case.network.section_persons[rows])]), area


def row_of(case, site_id):
    return int(np.flatnonzero(case.region.sites.site_id == site_id)[0])


def test_a_section_out_leaves_its_people_without_electricity(calm):
    case, _ = calm
    section, area = section_in(case, "3201")
    got = persons(electricity_losses(case, cuts((section, 1.0, 2.5, 4.0))), case)
    people = case.network.section_persons[section]
    assert got[:5, area] == pytest.approx([0.0, 0.0, 0.5 * people, people, 0.0])
    assert got.sum() == pytest.approx(1.5 * people)


def test_an_area_out_in_full_is_everybody_and_no_more(calm):
    case, _ = calm
    area = 3
    rows = np.flatnonzero(case.network.section_area == area)
    got = persons(electricity_losses(case, cuts(*[(r, 1.0, 0.0, 24.0) for r in rows])), case)
    assert got[:, area] == pytest.approx(case.population[area])
    assert (got <= case.population * (1 + 1e-12)).all()


@pytest.mark.parametrize("area_id", ["030105", "3232"])
def test_base_station_batteries_die_at_their_hours_and_come_back_after_the_restart(calm, area_id):
    case, _ = calm
    section, area = section_in(case, area_id)
    stations = case.base_stations
    battery_h, share = stations.battery_h[area], stations.reinforced_share[area]
    assert battery_h == (2.0 if area_id == "030105" else 4.0)
    row, people, from_h, to_h = without_telephone(case, cuts((section, 1.0, 1.0, 9.0)))
    assert row.tolist() == [section]
    assert from_h.tolist() == [1.0 + battery_h]
    assert to_h.tolist() == [9.0 + stations.restart_h[area]]
    assert people == pytest.approx([case.network.section_persons[section] * (1.0 - share)])


def test_an_outage_within_the_battery_costs_no_telephone(calm):
    case, _ = calm
    section, _ = section_in(case, "030105")
    assert len(telecom_losses(case, cuts((section, 1.0, 1.0, 3.0))).persons) == 0


def test_reinforced_stations_last_for_three_days(bench):
    case, _ = bench.case(hours=120)
    section, area = section_in(case, "3242")
    share = case.base_stations.reinforced_share[area]
    assert 0.0 < share < 1.0
    got = persons(telecom_losses(case, cuts((section, 1.0, 1.0, 100.0))), case)[:, area]
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
    seen = {}
    for t_h in (2.9, 3.1, 5.9, 6.1):
        course.at(
            t_h,
            lambda t_h=t_h: seen.update(
                {t_h: base_stations_up(course.case, course.supply, area, course.env.now)}
            ),
        )
    course.run()
    lost = sum(
        float(course.case.network.section_persons[course.row(each)])
        for each in course.interrupted()
        if course.case.network.section_area[course.row(each)] == area
    )
    assert seen[2.9] == seen[6.1] == 1.0
    assert seen[3.1] == seen[5.9] == pytest.approx(1.0 - lost / course.case.population[area])


def test_pumped_zones_lose_water_when_the_local_tank_is_empty(calm):
    case, _ = calm
    section, area = section_in(case, "030105")
    got = persons(pumped_water_losses(case, cuts((section, 1.0, 1.0, 10.0))), case)
    tank = case.delivery.local_tank_h[area]
    expected = case.network.section_persons[section] * case.delivery.pumped_share[area]
    assert got[:, area].sum() == pytest.approx(expected * (9.0 - tank))
    assert not got[: int(1 + tank), area].any()


def test_a_water_works_that_is_out_takes_the_water_of_those_it_serves(calm):
    case, _ = calm
    works = row_of(case, "w1")
    got = persons(works_water_losses(case, site_outages((works, 1.0, 3.0, 5.0))), case)
    share = case.delivery.water_share[works]
    assert share.max() > 0.5
    assert got[3] == pytest.approx(share * case.population)
    assert got[4] == pytest.approx(share * case.population)
    assert not got[5].any()


def test_half_a_water_works_takes_half_the_water(calm):
    case, _ = calm
    works = row_of(case, "w1")
    got = persons(works_water_losses(case, site_outages((works, 0.5, 3.0, 5.0))), case)
    assert got[3] == pytest.approx(0.5 * case.delivery.water_share[works] * case.population)


def test_all_water_comes_from_some_works(calm):
    case, _ = calm
    assert case.delivery.water_share.sum(axis=0) == pytest.approx(1.0)


def test_homes_are_cold_when_the_building_model_says_so(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    section, area = section_in(case, "3232")
    got = heat_losses(case, cuts((section, 1.0, 2.0, 60.0)), site_outages())
    cold_from, cold_to = hours_below(
        case.homes, np.array([area]), np.array([2.0]), np.array([60.0])
    )
    without_stove = case.dwelling_share[area] * (1.0 - case.stove_share[area])
    is_cold = np.isfinite(cold_from[0])
    assert is_cold.any()
    assert got.from_h == pytest.approx(cold_from[0][is_cold])
    assert got.to_h == pytest.approx(cold_to[0][is_cold])
    people = case.network.section_persons[section]
    assert got.persons == pytest.approx(people * without_stove[is_cold])
    assert (got.to_h > 60.0).all()


def test_a_short_outage_cools_nobody(calm):
    case, _ = calm
    section, _ = section_in(case, "3232")
    assert len(heat_losses(case, cuts((section, 1.0, 2.0, 4.0)), site_outages()).persons) == 0


def test_homes_with_a_stove_are_never_counted_cold(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    warm = replace(case, stove_share=np.ones_like(case.stove_share))
    section, _ = section_in(case, "3232")
    got = heat_losses(warm, cuts((section, 1.0, 2.0, 90.0)), site_outages())
    assert got.persons.sum() == 0.0


def test_outages_close_together_cool_as_one(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    section, _ = section_in(case, "3232")
    two = heat_losses(
        case, cuts((section, 1.0, 2.0, 30.0), (section, 1.0, 31.0, 60.0)), site_outages()
    )
    one = heat_losses(case, cuts((section, 1.0, 2.0, 60.0)), site_outages())
    assert two.from_h == pytest.approx(one.from_h)
    assert two.to_h == pytest.approx(one.to_h)


def test_a_heat_plant_that_is_out_cools_the_homes_it_heats(bench):
    case, _ = bench.case(hours=96, degc=-15.0)
    plant = int(np.argmax(case.delivery.district_heat_share.sum(axis=1)))
    got = heat_losses(case, cuts((0, 1.0, 0.0, 0.1)), site_outages((plant, 1.0, 2.0, 90.0)))
    heated = (case.delivery.district_heat_share[plant] * case.population).sum()
    assert 0.0 < got.persons.sum() <= heated


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.floats(0.0, 5e4),
            st.floats(0.0, 24.0),
            st.floats(0.0, 24.0),
        ),
        max_size=30,
    ),
    st.floats(0.0, 30.0),
    st.floats(0.0, 30.0),
)
def test_shares_stay_within_one_and_longer_autonomy_never_raises_them(rows, first_h, more_h):
    columns = [np.array(c) for c in zip(*rows, strict=True)] if rows else [np.array([])] * 4
    area, people, from_h, to_h = columns
    losses = Losses(area=area.astype(int), persons=people.astype(float), from_h=from_h, to_h=to_h)
    population = np.array([1e3, 1e4, 5e4, 1e5, 2e5, 1.0])
    short = losses.share(population, HOURS, first_h)
    long = losses.share(population, HOURS, first_h + more_h)
    assert short.shape == (HOURS, 6)
    assert (short >= 0.0).all()
    assert (short <= 1.0).all()
    assert (long <= short + 1e-9).all()
