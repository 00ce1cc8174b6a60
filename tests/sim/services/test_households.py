"""Who has to leave home, where they find a place, and who gets water by tank."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.services.area_levels import AreaLevels
from sim.services.households import households
from sim.services.losses import Losses
from sim.services.sites import SiteOutages

AREA = 4


def no_losses() -> Losses:
    none = np.array([])
    return Losses(
        area=none.astype(np.int64), persons=none, from_h=none, to_h=none, event=none.astype(int)
    )


def loss(persons: float, from_h: float, to_h: float, area: int = AREA) -> Losses:
    return Losses(
        area=np.array([area]),
        persons=np.array([persons]),
        from_h=np.array([from_h]),
        to_h=np.array([to_h]),
        event=np.array([0]),
    )


def outages(*rows: tuple[int, float, float, float]) -> SiteOutages:
    return SiteOutages(
        site=np.array([row[0] for row in rows], dtype=np.int64),
        weight=np.array([row[1] for row in rows]),
        from_h=np.array([row[2] for row in rows]),
        to_h=np.array([row[3] for row in rows]),
        event=np.zeros(len(rows), dtype=np.int64),
    )


def helped(case, *, cold=None, cool=None, water=None, sites=None, areas=None):
    """Households of a case with these losses of heat and water."""
    losses = {
        "heat": (cold or no_losses(),),
        "heat_18": (cool or no_losses(),),
        "water": (water or no_losses(),),
    }
    without = np.zeros((case.hours, len(case.population)))
    for at in range(len(losses["water"][0])):
        row = losses["water"][0]
        without[int(row.from_h[at]) : int(row.to_h[at]), row.area[at]] += row.persons[at]
    return households(case, losses, areas or AreaLevels(), sites or outages(), without)


@pytest.fixture(scope="module")
def week(bench):
    return bench.case(hours=240)[0]


def test_vulnerable_people_leave_at_once_and_others_when_they_are_no_longer_prepared(week):
    people = week.people
    vulnerable = float(people.vulnerable[AREA])
    found = helped(week, cold=loss(1000.0, 10.0, 230.0), cool=loss(1000.0, 5.0, 230.0))
    leaving = found.leaving[:, AREA]
    others = 1000.0 * (1.0 - vulnerable)
    prepared = [float(share[AREA]) for share in people.copes]
    assert not leaving[:5].any()
    assert leaving[5:10] == pytest.approx(1000.0 * vulnerable)
    # From 10: those not prepared at all, a day later those for one day, then three and seven.
    for start_h, groups in ((10, 1), (34, 2), (82, 3), (178, 4)):
        expected = 1000.0 * vulnerable + others * sum(prepared[:groups])
        assert leaving[start_h] == pytest.approx(expected)
    assert sum(prepared) == pytest.approx(1.0)
    assert not leaving[230:].any()


def test_most_find_a_place_with_family_or_friends(week):
    found = helped(week, cool=loss(1000.0, 5.0, 50.0))
    own = week.region.constants["own_place_share"]
    assert found.shelter_need == pytest.approx(found.leaving * (1.0 - own))


def test_a_shelter_is_ready_some_hours_after_somebody_asks(week):
    ready_h = int(week.region.constants["shelter_ready_h"])
    found = helped(week, cool=loss(100.0, 5.0, 50.0))
    need = found.shelter_need[:, AREA]
    assert found.shelter_unmet[5 : 5 + ready_h, AREA] == pytest.approx(need[5 : 5 + ready_h])
    assert not found.shelter_unmet[5 + ready_h :].any()


def test_a_shelter_that_fails_sends_people_to_the_neighbours(week):
    ids = week.region.areas.area_id.tolist()
    sites = week.region.sites
    own = sites.site_id.tolist().index(f"shelter_{ids[AREA]}")
    found = helped(week, cool=loss(3000.0, 5.0, 50.0), sites=outages((own, 1.0, 0.0, 240.0)))
    ready_h = int(week.region.constants["shelter_ready_h"])
    assert not found.shelter_unmet[5 + ready_h :].any()
    nowhere = replace(week, travel_h=np.full_like(week.travel_h, 9.0))
    alone = helped(nowhere, cool=loss(3000.0, 5.0, 50.0), sites=outages((own, 1.0, 0.0, 240.0)))
    assert alone.shelter_unmet[20, AREA] == pytest.approx(alone.shelter_need[20, AREA])


@given(st.floats(0.0, 2e5), st.integers(0, 36), st.floats(0.0, 1.0))
def test_nobody_is_placed_twice_and_no_shelter_takes_more_than_it_has(week, persons, area, share):
    sites = week.region.sites
    struck = [k for k, kind in enumerate(sites.kind.tolist()) if kind == "shelter"][area % 37]
    found = helped(
        week, cool=loss(persons, 5.0, 50.0, area), sites=outages((struck, share, 0.0, 240.0))
    )
    placed = found.shelter_need - found.shelter_unmet
    assert (found.shelter_unmet >= -1e-9).all()
    assert (found.shelter_unmet <= found.shelter_need + 1e-9).all()
    assert placed.sum(axis=1).max() <= week.people.shelter_places.sum() + 1e-6


def test_water_by_tank_reaches_some_after_hours_and_fewer_where_roads_are_closed(week):
    most = float(week.people.emergency_water[AREA])
    ready_h = int(week.people.emergency_water_ready_h[AREA])
    without = 2.0 * most
    water = loss(without, 10.0, 60.0)
    open_roads = helped(week, water=water)
    assert open_roads.water_unmet[10 : 10 + ready_h, AREA] == pytest.approx(without)
    assert open_roads.water_unmet[10 + ready_h : 60, AREA] == pytest.approx(without - most)
    areas = AreaLevels()
    areas.set(0.0, "road", AREA, 0.25, 0)
    areas.finish(240.0)
    slow = helped(week, water=water, areas=areas)
    assert slow.water_unmet[10 + ready_h : 60, AREA] == pytest.approx(without - 0.25 * most)
