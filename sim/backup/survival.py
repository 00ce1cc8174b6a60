"""Probability that gensets ride through an outage, exactly.

Units are equal and are not repaired during the outage. With n units of which a number start,
each then fails within an hour with a probability p, the number that run is a Markov chain that
only falls,

    P(j | i) = C(i, j) (1 - p)^j p^(i - j),

and an hour is served when the capacity of those that run to its end is not below its load
(the method of NREL's REopt.jl, backup reliability).
"""

from dataclasses import dataclass
from math import comb, exp

import numpy as np

from data.service_tables import Backups
from data.tables import FloatArray
from sim.backup.units import starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """What is served of an outage, hour by hour.

    Attributes
    ----------
    so_far : ndarray, shape (hour,)
        Probability that every hour until the end of this one is served.
    that_hour : ndarray, shape (hour,)
        Probability that this hour is served.
    """

    so_far: FloatArray
    that_hour: FloatArray


def outage_survival(
    load_kw: FloatArray,
    *,
    units: int,
    unit_kw: float,
    failure_per_h: float,
    start_probability: float = 1.0,
) -> Survival:
    """Compute the survival of a load behind gensets.

    Parameters
    ----------
    load_kw : ndarray, shape (hour,)
        Load of each hour of the outage. [kW]
    units : int
        Gensets.
    unit_kw : float
        Power of each. [kW]
    failure_per_h : float
        Probability that a unit that runs fails within an hour; ``1 - exp(-1 / mttf_h)``
        for exponential lives.
    start_probability : float
        Probability that a unit is in service and starts.

    Returns
    -------
    Survival

    Raises
    ------
    ValueError
        If a probability is outside [0, 1] or there are fewer than 0 units.
    """
    if units < 0 or not (0.0 <= failure_per_h <= 1.0 and 0.0 <= start_probability <= 1.0):
        raise ValueError("probabilities must lie in [0, 1] and units must not be negative")
    counts = np.arange(units + 1)
    chance = _binomial(units, start_probability)
    falls = np.array(
        [np.pad(_binomial(i, 1.0 - failure_per_h), (0, units - i)) for i in range(units + 1)]
    )
    alone, together = chance.copy(), chance.copy()
    so_far, that_hour = np.zeros(len(load_kw)), np.zeros(len(load_kw))
    for hour, load in enumerate(np.asarray(load_kw, dtype=np.float64)):
        alone, together = alone @ falls, together @ falls
        enough = counts * unit_kw >= load
        together = np.where(enough, together, 0.0)
        so_far[hour], that_hour[hour] = together.sum(), alone[enough].sum()
    return Survival(so_far=so_far, that_hour=that_hour)


def site_survival(backups: Backups, row: int, hours: FloatArray, stated_d: float) -> FloatArray:
    """Probability that a site's gensets carry their load through outages of given lengths.

    Fuel is taken to be there; the tank and its refuelling are followed in a course.

    Parameters
    ----------
    backups : Backups
    row : int
    hours : ndarray, shape (outage,)
        Lengths. [h]
    stated_d : float
        Interval between tests at which the table's start failure holds. [d]

    Returns
    -------
    ndarray, shape (outage,)
    """
    units, needed = int(backups.gensets[row]), int(backups.gensets_needed[row])
    if needed == 0:
        return np.zeros(len(hours))
    alive = starts(backups, row, stated_d) * np.exp(-np.asarray(hours) / float(backups.mttf_h[row]))
    return np.asarray([float(_binomial(units, q)[needed:].sum()) for q in alive])


def failure_in_an_hour(mttf_h: float) -> float:
    """Probability that a unit with exponential life fails within an hour it runs."""
    return 1.0 - exp(-1.0 / mttf_h)


def _binomial(n: int, p: float) -> FloatArray:
    """Probability of 0 to n successes of n, shape (n + 1,)."""
    return np.array([comb(n, k) * p**k * (1.0 - p) ** (n - k) for k in range(n + 1)])
