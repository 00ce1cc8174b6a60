"""Several faults at once: who has supply at each instant, until all are repaired."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray
from grid.reliability.radial import EXTERNAL, RadialSystem
from grid.reliability.restoration import fill

INSTANT_H = 1e-9
"""Times closer than this are one instant."""

HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a course of faults.

    Attributes
    ----------
    zone, cleared_by : int
        Where it is, and the zone whose device cleared it.
    from_h, to_h : float
        When it happens and is repaired. [h]
    usable : frozenset of int
        Ties that can be used because of it.
    """

    zone: int
    cleared_by: int
    from_h: float
    to_h: float
    usable: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruptions:
    """Interruptions of load points: place in the order of zones, from and to [h]."""

    place: IntArray
    from_h: FloatArray
    to_h: FloatArray


def interruptions(system: RadialSystem, faults: Sequence[Fault]) -> Interruptions:
    """Interruptions that faults cause together; those that touch are one.

    Parameters
    ----------
    system : RadialSystem
    faults : sequence of Fault

    Returns
    -------
    Interruptions
    """
    part = _Part(system, faults)
    steps = {each.from_h for each in faults} | {each.to_h for each in faults}
    steps |= {
        each.from_h + hours
        for each in faults
        for hours in part.switching_h
        if each.from_h + hours < each.to_h
    }
    times = [min(steps)]
    times += [now for before, now in _pairs(sorted(steps)) if now - before > INSTANT_H]
    dark = np.zeros((len(times) + 1, len(part.places)), dtype=np.bool_)
    for step, (begin, end) in enumerate(_pairs(times), start=1):
        middle = begin + HALF * (end - begin)
        active = [each for each in faults if each.from_h < middle < each.to_h]
        if active:
            dark[step] = ~part.supplied(active, middle)
    change = np.diff(dark.astype(np.int8), axis=0).T
    place, begins = np.nonzero(change > 0)
    _, ends = np.nonzero(change < 0)
    hours = np.array(times)
    return Interruptions(place=part.places[place], from_h=hours[begins], to_h=hours[ends])


def _pairs(times: Sequence[float]) -> list[tuple[float, float]]:
    return list(pairwise(times))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Now:
    """One instant, by zone of the part: joined to a fault, label of its group, supplied."""

    at_h: float
    out: list[bool]
    group: list[int]
    fed: list[bool]


class _Part:
    """The zones behind any device that cleared; the rest of the network has supply."""

    def __init__(self, system: RadialSystem, faults: Sequence[Fault]) -> None:
        self.system = system
        self.zones = sorted(
            {
                zone
                for each in faults
                for zone in range(each.cleared_by, int(system.zone_end[each.cleared_by]))
            }
        )
        self.at = {zone: at for at, zone in enumerate(self.zones)}
        self.parent = [self.at.get(int(system.zone_parent[zone]), -1) for zone in self.zones]
        self.opens_h = system.zone_switching_h[self.zones].tolist()
        ends = zip(
            system.end_tie.tolist(),
            system.end_zone.tolist(),
            system.end_other.tolist(),
            strict=True,
        )
        self.ends = sorted(each for each in ends if each[1] in self.at)
        self.places = np.concatenate(
            [np.arange(system.first_load[z], system.first_load[z + 1]) for z in self.zones]
        )
        self.load_at = [self.at[zone] for zone in system.load_zone[self.places].tolist()]
        tie_h = system.ties.switching_h[[tie for tie, _, _ in self.ends]].tolist()
        self.switching_h = {*self.opens_h, *tie_h}

    def supplied(self, active: Sequence[Fault], now_h: float) -> BoolArray:
        """Whether each load of the part has supply, shape (load of the part,)."""
        out = [False] * len(self.zones)
        waiting = [False] * len(self.zones)
        for each in active:
            self._attached(each, now_h - each.from_h, out)
            top = self.at[each.cleared_by]
            waiting[top] = waiting[top] or now_h - each.from_h < self.opens_h[top]
        group, is_fed = self._groups(out, waiting)
        fed = [not out[at] and is_fed[group[at]] for at in range(len(self.zones))]
        now = _Now(at_h=now_h, out=out, group=group, fed=fed)
        supplied = np.array([fed[at] for at in self.load_at], dtype=np.bool_)
        if self.ends:
            self._over_ties(active, now, supplied)
        return supplied

    def _attached(self, fault: Fault, age_h: float, out: list[bool]) -> None:
        """Mark the zones still joined to a fault by devices that are closed."""
        top = self.at[fault.zone]
        while self.zones[top] != fault.cleared_by and self.opens_h[top] > age_h:
            top = self.parent[top]
        joined = {top}
        out[top] = True
        last = self.system.zone_end[self.zones[top]]
        for at in range(top + 1, len(self.zones)):
            if self.zones[at] >= last:
                break
            if self.parent[at] in joined and self.opens_h[at] > age_h:
                joined.add(at)
                out[at] = True

    def _groups(self, out: list[bool], waiting: list[bool]) -> tuple[list[int], list[bool]]:
        """Label zones joined to each other, and say which labels reach the busbar."""
        group = list(range(len(self.zones)))
        is_fed = [False] * len(self.zones)
        for at, above in enumerate(self.parent):
            if out[at] or waiting[at]:
                continue
            if above < 0:
                is_fed[at] = True
            elif not out[above]:
                group[at] = group[above]
        return group, is_fed

    def _over_ties(self, active: Sequence[Fault], now: _Now, supplied: BoolArray) -> None:
        """Add the loads that ties supply now.

        Who gets room on which tie is settled by the parts that branch off the ways from
        the devices that cleared to the faults.
        """
        faulty, on_way = [False] * len(self.zones), [False] * len(self.zones)
        for each in active:
            at = self.at[each.zone]
            faulty[at] = on_way[at] = True
            while self.zones[at] != each.cleared_by:
                at = self.parent[at]
                on_way[at] = True
        never = [False] * len(self.zones)
        last, last_fed = self._groups(faulty, never)
        branch, _ = self._groups(on_way, never)
        parts: dict[int, list[tuple[int, int, bool]]] = {}
        for tie, inner, outer in self.ends:
            at = self.at[inner]
            ages = [
                now.at_h - each.from_h
                for each in active
                if tie in each.usable
                and each.cleared_by <= inner < self.system.zone_end[each.cleared_by]
            ]
            far = self.at.get(outer, EXTERNAL)
            will_live = far == EXTERNAL or (not faulty[far] and last_fed[last[far]])
            is_inside = far != EXTERNAL and branch[far] == branch[at]
            if on_way[at] or not ages or not will_live or is_inside:
                continue
            lives = far == EXTERNAL or now.fed[far]
            is_closed = max(ages) >= self.system.ties.switching_h[tie]
            parts.setdefault(branch[at], []).append((tie, at, lives and is_closed))
        for label, ties in parts.items():
            rows = [
                row for row, at in enumerate(self.load_at) if branch[at] == label and not on_way[at]
            ]
            for row in self._served(rows, ties, now):
                supplied[row] = True

    def _served(
        self, rows: list[int], ties: list[tuple[int, int, bool]], now: _Now
    ) -> Iterator[int]:
        """Yield the loads of one part that its closed ties supply, as far as they have room."""
        system = self.system
        rows.sort(key=lambda row: int(system.load_rank[self.places[row]]))
        peak_mw = system.loads.peak_mw[system.load_row[self.places[rows]]]
        capacity_mw = system.ties.capacity_mw[[tie for tie, _, _ in ties]]
        taken_by = fill(peak_mw, capacity_mw)
        total_mw = float(peak_mw.sum())
        for number, (_, at, is_closed) in enumerate(ties):
            if not is_closed or now.out[at]:
                continue
            for row, tie in zip(rows, taken_by.tolist(), strict=True):
                has_room = tie == number or capacity_mw[number] >= total_mw
                if has_room and now.group[self.load_at[row]] == now.group[at]:
                    yield row
