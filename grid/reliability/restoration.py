"""After one fault: which device clears it, and when each load point has supply again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from data.problems import InputError, Problem
from data.tables import FloatArray, IntArray
from grid.reliability.radial import RadialSystem

MANY_TIES = 10
"""Most ties of uncertain availability behind one zone: each doubles the outcomes."""

NEVER = 1e-9
"""A device that comes to its turn more seldom than this is taken to clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What can follow a fault, by zone: device that clears, ties that can be used.

    Attributes
    ----------
    zone, cleared_by : ndarray of int, shape (outcome,)
        Zone of the fault, and the zone whose device clears it.
    probability : ndarray, shape (outcome,)
        Sum to 1 over the outcomes of a zone. [1]
    begin, end : ndarray of int, shape (outcome,)
        Load places that lose supply, in the order of ``RadialSystem.load_row``.
    offset : ndarray of int, shape (outcome + 1,)
        Where each outcome's times begin in ``back_h``.
    back_h : ndarray, shape (time,)
        From fault to supplied again by switching; infinite for those who wait for the
        repair. [h]
    first : ndarray of int, shape (zone + 1,)
        First outcome of each zone; zones without failures have none.
    ties : tuple of tuple of int
        Ties of uncertain availability that matter, for each zone. The outcomes of a zone
        count their availability up in binary, the first tie the most significant.
    """

    zone: IntArray
    cleared_by: IntArray
    probability: FloatArray
    begin: IntArray
    end: IntArray
    offset: IntArray
    back_h: FloatArray
    first: IntArray
    ties: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """Where a tie ends in a part, and when it can be closed with supply at its far end."""

    zone: int
    closed_h: float


def outcomes(system: RadialSystem) -> Outcomes:
    """List what can follow a fault in each zone, one fault at a time.

    Parameters
    ----------
    system : RadialSystem

    Returns
    -------
    Outcomes
        For each zone by the device that clears, from the fault outwards, then by the
        ties that can be used.

    Raises
    ------
    InputError
        If more than ``MANY_TIES`` ties of uncertain availability lie behind one zone.
    """
    zones = len(system.zone_parent)
    rate = np.bincount(system.branch_zone, system.branches.failure_rate_per_yr, zones)
    p = system.ties.p_available
    zone_list: list[int] = []
    cleared: list[int] = []
    probability: list[float] = []
    back: list[FloatArray] = []
    first = np.zeros(zones + 1, dtype=np.int64)
    relevant: list[tuple[int, ...]] = []
    for zone in range(zones):
        first[zone] = len(zone_list)
        if rate[zone] <= 0.0:
            relevant.append(())
            continue
        clearing = _clearing(system, zone)
        unsure = _uncertain_ties(system, zone, [by for by, _ in clearing])
        if len(unsure) > MANY_TIES:
            name = system.branches.name[np.flatnonzero(system.branch_zone == zone)[0]]
            raise InputError(
                [
                    Problem(
                        "many_uncertain_ties",
                        f"ties behind {name}",
                        len(unsure),
                        f"at most {MANY_TIES} with p_available between 0 and 1",
                        "Set the probability of the least important ones to 0 or 1.",
                    )
                ]
            )
        relevant.append(unsure)
        for by, p_by in clearing:
            for works in product((False, True), repeat=len(unsure)):
                drawn = {tie for tie, on in zip(unsure, works, strict=True) if on}
                p_ties = [p[t] if on else 1.0 - p[t] for t, on in zip(unsure, works, strict=True)]
                zone_list.append(zone)
                cleared.append(by)
                probability.append(p_by * prod(p_ties))
                back.append(back_by_switching_h(system, zone, by, _sure_ties(system, by) | drawn))
    first[zones] = len(zone_list)
    by_zone = np.array(cleared, dtype=np.int64)
    return Outcomes(
        zone=np.array(zone_list, dtype=np.int64),
        cleared_by=by_zone,
        probability=np.array(probability),
        begin=system.first_load[by_zone],
        end=system.first_load[system.zone_end[by_zone]],
        offset=np.concatenate([[0], np.cumsum([len(each) for each in back])]).astype(np.int64),
        back_h=np.concatenate(back) if back else np.zeros(0),
        first=first,
        ties=tuple(relevant),
    )


def usable_ties(system: RadialSystem, after: Outcomes, outcome: int) -> frozenset[int]:
    """Ties that can be used in an outcome.

    Parameters
    ----------
    system : RadialSystem
    after : Outcomes
    outcome : int

    Returns
    -------
    frozenset of int
        Those that always can, and those drawn for the faulted zone.
    """
    zone = int(after.zone[outcome])
    unsure = after.ties[zone]
    number = outcome - int(after.first[zone])
    drawn = {tie for bit, tie in enumerate(reversed(unsure)) if number >> bit & 1}
    return frozenset(_sure_ties(system, int(after.cleared_by[outcome])) | drawn)


def back_by_switching_h(
    system: RadialSystem, zone: int, cleared_by: int, usable: Collection[int]
) -> FloatArray:
    """Hours from a fault until each load behind the device that cleared it is back.

    Once a device between the fault and a load point is open, and every part of the way
    from the supply to the load point is cut off from the fault too, the load point has
    supply again: from the busbar when the device that cleared is closed again (or
    replaced), or over a tie. Parts that branch off upstream of the fault may use their
    ties until the fault is cut off more closely; what lies on the way itself does not.

    Parameters
    ----------
    system : RadialSystem
    zone : int
        Zone of the fault.
    cleared_by : int
        Zone whose device cleared it; the fault's own or one upstream.
    usable : collection of int
        Ties that can be used this time.

    Returns
    -------
    ndarray, shape (load behind the device,)
        Infinite for those who wait for the repair. [h]
    """
    low, high = cleared_by, int(system.zone_end[cleared_by])
    zone_h, way_h = _from_busbar(system, zone, cleared_by)
    first, last = system.first_load[low], system.first_load[high]
    load_h = zone_h[system.load_zone[first:last] - low]
    ends = _ends_behind(system, low)
    parts: dict[int, dict[int, _Ready]] = {}
    for tie, inner, outer in sorted(
        zip(
            system.end_tie[ends].tolist(),
            system.end_zone[ends].tolist(),
            system.end_other[ends].tolist(),
            strict=True,
        )
    ):
        if tie not in usable or inner in way_h or zone <= outer < system.zone_end[zone]:
            continue
        part = inner
        while int(system.zone_parent[part]) not in way_h:
            part = int(system.zone_parent[part])
        if part <= outer < system.zone_end[part]:
            continue
        alive_h = float(zone_h[outer - low]) if low <= outer < high else 0.0
        closed_h = max(alive_h, float(system.ties.switching_h[tie]))
        parts.setdefault(part, {})[tie] = _Ready(zone=inner, closed_h=closed_h)
    for part, ready in parts.items():
        above_h = way_h[int(system.zone_parent[part])]
        places, hours = _supplied_over_ties(system, part, above_h, ready)
        at = places - first
        load_h[at] = np.minimum(load_h[at], hours)
    return load_h


def _from_busbar(
    system: RadialSystem, zone: int, cleared_by: int
) -> tuple[FloatArray, dict[int, float]]:
    """Hours until the busbar supplies each zone, and until those on the way are cut off.

    The zones are those behind the device that cleared; the way leads from there to the
    fault.
    """
    opens = system.zone_switching_h
    low, high = cleared_by, int(system.zone_end[cleared_by])
    zone_h = np.full(high - low, np.inf)
    way_h = {zone: np.inf}
    below, at, cut_off_h = zone, int(system.zone_parent[zone]), float(opens[zone])
    while below != cleared_by:
        way_h[at] = cut_off_h
        # All behind this zone of the way that is not behind the next one.
        back_h = max(cut_off_h, float(opens[cleared_by]))
        zone_h[at - low : below - low] = back_h
        zone_h[system.zone_end[below] - low : system.zone_end[at] - low] = back_h
        below, cut_off_h = at, min(cut_off_h, float(opens[at]))
        at = int(system.zone_parent[at])
    return zone_h, way_h


def _sure_ties(system: RadialSystem, cleared_by: int) -> set[int]:
    """Ties behind a device that can always be used."""
    behind = system.end_tie[_ends_behind(system, cleared_by)].tolist()
    return {tie for tie in behind if system.ties.p_available[tie] >= 1.0}


def _uncertain_ties(system: RadialSystem, zone: int, cleared_by: Sequence[int]) -> tuple[int, ...]:
    """Ties that may or may not be there, and matter if they are.

    Downstream of the fault every tie matters; elsewhere one that is closed before the
    supply from the busbar is back.
    """
    p = system.ties.p_available
    found = set()
    for by in cleared_by:
        zone_h, way_h = _from_busbar(system, zone, by)
        for end in range(*_ends_behind(system, by).indices(len(system.end_tie))):
            tie, inner = int(system.end_tie[end]), int(system.end_zone[end])
            if not 0.0 < p[tie] < 1.0 or inner in way_h:
                continue
            part, cut_off_h = inner, float(system.zone_switching_h[inner])
            while int(system.zone_parent[part]) not in way_h:
                part = int(system.zone_parent[part])
                cut_off_h = min(cut_off_h, float(system.zone_switching_h[part]))
            cut_off_h = min(cut_off_h, way_h[int(system.zone_parent[part])])
            if max(cut_off_h, float(system.ties.switching_h[tie])) < zone_h[inner - by]:
                found.add(tie)
    return tuple(sorted(found))


def _ends_behind(system: RadialSystem, zone: int) -> slice:
    """Tie ends in a zone and downstream of it."""
    return slice(int(system.first_end[zone]), int(system.first_end[system.zone_end[zone]]))


def _clearing(system: RadialSystem, zone: int) -> list[tuple[int, float]]:
    """Zones whose device may clear a fault, nearest first, with their probability."""
    found: list[tuple[int, float]] = []
    reached = 1.0
    while reached > 0.0:
        if system.zone_is_protected[zone]:
            stuck = float(system.zone_p_stuck[zone]) if reached > NEVER else 0.0
            if stuck < 1.0:
                found.append((zone, reached * (1.0 - stuck)))
            reached *= stuck
        zone = int(system.zone_parent[zone])
    return found


def _supplied_over_ties(
    system: RadialSystem, part: int, above_h: float, ready: dict[int, _Ready]
) -> tuple[IntArray, FloatArray]:
    """Give the loads of one part, and when its ties supply each (infinite: no room).

    ``above_h`` is when the zone upstream of the part is cut off from the fault.
    """
    end = int(system.zone_end[part])
    cut_off_h = np.minimum(system.zone_switching_h[part:end], above_h).tolist()
    above = (system.zone_parent[part:end] - part).tolist()
    for at in range(1, end - part):
        cut_off_h[at] = min(cut_off_h[at], cut_off_h[above[at]])
    first, last = int(system.first_load[part]), int(system.first_load[end])
    places = np.arange(first, last)[np.argsort(system.load_rank[first:last])]
    peak_mw = system.loads.peak_mw[system.load_row[places]]
    taken_by = fill(peak_mw, system.ties.capacity_mw[list(ready)])
    total_mw = float(peak_mw.sum())
    hours = np.full(len(places), np.inf)
    for number, (tie, own) in enumerate(ready.items()):
        # A load is reached when the zone where its way meets the tie's is cut off.
        reached_h = np.empty(end - part)
        at, done = own.zone - part, slice(0, 0)
        while at >= 0:
            behind = slice(at, int(system.zone_end[at + part]) - part)
            if done.stop:
                reached_h[behind.start : done.start] = cut_off_h[at]
                reached_h[done.stop : behind.stop] = cut_off_h[at]
            else:
                reached_h[behind] = cut_off_h[at]
            at, done = above[at] if at else -1, behind
        # A tie with room for the whole part supplies whoever it reaches first.
        has_room = system.ties.capacity_mw[tie] >= total_mw
        own_h = np.maximum(own.closed_h, reached_h[system.load_zone[places] - part])
        own_h[~(has_room | (taken_by == number))] = np.inf
        hours = np.minimum(hours, own_h)
    return places, hours


def fill(peak_mw: FloatArray, capacity_mw: FloatArray) -> IntArray:
    """Give loads to ties, both in their order, as long as the next load fits.

    When a load does not fit the room left, the next tie takes over; loads after the last
    tie is full get nothing, and nobody is passed over for a smaller one.

    Parameters
    ----------
    peak_mw : ndarray, shape (load,)
        [MW]
    capacity_mw : ndarray, shape (tie,)
        [MW]

    Returns
    -------
    ndarray of int, shape (load,)
        Position of the tie, -1 for none.
    """
    taken_by = np.full(len(peak_mw), -1, dtype=np.int64)
    total = np.concatenate([[0.0], np.cumsum(peak_mw)])
    at = 0
    for tie, room in enumerate(capacity_mw.tolist()):
        # The tolerance lets loads fit whose peaks add up to the capacity but for rounding.
        until = int(np.searchsorted(total, total[at] + room * (1.0 + 1e-9), side="right")) - 1
        taken_by[at:until] = tie
        at = max(at, until)
    return taken_by
