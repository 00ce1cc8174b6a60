"""District heating: what still runs without the grid, and warm water in the pipes.

A plant makes heat as far as its own auxiliaries have power, and of that what does not come
from grid electricity. Warm water in pipes and tanks covers what is missing for a while.
"""

import simpy

from data.region import Region
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.services.area_levels import AreaLevels
from sim.services.bridge import Bridge
from sim.state_log import StateLog

SERVICE = "district_heat"
"""Name under which missing heat is kept, by row of the systems instead of areas."""


class DistrictHeat:
    """The systems of one course; one is followed from when its plant first falters.

    Parameters
    ----------
    env : simpy.Environment
    region : Region
    levels : Levels
    missing : AreaLevels
    log : EventLog
    states : StateLog
    nodes : tuple of int
        Graph node of each system.
    """

    def __init__(
        self,
        env: simpy.Environment,
        region: Region,
        *,
        levels: Levels,
        missing: AreaLevels,
        log: EventLog,
        states: StateLog,
        nodes: tuple[int, ...],
    ) -> None:
        self._env = env
        self._region = region
        self._levels = levels
        self._missing = missing
        self._log = log
        self._states = states
        self._nodes = nodes
        self._bridges: dict[int, Bridge] = {}

    def plant_changed(self, system: int, level: float, because: int, *, is_fed: bool) -> None:
        """Let a plant run at a level, with or without the grid, from now on."""
        bridge = self._bridges.get(system)
        if bridge is None:
            if is_fed and level >= 1.0:
                return
            bridge = self._bridges[system] = self._bridge(system)
        most = 1.0 if is_fed else 1.0 - float(self._region.district_heat.electric_share[system])
        bridge.supply(min(level, most), because)

    def finish(self) -> None:
        """Show every stock up to the scenario's end."""
        for bridge in self._bridges.values():
            bridge.settle()

    def _bridge(self, system: int) -> Bridge:
        region = self._region
        name, site = self._name(system)
        return Bridge(
            self._env,
            full_h=float(region.district_heat.accumulator_h[system]),
            refill_h=region.constants["heat_refill_h"],
            shown=(name, "heat_accumulator", site),
            states=self._states,
            on_empty=lambda because: because,
            on_change=lambda level, because: self._passed(system, level, because),
        )

    def _passed(self, system: int, level: float, because: int) -> None:
        now = self._env.now
        name, area = self._name(system)
        before = self._missing.level(SERVICE, system)
        what = "heat_lost" if level < before else "heat_partly_back" if level < 1.0 else "heat_back"
        because = self._log.note(now, what, name, area, because=because, level=level)
        self._missing.set(now, SERVICE, system, level, because)
        self._levels.set_own(self._nodes[system], level, because)

    def _name(self, system: int) -> tuple[str, str]:
        """Return the identifier of a system, and the area its plant stands in."""
        systems, sites = self._region.district_heat, self._region.sites
        area = sites.area_id[sites.site_id == systems.site_id[system]]
        return str(systems.system_id[system]), str(area[0])
