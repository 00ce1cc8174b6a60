"""Repair of the telephone network: a cut route is spliced by a telecom crew."""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.case import Case
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.response.crew_pools import CrewPools
from sim.response.crews import repair_job
from sim.state_log import StateLog


class TelecomRepair:
    """Cut routes of one course.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    levels : Levels
    crews : CrewPools
    log : EventLog
    states : StateLog
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        *,
        levels: Levels,
        crews: CrewPools,
        log: EventLog,
        states: StateLog,
    ) -> None:
        self._env = env
        self._case = case
        self._levels = levels
        self._crews = crews
        self._log = log
        self._states = states

    def cut(self, route: int, blocked_h: float, cause: str) -> Generator[simpy.Event, Any, None]:
        """Follow a route from the cut until it has been spliced.

        Parameters
        ----------
        route : int
            Row of the routes.
        blocked_h : float
            Hours before a crew may begin, while what cut it lasts. [h]
        cause : str
            What cut it.
        """
        table, crews = self._case.region.telecom_routes, self._crews
        name, area_id = str(table.route_id[route]), str(table.area_id[route])
        area = int(np.flatnonzero(self._case.region.areas.area_id == area_id)[0])
        node = self._case.services.route_nodes[route]
        event = self._log.note(self._env.now, "route_cut", name, area_id, cause=cause, level=0.0)
        self._states.set(self._env.now, "service", name, area_id, level=0.0, event=event)
        self._levels.set_own(node, 0.0, event)
        yield self._env.timeout(blocked_h)
        depot = crews.nearest("telecom", area)
        yield from repair_job(
            self._env,
            crews.pools[depot],
            -float(self._case.population[area]),
            lambda: crews.travel(depot, area),
            lambda: crews.slowed(float(table.repair_h[route]), area),
        )
        event = self._log.note(
            self._env.now, "route_repaired", name, area_id, because=event, level=1.0
        )
        self._states.set(self._env.now, "service", name, area_id, level=1.0, event=event)
        self._levels.set_own(node, 1.0, event)
