"""Households: who must leave a cold home, where they can go, and who gets water by tank.

People stay at home as long as they are prepared for: none at all, one, three or seven days
(table ``people``), counted from when their home is below the limit. Vulnerable people leave
when it falls below the warmer limit. Most find a place with family or friends, the others
need a place in a shelter: of their own area first, then of the nearest within
``shelter_reach_h`` by the usual roads that has places left after its own people.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray
from scenarios.hazard_kinds import Evacuation
from sim.case import Case
from sim.intervals import hourly_weight
from sim.services.area_levels import AreaLevels
from sim.services.losses import Losses
from sim.services.people_map import COPING_DAYS
from sim.services.sites import SiteOutages

DAY_H = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    """People who need help, each of shape (time, area). [persons].

    Attributes
    ----------
    leaving : ndarray
        Who have to be away from their homes.
    shelter_need, shelter_unmet : ndarray
        Who need a place in a shelter, and those for whom there is none.
    water_unmet : ndarray
        Who are without water even by tank.
    """

    leaving: FloatArray
    shelter_need: FloatArray
    shelter_unmet: FloatArray
    water_unmet: FloatArray


def households(
    case: Case,
    losses: Mapping[str, tuple[Losses, ...]],
    areas: AreaLevels,
    outages: SiteOutages,
    without_water: FloatArray,
) -> Households:
    """Compute who needs help from the losses of a replication.

    Parameters
    ----------
    case : Case
    losses : mapping
        From `sim.services.losses.losses_of`.
    areas : AreaLevels
    outages : SiteOutages
        Of shelters among other sites.
    without_water : ndarray, shape (time, area)
        People without water. [persons]

    Returns
    -------
    Households
    """
    leaving = np.minimum(_cold(case, losses) + _evacuated(case), case.population)
    need = leaving * (1.0 - case.region.constants["own_place_share"])
    unmet = _without_place(case, outages, need) if need.any() else need
    water = without_water
    if water.any():
        water = water - _by_tank(case, losses, areas, water)
    return Households(leaving=leaving, shelter_need=need, shelter_unmet=unmet, water_unmet=water)


def _cold(case: Case, losses: Mapping[str, tuple[Losses, ...]]) -> FloatArray:
    """People who leave cold homes: vulnerable ones first, others when no longer prepared."""
    people = case.people
    total = np.zeros((case.hours, len(case.population)))
    for kind in losses["heat"]:
        if len(kind):
            others = kind.persons * (1.0 - people.vulnerable[kind.area])
            for days, share in zip(COPING_DAYS, people.copes, strict=True):
                start = kind.from_h + DAY_H * days
                total += _hourly(case, kind, others * share[kind.area], start)
    for kind in losses["heat_18"]:
        if len(kind):
            persons = kind.persons * people.vulnerable[kind.area]
            total += _hourly(case, kind, persons, kind.from_h)
    return total


def _hourly(case: Case, kind: Losses, persons: FloatArray, start: FloatArray) -> FloatArray:
    """Hourly mean of people by area, each from its start until the loss ends."""
    return hourly_weight(
        kind.area, persons, start, kind.to_h, places=len(case.population), hours=case.hours
    )


def _evacuated(case: Case) -> FloatArray:
    ids = case.region.areas.area_id.tolist()
    total = np.zeros((case.hours, len(ids)))
    for hazard in case.scenario.hazards:
        if isinstance(hazard, Evacuation):
            at = np.array([ids.index(name) for name in hazard.area_ids])
            total += hourly_weight(
                at,
                hazard.share * case.population[at],
                np.full(len(at), hazard.start_h),
                np.full(len(at), hazard.start_h + hazard.duration_h),
                places=len(ids),
                hours=case.hours,
            )
    return total


def _without_place(case: Case, outages: SiteOutages, need: FloatArray) -> FloatArray:
    """People for whom no shelter in reach has a place, shape (time, area)."""
    places = _shelter_places(case, outages)
    hour, ready_h = np.arange(case.hours), case.region.constants["shelter_ready_h"]
    # Opened when somebody first asks, ready some hours later.
    opens = np.where(need.any(axis=0), (need > 0.0).argmax(axis=0) + ready_h, np.inf)
    is_open = hour[:, None] >= opens
    taken = np.minimum(need, places * is_open)
    unmet = need - taken
    # Until shelters are ready people wait; then those their own has no room for are driven, to
    # shelters that were asked when it was clear that there is no room.
    driven = unmet * is_open
    within_h = case.region.constants["shelter_reach_h"]
    for area in np.flatnonzero(driven.any(axis=0)).tolist():
        left, way_h = driven[:, area], case.travel_h[area]
        asked_h = float((need[:, area] > places[:, area]).argmax())
        near = np.flatnonzero(way_h <= within_h)
        for other in near[np.argsort(way_h[near], kind="stable")].tolist():
            if other == area or not left.any():
                continue
            opens[other] = min(opens[other], asked_h + ready_h)
            free = (places[:, other] - taken[:, other]) * (hour >= opens[other])
            moved = np.minimum(left, np.maximum(free, 0.0))
            left -= moved
            unmet[:, area] -= moved
            taken[:, other] += moved
    return np.asarray(unmet)


def _shelter_places(case: Case, outages: SiteOutages) -> FloatArray:
    """Places in shelters that can be used once they are open, shape (time, area)."""
    people, n_area = case.people, len(case.population)
    places = np.zeros((case.hours, n_area))
    places += np.bincount(people.shelter_area, people.shelter_places, minlength=n_area)
    held = np.zeros(len(case.region.sites))
    held[people.shelter_site] = people.shelter_places
    places -= hourly_weight(
        case.site_area[outages.site],
        outages.weight * held[outages.site],
        outages.from_h,
        outages.to_h,
        places=n_area,
        hours=case.hours,
    )
    return places


def _by_tank(
    case: Case,
    losses: Mapping[str, tuple[Losses, ...]],
    areas: AreaLevels,
    without_water: FloatArray,
) -> FloatArray:
    """People who get water by tank, shape (time, area). [persons]."""
    people = case.people
    reached = np.zeros_like(without_water)
    for kind in losses["water"]:
        if len(kind):
            start = kind.from_h + people.emergency_water_ready_h[kind.area]
            reached += _hourly(case, kind, kind.persons, start)
    road = areas.missing("road")
    blocked = hourly_weight(
        road.area,
        road.share,
        road.from_h,
        road.to_h,
        places=len(case.population),
        hours=case.hours,
    )
    most = people.emergency_water * (1.0 - np.minimum(blocked, 1.0))
    return np.minimum(np.minimum(reached, without_water), most)
