"""What a crisis does to people and services, as single figures of a replication.

Every figure is a sum or a peak over hours and areas of what stands in the outcome's arrays;
none of them says anything of health effects.
"""

from collections.abc import Mapping

import numpy as np

from data.region import SECTORS
from data.tables import FloatArray, positions
from sim.case import Case
from sim.dependencies.functions import FunctionLevels
from sim.services.households import Households
from sim.services.sites import SiteOutages

HEALTH_FUNCTION = "F04"
PAYMENT_FUNCTION = "F10"
LITRES_PER_M3 = 1000.0
DAY_H = 24.0

GROUPED = ("electricity", "heat", "water", "telecom", "heat_18", "heat_10")
"""Services whose person-hours are told for vulnerable people too."""


def consequences(
    case: Case,
    persons: Mapping[str, FloatArray],
    functions: FunctionLevels,
    helped: Households,
    outages: SiteOutages,
) -> dict[str, float]:
    """Compute the figures.

    Parameters
    ----------
    case : Case
    persons : mapping of ndarray, shape (time, area)
        People without each service. [persons]
    functions : FunctionLevels
    helped : Households
    outages : SiteOutages

    Returns
    -------
    dict
        By the names of ``sim.outcome.METRICS``.
    """
    people = case.people
    figures = {
        f"vulnerable_h_{service}": float((persons[service] * people.vulnerable).sum())
        for service in GROUPED
    }
    figures["vulnerable_peak_cold"] = float((persons["heat_18"] @ people.vulnerable).max())
    without = persons["telecom"].sum(axis=0) / case.population
    figures["alarm_h"] = float(without @ people.safety_alarms)
    ids = case.region.functions.function_id.tolist()
    home_care = np.zeros(len(case.population))
    if HEALTH_FUNCTION in ids:
        at = ids.index(HEALTH_FUNCTION)
        home_care = (1.0 - functions.premises[:, :, at]).sum(axis=0)
    figures["home_care_h"] = float(home_care @ people.home_care_users)
    hours = np.minimum(outages.to_h, case.hours) - outages.from_h
    lost_h = outages.weight * hours
    figures["bed_h"] = float(lost_h @ people.beds[outages.site])
    figures["care_place_h"] = float(lost_h @ people.care_places[outages.site])
    figures["shelter_peak"] = float(helped.shelter_need.sum(axis=1).max())
    figures["shelter_unmet_h"] = float(helped.shelter_unmet.sum())
    figures["emergency_water_unmet_h"] = float(helped.water_unmet.sum())
    litres = case.region.constants["sewage_l_per_person_d"] / DAY_H
    untreated = (people.treated[outages.site] * lost_h[:, None]).sum(axis=0) @ case.population
    pumped = float(persons["sewage"].sum())
    figures["sewage_overflow_m3"] = (pumped + float(untreated)) * litres / LITRES_PER_M3
    figures["unreachable_charging_mwh"] = _unreachable_mwh(case, persons["telecom"])
    return figures


def _unreachable_mwh(case: Case, without_telephone: FloatArray) -> float:
    """Energy of controlled charging that nobody could control for want of telephone."""
    ev = case.region.ev_charging
    order = np.argsort(positions(case.region.areas.area_id, ev.area_id))
    controlled = case.demand_mw[:, :, SECTORS.index("ev_charging")] * ev.smart_share[order]
    return float((controlled * without_telephone / case.population).sum())
