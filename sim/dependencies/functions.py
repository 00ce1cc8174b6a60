"""Critical functions: service level by function, area and hour."""

import math
from collections.abc import Mapping

import numpy as np
from scipy.ndimage import minimum_filter1d

from data.tables import FloatArray
from sim.case import Case
from sim.dependencies.delivery import WATER_FUNCTION
from sim.intervals import hourly_weight
from sim.services.losses import Losses
from sim.services.sites import SiteOutages

SUPPLY_FUNCTION = "F11"
TELECOM_FUNCTION = "F12"
TRANSPORT_FUNCTION = "F13"
SERVICE_OF = {TELECOM_FUNCTION: "telecom", WATER_FUNCTION: "water"}
"""Functions whose premises are modelled as a service, with batteries and tanks of its own."""


def function_levels(
    case: Case,
    losses: Mapping[str, tuple[Losses, ...]],
    outages: SiteOutages,
    without_power: FloatArray,
) -> FloatArray:
    """Service level of each critical function.

    A function is delivered by its sites (``site_share``) and by premises spread like
    the people. A site delivers what its power lets it. Premises without something the
    function needs for longer than the autonomy keep ``level_after``; of several needs
    the weakest link counts. Electricity, telephone and water are functions and services
    at once: their level is the share of people who have the service.

    Parameters
    ----------
    case : Case
    losses : mapping
        Losses of ``electricity``, ``telecom``, ``water`` and ``heat``; several kinds of
        loss of one service are taken as independent of each other.
    outages : SiteOutages
    without_power : ndarray, shape (time, area)
        Share of people without electricity, rotating disconnection included.

    Returns
    -------
    ndarray, shape (time, area, function)
        0 to 1.
    """
    functions = case.region.functions
    n_area, hours = len(case.population), case.hours
    site_lost = hourly_weight(
        outages.site,
        outages.weight,
        outages.from_h,
        outages.to_h,
        places=len(case.site_area),
        hours=hours,
    )
    ids = functions.function_id.tolist()
    level = np.ones((hours, n_area, len(ids)))
    known: dict[tuple[str, float], FloatArray] = {}

    def lost(needs: str, autonomy_h: float) -> FloatArray:
        """Share of people without, for longer than the autonomy, shape (time, area)."""
        key = (needs, autonomy_h)
        if key not in known:
            if needs == "transport":
                known[key] = _lasting(1.0 - level[:, :, ids.index(TRANSPORT_FUNCTION)], autonomy_h)
            else:
                have = np.ones((hours, n_area))
                # Fuel stations need electricity to pump; tanks in vehicles are the autonomy.
                for kind in losses["electricity" if needs == "fuel" else needs]:
                    have *= 1.0 - kind.share(case.population, hours, autonomy_h)
                known[key] = 1.0 - have
        return known[key]

    # Transport first: other functions need it.
    for at in sorted(range(len(ids)), key=lambda at: ids[at] != TRANSPORT_FUNCTION):
        site_share = float(functions.site_share[at])
        from_sites = np.minimum(site_lost @ case.delivery.function_share[at], 1.0)
        local = np.zeros((hours, n_area))
        for needs, autonomy_h, level_after in case.delivery.dependencies[at]:
            np.maximum(local, (1.0 - level_after) * lost(needs, autonomy_h), out=local)
        level[:, :, at] = 1.0 - site_share * from_sites - (1.0 - site_share) * local
        if ids[at] == SUPPLY_FUNCTION:
            level[:, :, at] = np.minimum(level[:, :, at], 1.0 - without_power)
        elif ids[at] in SERVICE_OF:
            have = 1.0 - lost(SERVICE_OF[ids[at]], 0.0)
            level[:, :, at] = np.minimum(level[:, :, at], have)
    return np.clip(level, 0.0, 1.0)


def _lasting(lost: FloatArray, autonomy_h: float) -> FloatArray:
    """Share that has been lost throughout the autonomy: the least of the hours before.

    Parameters
    ----------
    lost : ndarray, shape (time, area)

    Returns
    -------
    ndarray, shape (time, area)
    """
    window = math.ceil(autonomy_h) + 1
    if window == 1:
        return lost
    return np.asarray(
        minimum_filter1d(lost, window, axis=0, mode="constant", cval=0.0, origin=(window - 1) // 2)
    )
