"""Load-point indices by simulation: years of failures drawn one after another."""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray
from grid.reliability.analytical import interruption_nok
from grid.reliability.indices import (
    HOURS_PER_YEAR,
    KWH_PER_MWH,
    Indices,
    KileCosts,
    LoadPointIndices,
    SystemIndices,
    load_point_indices,
    ratio,
    system_indices,
)
from grid.reliability.overlap import Fault, Interruptions, interruptions
from grid.reliability.radial import RadialSystem
from grid.reliability.restoration import Outcomes, outcomes, usable_ties

BLOCK_YEARS = 1000
"""Years that begin with everything in service; the result depends on it, so it is fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Simulated indices.

    Attributes
    ----------
    years, failures : int
        Simulated years, and failures of components in them.
    overlapping : int
        Failures that met another whose effects touch theirs.
    mean : Indices
        Means over the years.
    standard_error : Indices
        Of each mean; of a ratio (CAIDI, mean outage) by its first-order expansion.
    """

    years: int
    failures: int
    overlapping: int
    mean: Indices
    standard_error: Indices


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """Failures of some years in the order in which they happen; arrays (failure,)."""

    from_h: FloatArray
    to_h: FloatArray
    outcome: IntArray


def simulate(
    system: RadialSystem,
    years: int,
    seed: int,
    kile: KileCosts | None = None,
    after: Outcomes | None = None,
) -> Simulated:
    """Reliability indices by sequential Monte Carlo simulation.

    Each component fails at the points of a Poisson process while it is in service; the
    device that clears, the ties that can be used and the repair time are drawn for each
    failure. Failures that overlap are followed together from instant to instant. The draws
    of a component depend on the seed, its name and the block of ``BLOCK_YEARS`` only:
    other components and the number of years change none of them.

    Parameters
    ----------
    system : RadialSystem
    years : int
        At least 2, for a standard error.
    seed : int
        Not negative.
    kile : KileCosts, optional
        Without it KILE is 0.
    after : Outcomes, optional
        From `outcomes`, to save the work.

    Returns
    -------
    Simulated

    Raises
    ------
    ValueError
        If ``years`` is below 2.

    References
    ----------
    .. [1] R. Billinton and W. Li, Reliability Assessment of Electric Power Systems Using
       Monte Carlo Methods, 1994, chapter 3 (state duration sampling).
    """
    if years < 2:  # noqa: PLR2004 -- a standard error needs two
        raise ValueError("years must be at least 2")
    after = outcomes(system) if after is None else after
    loads = len(system.loads)
    sums = np.zeros((3, loads))
    squares = np.zeros((3, loads))
    crossed = np.zeros(loads)
    totals: list[FloatArray] = []
    failures = overlapping = 0
    for block, length in enumerate(_blocks(years)):
        course = _course(system, after, seed, block, length)
        groups = _groups(system, after, course)
        failures += len(course.from_h)
        overlapping += sum(len(group) for group in groups)
        met = _interruptions(system, after, course, groups)
        duration_h = met.to_h - met.from_h
        cost = np.zeros(len(duration_h))
        if kile is not None:
            cost = interruption_nok(system, kile, met.place, duration_h)
        year = np.minimum((met.from_h / HOURS_PER_YEAR).astype(np.int64), length - 1)
        cell = year * loads + met.place
        by_year = np.stack(
            [
                np.bincount(cell, weights, length * loads).reshape(length, loads)
                for weights in (np.ones(len(cell)), duration_h, cost)
            ]
        ).astype(np.float64)
        sums += by_year.sum(axis=1)
        squares += (by_year**2).sum(axis=1)
        crossed += (by_year[0] * by_year[1]).sum(axis=0)
        totals.append(_totals(system, by_year))
    mean = load_point_indices(system, *(sums / years))
    per_year = np.concatenate(totals, axis=1)
    return Simulated(
        years=years,
        failures=failures,
        overlapping=overlapping,
        mean=Indices(load_points=mean, system=system_indices(system.loads.customers, mean)),
        standard_error=Indices(
            load_points=_load_point_errors(system, years, sums, squares, crossed),
            system=_system_errors(float(system.loads.customers.sum()), per_year),
        ),
    )


def _blocks(years: int) -> Iterator[int]:
    """Lengths of the blocks of years."""
    for begin in range(0, years, BLOCK_YEARS):
        yield min(BLOCK_YEARS, years - begin)


def _course(system: RadialSystem, after: Outcomes, seed: int, block: int, length: int) -> _Course:
    """Draw the failures of one block; a shorter block is the beginning of a full one."""
    branches = system.branches
    sigma = np.sqrt(np.log1p(system.repair_cv**2))
    begins: list[FloatArray] = [np.zeros(0)]
    ends: list[FloatArray] = [np.zeros(0)]
    found: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    for row in np.flatnonzero(branches.failure_rate_per_yr > 0.0).tolist():
        zone = int(system.branch_zone[row])
        key = (block, crc32(str(branches.name[row]).encode()))
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))
        count = int(rng.poisson(branches.failure_rate_per_yr[row] * BLOCK_YEARS))
        begin = np.sort(rng.random(count)) * BLOCK_YEARS * HOURS_PER_YEAR
        spread = np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2.0)
        end = begin + branches.repair_h[row] * spread
        outcome = _draw_outcomes(system, after, zone, count, rng)
        keep = _in_service(begin, end) & (begin < length * HOURS_PER_YEAR)
        begins.append(begin[keep])
        ends.append(end[keep])
        found.append(outcome[keep])
    begin, end, outcome = np.concatenate(begins), np.concatenate(ends), np.concatenate(found)
    order = np.lexsort((outcome, end, begin))
    return _Course(from_h=begin[order], to_h=end[order], outcome=outcome[order])


def _draw_outcomes(
    system: RadialSystem, after: Outcomes, zone: int, count: int, rng: np.random.Generator
) -> IntArray:
    """Draw which device clears each failure of a zone, and which ties can be used."""
    first, last = int(after.first[zone]), int(after.first[zone + 1])
    ties = list(after.ties[zone])
    devices = after.probability[first:last].reshape(-1, 1 << len(ties)).sum(axis=1)
    device = np.searchsorted(np.cumsum(devices)[:-1], rng.random(count), side="right")
    works = rng.random((count, len(ties))) < system.ties.p_available[ties]
    # In the order in which `outcomes` lists them: the first tie counts most.
    weight = 1 << np.arange(len(ties))[::-1]
    return np.asarray(first + (device << len(ties)) + works @ weight, dtype=np.int64)


def _in_service(begin: FloatArray, end: FloatArray) -> BoolArray:
    """Failures that find their component in service; the others cannot happen."""
    keep = np.ones(len(begin), dtype=np.bool_)
    if (begin[1:] < end[:-1]).any():
        until = 0.0
        for at, (now, done) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
            if now < until:
                keep[at] = False
            else:
                until = done
    return keep


def _meetings(system: RadialSystem, after: Outcomes, course: _Course) -> Iterator[tuple[int, int]]:
    """Pairs of failures that overlap in time and behind the devices that cleared them.

    They touch when one is behind the other's device, or a tie runs from one to the other.
    """
    low = after.cleared_by[course.outcome]
    high = system.zone_end[low]
    latest = np.maximum.accumulate(course.to_h)
    crowded = np.flatnonzero(course.from_h[1:] < latest[:-1]) + 1
    from_h, to_h = course.from_h.tolist(), course.to_h.tolist()
    inner, outer = system.end_zone, system.end_other
    for late in crowded.tolist():
        early = late - 1
        while early >= 0 and latest[early] > from_h[late]:
            if to_h[early] > from_h[late] and (
                (low[early] < high[late] and low[late] < high[early])
                or (
                    (inner >= low[early])
                    & (inner < high[early])
                    & (outer >= low[late])
                    & (outer < high[late])
                ).any()
            ):
                yield early, late
            early -= 1


def _interruptions(
    system: RadialSystem, after: Outcomes, course: _Course, groups: list[list[int]]
) -> Interruptions:
    """Interruptions of all load points in a course of failures."""
    alone = np.ones(len(course.from_h), dtype=np.bool_)
    alone[[at for group in groups for at in group]] = False
    outcome = course.outcome[alone]
    size = (after.end - after.begin)[outcome]
    failure = np.repeat(np.flatnonzero(alone), size)
    within = np.arange(len(failure)) - np.repeat(np.cumsum(size) - size, size)
    outcome = course.outcome[failure]
    back_h = after.back_h[after.offset[outcome] + within]
    from_h = course.from_h[failure]
    to_h = np.minimum(from_h + back_h, course.to_h[failure])
    happens = back_h > 0.0
    found = [
        Interruptions(
            place=(after.begin[outcome] + within)[happens],
            from_h=from_h[happens],
            to_h=to_h[happens],
        )
    ]
    for group in groups:
        faults = [
            Fault(
                zone=int(after.zone[course.outcome[at]]),
                cleared_by=int(after.cleared_by[course.outcome[at]]),
                from_h=float(course.from_h[at]),
                to_h=float(course.to_h[at]),
                usable=usable_ties(system, after, int(course.outcome[at])),
            )
            for at in group
        ]
        found.append(interruptions(system, faults))
    return Interruptions(
        place=np.concatenate([each.place for each in found]),
        from_h=np.concatenate([each.from_h for each in found]),
        to_h=np.concatenate([each.to_h for each in found]),
    )


def _groups(system: RadialSystem, after: Outcomes, course: _Course) -> list[list[int]]:
    """Failures that overlap, directly or through others."""
    leader: dict[int, int] = {}

    def find(at: int) -> int:
        while leader.setdefault(at, at) != at:
            at = leader[at]
        return at

    for one, other in _meetings(system, after, course):
        a, b = find(one), find(other)
        leader[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for at in sorted(leader):
        groups.setdefault(find(at), []).append(at)
    return list(groups.values())


def _totals(system: RadialSystem, by_year: FloatArray) -> FloatArray:
    """Sum up customer interruptions, customer hours, ENS [MWh] and cost [NOK] of each year."""
    loads = system.loads
    customers, mean_mw = loads.customers[system.load_row], loads.mean_mw[system.load_row]
    return np.stack(
        [
            by_year[0] @ customers,
            by_year[1] @ customers,
            by_year[1] @ mean_mw,
            by_year[2].sum(axis=1),
        ]
    )


def _error(years: int, sums: FloatArray, squares: FloatArray) -> FloatArray:
    """Give the standard error of a mean over years from sums and sums of squares."""
    variance = np.maximum(squares - sums**2 / years, 0.0) / (years - 1)
    return np.asarray(np.sqrt(variance / years), dtype=np.float64)


def _ratio_error(
    years: int, part: FloatArray, whole: FloatArray, squares: tuple[FloatArray, ...]
) -> FloatArray:
    """Give the standard error of a ratio of means.

    ``squares`` are the sums over years of the squares of part and whole, and their product.
    """
    value = ratio(part, whole)
    rest = squares[0] - 2.0 * value * squares[2] + value**2 * squares[1]
    return np.sqrt(np.maximum(rest, 0.0) / (years - 1) * years) / np.where(
        whole > 0.0, whole, np.nan
    )


def _load_point_errors(
    system: RadialSystem, years: int, sums: FloatArray, squares: FloatArray, crossed: FloatArray
) -> LoadPointIndices:
    errors = _error(years, sums, squares)
    duration = _ratio_error(years, sums[1], sums[0], (squares[1], squares[0], crossed))
    place = np.empty(len(system.load_row), dtype=np.int64)
    place[system.load_row] = np.arange(len(place))
    return LoadPointIndices(
        failure_rate_per_yr=errors[0][place],
        outage_h_per_yr=errors[1][place],
        mean_outage_h=duration[place],
        ens_mwh_per_yr=system.loads.mean_mw * errors[1][place],
        kile_nok_per_yr=errors[2][place],
    )


def _system_errors(customers: float, per_year: FloatArray) -> SystemIndices:
    """Give the standard errors of the system's indices from its totals of each year."""
    years = per_year.shape[1]
    sums = per_year.sum(axis=1)
    squares = (per_year**2).sum(axis=1)
    hit, hours, ens, nok = _error(years, sums, squares).tolist()
    crossed = per_year[0] @ per_year[1]
    caidi = _ratio_error(years, sums[1:2], sums[:1], (squares[1:2], squares[:1], crossed))
    has = customers > 0.0
    saidi_h = hours / customers if has else np.nan
    return SystemIndices(
        saifi=hit / customers if has else np.nan,
        saidi_h=saidi_h,
        caidi_h=float(caidi[0]),
        asai=saidi_h / HOURS_PER_YEAR,
        asui=saidi_h / HOURS_PER_YEAR,
        ens_mwh=ens,
        aens_kwh=ens * KWH_PER_MWH / customers if has else np.nan,
        kile_nok=nok,
    )
