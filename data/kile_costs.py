"""KILE: what energy not supplied costs under the Norwegian revenue regulation.

Forskrift 11 March 1999 no. 302 on the control of the income of network business,
section 9-2 (KILE-ordningen): the cost of an interruption of duration r that begins at
time j is

    K_j(r) = k_ref(r) * f_month * f_weekday * f_hour * P_ref,

with the group's cost function k_ref(r) [NOK/kW] at the reference time, corrections for
when the interruption begins, and the interrupted power at the reference time P_ref.
"""

from dataclasses import dataclass

import numpy as np

from data.region import KILE_GROUPS, Kile, KileCorrections, Region
from data.tables import FloatArray, IntArray

MONTHS = 12
WEEKDAYS = 7
HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CostFunctions:
    """Piecewise linear cost of each customer group, in the order of ``KILE_GROUPS``.

    Attributes
    ----------
    from_h : ndarray, shape (group, piece)
        Shortest duration of the piece; infinite where a group has fewer pieces. [h]
    constant_nok_per_kw, slope_nok_per_kw_h, shift_h : ndarray, shape (group, piece)
        ``constant + slope * (duration - shift)`` on the piece.
    """

    from_h: FloatArray
    constant_nok_per_kw: FloatArray
    slope_nok_per_kw_h: FloatArray
    shift_h: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """Multipliers for when an interruption begins, groups as in ``KILE_GROUPS``.

    Attributes
    ----------
    month : ndarray, shape (group, 12)
        January first.
    weekday : ndarray, shape (group, 7)
        Monday first; holidays count as Sundays.
    hour : ndarray, shape (group, 24)
        From midnight, local time.
    """

    month: FloatArray
    weekday: FloatArray
    hour: FloatArray


def cost_functions(kile: Kile, price_factor: float = 1.0) -> CostFunctions:
    """Arrange the region's cost table for `kile_nok`.

    Parameters
    ----------
    kile : Kile
        Pieces of each group's cost function, contiguous from 0 h.
    price_factor : float
        Consumer price index of the year wanted over that of the table's price year.

    Raises
    ------
    ValueError
        If a group has no piece that begins at 0 h.
    """
    rows = [np.nonzero(kile.customer_group == group)[0] for group in KILE_GROUPS]
    rows = [own[np.argsort(kile.from_h[own])] for own in rows]
    for group, own in zip(KILE_GROUPS, rows, strict=True):
        if len(own) == 0 or kile.from_h[own[0]] != 0.0:
            raise ValueError(f"kile has no cost from 0 h for {group}")
    shape = (len(KILE_GROUPS), max(len(own) for own in rows))
    from_h = np.full(shape, np.inf)
    constant, slope, shift = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for g, own in enumerate(rows):
        from_h[g, : len(own)] = kile.from_h[own]
        constant[g, : len(own)] = price_factor * kile.constant_nok_per_kw[own]
        slope[g, : len(own)] = price_factor * kile.slope_nok_per_kw_h[own]
        shift[g, : len(own)] = kile.shift_h[own]
    return CostFunctions(
        from_h=from_h, constant_nok_per_kw=constant, slope_nok_per_kw_h=slope, shift_h=shift
    )


def region_cost_functions(region: Region) -> CostFunctions:
    """Cost functions of a region in prices of 2024, as results are given."""
    constants = region.constants
    return cost_functions(region.kile, constants["cpi_2024"] / constants["cpi_2017"])


def reference_over_mean(region: Region) -> FloatArray:
    """Load at the reference time over mean load, shape (group,) [1].

    From the constants ``kile_reference_over_mean_<group>`` (CINELDI MV reference system).
    """
    return np.array([region.constants[f"kile_reference_over_mean_{name}"] for name in KILE_GROUPS])


def corrections(table: KileCorrections) -> Corrections:
    """Arrange the region's correction table for `correction_factor`.

    Parameters
    ----------
    table : KileCorrections
        Months and weekdays from ``first`` to ``last`` inclusive (Monday 1), hours from
        ``first`` until ``last`` o'clock.

    Raises
    ------
    ValueError
        If a month, weekday or hour of a group has no factor.
    """
    kinds = {
        "month": np.full((len(KILE_GROUPS), MONTHS), np.nan),
        "weekday": np.full((len(KILE_GROUPS), WEEKDAYS), np.nan),
        "hour": np.full((len(KILE_GROUPS), HOURS), np.nan),
    }
    for kind, group, first, last, factor in zip(
        table.factor_kind,
        table.customer_group,
        table.first,
        table.last,
        table.factor,
        strict=True,
    ):
        span = slice(first, last) if kind == "hour" else slice(first - 1, last)
        kinds[str(kind)][KILE_GROUPS.index(str(group)), span] = factor
    for kind, factors in kinds.items():
        if np.isnan(factors).any():
            group = KILE_GROUPS[int(np.nonzero(np.isnan(factors))[0][0])]
            raise ValueError(f"kile_corrections does not cover every {kind} for {group}")
    return Corrections(month=kinds["month"], weekday=kinds["weekday"], hour=kinds["hour"])


def correction_factor(
    table: Corrections, group: IntArray, month: IntArray, weekday: IntArray, hour: IntArray
) -> FloatArray:
    """Multiply the corrections for month, weekday and hour.

    Parameters
    ----------
    table : Corrections
        From `corrections`.
    group : ndarray of int
        Position in ``KILE_GROUPS``.
    month : ndarray of int
        1 to 12, when the interruption begins.
    weekday : ndarray of int
        1 (Monday) to 7 (Sunday, and holidays).
    hour : ndarray of int
        0 to 23, local time.

    Returns
    -------
    ndarray
        Shape of the arguments broadcast together.
    """
    factor: FloatArray = (
        table.month[group, np.asarray(month) - 1]
        * table.weekday[group, np.asarray(weekday) - 1]
        * table.hour[group, hour]
    )
    return factor


def cost_nok_per_kw(costs: CostFunctions, group: IntArray, duration_h: FloatArray) -> FloatArray:
    """Cost k_ref(r) of an interruption at the reference time.

    Parameters
    ----------
    costs : CostFunctions
        From `cost_functions`.
    group : ndarray of int, shape (outage,)
        Position in ``KILE_GROUPS``.
    duration_h : ndarray, shape (outage,)
        Duration; 0 costs nothing. [h]

    Returns
    -------
    ndarray, shape (outage,)
        [NOK/kW]

    Raises
    ------
    ValueError
        If a duration is negative or not finite.
    """
    r = np.asarray(duration_h, dtype=np.float64)
    if not (np.isfinite(r).all() and (r >= 0.0).all()):
        raise ValueError("duration_h must be finite and not negative")
    piece = (r[..., None] >= costs.from_h[group]).sum(axis=-1) - 1
    cost = costs.constant_nok_per_kw[group, piece] + costs.slope_nok_per_kw_h[group, piece] * (
        r - costs.shift_h[group, piece]
    )
    return np.where(r > 0.0, cost, 0.0)


def kile_nok(
    costs: CostFunctions,
    group: IntArray,
    duration_h: FloatArray,
    reference_kw: FloatArray,
    correction: FloatArray | float = 1.0,
) -> FloatArray:
    """KILE cost of each interruption.

    Parameters
    ----------
    costs : CostFunctions
        From `cost_functions`.
    group : ndarray of int, shape (outage,)
        Position in ``KILE_GROUPS``.
    duration_h : ndarray, shape (outage,)
        From loss to return of supply, uninterrupted. [h]
    reference_kw : ndarray, shape (outage,)
        Interrupted power at the group's reference time. [kW]
    correction : ndarray, shape (outage,)
        From `correction_factor`.

    Returns
    -------
    ndarray, shape (outage,)
        [NOK]

    References
    ----------
    .. [1] Forskrift 11 March 1999 no. 302, section 9-2.
    """
    nok: FloatArray = cost_nok_per_kw(costs, group, duration_h) * correction * reference_kw
    return nok
