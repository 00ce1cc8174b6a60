"""Gensets as units that fail: whether they start, and how long they run.

A unit is in service with the availability of its kind, starts with a probability that falls
with the time since it was last tested, and then runs until it fails, exponentially with its
mean time to failure. Figures: defaults of NREL's REopt.jl (tables ``backups``).
"""

import numpy as np

from data.service_tables import Backups
from data.tables import FloatArray


def start_failure(probability: float, test_interval_d: float, stated_d: float) -> float:
    """Probability that a unit does not start when asked.

    Most of what keeps a standby unit from starting comes about while it stands, at a
    constant rate, and is found by the next test; the mean unavailability is then
    proportional to the interval between tests (Billinton and Allan, Reliability Evaluation
    of Engineering Systems, 1992). That all of it does so is an estimate.

    Parameters
    ----------
    probability : float
        With a test every ``stated_d`` days.
    test_interval_d, stated_d : float
        [d]
    """
    return min(probability * test_interval_d / stated_d, 1.0)


def starts(backups: Backups, row: int, stated_d: float) -> float:
    """Probability that a unit of a site is in service and starts.

    The table's start failure holds for a test every ``stated_d`` days.
    """
    failure = start_failure(
        float(backups.start_failure_probability[row]),
        float(backups.test_interval_d[row]),
        stated_d,
    )
    return float(backups.availability[row]) * (1.0 - failure)


def lives_h(backups: Backups, row: int, numbers: FloatArray, stated_d: float) -> list[float]:
    """Hours each unit of a site runs before it fails; 0 for one that does not start.

    Parameters
    ----------
    numbers : ndarray, shape (unit, 2)
        Uniform numbers that decide: the first whether it starts, the second how long it
        runs. More reliable units never live shorter with the same numbers.
    stated_d : float
        Interval between tests at which the table's start failure holds. [d]

    Returns
    -------
    list of float
        One for each of the site's gensets. [h]
    """
    probability, mttf_h = starts(backups, row, stated_d), float(backups.mttf_h[row])
    count = int(backups.gensets[row])
    return [
        -mttf_h * float(np.log1p(-late)) if early < probability else 0.0
        for early, late in numbers[:count].tolist()
    ]
