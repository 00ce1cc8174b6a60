"""Staff: who is at work, shift by shift.

Who is ill, has children at home, or cannot get to work is missing from the next change of
shift on; those on the spot stay until then. What is present against what full service takes
is the level of staff of a kind of place in an area,

    present = (1 - ill) * (1 - parents_share * schools closed) * (1 - kept away),
    kept away = (1 - access by road) * (1 - home_office_share),
    level = min(present / needed_share, 1).
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from data.region import Constants
from data.tables import IntArray
from sim.dependencies.levels import Levels
from sim.event_log import ROOT, EventLog
from sim.services.area_levels import AreaLevels
from sim.services.roads import Roads

DAY_H = 24


def shift_hours(constants: Constants) -> frozenset[int]:
    """Hours of the day at which shifts change, local time."""
    length_h = max(int(constants["shift_length_h"]), 1)
    first = int(constants["shift_starts_h"])
    return frozenset((first + hours) % DAY_H for hours in range(0, DAY_H, length_h))


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffGroup:
    """Staff of one kind of place in one area.

    Attributes
    ----------
    works_at : str
        Kind of site, function, or crews of a skill.
    area : int
    needed_share, parents_share, home_office_share : float
        As in the table.
    node : int
        Graph node; -1 for a function, whose level is kept by area.
    """

    works_at: str
    area: int
    needed_share: float
    parents_share: float
    home_office_share: float
    node: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What a hazard does to staff: share ill, and whether schools are closed."""

    ill: float
    schools_closed: bool
    works_at: frozenset[str]
    areas: frozenset[int]


class Staff:
    """Staff of one course; looked at only while something keeps people away.

    Parameters
    ----------
    env : simpy.Environment
    groups : tuple of StaffGroup
    local_hour : ndarray of int, shape (time,)
        Hour of the day of each hour of the scenario.
    changes : frozenset of int
        Hours of the day at which shifts change (`shift_hours`).
    roads : Roads
    levels : Levels
    areas : AreaLevels
    area_ids : list of str
    log : EventLog
    """

    def __init__(
        self,
        env: simpy.Environment,
        groups: tuple[StaffGroup, ...],
        local_hour: IntArray,
        *,
        changes: frozenset[int],
        roads: Roads,
        levels: Levels,
        areas: AreaLevels,
        area_ids: list[str],
        log: EventLog,
    ) -> None:
        self._env = env
        self._groups = groups
        self._local_hour = local_hour
        self._shift_hours = changes
        self._roads = roads
        self._levels = levels
        self._areas = areas
        self._area_ids = area_ids
        self._log = log
        self._absences: dict[int, tuple[Absence, int]] = {}
        self._level: dict[int, float] = {}
        self._road_event = ROOT
        self._is_watching = False

    def strike(self, hazard: int, absence: Absence | None, because: int) -> None:
        """Let a hazard keep staff away from the next shift on; None ends it."""
        if absence is None:
            self._absences.pop(hazard, None)
        else:
            self._absences[hazard] = (absence, because)
        self._watch()

    def access_changed(self, because: int) -> None:
        """Take note that some area is reached more or less easily than before."""
        self._road_event = because
        self._watch()

    def _watch(self) -> None:
        if not self._is_watching:
            self._is_watching = True
            self._env.process(self._follow())

    def _follow(self) -> Generator[simpy.Event, Any, None]:
        while True:
            wait_h = self._until_shift()
            if wait_h is None:
                break
            yield self._env.timeout(wait_h)
            self._change_shift()
            if not (self._absences or self._level or self._roads.is_disturbed):
                break
        self._is_watching = False

    def _until_shift(self) -> float | None:
        """Hours until shifts change next; None if that is after the end."""
        first = int(self._env.now) + 1
        for hour in range(first, len(self._local_hour)):
            if int(self._local_hour[hour]) in self._shift_hours:
                return hour - self._env.now
        return None

    def _change_shift(self) -> None:
        is_calm = not self._absences
        far = {area for area in range(len(self._area_ids)) if self._roads.access(area) < 1.0}
        for number, group in enumerate(self._groups):
            # Nobody is ill: only areas that are hard to reach can lack staff.
            if is_calm and group.area not in far and number not in self._level:
                continue
            level, because = self._present(group)
            before = self._level.get(number, 1.0)
            if level == before:
                continue
            if level < 1.0:
                self._level[number] = level
            else:
                del self._level[number]
            self._tell(group, level, before, because)

    def _present(self, group: StaffGroup) -> tuple[float, int]:
        """Level of a group's staff, and the event that took most of it."""
        present, worst, because = 1.0, 1.0, self._road_event
        for absence, event in self._absences.values():
            if group.area not in absence.areas:
                continue
            if absence.works_at and group.works_at not in absence.works_at:
                continue
            left = 1.0 - absence.ill
            if absence.schools_closed:
                left *= 1.0 - group.parents_share
            if left < worst:
                worst, because = left, event
            present *= left
        kept_away = (1.0 - self._roads.access(group.area)) * (1.0 - group.home_office_share)
        if 1.0 - kept_away < worst:
            because = self._road_event
        present *= 1.0 - kept_away
        needed = group.needed_share
        return (min(present / needed, 1.0) if needed > 0.0 else 1.0), because

    def _tell(self, group: StaffGroup, level: float, before: float, because: int) -> None:
        now, area = self._env.now, self._area_ids[group.area]
        what = "staff_short" if level < before else "staff_back"
        name = f"staff@{group.works_at}"
        because = self._log.note(now, what, name, area, because=because, level=level)
        if group.node >= 0:
            self._levels.set_own(group.node, level, because)
        else:
            self._areas.set(now, name, group.area, level, because)
