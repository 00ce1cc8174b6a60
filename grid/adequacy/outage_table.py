"""Capacity outage probability and frequency tables of two-state units, by exact recursion.

Capacities stand on a grid of whole steps. The step is the largest that holds every
capacity exactly to the kilowatt; only where that would need more than `MAX_STATES` states
are capacities rounded to a coarser step, and the table says by how much.
"""

import math
from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray
from grid.adequacy.system import SHORT_TOL_MW, Outages

MAX_STATES = 1_000_000
KW_PER_MW = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageTable:
    """Distribution of the available capacity of a group of units.

    Attributes
    ----------
    step_mw : float
        State k stands for ``k * step_mw`` available. [MW]
    probability : ndarray, shape (state,)
        Of exactly that capacity. [1]
    below : ndarray, shape (state + 1,)
        ``below[k]``: probability of less than ``k`` steps. [1]
    frequency_below : ndarray, shape (state + 1,)
        ``frequency_below[k]``: how often the capacity falls below ``k`` steps. [1/h]
    capacity_below_mw : ndarray, shape (state + 1,)
        ``capacity_below_mw[k]``: sum over states below ``k`` of probability times capacity. [MW]
    """

    step_mw: float
    probability: FloatArray
    below: FloatArray
    frequency_below: FloatArray
    capacity_below_mw: FloatArray

    def state(self, level_mw: FloatArray) -> IntArray:
        """First state that covers each level; levels beyond all states give the last bound."""
        first = np.ceil((np.asarray(level_mw) - SHORT_TOL_MW) / self.step_mw)
        return np.clip(first, 0, len(self.probability)).astype(np.int64)

    def lolp(self, level_mw: FloatArray) -> FloatArray:
        """Probability that the available capacity is below each level. [1]."""
        return self.below[self.state(level_mw)]

    def frequency(self, level_mw: FloatArray) -> FloatArray:
        """How often the available capacity falls below each level. [1/h]."""
        return self.frequency_below[self.state(level_mw)]

    def expected_shortfall(self, level_mw: FloatArray) -> FloatArray:
        """Mean of ``max(level - available, 0)`` for each level. [MW]."""
        at = self.state(level_mw)
        return np.asarray(level_mw) * self.below[at] - self.capacity_below_mw[at]


def grid_step(
    steady_mw: FloatArray, varying_mw: FloatArray, most_mw: float, max_states: int = MAX_STATES
) -> float:
    """Largest step that holds every capacity, and no more than ``max_states`` states.

    Parameters
    ----------
    steady_mw, varying_mw : ndarray
        Capacities that hold all the time, and those that change by the hour. [MW]
    most_mw : float
        Most that is ever available. [MW]
    max_states : int
        Where more would be needed the step is coarser. Capacities are then rounded to it:
        first the varying ones, the steady ones only if they alone need more states.

    Returns
    -------
    float
        [MW]
    """
    steady = _common_kilowatts(steady_mw)
    exact = math.gcd(steady, _common_kilowatts(varying_mw)) or KW_PER_MW
    coarsest = most_mw * KW_PER_MW / max_states
    if exact >= coarsest:
        return exact / KW_PER_MW
    if steady >= coarsest:
        return steady / math.floor(steady / coarsest) / KW_PER_MW
    return math.ceil(coarsest) / KW_PER_MW


def _common_kilowatts(capacity_mw: FloatArray) -> int:
    kilowatts = np.unique(np.rint(np.asarray(capacity_mw) * KW_PER_MW).astype(np.int64))
    return math.gcd(*kilowatts.tolist())


def rounding_mw(capacity_mw: FloatArray, step_mw: float) -> float:
    """Largest change of a single capacity when it is put on the grid. [MW]."""
    if len(capacity_mw) == 0:
        return 0.0
    return float(np.abs(capacity_mw - np.rint(capacity_mw / step_mw) * step_mw).max())


def outage_table(
    capacity_mw: FloatArray,
    outages: Outages,
    step_mw: float,
    start: OutageTable | None = None,
) -> OutageTable:
    """Add units one by one to the table of available capacity.

    With ``P(x)`` the probability, and ``F(x)`` the frequency, of less than ``x`` being
    available, a unit of capacity ``c``, outage probability ``q`` and failure rate ``lambda``
    gives

    ``P'(x) = (1 - q) P(x - c) + q P(x)``

    ``F'(x) = (1 - q) F(x - c) + q F(x) + (1 - q) lambda (P(x) - P(x - c))``

    Parameters
    ----------
    capacity_mw : ndarray, shape (unit,)
        [MW]
    outages : Outages
        Of the units; those drawn each hour change only between hours and add no frequency.
    step_mw : float
        From `grid_step`. [MW]
    start : OutageTable, optional
        Units already in the table, with the same step.

    Returns
    -------
    OutageTable

    References
    ----------
    .. [1] R. Billinton and R. N. Allan, Reliability Evaluation of Power Systems, 2nd ed.,
       1996, sections 2.2 (recursion for probability) and 2.4 (cumulative frequency).
    """
    exact: FloatArray = np.ones(1) if start is None else start.probability
    below: FloatArray = np.array([0.0, 1.0]) if start is None else start.below
    frequency: FloatArray = np.zeros(2) if start is None else start.frequency_below
    steps = np.rint(np.asarray(capacity_mw) / step_mw).astype(np.int64).tolist()
    rates = outages.failure_rate_per_h
    for c, q, rate in zip(steps, outages.probability, rates, strict=True):
        none, all_of_it = np.zeros(c), np.ones(c)
        below_less = np.concatenate((none, below))
        below = np.concatenate((below, all_of_it))
        frequency = (
            (1.0 - q) * np.concatenate((none, frequency))
            + q * np.concatenate((frequency, none))
            + (1.0 - q) * rate * (below - below_less)
        )
        more, less = np.concatenate((none, exact)), np.concatenate((exact, none))
        exact = (1.0 - q) * more + q * less
        below = (1.0 - q) * below_less + q * below
    levels_mw = np.arange(len(exact)) * step_mw
    return OutageTable(
        step_mw=step_mw,
        probability=exact,
        below=below,
        frequency_below=frequency,
        capacity_below_mw=np.concatenate(([0.0], np.cumsum(exact * levels_mw))),
    )
