"""Single figures of what a crisis does to people, each against what is put in by hand."""

import numpy as np
import pytest

from sim.dependencies.functions import FunctionLevels
from sim.outcome import SERVICES
from sim.services.consequences import GROUPED, consequences
from sim.services.households import Households
from sim.services.sites import SiteOutages

AREA = 7


def nobody(case) -> np.ndarray:
    return np.zeros((case.hours, len(case.population)))


def whole(case) -> FunctionLevels:
    level = np.ones((*nobody(case).shape, len(case.region.functions)))
    return FunctionLevels(
        level=level, premises=level.copy(), site_loss={}, group_left={}, need_left={}
    )


def outages(*rows: tuple[int, float, float, float]) -> SiteOutages:
    return SiteOutages(
        site=np.array([row[0] for row in rows], dtype=np.int64),
        weight=np.array([row[1] for row in rows]),
        from_h=np.array([row[2] for row in rows]),
        to_h=np.array([row[3] for row in rows]),
        event=np.zeros(len(rows), dtype=np.int64),
    )


def figures(case, persons=None, *, functions=None, helped=None, sites=None) -> dict[str, float]:
    none = nobody(case)
    return consequences(
        case,
        dict.fromkeys(SERVICES, none) | (persons or {}),
        functions or whole(case),
        helped or Households(leaving=none, shelter_need=none, shelter_unmet=none, water_unmet=none),
        sites or outages(),
    )


def some(case, people: float, from_h: int, to_h: int) -> np.ndarray:
    persons = nobody(case)
    persons[from_h:to_h, AREA] = people
    return persons


def test_nothing_lost_costs_nothing(calm):
    assert set(figures(calm[0]).values()) == {0.0}


@pytest.mark.parametrize("service", GROUPED)
def test_of_those_without_a_service_the_areas_share_is_vulnerable(calm, service):
    case, _ = calm
    found = figures(case, {service: some(case, 100.0, 3, 7)})
    share = float(case.people.vulnerable[AREA])
    assert found[f"vulnerable_h_{service}"] == pytest.approx(400.0 * share)


def test_most_vulnerable_people_in_the_cold_at_once(calm):
    case, _ = calm
    persons = some(case, 100.0, 3, 7)
    persons[5, AREA + 1] = 50.0
    people = case.people
    found = figures(case, {"heat_18": persons})
    assert found["vulnerable_peak_cold"] == pytest.approx(
        100.0 * people.vulnerable[AREA] + 50.0 * people.vulnerable[AREA + 1]
    )


def test_alarms_are_silent_as_the_telephones_around_them(calm):
    case, _ = calm
    half = 0.5 * float(case.population[AREA])
    found = figures(case, {"telecom": some(case, half, 2, 12)})
    assert found["alarm_h"] == pytest.approx(5.0 * float(case.people.safety_alarms[AREA]))


def test_controlled_charging_out_of_reach_is_the_share_without_telephone(calm):
    case, _ = calm
    everybody = np.broadcast_to(case.population, nobody(case).shape)
    all_of_it = figures(case, {"telecom": everybody})["unreachable_charging_mwh"]
    half = figures(case, {"telecom": 0.5 * everybody})["unreachable_charging_mwh"]
    assert all_of_it > 0.0
    assert half == pytest.approx(0.5 * all_of_it)


def test_home_care_weakens_with_its_premises_not_with_hospitals(calm):
    case, _ = calm
    functions = whole(case)
    at = case.region.functions.function_id.tolist().index("F04")
    functions.premises[4:10, AREA, at] = 0.25
    users = float(case.people.home_care_users[AREA])
    assert figures(case, functions=functions)["home_care_h"] == pytest.approx(6.0 * 0.75 * users)


def test_beds_and_places_are_lost_as_their_sites_weaken_until_the_end(calm):
    case, _ = calm
    kinds = case.region.sites.kind.tolist()
    hospital, care = kinds.index("hospital"), kinds.index("care")
    end_h = float(case.hours)
    found = figures(
        case, sites=outages((hospital, 0.4, 2.0, 7.0), (care, 1.0, end_h - 3.0, end_h + 50.0))
    )
    assert found["bed_h"] == pytest.approx(0.4 * 5.0 * float(case.people.beds[hospital]))
    assert found["care_place_h"] == pytest.approx(3.0 * float(case.people.care_places[care]))


def test_sewage_of_dead_pumps_and_of_treatment_that_stops_adds_up(calm):
    case, _ = calm
    per_h = case.region.constants["sewage_l_per_person_d"] / 24.0 / 1000.0
    pumped = figures(case, {"sewage": some(case, 1000.0, 0, 6)})["sewage_overflow_m3"]
    assert pumped == pytest.approx(6000.0 * per_h)
    works = case.region.sites.kind.tolist().index("sewage")
    served = float(case.people.treated[works] @ case.population)
    assert served > 0.0
    stopped = figures(case, sites=outages((works, 0.5, 1.0, 5.0)))["sewage_overflow_m3"]
    assert stopped == pytest.approx(0.5 * 4.0 * served * per_h)


def test_shelter_and_tank_water_are_told_as_the_households_need_them(calm):
    case, _ = calm
    need, unmet, dry = (some(case, people, 2, 5) for people in (90.0, 30.0, 40.0))
    found = figures(
        case,
        helped=Households(leaving=need, shelter_need=need, shelter_unmet=unmet, water_unmet=dry),
    )
    assert found["shelter_peak"] == 90.0
    assert found["shelter_unmet_h"] == 90.0
    assert found["emergency_water_unmet_h"] == 120.0
