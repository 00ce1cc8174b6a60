"""Adequacy by convolution: exact, one area or two areas with limited exchange.

Per hour the load meets the table of available capacity. Frequency counts every moment at
which a loss of load begins: a unit fails within the hour, or the load rises, or a unit that
is drawn each hour comes out worse, from one hour to the next. The period repeats: the hour
before its first is its last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray
from grid.adequacy.outage_table import MAX_STATES, OutageTable, grid_step, outage_table, rounding_mw
from grid.adequacy.system import SHORT_TOL_MW, AdequacySystem, Outages

WORK = 1_000_000_000
"""Steps of arithmetic a convolution may take (some ten seconds) before its grid is coarser."""

LEAST_STATES = 1000
"""A grid is never coarser than this."""

MAX_LISTED = 8
"""Units with a capacity that changes by the hour whose states are listed one by one."""

MAX_PARALLEL_LINKS = 10
TWO_AREAS = 2
HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Adequacy of a system, computed without sampling.

    Attributes
    ----------
    lolp : ndarray, shape (hour,)
        Probability that any area is short. [1]
    area_lolp : ndarray, shape (hour, area)
        Probability that the area is short. [1]
    eue_mwh : ndarray, shape (hour, area)
        Expected unserved energy. [MWh]
    frequency : float
        Beginnings of a loss of load per period; NaN if `frequency_missing` says why not.
    frequency_missing : str
        Empty where the frequency was computed.
    step_mw, rounding_mw : float
        Grid of the tables, and the largest change of a capacity put on it. [MW]
    """

    lolp: FloatArray
    area_lolp: FloatArray
    eue_mwh: FloatArray
    frequency: float
    frequency_missing: str
    step_mw: float
    rounding_mw: float

    @property
    def lole_h(self) -> float:
        """Loss of load expectation per period. [h]."""
        return float(self.lolp.sum())

    @property
    def loee_mwh(self) -> float:
        """Loss of energy expectation (LOEE, EUE) per period. [MWh]."""
        return float(self.eue_mwh.sum())

    @property
    def mean_duration_h(self) -> float:
        """Mean duration of a loss of load; NaN without frequency or losses. [h]."""
        return self.lole_h / self.frequency if self.frequency > 0.0 else float("nan")

    @property
    def daily_peak_lole_days(self) -> float:
        """Days with a loss at the worst hour; NaN unless the period is whole days."""
        if len(self.lolp) % HOURS_PER_DAY:
            return float("nan")
        return float(self.lolp.reshape(-1, HOURS_PER_DAY).max(axis=1).sum())


def why_not_exact(system: AdequacySystem) -> str:
    """Say why a system can only be simulated; empty if it can be convolved."""
    if len(system.stores):
        return "storage links the hours: by simulation only"
    if len(system.area_ids) > TWO_AREAS:
        return f"{len(system.area_ids)} areas: more than two by simulation only"
    if len(system.links) > MAX_PARALLEL_LINKS:
        return f"{len(system.links)} links between two areas: more than 10 by simulation only"
    return ""


def convolve(system: AdequacySystem) -> Exact:
    """Compute the adequacy of one area, or of two with limited exchange.

    A surplus helps the other area up to what the links in service can carry. Which area
    has priority never matters with two: one that needs help has none to give.

    Parameters
    ----------
    system : AdequacySystem
        Without storage.

    Returns
    -------
    Exact

    Raises
    ------
    ValueError
        If `why_not_exact` says so.

    References
    ----------
    .. [1] R. Billinton and R. N. Allan, Reliability Evaluation of Power Systems, 2nd ed.,
       1996, chapters 2 (single system) and 4 (interconnected systems).
    """
    reason = why_not_exact(system)
    if reason:
        raise ValueError(reason)
    net_mw = system.load_mw - system.certain_mw
    step_mw = _step(system)
    units = system.units
    steady_mw = units.capacity_mw[units.hourly_row < 0]
    areas = [
        _Tables.of(system, system.units.area == area, step_mw)
        for area in range(len(system.area_ids))
    ]
    if len(areas) == 1:
        any_lolp, shortfall, within = areas[0].evaluate(net_mw[:, 0])
        lolp, eue = any_lolp[:, None], shortfall[:, None]
        rising, missing = _rising(system, areas[0], net_mw[:, 0], step_mw)
        frequency = float(within.sum()) + rising
    else:
        lolp, eue, any_lolp = _two_areas(system, areas, net_mw)
        frequency, missing = float("nan"), "frequency of two areas: by simulation only"
    return Exact(
        lolp=any_lolp,
        area_lolp=lolp,
        eue_mwh=eue,
        frequency=frequency,
        frequency_missing=missing,
        step_mw=step_mw,
        rounding_mw=rounding_mw(np.concatenate((steady_mw, units.hourly_mw.ravel())), step_mw),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    """Tables of a group of units by hour.

    Units that never change are convolved once; the others are added for each set of their
    capacities, one table at a time, for there may be as many as hours.
    """

    base: OutageTable
    changing: Outages
    patterns_mw: FloatArray
    which: IntArray

    @classmethod
    def of(cls, system: AdequacySystem, chosen: BoolArray, step_mw: float) -> "_Tables":
        units = system.units
        fixed, changing = chosen & (units.hourly_row < 0), chosen & (units.hourly_row >= 0)
        patterns = np.zeros((1, 0))
        which = np.zeros(system.hours, dtype=np.int64)
        if changing.any():
            capacity = units.hourly_mw[units.hourly_row[changing]].T
            patterns, inverse = np.unique(capacity, axis=0, return_inverse=True)
            which = np.ravel(inverse).astype(np.int64)
        return cls(
            base=outage_table(units.capacity_mw[fixed], _some(units.outages, fixed), step_mw),
            changing=_some(units.outages, changing),
            patterns_mw=patterns,
            which=which,
        )

    def pattern(self, number: int) -> OutageTable:
        """Table of all units with one set of capacities."""
        if len(self.changing) == 0:
            return self.base
        return outage_table(self.patterns_mw[number], self.changing, self.base.step_mw, self.base)

    def by_hour(self) -> Iterator[OutageTable]:
        """Yield the table of each hour; it is built only where the capacities change."""
        last, table = -1, self.base
        for number in self.which.tolist():
            if number != last:
                last, table = number, self.pattern(number)
            yield table

    def evaluate(self, level_mw: FloatArray) -> FloatArray:
        """LOLP, mean shortfall [MW] and frequency [1/h] at each hour's level, shape (3, hour)."""
        found = np.zeros((3, len(level_mw)))
        if len(self.changing) <= MAX_LISTED:
            # A few changing units: every state of theirs against the table of the others.
            for up in product((True, False), repeat=len(self.changing)):
                q = self.changing.probability
                weight = float(np.prod(np.where(up, 1.0 - q, q)))
                levels = level_mw - (self.patterns_mw @ np.array(up, dtype=float))[self.which]
                found += weight * self._at(self.base, levels)
            return found
        for number in range(len(self.patterns_mw)):
            table, hours = self.pattern(number), self.which == number
            found[:, hours] = self._at(table, level_mw[hours])
        return found

    @staticmethod
    def _at(table: OutageTable, level_mw: FloatArray) -> FloatArray:
        return np.stack(
            [
                table.lolp(level_mw),
                table.expected_shortfall(level_mw),
                table.frequency(level_mw),
            ]
        )


def _some(outages: Outages, chosen: BoolArray) -> Outages:
    return Outages(
        probability=outages.probability[chosen],
        failure_rate_per_h=outages.failure_rate_per_h[chosen],
        repair_rate_per_h=outages.repair_rate_per_h[chosen],
        is_hourly=outages.is_hourly[chosen],
    )


def _step(system: AdequacySystem) -> float:
    """Step of the tables, coarse enough for the work to end in reasonable time."""
    units = system.units
    hourly_mw = units.hourly_mw if units.hourly_mw.size else np.zeros((1, system.hours))
    changing = units.hourly_row >= 0
    most_mw, tables, rounds = 0.0, 0, 1
    for area in range(len(system.area_ids)):
        here = units.area == area
        capacity = hourly_mw[units.hourly_row[here & changing]]
        fixed_mw = units.capacity_mw[here & ~changing].sum()
        most_mw = max(most_mw, float(fixed_mw + capacity.sum(axis=0).max(initial=0.0)))
        if len(capacity) > MAX_LISTED or (len(capacity) and len(system.area_ids) == TWO_AREAS):
            tables += len(np.unique(capacity.T, axis=0)) * len(capacity)
    if len(system.area_ids) == TWO_AREAS:
        rounds = 2 * system.hours * len(_link_states(system))
    elif units.outages.is_hourly.any():
        rounds = system.hours
    states = min(MAX_STATES, WORK // (4 * tables + rounds))
    steady_mw = units.capacity_mw[~changing]
    return grid_step(steady_mw, units.hourly_mw, most_mw, max(states, LEAST_STATES))


def _rising(
    system: AdequacySystem, tables: _Tables, net_mw: FloatArray, step_mw: float
) -> tuple[float, str]:
    """Losses of load that begin between two hours, per period; or NaN and why not."""
    units = system.units
    hourly = units.outages.is_hourly
    if ((units.hourly_row >= 0) & ~hourly).any():
        return float("nan"), (
            "frequency with repairable units whose capacity changes by the hour: by simulation only"
        )
    before_mw = np.roll(net_mw, 1)
    if not hourly.any():
        # The same units see the next hour's load: a loss begins if they cover only the last.
        rise = tables.base.lolp(net_mw) - tables.base.lolp(before_mw)
        return float(np.maximum(rise, 0.0).sum()), ""
    lasting = _Tables.of(system, ~hourly, step_mw).base
    present = np.flatnonzero(lasting.probability > 0.0)
    capacity_mw, weight = present * step_mw, lasting.probability[present]
    drawn = _Tables.of(system, hourly, step_mw)
    last = drawn.pattern(int(drawn.which[-1]))
    begins = 0.0
    for hour, now in enumerate(drawn.by_hour()):
        covered_before = 1.0 - last.lolp(before_mw[hour] - capacity_mw)
        begins += float(weight @ (covered_before * now.lolp(net_mw[hour] - capacity_mw)))
        last = now
    return begins, ""


def _link_states(system: AdequacySystem) -> list[tuple[float, float, float]]:
    """Probability and capacity (0 to 1, 1 to 0) [MW] of all links together, by state."""
    links = system.links
    combined: dict[tuple[float, float], float] = {}
    for up in product((True, False), repeat=len(links)):
        in_service = np.array(up, dtype=np.bool_)
        q = links.outages.probability
        probability = float(np.prod(np.where(in_service, 1.0 - q, q)))
        from_first = links.from_area == 0
        there = np.where(from_first, links.capacity_mw, links.back_mw)[in_service].sum()
        back = np.where(from_first, links.back_mw, links.capacity_mw)[in_service].sum()
        key = (float(there), float(back))
        combined[key] = combined.get(key, 0.0) + probability
    return [(p, there, back) for (there, back), p in combined.items() if p > 0.0]


def _two_areas(
    system: AdequacySystem, areas: list[_Tables], net_mw: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Loss probability and unserved energy by area, and probability that any is short.

    For a shortfall ``d`` of one area before help, with ``G(x)`` the other's expected
    shortfall at load ``x`` and ``T`` the capacity towards the first, what is left after
    help has the mean ``d - t + G(load + t) - G(load)`` with ``t = min(d, T)``.
    """
    states = _link_states(system)
    shape = net_mw.shape
    lolp, eue, alone = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for hour, tables in enumerate(zip(*(own.by_hour() for own in areas), strict=True)):
        for area in range(TWO_AREAS):
            own, other = tables[area], tables[1 - area]
            need_mw, other_mw = net_mw[hour, area], net_mw[hour, 1 - area]
            short = int(own.state(need_mw))
            alone[hour, area] = own.below[short]
            weight = own.probability[:short]
            d_mw = need_mw - np.arange(short) * own.step_mw
            without = other.expected_shortfall(other_mw)
            for probability, there, back in states:
                carried = back if area == 0 else there
                t_mw = np.minimum(d_mw, carried)
                enough = d_mw <= carried + SHORT_TOL_MW
                lost = np.where(enough, other.lolp(other_mw + d_mw), 1.0)
                left = d_mw - t_mw + other.expected_shortfall(other_mw + t_mw) - without
                lolp[hour, area] += probability * float(weight @ lost)
                eue[hour, area] += probability * float(weight @ left)
    return lolp, eue, lolp.sum(axis=1) - alone.prod(axis=1)
