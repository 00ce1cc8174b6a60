"""Homes that cool when their heating stops, and warm up when it returns.

A home is one thermal mass with one time constant tau (first-order building model,
e.g. ISO 13790:2008 without gains):

    dT/dt = -(T - T_out) / tau                      without heat,
    dT/dt = -(T - (T_out + margin)) / tau           with full heating,

where the margin is the rise over the outdoor temperature that full heating can hold.
With T_out constant within each hour both have closed solutions. If F(t) is the
temperature of a home never heated, every other unheated home follows

    T(t) = F(t) + (T(s) - F(s)) exp(-(t - s) / tau),

and a fully heated one the same with F + margin for F. So F is computed once for each
place and class of dwelling, and an outage needs no stepping.
"""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray

# Share by which a bound is drawn in so that rounding cannot pass it.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Classes of dwellings in their weather.

    Attributes
    ----------
    t_out_degc : ndarray, shape (place, time)
        Outdoor temperature, constant within each hour. [degC]
    unheated_degc : ndarray, shape (place, class, time + 1)
        Temperature F of a home never heated, at the start of each hour and the end
        of the last. [degC]
    tau_h : ndarray, shape (place, class)
        Time constant. [h]
    start_degc, limit_degc : float
        Indoor temperature before the outage, and the limit of interest. [degC]
    heating_margin_degc : float
        Rise over the outdoor temperature that full heating holds. [degC]
    """

    t_out_degc: FloatArray
    unheated_degc: FloatArray
    tau_h: FloatArray
    start_degc: float
    limit_degc: float
    heating_margin_degc: float


def homes_in_weather(
    t_out_degc: FloatArray,
    tau_h: FloatArray,
    *,
    start_degc: float,
    limit_degc: float,
    heating_margin_degc: float,
) -> Homes:
    """Prepare homes for ``hours_below``; once per scenario is enough.

    Parameters
    ----------
    t_out_degc : ndarray, shape (place, time)
        Outdoor temperature, constant within each hour from scenario start. [degC]
    tau_h : ndarray, shape (place, class)
        Time constants. [h]
    start_degc, limit_degc, heating_margin_degc : float
        As in `Homes`. [degC]

    Raises
    ------
    ValueError
        If shapes disagree, a time constant is not positive, or the limit is not
        below the start.
    """
    if t_out_degc.ndim != 2 or tau_h.ndim != 2 or len(t_out_degc) != len(tau_h):  # noqa: PLR2004 -- two axes each
        raise ValueError("t_out_degc must be (place, time) and tau_h (place, class)")
    if not (tau_h > 0.0).all():
        raise ValueError("tau_h must be positive")
    if not limit_degc < start_degc:
        raise ValueError("limit_degc must be below start_degc")
    decay = np.exp(-1.0 / tau_h)
    unheated = np.empty((*tau_h.shape, t_out_degc.shape[1] + 1))
    unheated[:, :, 0] = start_degc
    for hour in range(t_out_degc.shape[1]):
        outdoor = t_out_degc[:, hour, None]
        unheated[:, :, hour + 1] = outdoor + (unheated[:, :, hour] - outdoor) * decay
    return Homes(
        t_out_degc=t_out_degc,
        unheated_degc=unheated,
        tau_h=tau_h,
        start_degc=start_degc,
        limit_degc=limit_degc,
        heating_margin_degc=heating_margin_degc,
    )


def hours_below(
    homes: Homes, place: IntArray, outage_from_h: FloatArray, outage_to_h: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """When homes without heat are below the limit, for each outage and class.

    Parameters
    ----------
    homes : Homes
        From `homes_in_weather`.
    place : ndarray of int, shape (outage,)
        Place of each outage.
    outage_from_h, outage_to_h : ndarray, shape (outage,)
        Hours without heat; an end beyond the weather is cut there. The home is at
        ``start_degc`` when the outage begins, so outages of the same home in quick
        succession should be merged first (`merge_outages`). [h]

    Returns
    -------
    from_h : ndarray, shape (outage, class)
        When the home first falls below the limit; NaN if it never does. [h]
    to_h : ndarray, shape (outage, class)
        When it is back at the limit: after the heat has returned, or earlier for
        good in mild weather; the end of the weather if it is not back by then. [h]

    Raises
    ------
    ValueError
        If an outage begins before hour 0 or ends before it begins.
    """
    horizon_h = homes.t_out_degc.shape[1]
    start_h = np.asarray(outage_from_h, dtype=np.float64)
    end_h = np.minimum(np.asarray(outage_to_h, dtype=np.float64), horizon_h)
    start_h = np.minimum(start_h, horizon_h)
    if (start_h < 0.0).any() or (outage_to_h < outage_from_h).any():
        raise ValueError("an outage must begin at hour 0 or later and end after it begins")
    classes = homes.tau_h.shape[1]
    from_h = np.full((len(start_h), classes), np.nan)
    to_h = np.full((len(start_h), classes), np.nan)
    if len(start_h) == 0:
        return from_h, to_h

    # No home falls below the limit sooner than it would in the place's coldest hour.
    coldest = homes.t_out_degc.min(axis=1)
    cold = coldest < homes.limit_degc
    safe_h = np.full(homes.tau_h.shape, np.inf)
    above = (homes.start_degc - coldest[cold]) / (homes.limit_degc - coldest[cold])
    safe_h[cold] = homes.tau_h[cold] * np.log(above)[:, None] * (1.0 - ROUNDING)
    outage, kind = np.nonzero((end_h - start_h)[:, None] > safe_h[place])
    if len(outage) == 0:
        return from_h, to_h

    cases = _Cases(homes, place[outage], kind)
    fell_h, back_h, at_end = cases.cool(start_h[outage], safe_h[place[outage], kind], end_h[outage])
    still = ~np.isnan(fell_h) & np.isnan(back_h)
    if still.any():
        warming = _Cases(homes, place[outage[still]], kind[still])
        back_h[still] = warming.warm(end_h[outage[still]], at_end[still])
    from_h[outage, kind] = fell_h
    to_h[outage, kind] = back_h
    return from_h, to_h


class _Cases:
    """Pairs of outage and class of dwelling, cut into pieces of at most an hour."""

    def __init__(self, homes: Homes, place: IntArray, kind: IntArray) -> None:
        self.homes = homes
        self.place = place
        self.kind = kind
        self.tau_h = homes.tau_h[place, kind]
        self.horizon_h = homes.t_out_degc.shape[1]

    def unheated(self, t_h: FloatArray) -> FloatArray:
        """Temperature F at one time for each case."""
        hour = np.minimum(t_h.astype(np.int64), self.horizon_h - 1)
        at_hour = self.homes.unheated_degc[self.place, self.kind, hour]
        outdoor = self.homes.t_out_degc[self.place, hour]
        f: FloatArray = outdoor + (at_hour - outdoor) * np.exp(-(t_h - hour) / self.tau_h)
        return f

    def cool(
        self, start_h: FloatArray, safe_h: FloatArray, end_h: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """First fall below the limit, return for good within the outage, value at its end."""
        excess = (self.homes.start_degc - self.unheated(start_h)) * np.exp(-safe_h / self.tau_h)
        at_start = self.unheated(start_h + safe_h) + excess
        course = _Course(self, start_h + safe_h, end_h, at_start, margin=0.0)
        fell_h = np.full(len(start_h), np.nan)
        back_h = np.full(len(start_h), np.nan)
        case, t_h = course.crossings(falling=True)
        fell_h[case[::-1]] = t_h[::-1]  # the first of a case is written last
        case, t_h = course.crossings(falling=False)
        back_h[case] = t_h
        back_h[course.at_end < self.homes.limit_degc] = np.nan
        return fell_h, back_h, course.at_end

    def warm(self, start_h: FloatArray, at_start: FloatArray) -> FloatArray:
        """When full heating has brought the home back to the limit, or the horizon."""
        back_h = np.full(len(start_h), float(self.horizon_h))
        margin = self.homes.heating_margin_degc
        # No home is slower than it would be in the place's coldest hour.
        towards = self.homes.t_out_degc.min(axis=1)[self.place] + margin
        sure = towards > self.homes.limit_degc
        ratio = (towards - at_start)[sure] / (towards[sure] - self.homes.limit_degc)
        until_h = back_h.copy()
        until_h[sure] = start_h[sure] + self.tau_h[sure] * np.log(ratio) * (1.0 + ROUNDING)
        course = _Course(self, start_h, np.minimum(until_h, back_h), at_start, margin)
        case, t_h = course.crossings(falling=False)
        back_h[case[::-1]] = t_h[::-1]
        return back_h


class _Course:
    """Temperature of each case at the ends of its pieces, under one mode of heating."""

    def __init__(
        self,
        cases: _Cases,
        start_h: FloatArray,
        end_h: FloatArray,
        at_start: FloatArray,
        margin: float,
    ) -> None:
        homes = cases.homes
        first = np.minimum(start_h.astype(np.int64), cases.horizon_h - 1)
        count = np.maximum(np.ceil(end_h).astype(np.int64) - first, 1)
        ends = np.cumsum(count)
        case = np.repeat(np.arange(len(count)), count)
        hour = np.arange(len(case)) + (first - ends + count)[case]
        length = homes.unheated_degc.shape[2]
        row = (cases.place * homes.tau_h.shape[1] + cases.kind) * length
        unheated = homes.unheated_degc.ravel()[row[case] + hour + 1]
        to_h = hour + 1.0
        to_h[ends - 1] = end_h
        unheated[ends - 1] = cases.unheated(end_h)
        excess = at_start - margin - cases.unheated(start_h)
        since_h = to_h - start_h[case]
        after = unheated + margin + excess[case] * np.exp(since_h * (-1.0 / cases.tau_h)[case])
        before = np.empty_like(after)
        before[1:] = after[:-1]
        before[ends - count] = at_start
        self.cases = cases
        self.start_h = start_h
        self.margin = margin
        self.case, self.hour, self.before, self.after = case, hour, before, after
        self.at_end: FloatArray = after[ends - 1]

    def crossings(self, *, falling: bool) -> tuple[IntArray, FloatArray]:
        """Case and time of each crossing of the limit in one direction, in order."""
        limit = self.cases.homes.limit_degc
        was, is_ = self.before >= limit, self.after >= limit
        piece = np.nonzero(was & ~is_ if falling else ~was & is_)[0]
        case, hour = self.case[piece], self.hour[piece]
        towards = self.cases.homes.t_out_degc[self.cases.place[case], hour] + self.margin
        passed_h = self.cases.tau_h[case] * np.log(
            (self.before[piece] - towards) / (limit - towards)
        )
        return case, np.maximum(hour, self.start_h[case]) + passed_h


def merge_outages(
    home: IntArray, from_h: FloatArray, to_h: FloatArray, gap_h: float = 0.0
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Join outages of the same home that overlap or lie close together.

    Parameters
    ----------
    home : ndarray of int, shape (outage,)
        Which home, section or cohort was out.
    from_h, to_h : ndarray, shape (outage,)
        Interval of each outage. [h]
    gap_h : float
        Outages with at most this between them count as one. [h]

    Returns
    -------
    home, from_h, to_h : ndarray, shape (merged,)
        Sorted by home, then time.
    """
    if len(home) == 0:
        return home, from_h, to_h
    order = np.lexsort((from_h, home))
    home, from_h, to_h = home[order], from_h[order], to_h[order]
    # The latest end so far of the same home: homes are kept apart by a large offset.
    apart_h = (home - home[0]) * (2.0 * (to_h.max() - from_h.min() + gap_h) + 1.0)
    reach_h = np.maximum.accumulate(to_h + apart_h)
    begins = np.ones(len(home), dtype=np.bool_)
    begins[1:] = (from_h + apart_h)[1:] > reach_h[:-1] + gap_h
    first = np.nonzero(begins)[0]
    last = np.append(first[1:], len(home)) - 1
    return home[first], from_h[first], reach_h[last] - apart_h[last]
