"""Load-point indices by formula: one fault at a time, every outcome by its probability."""

import numpy as np
from scipy.special import ndtr, ndtri

from data.kile_costs import cost_nok_per_kw
from data.tables import FloatArray, IntArray
from grid.reliability.indices import (
    Indices,
    KileCosts,
    load_point_indices,
    system_indices,
)
from grid.reliability.radial import RadialSystem
from grid.reliability.restoration import Outcomes, outcomes

STRATA = 50
"""Equal parts of the distribution of repair times, each at its own mean."""


def analytical_indices(
    system: RadialSystem, kile: KileCosts | None = None, after: Outcomes | None = None
) -> Indices:
    """Reliability indices by the load-point method.

    ``lambda_i = sum_j lambda_j P_j`` and ``U_i = sum_j lambda_j P_j E[min(t_ij, R_j)]`` over
    the failures ``j`` and their outcomes with probability ``P_j``, in which load point
    ``i`` is interrupted until it is switched back (``t_ij``) or the repair (``R_j``) is
    done. KILE takes ``E[c(min(t_ij, R_j))]``: the cost function is not linear, so the cost
    of the mean duration would be another figure. Faults never overlap.

    Parameters
    ----------
    system : RadialSystem
    kile : KileCosts, optional
        Without it KILE is 0.
    after : Outcomes, optional
        From `outcomes`, to save the work.

    Returns
    -------
    Indices

    References
    ----------
    .. [1] R. Billinton and R. N. Allan, Reliability Evaluation of Power Systems, 2nd ed.,
       1996, chapters 7 and 8.
    """
    after = outcomes(system) if after is None else after
    rate, repair_h, outcome = _failures(system, after)
    size = (after.end - after.begin)[outcome]
    pair = np.repeat(np.arange(len(outcome)), size)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size)
    place = after.begin[outcome][pair] + within
    back_h = after.back_h[after.offset[outcome][pair] + within]
    loads = len(system.loads)
    failures, hours, nok = np.zeros((3, loads))
    factors = repair_strata(system.repair_cv)
    rate = rate / len(factors)
    for factor in factors.tolist():
        duration_h = np.minimum(back_h, factor * repair_h[pair])
        failures += np.bincount(place, rate[pair] * (duration_h > 0.0), loads)
        hours += np.bincount(place, rate[pair] * duration_h, loads)
        if kile is not None:
            cost = interruption_nok(system, kile, place, duration_h)
            nok += np.bincount(place, rate[pair] * cost, loads)
    load_points = load_point_indices(system, failures, hours, nok)
    return Indices(
        load_points=load_points, system=system_indices(system.loads.customers, load_points)
    )


def repair_strata(cv: float) -> FloatArray:
    """Repair times over their mean: the means of equally likely parts of the distribution.

    Parameters
    ----------
    cv : float
        Coefficient of variation of a lognormal distribution; 0 for no spread.

    Returns
    -------
    ndarray, shape (part,)
        Their mean is 1. [1]
    """
    if cv <= 0.0:
        return np.ones(1)
    sigma = np.sqrt(np.log1p(cv**2))
    edges = ndtri(np.arange(STRATA + 1) / STRATA)
    return np.asarray(STRATA * np.diff(ndtr(edges - sigma)), dtype=np.float64)


def interruption_nok(
    system: RadialSystem, kile: KileCosts, place: IntArray, duration_h: FloatArray
) -> FloatArray:
    """KILE cost of interruptions at the mean correction of the year.

    Parameters
    ----------
    system : RadialSystem
    kile : KileCosts
    place : ndarray of int, shape (interruption,)
        Load places in the order of zones.
    duration_h : ndarray, shape (interruption,)
        [h]

    Returns
    -------
    ndarray, shape (interruption,)
        [NOK]
    """
    row = system.load_row[place]
    group = system.loads.kile_group[row]
    cost = cost_nok_per_kw(kile.functions, group, duration_h)
    cost *= kile.correction[group] * system.loads.kile_reference_kw[row]
    return np.where(group >= 0, cost, 0.0)


def _failures(system: RadialSystem, after: Outcomes) -> tuple[FloatArray, FloatArray, IntArray]:
    """Rate, repair time and outcome of each failure with each of its outcomes."""
    branches = system.branches
    failing = np.flatnonzero(branches.failure_rate_per_yr > 0.0)
    zone = system.branch_zone[failing]
    # Failures of one zone with the same repair time are one.
    together = np.stack([zone.astype(np.float64), branches.repair_h[failing]], axis=1)
    kinds, kind = np.unique(together, axis=0, return_inverse=True)
    rate = np.bincount(kind.ravel(), branches.failure_rate_per_yr[failing], len(kinds))
    zone = kinds[:, 0].astype(np.int64)
    count = after.first[zone + 1] - after.first[zone]
    each = np.repeat(np.arange(len(zone)), count)
    outcome = after.first[zone][each] + np.arange(len(each))
    outcome -= np.repeat(np.cumsum(count) - count, count)
    return rate[each] * after.probability[outcome], kinds[each, 1], outcome
