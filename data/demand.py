"""Electricity demand by area, sector and hour as it would be without any crisis."""

from datetime import datetime
from typing import Protocol

import numpy as np

from data.calendars import (
    DAY_TYPES,
    SEASONS,
    calendar_hours,
    normal_day_temperature,
)
from data.region import (
    SECTORS,
    Areas,
    Demand,
    EvCharging,
    Profiles,
    Region,
    SectorProfiles,
)
from data.tables import FloatArray, StrArray, positions

HOURS_PER_YEAR = 8760
MWH_PER_GWH = 1000.0

# Charging is a mix of two profile classes by the area's share of controlled charging.
EV_SECTOR = "ev_charging"
EV_CLASS = "ev"
EV_SMART_CLASS = "ev_smart"

# Heating is off above these daily means: the profiles are held at their value there, by
# season in the order of SEASONS (estimate; the published lines reach zero beyond). [degC]
WARMEST_DEGC = (15.0, 25.0)

# Coldest daily mean for which every profile must be positive. [degC]
COLDEST_DEGC = -30.0


class DemandTables(Protocol):
    """The tables demand is computed from; a ``Region`` has them."""

    @property
    def areas(self) -> Areas:
        """Areas, the order of every array with an area dimension."""

    @property
    def demand(self) -> Demand:
        """Annual energy."""

    @property
    def profiles(self) -> Profiles:
        """Lines of the profile classes."""

    @property
    def sector_profiles(self) -> SectorProfiles:
        """Mix of classes in a sector."""

    @property
    def ev_charging(self) -> EvCharging:
        """Share of controlled charging."""


def normal_temperature(region: Region, start: datetime, hours: int) -> FloatArray:
    """Temperature of the normal year at each area, the same all day.

    Parameters
    ----------
    region : Region
    start : datetime
        With time zone.
    hours : int
        [h]

    Returns
    -------
    ndarray, shape (time, area)
        Normal of Oslo Blindern for the day plus the area's offset. [degC]
    """
    calendar = calendar_hours(start, hours)
    order = np.argsort(region.temperatures.month)
    daily = normal_day_temperature(region.temperatures.mean_degc[order], calendar.dates)
    return daily[calendar.day][:, None] + region.areas.temperature_offset_degc[None, :]


def demand_mw(
    region: DemandTables, start: datetime, hours: int, temperature_degc: FloatArray
) -> FloatArray:
    """Demand of each sector in each area and hour, consumption positive.

    A class of load is ``a * T + b`` times its mean, T the calendar day's mean outdoor
    temperature seen from Blindern: the area's temperature less the area's offset, so
    that the normal year gives every area exactly its annual energy.

    Parameters
    ----------
    region : DemandTables
        A region, or the tables of one that demand needs.
    start : datetime
        With time zone.
    hours : int
        [h]
    temperature_degc : ndarray, shape (time, area)
        Outdoor temperature. [degC]

    Returns
    -------
    ndarray, shape (time, area, sector)
        Sectors in the order of ``SECTORS``. [MW]

    Raises
    ------
    ValueError
        If the temperatures do not have one row per hour and one column per area.

    References
    ----------
    .. [1] General load profiles of Norwegian interruption costing, A*T + B, as stored
       in SINTEF RelDist.jl.
    """
    wanted = (hours, len(region.areas))
    if temperature_degc.shape != wanted:
        raise ValueError(f"temperature has shape {temperature_degc.shape}, not {wanted}")
    calendar = calendar_hours(start, hours)
    days = np.bincount(calendar.day)
    first = np.concatenate([[0], np.cumsum(days)[:-1]])
    day_mean = np.add.reduceat(temperature_degc, first, axis=0) / days[:, None]
    seen = day_mean[calendar.day] - region.areas.temperature_offset_degc
    seen = np.minimum(seen, np.array(WARMEST_DEGC)[calendar.season][:, None])
    classes, a, b = profile_arrays(region.profiles)
    at = (calendar.season, calendar.day_type, calendar.hour)
    a_hour, b_hour = a[:, *at].T, b[:, *at].T
    mix = sector_mix(region, classes)
    values = (a_hour @ mix.T)[:, None, :] * seen[:, :, None] + (b_hour @ mix.T)[:, None, :]
    ev, plain, smart = (
        SECTORS.index(EV_SECTOR),
        *positions(classes, np.array([EV_CLASS, EV_SMART_CLASS])),
    )
    smart_share = _smart_share(region)
    charging = [a_hour[:, [c]] * seen + b_hour[:, [c]] for c in (plain, smart)]
    values[:, :, ev] = charging[0] * (1 - smart_share) + charging[1] * smart_share
    return np.asarray(values * mean_mw(region)[None, :, :])


def mean_mw(region: DemandTables) -> FloatArray:
    """Mean demand over the normal year, shape (area, sector) [MW]."""
    annual = np.zeros((len(region.areas), len(SECTORS)))
    rows = positions(region.areas.area_id, region.demand.area_id)
    sectors = positions(np.array(SECTORS), region.demand.sector)
    np.add.at(annual, (rows, sectors), region.demand.annual_gwh)
    return annual * (MWH_PER_GWH / HOURS_PER_YEAR)


def profile_arrays(profiles: Profiles) -> tuple[StrArray, FloatArray, FloatArray]:
    """Profile classes with their lines as dense arrays.

    Returns
    -------
    classes : ndarray of str, shape (class,)
        In order of name.
    a, b : ndarray, shape (class, season, day_type, hour)
        Slope [1/degC] and constant; NaN where the table has no row.
    """
    classes = np.unique(profiles.profile_class)
    shape = (len(classes), len(SEASONS), len(DAY_TYPES), 24)
    a, b = np.full(shape, np.nan), np.full(shape, np.nan)
    at = (
        np.searchsorted(classes, profiles.profile_class),
        positions(np.array(SEASONS), profiles.season),
        positions(np.array(DAY_TYPES), profiles.day_type),
        profiles.hour,
    )
    a[at], b[at] = profiles.a_per_degc, profiles.b
    return classes, a, b


def sector_mix(region: DemandTables, classes: StrArray) -> FloatArray:
    """Share of each profile class in each sector, shape (sector, class)."""
    mix = np.zeros((len(SECTORS), len(classes)))
    sectors = positions(np.array(SECTORS), region.sector_profiles.sector)
    np.add.at(
        mix,
        (sectors, positions(classes, region.sector_profiles.profile_class)),
        region.sector_profiles.share,
    )
    return mix


def substation_shares(region: Region) -> FloatArray:
    """Share of each area's demand that hangs on each substation.

    Feeders carry the distributed sectors by ``demand_share``; bulk sectors are taken
    to sit on the busbars in the same proportion (estimate).

    Returns
    -------
    ndarray, shape (area, substation)
        Rows sum to 1.
    """
    share = np.zeros((len(region.areas), len(region.substations)))
    rows = positions(region.areas.area_id, region.feeders.area_id)
    stations = positions(region.substations.substation_id, region.feeders.substation_id)
    np.add.at(share, (rows, stations), region.feeders.demand_share)
    return share


def _smart_share(region: DemandTables) -> FloatArray:
    share = np.zeros(len(region.areas))
    rows = positions(region.areas.area_id, region.ev_charging.area_id)
    share[rows] = region.ev_charging.smart_share
    return share
