"""Resilience curves: how deep, how long and how fast service is lost and regained.

A curve is either *stepped* (a level holds from its time until the next: means of
hours, counts of customers) or *linear* (straight between points: measurements, drawn
curves). Reading one as the other gives another area, so each has functions of its own.

The four phases are those of the resilience trapezoid: the disturbance begins at t_oe
and has done its worst at t_ee, restoration begins at t_or and is complete at T_or.

    phi     = -lambda / (t_ee - t_oe)   how fast it falls       [level/h], <= 0
    lambda_ = nominal - lowest          how low it falls        [level]
    e       = t_or - t_ee               how long it stays low   [h]
    pi      = lambda / (T_or - t_or)    how promptly it rises   [level/h]

References
----------
.. [1] M. Panteli, P. Mancarella, D. N. Trakas, E. Kyriakides and N. D. Hatziargyriou,
   Metrics and quantification of operational and infrastructure resilience in power
   systems, IEEE Trans. Power Syst. 32 (2017) 4732-4742.
.. [2] M. Bruneau et al., A framework to quantitatively assess and enhance the seismic
   resilience of communities, Earthquake Spectra 19 (2003) 733-752.
"""

from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray

# Two levels closer than this share of the nominal one are equal.
LEVEL_TOL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Trapezoid:
    """The resilience trapezoid of one or many curves; zeros where nothing was lost.

    Attributes
    ----------
    phi_per_h, lambda_, e_h, pi_per_h : ndarray, shape (...)
        As in the module's head; one value a curve. [level/h, level, h, level/h]
    begins_h : ndarray, shape (...)
        t_oe, when the level first leaves the nominal one. [h]
    restored : ndarray of bool, shape (...)
        Whether the curve is back at the nominal level before it ends; if not,
        ``pi_per_h`` is what had been regained, over the time to the end.
    """

    phi_per_h: FloatArray
    lambda_: FloatArray
    e_h: FloatArray
    pi_per_h: FloatArray
    begins_h: FloatArray
    restored: BoolArray


def _step_lengths(t_h: FloatArray, end_h: float) -> FloatArray:
    dt_h = np.diff(np.append(t_h, end_h))
    if (dt_h <= 0.0).any():
        raise ValueError("steps must follow each other in time and end after the last begins")
    return dt_h


def _check_linear(t_h: FloatArray, level: FloatArray) -> None:
    if t_h.ndim != 1 or t_h.shape != level.shape or (np.diff(t_h) < 0.0).any():
        raise ValueError("a linear curve has one level a time, in order of time")


def step_area_lost(
    t_h: FloatArray, level: FloatArray, end_h: float, nominal: float = 1.0
) -> FloatArray:
    """Area between the nominal level and a stepped curve (loss of resilience [2]_).

    Parameters
    ----------
    t_h : ndarray, shape (time,)
        Start of each step. [h]
    level : ndarray, shape (..., time)
        Level on each step.
    end_h : float
        End of the last step. [h]
    nominal : float
        Level without disturbance.

    Returns
    -------
    ndarray, shape (...)
        ``integral of (nominal - level) dt``. [level h]
    """
    area: FloatArray = (nominal - level) @ _step_lengths(t_h, end_h)
    return area


def linear_area_lost(t_h: FloatArray, level: FloatArray, nominal: float = 1.0) -> float:
    """Area between the nominal level and a linear curve (loss of resilience [2]_).

    Parameters
    ----------
    t_h : ndarray, shape (point,)
        Times in order; a repeated time is a jump. [h]
    level : ndarray, shape (point,)
        Level at each time.
    nominal : float
        Level without disturbance; 0 with the sign turned gives the area under the curve.

    Returns
    -------
    float
        ``integral of (nominal - level) dt``. [level h]
    """
    _check_linear(t_h, level)
    return float(np.trapezoid(nominal - level, t_h))


def resilience_index(area_lost: float, horizon_h: float, nominal: float = 1.0) -> float:
    """Share of the service of a whole period that was kept.

    Parameters
    ----------
    area_lost : float
        From `step_area_lost` or `linear_area_lost`. [level h]
    horizon_h : float
        Length of the period. [h]
    nominal : float
        Level without disturbance.

    Returns
    -------
    float
        ``1 - area / (nominal * horizon)``.
    """
    return 1.0 - area_lost / (nominal * horizon_h)


def step_trapezoid(
    t_h: FloatArray,
    level: FloatArray,
    end_h: float,
    nominal: float = 1.0,
    plateau: float = 0.0,
) -> Trapezoid:
    """Fit the resilience trapezoid to stepped curves.

    Parameters
    ----------
    t_h : ndarray, shape (time,)
        Start of each step. [h]
    level : ndarray, shape (..., time)
        Level on each step, one or many curves.
    end_h : float
        End of the last step. [h]
    nominal : float
        Level without disturbance.
    plateau : float
        A step counts as lowest when its loss is at least ``1 - plateau`` of the
        deepest; 0 takes the lowest level only.

    Returns
    -------
    Trapezoid
        t_oe is the start of the first step below nominal, t_ee of the first lowest
        step; t_or is the end of the last lowest step, T_or of the last below nominal.

    Notes
    -----
    A fall or rise within one step cannot be timed: it is given the length of the step,
    so that its speed is a lower bound.
    """
    dt_h = _step_lengths(t_h, end_h)
    stop_h = t_h + dt_h
    tol = LEVEL_TOL * abs(nominal)
    lost = nominal - level
    depth = lost.max(axis=-1)
    hit = depth > tol
    down = lost > tol
    lowest = lost >= ((1.0 - plateau) * depth - tol)[..., None]
    last = level.shape[-1] - 1
    first_down = down.argmax(axis=-1)
    last_down = last - down[..., ::-1].argmax(axis=-1)
    first_low = lowest.argmax(axis=-1)
    last_low = last - lowest[..., ::-1].argmax(axis=-1)
    restored = ~hit | (last_down < last)
    fall_h = np.maximum(t_h[first_low] - t_h[first_down], dt_h[first_down])
    rise_h = np.maximum(stop_h[last_down] - stop_h[last_low], dt_h[last_low])
    regained = np.where(restored, depth, depth - lost[..., last])
    zero = np.zeros_like(depth)
    return Trapezoid(
        phi_per_h=np.where(hit, -depth / fall_h, zero),
        lambda_=np.where(hit, depth, zero),
        e_h=np.where(hit, stop_h[last_low] - t_h[first_low], zero),
        pi_per_h=np.where(hit, regained / rise_h, zero),
        begins_h=np.where(hit, t_h[first_down], zero),
        restored=restored,
    )


def linear_trapezoid(t_h: FloatArray, level: FloatArray, nominal: float | None = None) -> Trapezoid:
    """Fit the resilience trapezoid to one linear curve.

    Parameters
    ----------
    t_h : ndarray, shape (point,)
        Times in order; a repeated time is a jump. [h]
    level : ndarray, shape (point,)
        Level at each time.
    nominal : float, optional
        Level without disturbance; the first point's if not given.

    Returns
    -------
    Trapezoid
        Arrays of no dimension. t_oe is the last point at nominal before the fall,
        t_ee and t_or the first and last point at the lowest level, T_or the first
        point back at nominal. The speed of a jump is infinite.
    """
    _check_linear(t_h, level)
    nominal = float(level[0]) if nominal is None else nominal
    tol = LEVEL_TOL * abs(nominal)
    lost = nominal - level
    depth = float(lost.max())
    nothing = np.zeros(())
    if depth <= tol:
        return Trapezoid(
            phi_per_h=nothing,
            lambda_=nothing,
            e_h=nothing,
            pi_per_h=nothing,
            begins_h=nothing,
            restored=np.ones((), dtype=np.bool_),
        )
    lowest = np.nonzero(lost >= depth - tol)[0]
    whole = np.nonzero(lost <= tol)[0]
    before, after = whole[whole < lowest[0]], whole[whole > lowest[-1]]
    t_oe = t_h[before[-1]] if len(before) else t_h[0]
    end = after[0] if len(after) else len(t_h) - 1
    regained = np.asarray(depth if len(after) else depth - lost[end])
    with np.errstate(divide="ignore", invalid="ignore"):
        phi = np.asarray(-depth) / (t_h[lowest[0]] - t_oe)
        pi = np.where(regained > 0.0, regained / (t_h[end] - t_h[lowest[-1]]), 0.0)
    return Trapezoid(
        phi_per_h=np.asarray(phi),
        lambda_=np.asarray(depth),
        e_h=np.asarray(t_h[lowest[-1]] - t_h[lowest[0]]),
        pi_per_h=np.asarray(pi),
        begins_h=np.asarray(t_oe),
        restored=np.asarray(len(after) > 0),
    )


def time_to_restored_h(
    t_h: FloatArray, level: FloatArray, end_h: float, share: float, nominal: float = 1.0
) -> FloatArray:
    """Time from the first loss until a share of the deepest loss is made good.

    Parameters
    ----------
    t_h : ndarray, shape (time,)
        Start of each step. [h]
    level : ndarray, shape (..., time)
        Stepped level, one or many curves.
    end_h : float
        End of the last step. [h]
    share : float
        Share restored, e.g. 0.95; 1 means back at nominal.
    nominal : float
        Level without disturbance.

    Returns
    -------
    ndarray, shape (...)
        From the start of the first step below nominal until the end of the last step
        with more than ``(1 - share)`` of the deepest loss; 0 where nothing was lost,
        infinite where the curve ends before. [h]

    Notes
    -----
    The share is of what was lost, as utilities count restored customers: where 3 % of
    the customers lost supply, 95 % restored means that 0.15 % are still without.
    """
    stop_h = t_h + _step_lengths(t_h, end_h)
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share is {share}, must be above 0 and at most 1")
    tol = LEVEL_TOL * abs(nominal)
    lost = nominal - level
    depth = lost.max(axis=-1)
    short = lost > ((1.0 - share) * depth + tol)[..., None]
    last = level.shape[-1] - 1
    last_short = last - short[..., ::-1].argmax(axis=-1)
    first_down = (lost > tol).argmax(axis=-1)
    duration_h = np.where(last_short == last, np.inf, stop_h[last_short] - t_h[first_down])
    return np.where(depth > tol, duration_h, 0.0)


def linear_time_to_level_h(t_h: FloatArray, level: FloatArray, target: float) -> float:
    """When a linear curve is back at a level for good.

    Parameters
    ----------
    t_h, level : ndarray, shape (point,)
        As in `linear_area_lost`.
    target : float
        Level asked for.

    Returns
    -------
    float
        Time of the last upward crossing; the first time if the curve is never below,
        infinite if it ends below. [h]
    """
    _check_linear(t_h, level)
    below = np.nonzero(level < target)[0]
    if len(below) == 0:
        return float(t_h[0])
    k = int(below[-1])
    if k == len(t_h) - 1:
        return float("inf")
    share = (target - level[k]) / (level[k + 1] - level[k])
    return float(t_h[k] + share * (t_h[k + 1] - t_h[k]))
