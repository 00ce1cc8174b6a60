"""Which replication to look at: a typical, a bad or the worst one. Numbers in, number out."""

import math
from collections.abc import Sequence

import numpy as np

from data.tables import FloatArray

CHOICES = ("median", "bad", "worst", "own")
"""Ways to choose a replication; ``own`` is by its number."""

MEASURES = ("ens_mwh", "function_loss_weighted_h")
"""Metrics by which replications are put in order; less is better."""

BAD_SHARE = 0.9
"""A bad replication is at least as bad as this share of them."""


def pick(values: FloatArray, replications: Sequence[int], choice: str) -> int:
    """Choose a replication by its place in the order of a metric.

    Parameters
    ----------
    values : ndarray, shape (replication,)
        A metric of which less is better.
    replications : sequence of int
        Their numbers.
    choice : str
        ``median``, ``bad`` or ``worst``, see `CHOICES`. With an even count the better of
        the two in the middle is the median.

    Returns
    -------
    int
        Number of the replication.

    Raises
    ------
    ValueError
        If there is no such choice.
    """
    order = np.argsort(values, kind="stable")
    place = {
        "median": (len(order) - 1) // 2,
        "bad": math.ceil(BAD_SHARE * len(order)) - 1,
        "worst": len(order) - 1,
    }
    if choice not in place:
        raise ValueError(f"{choice}: choose one of {', '.join(place)}")
    return int(replications[int(order[place[choice]])])
