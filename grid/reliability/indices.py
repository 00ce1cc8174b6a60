"""Reliability indices of load points and of the system they make up."""

from dataclasses import dataclass

import numpy as np

from data.kile_costs import CostFunctions
from data.tables import FloatArray
from grid.reliability.radial import RadialSystem

HOURS_PER_YEAR = 8760.0
KWH_PER_MWH = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class KileCosts:
    """What interruptions cost.

    Attributes
    ----------
    functions : CostFunctions
        Cost of an interruption by its duration, at the reference time.
    correction : ndarray, shape (group,)
        Mean over the year of the factors for month, weekday and hour. [1]
    """

    functions: CostFunctions
    correction: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPointIndices:
    """Indices of each load point, shape (load,), in the order of the table.

    Attributes
    ----------
    failure_rate_per_yr : ndarray
        Interruptions (lambda). [1/yr]
    outage_h_per_yr : ndarray
        Hours without supply (U). [h/yr]
    mean_outage_h : ndarray
        Mean interruption (r = U / lambda), NaN without interruptions. [h]
    ens_mwh_per_yr : ndarray
        Mean load times U. [MWh/yr]
    kile_nok_per_yr : ndarray
        Cost by the duration of each interruption; 0 without a KILE group. [NOK/yr]
    """

    failure_rate_per_yr: FloatArray
    outage_h_per_yr: FloatArray
    mean_outage_h: FloatArray
    ens_mwh_per_yr: FloatArray
    kile_nok_per_yr: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemIndices:
    """Indices of all load points together; NaN where no customer is counted.

    Attributes
    ----------
    saifi : float
        Interruptions per customer. [1/yr]
    saidi_h : float
        Hours without supply per customer. [h/yr]
    caidi_h : float
        Hours per interruption. [h]
    asai, asui : float
        Share of the year with and without supply. [1]
    ens_mwh : float
        Energy not supplied. [MWh/yr]
    aens_kwh : float
        Energy not supplied per customer. [kWh/yr]
    kile_nok : float
        [NOK/yr]

    References
    ----------
    .. [1] IEEE Std 1366-2022, section 3.
    .. [2] R. Billinton and R. N. Allan, Reliability Evaluation of Power Systems, 2nd ed.,
       1996, section 7.3.
    """

    saifi: float
    saidi_h: float
    caidi_h: float
    asai: float
    asui: float
    ens_mwh: float
    aens_kwh: float
    kile_nok: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Indices:
    """Indices of load points and system, or their standard errors."""

    load_points: LoadPointIndices
    system: SystemIndices


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide where there is something to divide by, NaN elsewhere."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0.0)


def system_indices(customers: FloatArray, load_points: LoadPointIndices) -> SystemIndices:
    """Sum load points up: ``SAIFI = sum(N lambda) / sum N``, ``SAIDI = sum(N U) / sum N``.

    Parameters
    ----------
    customers : ndarray, shape (load,)
        Customers counted (N).
    load_points : LoadPointIndices

    Returns
    -------
    SystemIndices
    """
    counted = float(customers.sum())
    hit = float(customers @ load_points.failure_rate_per_yr)
    hours = float(customers @ load_points.outage_h_per_yr)
    ens = float(load_points.ens_mwh_per_yr.sum())
    has = counted > 0.0
    saidi_h = hours / counted if has else np.nan
    return SystemIndices(
        saifi=hit / counted if has else np.nan,
        saidi_h=saidi_h,
        caidi_h=hours / hit if hit > 0.0 else np.nan,
        asai=1.0 - saidi_h / HOURS_PER_YEAR,
        asui=saidi_h / HOURS_PER_YEAR,
        ens_mwh=ens,
        aens_kwh=ens * KWH_PER_MWH / counted if has else np.nan,
        kile_nok=float(load_points.kile_nok_per_yr.sum()),
    )


def load_point_indices(
    system: RadialSystem, failures: FloatArray, hours: FloatArray, kile_nok: FloatArray
) -> LoadPointIndices:
    """Put figures by load place, in the order of zones, in the order of the table.

    Parameters
    ----------
    system : RadialSystem
    failures, hours, kile_nok : ndarray, shape (load place,)
        [1/yr], [h/yr], [NOK/yr]

    Returns
    -------
    LoadPointIndices
    """
    place = np.empty(len(system.load_row), dtype=np.int64)
    place[system.load_row] = np.arange(len(place))
    rate, outage = failures[place], hours[place]
    return LoadPointIndices(
        failure_rate_per_yr=rate,
        outage_h_per_yr=outage,
        mean_outage_h=ratio(outage, rate),
        ens_mwh_per_yr=system.loads.mean_mw * outage,
        kile_nok_per_yr=kile_nok[place],
    )
