"""From intervals with a weight to exact hourly means, by place."""

import numba
import numpy as np

from data.tables import FloatArray, IntArray


def hourly_weight(
    place: IntArray,
    weight: FloatArray,
    from_h: FloatArray,
    to_h: FloatArray,
    *,
    places: int,
    hours: int,
) -> FloatArray:
    """Mean weight present at each place in each hour.

    Each interval adds ``weight`` to its place during [from, to), exactly: partial
    hours count by their length. Parts outside [0, hours) and empty intervals count
    nothing. Cost grows with intervals plus places times hours.

    Parameters
    ----------
    place : ndarray of int, shape (interval,)
    weight, from_h, to_h : ndarray, shape (interval,)
        Weight in any unit; times [h].
    places, hours : int

    Returns
    -------
    ndarray, shape (time, place)
        In the unit of the weight.
    """
    return _hourly_weight(
        place.astype(np.int64, copy=False),
        weight.astype(np.float64, copy=False),
        from_h.astype(np.float64, copy=False),
        to_h.astype(np.float64, copy=False),
        (hours, places),
    )


@numba.njit(cache=True)
def _hourly_weight(
    place: IntArray,
    weight: FloatArray,
    from_h: FloatArray,
    to_h: FloatArray,
    shape: tuple[int, int],
) -> FloatArray:
    # The mean over hour k of a step of height w at time t is the second difference
    # of the ramp w * max(k - t, 0): (1 - frac) of it in the hour of t, the rest after.
    hours, places = shape
    out = np.zeros(shape)
    scale = 0.0
    for row in range(len(place)):
        start, end = max(from_h[row], 0.0), min(to_h[row], float(hours))
        if not end > start:
            continue
        scale += abs(weight[row])
        for t_h, step in ((start, weight[row]), (end, -weight[row])):
            hour = int(t_h)
            late = step * (t_h - hour)
            if hour < hours:
                out[hour, place[row]] += step - late
            if hour + 1 < hours:
                out[hour + 1, place[row]] += late
    # Rounding of the running sum may leave -1e-17 where nothing is left.
    least = 1e-12 * scale
    for hour in range(1, hours):
        for at in range(places):
            out[hour, at] += out[hour - 1, at]
    for hour in range(hours):
        for at in range(places):
            if abs(out[hour, at]) <= least:
                out[hour, at] = 0.0
    return out
