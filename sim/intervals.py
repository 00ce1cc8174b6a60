"""From intervals with a weight to exact hourly means, by place."""

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
    start = np.clip(from_h, 0.0, hours)
    end = np.clip(to_h, 0.0, hours)
    keep = end > start
    place, weight, start, end = place[keep], weight[keep], start[keep], end[keep]
    # The mean over hour k of a step of height w at time t is the second difference
    # of the ramp w * max(k - t, 0): (1 - frac) of it in the hour of t, the rest after.
    t_h = np.concatenate([start, end])
    step = np.concatenate([weight, -weight])
    hour = t_h.astype(np.int64)
    late = step * (t_h - hour)
    index = hour * places + np.concatenate([place, place])
    ramp = np.bincount(
        np.concatenate([index, index + places]),
        np.concatenate([step - late, late]),
        minlength=(hours + 2) * places,
    )
    out = np.cumsum(ramp.reshape(hours + 2, places), axis=0)[:hours]
    # Rounding of the running sum may leave -1e-17 where nothing is left.
    scale = float(np.abs(weight).sum()) if len(weight) else 0.0
    out[np.abs(out) <= 1e-12 * scale] = 0.0
    return np.asarray(out)
