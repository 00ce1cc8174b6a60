"""Cold-load pick-up: after hours without electricity, electric heating returns higher.

Homes are the one thermal mass of ``sim.services.heat``: without heat they cool with time constant
tau towards what their heat gains hold, with full heating they warm up towards that plus
what the installed heating can add. Everything is written per unit of heat loss, so
heating power has the unit of a temperature: ``rise`` degC is what normal heating holds
up now, ``installed`` degC what all heaters together could. Times the region's
temperature response [MW/degC] either is a power.

After an outage of ``d`` hours, per unit of heat loss and for homes of time constant tau:

    peak     A = (installed - rise) * (1 - exp(-d / diversity_loss))
    energy   E = (installed - rise) * tau * ln(1 + rise * (1 - exp(-d / tau)) / (installed - rise))
    extra(t) = A                              for t < delay
             = A * exp(-(t - delay) / decay)  after
    delay = delay_share * E / A,   decay = (1 - delay_share) * E / A

A: thermostats that have lost their diversity all call for heat, and no more than is
installed can answer. E is exact for the first-order home: the time full heating needs to
bring it back to its set point times the power above normal. It is never above
``rise * d``, the heat that was not delivered, as a cooler home loses less. The curve is
the delayed exponential of the literature [1]_ [2]_ with its three parameters taken from
the homes instead of fitted; only how E is split between delay and decay is judgement.

References
----------
.. [1] W. W. Lang, M. D. Anderson, D. R. Fannin, An analytical method for quantifying the
   electrical space heating component of a cold load pick up, IEEE Trans. Power Apparatus
   and Systems, 1982 (recalled).
.. [2] C. Ucak, A. Pahwa, Optimal step-by-step restoration of distribution systems during
   excessive loads due to cold load pickup, Electric Power Systems Research 32, 1995 (abstract
   read), and An analytical approach for step-by-step restoration of distribution systems
   following extended outages, IEEE Trans. Power Delivery, 1994 (recalled): delayed
   exponential curve.
.. [3] Cold load pickup issues, report of working group D1 to the Line Protection
   Subcommittee, IEEE PES Power System Relaying Committee, 2008 (abstract read; two to five
   times normal load after long outages recalled).
"""

import math
from dataclasses import dataclass

import numpy as np

from data.demand import EV_SECTOR, mean_mw, profile_arrays, sector_mix, substation_shares
from data.region import SECTORS, Region
from data.tables import FloatArray, positions

WINTER = 0
"""Season whose temperature response is taken as heating. [position in SEASONS]"""

DAYS_OF_WEEK = (5.0, 2.0)
"""Working days and days off in a week, in the order of DAY_TYPES. [1]"""

TINY = 1e-9
"""Below this nothing is called for, or nothing more can be. [1 or degC]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatedPlaces:
    """Electrically heated buildings of some places.

    Attributes
    ----------
    balance_degc : float
        Outdoor temperature above which nobody heats. [degC]
    installed_degc : float
        Rise over what gains hold that all installed heating together can keep. [degC]
    diversity_loss_h : float
        Time constant with which thermostats lose their diversity. [h]
    delay_share : float
        Part of the energy owed that is drawn at the peak, before the decay. [1]
    tau_h, share : ndarray, shape (place, class)
        Time constant [h] and share of the heated buildings in each class; the shares of
        a place sum to 1. [1]
    """

    balance_degc: float
    installed_degc: float
    diversity_loss_h: float
    delay_share: float
    tau_h: FloatArray
    share: FloatArray

    def __post_init__(self) -> None:
        if not self.installed_degc > 0 or not self.diversity_loss_h > 0:
            raise ValueError("installed_degc and diversity_loss_h must be above 0")
        if not 0 <= self.delay_share < 1:
            raise ValueError("delay_share must be at least 0 and below 1")
        if self.tau_h.shape != self.share.shape or not (self.tau_h > 0).all():
            raise ValueError("tau_h must be above 0, one for each share")
        if not np.allclose(self.share.sum(axis=1), 1.0):
            raise ValueError("the shares of a place must sum to 1")

    def rise_degc(self, outdoor_degc: FloatArray) -> FloatArray:
        """Return what normal heating holds up: from 0 to all that is installed [degC]."""
        return np.clip(self.balance_degc - outdoor_degc, 0.0, self.installed_degc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """Extra heating after one return, per MW/degC of temperature response.

    Attributes
    ----------
    peak_degc : float
        Above normal heating, until the delay has passed. [MW per MW/degC]
    delay_h, decay_h : float
        [h]
    """

    peak_degc: float
    delay_h: float
    decay_h: float

    @property
    def energy_degc_h(self) -> float:
        """All that is drawn above normal. [MWh per MW/degC]."""
        return self.peak_degc * (self.delay_h + self.decay_h)

    def extra_degc(self, t_h: FloatArray) -> FloatArray:
        """Extra heating some time after the return, 0 before it. [MW per MW/degC]."""
        past = np.maximum(t_h - self.delay_h, 0.0)
        return np.asarray((t_h >= 0.0) * self.peak_degc * np.exp(-past / self.decay_h))

    def hourly_degc(self, since_h: FloatArray) -> FloatArray:
        """Mean extra heating between points of time, exactly integrated.

        Parameters
        ----------
        since_h : ndarray, shape (step + 1,)
            Time since the return, rising from 0. [h]

        Returns
        -------
        ndarray, shape (step,)
            [MW per MW/degC]
        """
        past = np.maximum(since_h - self.delay_h, 0.0)
        drawn = since_h - past - self.decay_h * np.exp(past * (-1.0 / self.decay_h))
        mean = drawn[1:] - drawn[:-1]
        mean *= self.peak_degc
        return np.asarray(mean / (since_h[1:] - since_h[:-1]))


def pickup(places: HeatedPlaces, place: int, outage_h: float, rise_degc: float) -> Pickup:
    """Extra heating of one place after an outage.

    Parameters
    ----------
    places : HeatedPlaces
    place : int
        Position of the place.
    outage_h : float
        How long there was no electricity, not negative. [h]
    rise_degc : float
        What normal heating holds up at the return (`HeatedPlaces.rise_degc`). [degC]

    Returns
    -------
    Pickup
        Without any extra when nobody heats, after no outage, or when all that is
        installed runs already.
    """
    spare = places.installed_degc - rise_degc
    called = -math.expm1(-outage_h / places.diversity_loss_h)
    if rise_degc <= 0.0 or spare <= TINY or called <= TINY:
        return Pickup(peak_degc=0.0, delay_h=0.0, decay_h=1.0)
    ratio = rise_degc / spare
    full_h = 0.0
    for tau_h, share in zip(
        places.tau_h[place].tolist(), places.share[place].tolist(), strict=True
    ):
        full_h += share * tau_h * math.log1p(-math.expm1(-outage_h / tau_h) * ratio)
    length_h = full_h / called
    return Pickup(
        peak_degc=spare * called,
        delay_h=places.delay_share * length_h,
        decay_h=(1.0 - places.delay_share) * length_h,
    )


def demand_factor(
    places: HeatedPlaces,
    place: int,
    *,
    outage_h: float,
    outdoor_degc: float,
    heating_share: float,
    t_h: FloatArray,
) -> FloatArray:
    """Demand after a return as a multiple of what it would have been without the outage.

    Parameters
    ----------
    places : HeatedPlaces
    place : int
    outage_h : float
        [h]
    outdoor_degc : float
        Outdoor temperature. [degC]
    heating_share : float
        Share of normal demand at this temperature that is electric heating. [1]
    t_h : ndarray
        Time since the return. [h]

    Returns
    -------
    ndarray
        1 without an outage, in summer and long after; never above
        ``1 + heating_share * (installed / rise - 1)``. [1]
    """
    rise = float(places.rise_degc(np.array(outdoor_degc)))
    extra = pickup(places, place, outage_h, rise).extra_degc(t_h)
    return 1.0 + heating_share * extra / max(rise, TINY)


def region_heating(region: Region) -> HeatedPlaces:
    """Heated buildings of a region's areas, its dwellings standing for all of them.

    Shops, offices and schools are heated like dwellings of their area (estimate): time
    constants matter little, as the energy owed after some hours hardly depends on them.

    Parameters
    ----------
    region : Region

    Returns
    -------
    HeatedPlaces
        Places are the areas.
    """
    constants, table = region.constants, region.dwellings
    classes = np.unique(table.dwelling_class)
    at = (
        positions(region.areas.area_id, table.area_id),
        positions(classes, table.dwelling_class),
    )
    shape = (len(region.areas), len(classes))
    tau_h, share = np.ones(shape), np.zeros(shape)
    tau_h[at], share[at] = table.time_constant_h, table.share
    design = constants["dimensioning_temperature_degc"]
    balance = constants["heating_balance_degc"]
    reserve = constants["heating_margin_degc"] / (constants["indoor_start_degc"] - design)
    return HeatedPlaces(
        balance_degc=balance,
        installed_degc=(balance - design) * reserve,
        diversity_loss_h=constants["diversity_loss_h"],
        delay_share=constants["pickup_delay_share"],
        tau_h=tau_h,
        share=share / share.sum(axis=1, keepdims=True),
    )


def heating_mw_per_degc(region: Region) -> FloatArray:
    """Temperature response of demand along feeders, taken as electric heating.

    The mean over a winter week of the slopes of the sectors' profiles. Bulk sectors are
    left out: boilers of district heating run by price, not by thermostat; charging is
    no heating.

    Parameters
    ----------
    region : Region

    Returns
    -------
    ndarray, shape (area, sector)
        Not negative. [MW/degC]
    """
    classes, slope, _ = profile_arrays(region.profiles)
    week = np.array(DAYS_OF_WEEK)
    winter = np.tensordot(slope[:, WINTER].mean(axis=2), week / week.sum(), axes=1)
    heats = np.maximum(-sector_mix(region, classes) @ winter, 0.0)
    row = positions(region.sectors.sector, np.array(SECTORS))
    heats[region.sectors.bulk[row]] = 0.0
    heats[SECTORS.index(EV_SECTOR)] = 0.0
    return np.asarray(mean_mw(region) * heats)


def heating_by_class(region: Region, classes: int) -> FloatArray:
    """Temperature response of each area by shedding class, shape (area, class) [MW/degC]."""
    row = positions(region.sectors.sector, np.array(SECTORS))
    of_class = np.eye(classes)[region.sectors.shed_class[row]]
    return np.asarray(heating_mw_per_degc(region) @ of_class)


def bus_pickup_mw(region: Region, classes: int, outage_h: float, outdoor_degc: float) -> FloatArray:
    """Extra demand of every bus in the moment everything returns at once.

    Parameters
    ----------
    region : Region
    classes : int
        Number of shedding classes.
    outage_h : float
        [h]
    outdoor_degc : float
        At the region's reference place. [degC]

    Returns
    -------
    ndarray, shape (bus, class)
        [MW]
    """
    places = region_heating(region)
    rise = float(places.rise_degc(np.asarray(outdoor_degc, dtype=np.float64)))
    peak = np.array(
        [pickup(places, area, outage_h, rise).peak_degc for area in range(len(region.areas))]
    )
    by_area = peak[:, None] * heating_by_class(region, classes)
    extra = np.zeros((len(region.buses), classes))
    bus = positions(region.buses.bus_id, region.substations.mv_bus_id)
    np.add.at(extra, bus, substation_shares(region).T @ by_area)
    return extra
