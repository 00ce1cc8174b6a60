"""Roads: which links are open, how long every way takes, and who can be reached.

A link between two areas has several independent ways. One that is closed makes the others
carry its traffic, so travel takes ``ways / open ways`` times as long; the last one closes the
link. Areas at the end of a closed link are reached the other way round, if there is one.
"""

from collections.abc import Callable, Sequence

import numpy as np
import simpy

from data.region import Region
from data.tables import FloatArray, IntArray, positions
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.services.road_kernels import shortest_ways, told_in_steps, usual_share
from sim.state_log import StateLog

ACCESS_STEPS = 10
"""Steps in which access is told. Estimate."""


def link_ends(region: Region) -> tuple[IntArray, IntArray]:
    """Areas at the ends of each road link, two arrays of shape (link,)."""
    areas, roads = region.areas.area_id, region.roads
    return positions(areas, roads.from_area_id), positions(areas, roads.to_area_id)


def travel_between(region: Region, link_h: FloatArray) -> FloatArray:
    """Travel time between areas by the shortest way, plus the way inside the last.

    The way inside is taken as half the side of a square of the area's land, at
    the constant ``local_speed_kmh``.

    Parameters
    ----------
    link_h : ndarray, shape (link,)
        Travel time of each road link; infinite if it is closed. [h]

    Returns
    -------
    ndarray, shape (area, area)
        From, to. [h]
    """
    start, end = link_ends(region)
    return shortest_ways(start, end, link_h, len(region.areas)) + inside_h(region)


def inside_h(region: Region) -> FloatArray:
    """Way inside each area, shape (area,). [h]."""
    speed_kmh = region.constants["local_speed_kmh"]
    return np.asarray(0.5 * np.sqrt(region.areas.land_area_km2) / speed_kmh)


class Roads:
    """Roads of one course.

    Parameters
    ----------
    env : simpy.Environment
    region : Region
    usual_h : ndarray, shape (area, area)
        Travel times with every road open. [h]
    levels : Levels
    nodes : tuple of int
        Graph node ``road@`` of each area; -1 where nothing needs it.
    log : EventLog
    states : StateLog

    Attributes
    ----------
    on_access : callable
        Called with an area whose access has changed, and the event.
    """

    def __init__(
        self,
        env: simpy.Environment,
        region: Region,
        usual_h: FloatArray,
        *,
        levels: Levels,
        nodes: tuple[int, ...],
        log: EventLog,
        states: StateLog,
    ) -> None:
        self._env = env
        self._region = region
        self._usual_h = usual_h
        self._now_h = usual_h
        self._levels = levels
        self._nodes = nodes
        self._log = log
        self._states = states
        self._start, self._end = link_ends(region)
        self._link_h = region.roads.travel_h.copy()
        self._inside_h = inside_h(region)
        self._slack = region.constants["road_slack"]
        self._people = region.areas.population.astype(np.float64)
        self._closed: dict[int, int] = {}
        self._speeds: dict[int, dict[int, float]] = {}
        self._access: list[float] = [1.0] * len(region.areas)
        self._opened = env.event()
        self.on_access: Callable[[int, float, int], None] = lambda *_: None

    def travel_h(self, start: int, end: int) -> float:
        """Time from one area to another now; infinite if there is no way. [h]."""
        return float(self._now_h[start, end])

    def access(self, area: int) -> float:
        """Level of access to an area: usual over present travel time to the others' people."""
        return self._access[area]

    @property
    def is_disturbed(self) -> bool:
        """Whether any area is harder to reach than usual."""
        return min(self._access) < 1.0

    def until_changed(self) -> simpy.Event:
        """Event that happens when a road is next opened."""
        return self._opened

    def close_way(self, link: int, because: int) -> int:
        """Close one way of a link; return the event."""
        self._closed[link] = self._closed.get(link, 0) + 1
        return self._note(link, because)

    def open_way(self, link: int, because: int) -> int:
        """Open one way of a link again; return the event."""
        self._closed[link] -= 1
        return self._note(link, because)

    def strike(self, links: Sequence[int], hazard: int, speed: float, because: int) -> None:
        """Let a hazard slow links down to a share of their speed; 0 closes, 1 ends it."""
        for link in links:
            speeds = self._speeds.setdefault(link, {})
            if speed < 1.0:
                speeds[hazard] = speed
            else:
                speeds.pop(hazard, None)
            self._state(link, because)
        self._changed(because)

    def _note(self, link: int, because: int) -> int:
        event = self._state(link, because)
        self._changed(event)
        return event

    def _state(self, link: int, because: int) -> int:
        roads, now = self._region.roads, self._env.now
        level = self._speed(link)
        usual_h = float(self._region.roads.travel_h[link])
        self._link_h[link] = usual_h / level if level > 0.0 else np.inf
        what = "road_open" if level >= 1.0 else "road_slowed" if level > 0.0 else "road_closed"
        name, area = str(roads.road_id[link]), str(roads.from_area_id[link])
        event = self._log.note(now, what, name, area, because=because, level=level)
        self._states.set(now, "road", name, area, level=level, event=event)
        return event

    def _speed(self, link: int) -> float:
        """Share of its speed a link has now; 0 if it is closed."""
        ways = int(self._region.roads.ways[link])
        ways_open = max(ways - self._closed.get(link, 0), 0)
        slowest = min(self._speeds.get(link, {}).values(), default=1.0)
        return slowest * ways_open / ways

    def _changed(self, because: int) -> None:
        """Find the ways anew and tell the areas whose access has changed."""
        ways = shortest_ways(self._start, self._end, self._link_h, len(self._access))
        self._now_h = ways + self._inside_h
        if self._opened.callbacks:
            opened, self._opened = self._opened, self._env.event()
            opened.succeed()
        access = access_of(self._usual_h, self._now_h, self._people, self._slack).tolist()
        if access == self._access:
            return
        for area, level in enumerate(access):
            if level != self._access[area]:
                self._tell(area, level, because)

    def _tell(self, area: int, level: float, because: int) -> None:
        before, now = self._access[area], self._env.now
        self._access[area] = level
        name = str(self._region.areas.area_id[area])
        if level == 0.0:
            because = self._log.note(now, "area_cut_off", name, name, because=because, level=0.0)
        elif before == 0.0:
            because = self._log.note(now, "area_reached", name, name, because=because, level=level)
        self._states.set(now, "service", f"road@{name}", name, level=level, event=because)
        self.on_access(area, level, because)
        if self._nodes[area] >= 0:
            self._levels.set_own(self._nodes[area], level, because)


def access_of(
    usual_h: FloatArray, now_h: FloatArray, population: FloatArray, slack: float
) -> FloatArray:
    """Access of each area: how much of the usual way to other people is left.

    ``sum over b != a of people_b * usual_ab / now_ab``, over the people of the others,
    against ``slack`` (the constant ``road_slack``) and told in ``ACCESS_STEPS`` steps.

    Returns
    -------
    ndarray, shape (area,)
        0 for an area nobody can leave, 1 as usual.
    """
    share = usual_share(usual_h, now_h, population)
    return told_in_steps(share, slack, ACCESS_STEPS)
