"""Who lives where, and what holds them in a crisis, by position; prepared once."""

from dataclasses import dataclass

import numpy as np

from data.region import Region
from data.tables import FloatArray, IntArray, StrArray, positions

TREATMENT_FUNCTION = "F07"
"""Function whose deliveries tell which sewage works serves whom."""

SEWAGE_KIND = "sewage"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleMap:
    """People of the areas, each array of shape (area,) unless said otherwise.

    Attributes
    ----------
    vulnerable, battery_radio : ndarray
        Shares of people. [1]
    home_care_users, safety_alarms : ndarray
        [persons], [alarms]
    copes : ndarray, shape (4, area)
        Share of people who can cope at home for none, one, three and seven days, and no
        longer. [1]
    emergency_water : ndarray
        People who can get water by tank. [persons]
    emergency_water_ready_h : ndarray
        [h]
    shelter_site, shelter_area : ndarray of int, shape (shelter,)
    shelter_places : ndarray, shape (shelter,)
    beds, care_places : ndarray, shape (site,)
        What each site holds; 0 where it holds none.
    treated : ndarray, shape (site, area)
        Share of an area's sewage that goes to a sewage works.
    """

    vulnerable: FloatArray
    battery_radio: FloatArray
    home_care_users: FloatArray
    safety_alarms: FloatArray
    copes: FloatArray
    emergency_water: FloatArray
    emergency_water_ready_h: FloatArray
    shelter_site: IntArray
    shelter_area: IntArray
    shelter_places: FloatArray
    beds: FloatArray
    care_places: FloatArray
    treated: FloatArray


COPING_DAYS = (0.0, 1.0, 3.0, 7.0)
"""Days behind the rows of ``copes``. [d]"""


def people_map(region: Region) -> PeopleMap:
    """Arrange people, places and deliveries of sewage works by position."""
    areas, sites = region.areas.area_id, region.sites
    people, water, table = region.people, region.water_networks, region.capacities

    def ordered(area_id: StrArray, *columns: FloatArray | IntArray) -> list[FloatArray]:
        order = np.argsort(positions(areas, area_id))
        return [np.asarray(column, dtype=np.float64)[order] for column in columns]

    vulnerable, radio, users, alarms, one, three, seven = ordered(
        people.area_id,
        people.vulnerable_share,
        people.battery_radio_share,
        people.home_care_users,
        people.safety_alarms,
        people.prepared_1d,
        people.prepared_3d,
        people.prepared_7d,
    )
    emergency, ready_h = ordered(
        water.area_id, water.emergency_water_persons, water.emergency_water_ready_h
    )
    held = {unit: np.zeros(len(sites)) for unit in ("beds", "care_places", "shelter_places")}
    site = positions(sites.site_id, table.site_id)
    for unit, amount in held.items():
        rows = table.unit == unit
        np.add.at(amount, site[rows], table.amount[rows])
    shelters = np.flatnonzero(held["shelter_places"] > 0.0)
    deliveries = region.deliveries
    by = positions(sites.site_id, deliveries.site_id)
    rows = (deliveries.function_id == TREATMENT_FUNCTION) & (sites.kind[by] == SEWAGE_KIND)
    treated = np.zeros((len(sites), len(areas)))
    to = positions(areas, deliveries.area_id)
    np.add.at(treated, (by[rows], to[rows]), deliveries.share[rows])
    return PeopleMap(
        vulnerable=vulnerable,
        battery_radio=radio,
        home_care_users=users,
        safety_alarms=alarms,
        copes=np.stack([1.0 - one, one - three, three - seven, seven]),
        emergency_water=emergency,
        emergency_water_ready_h=ready_h,
        shelter_site=shelters,
        shelter_area=positions(areas, sites.area_id)[shelters],
        shelter_places=held["shelter_places"][shelters],
        beds=held["beds"],
        care_places=held["care_places"],
        treated=treated,
    )
