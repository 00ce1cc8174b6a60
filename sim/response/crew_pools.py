"""The crews of every depot in one course: who goes where, how long the way takes."""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from data.tables import BoolArray, FloatArray
from sim.case import Case
from sim.event_log import EventLog
from sim.response.control import Control
from sim.response.crews import CrewPool, Shifts
from sim.services.roads import Roads
from sim.state_log import StateLog


class CrewPools:
    """Crews by skill and depot.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    gust_ms : ndarray, shape (time, area)
        Gust in this replication; crews wait above the working limit. [m/s]
    log : EventLog
    states : StateLog

    Attributes
    ----------
    pools : list of CrewPool
        In the order of the depots.
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        gust_ms: FloatArray,
        *,
        log: EventLog,
        states: StateLog,
    ) -> None:
        self._env = env
        self._case = case
        self._log = log
        self._states = states
        constants = case.region.constants
        self._calm: BoolArray = gust_ms <= constants["work_gust_limit_ms"]
        self._slowdown = constants["telecom_slowdown"]
        self._home = case.depot_area
        self.pools = self._make_pools(
            Shifts(work_h=constants["crew_shift_h"], rest_h=constants["crew_rest_h"])
        )
        self._roads: Roads | None = None
        self._control: Control | None = None

    def connect(self, roads: Roads, control: Control) -> None:
        """Tell what crews drive on and are sent by."""
        self._roads, self._control = roads, control

    @property
    def busy_crew_h(self) -> float:
        """Hours all crews have been on a job [crew h]."""
        return sum(pool.busy_crew_h for pool in self.pools)

    def nearest(self, skill: str, area: int) -> int:
        """Row of the depot that serves an area: the nearest by the roads as they are.

        Outside the areas (-1) the first depot of the skill serves.
        """
        rows = self._case.area_depot[skill]
        if area < 0:
            return int(rows.min())
        usual = int(rows[area])
        if self._roads is None or self._roads.travel_h(self._home[usual], area) < float("inf"):
            return usual
        others = {int(row) for row in rows.tolist()}
        return min(others, key=lambda row: (self.way_h(row, area), row))

    def way_h(self, depot: int, area: int) -> float:
        """Hours from a depot to an area by the roads as they are; infinite without a way. [h]."""
        return (
            float("inf") if self._roads is None else self._roads.travel_h(self._home[depot], area)
        )

    def slowed(self, hours: float, area: int) -> float:
        """Lengthen work where crews cannot be reached: up to ``telecom_slowdown`` more [h]."""
        if area < 0 or self._control is None:
            return hours
        return hours * (1.0 + self._slowdown * self._control.blindness(area))

    def until_calm(self, area: int) -> float:
        """Hours from now until the gust lets crews work; 0 outside the areas."""
        if area < 0:
            return 0.0
        now = self._env.now
        hour = int(now)
        calm = self._calm[:, area]
        if hour >= len(calm) or calm[hour]:
            return 0.0
        after = np.flatnonzero(calm[hour:])
        return float(hour + after[0]) - now if len(after) else float(len(calm)) - now

    def travel(self, depot: int, area: int) -> Generator[simpy.Event, Any, None]:
        """Drive from a depot to an area: wait for calm, then for a way, then go."""
        env, roads = self._env, self._roads
        dispatch_h = 0.0 if self._control is None else self._control.dispatch_h
        wait_h = self.until_calm(area)
        if area < 0:
            # As far as the farthest of the areas (estimate).
            way_h = float(self._case.travel_h[self._home[depot]].max())
        else:
            while roads is not None and self.way_h(depot, area) == float("inf"):
                yield roads.until_changed()
            way_h = self.way_h(depot, area)
        hours = wait_h + self.slowed(dispatch_h + way_h, area)
        if hours > 0.0:
            yield env.timeout(hours)

    def crews_changed(
        self, depot: int, before: float, level: float, because: int, through: str
    ) -> int:
        """Take note that only a share of a depot's own crews can work; return the event."""
        depots, now = self._case.region.depots, self._env.now
        own = int(depots.crews[depot])
        here = [int(np.floor(own * each + 1e-9)) for each in (before, level)]
        if here[0] == here[1]:
            return because
        self.pools[depot].keep_away(own - here[1])
        level = here[1] / own
        name, area = str(depots.depot_id[depot]), str(depots.area_id[depot])
        what = "crews_fewer" if level < before else "crews_more"
        event = self._log.note(now, what, name, area, because=because, cause=through, level=level)
        self._states.set(now, "crews", name, area, level=level, event=event)
        return event

    def _make_pools(self, shifts: Shifts) -> list[CrewPool]:
        region = self._case.region
        hazards = self._case.scenario.hazards
        strikes_h = min((hazard.start_h for hazard in hazards), default=0.0)
        aid: dict[str, list[tuple[float, int]]] = {}
        for depot, arrives_h, crews in zip(
            region.mutual_aid.depot_id.tolist(),
            region.mutual_aid.arrives_h.tolist(),
            region.mutual_aid.crews.tolist(),
            strict=True,
        ):
            aid.setdefault(depot, []).append((strikes_h + arrives_h, crews))
        return [
            CrewPool(self._env, crews, aid.get(depot, ()), shifts)
            for depot, crews in zip(
                region.depots.depot_id.tolist(), region.depots.crews.tolist(), strict=True
            )
        ]
