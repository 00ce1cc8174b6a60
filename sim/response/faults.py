"""Response to damage: detect, wait for calmer wind, travel, switch, repair."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from grid.feeders import isolation_is_remote
from sim.case import Case
from sim.event_log import ROOT, EventLog
from sim.power.supply import Supply
from sim.response.control import Control
from sim.response.crew_pools import CrewPools
from sim.response.crews import repair_job
from sim.response.order import Job, RestorationOrder
from sim.response.repair_times import Repair, RepairTimes
from sim.response.spares import MobileSubstations, Part, Spares
from sim.services.roads import Roads
from sim.state_log import StateLog

SWITCHING_FIRST = -1e9
"""Priority of switching jobs: before any repair, among themselves by worth."""


@dataclass(slots=True, kw_only=True)
class _StandIn:
    """A mobile substation on its way to a transformer's place, or in it."""

    unit: int
    is_connected: bool = False
    is_over: bool = False


class Response:
    """Faults of one course and what is done about them.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    supply : Supply
    crews : CrewPools
    control : Control
    roads : Roads
    order : RestorationOrder
        In which order faults are repaired.
    log : EventLog
    states : StateLog
    seed, replication : int
        Keys of the repair times' random streams.

    Attributes
    ----------
    order : RestorationOrder
        In which order faults are repaired.
    repairs : RepairTimes
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        *,
        supply: Supply,
        crews: CrewPools,
        control: Control,
        roads: Roads,
        order: RestorationOrder,
        log: EventLog,
        states: StateLog,
        seed: int,
        replication: int,
    ) -> None:
        self._env = env
        self._case = case
        self._supply = supply
        self._crews = crews
        self._control = control
        self._roads = roads
        self.order = order
        self._log = log
        self._states = states
        self._branch_faults = np.zeros(len(case.arrays.branch_ids), dtype=np.int64)
        self._trips = np.zeros(len(case.arrays.branch_ids), dtype=np.int64)
        self._branch_row = {name: at for at, name in enumerate(case.arrays.branch_ids.tolist())}
        constants = case.region.constants
        self._remote_h = constants["remote_switching_h"]
        self._manual_h = constants["manual_switching_h"]
        self._spares = Spares(case.region)
        self._mobile = MobileSubstations(case.region)
        self.repairs = RepairTimes(case, seed, replication)

    def section_fault(
        self, section: int, cause: str, because: int = ROOT, work_h: float | None = None
    ) -> Generator[simpy.Event, Any, None]:
        """Follow a fault on a feeder section from the trip to the repair.

        The control room first cuts out what it can from afar. Where somebody must go to
        switch, that comes before all repairs; a line crew stays and repairs at once unless
        others still wait to be switched, in which case the repair takes its turn. Cables
        are repaired by jointers, who do not switch.
        """
        env, case, supply, crews = self._env, self._case, self._supply, self._crews
        area = int(case.network.section_area[section])
        name = self._section_id(section)
        failed = self._note("section_failed", name, area, because, cause)
        self._state("section", name, area, 0.0, failed)
        supply.fail_section(section, failed)
        yield env.timeout(self._control.detection_h(area) + self._remote_h)
        if self._control.can_switch(section):
            if isolation_is_remote(case.feeders, section):
                self._isolate(section, area, failed, "remote switching")
            else:
                event = self._note("section_cut_out", name, area, failed, "remote switching")
                supply.cut_out_section(section, event)
        wait_h = crews.until_calm(area)
        if wait_h > 0.0:
            yield env.timeout(wait_h)
        repair = self.repairs.section(section)
        base_h = repair.hours if work_h is None else work_h
        stays = False

        def work_after_switching_h() -> float:
            nonlocal stays
            stays = (
                repair.skill == "distribution"
                and crews.pools[depot].next_priority > 0.5 * SWITCHING_FIRST
            )
            return crews.slowed(base_h, area) if stays else 0.0

        if not supply.is_isolated(section):
            depot = crews.nearest("distribution", area)
            job = self._section_job(section, base_h)
            yield from repair_job(
                env,
                crews.pools[depot],
                SWITCHING_FIRST - self.order.switching_value(job),
                lambda: crews.travel(depot, area),
                work_after_switching_h,
                switching_h=lambda: crews.slowed(self._manual_h, area),
                on_arrival=lambda: self._arrived(name, area, failed, "switching"),
                on_switched=lambda: self._isolate(section, area, failed, "manual switching"),
            )
        if not stays:
            repairer = crews.nearest(repair.skill, area)
            yield from repair_job(
                env,
                crews.pools[repairer],
                self.order.priority(self._section_job(section, base_h)),
                lambda: crews.travel(repairer, area),
                lambda: crews.slowed(base_h, area),
                on_arrival=lambda: self._arrived(name, area, failed, "repair"),
            )
        event = self._note("section_repaired", name, area, failed)
        self._state("section", name, area, 1.0, event)
        supply.repair_section(section, event)

    def _section_job(self, section: int, work_h: float) -> Job:
        """Describe the repair of a section as it stands now."""
        case, network = self._case, self._case.network
        feeder = int(network.section_feeder[section])
        area = int(network.section_area[section])
        out_mw = self._supply.out_mw(feeder)
        region = case.region
        return Job(
            names=(
                self._section_id(section),
                str(region.feeders.feeder_id[feeder]),
                str(region.feeders.substation_id[feeder]),
                str(region.areas.area_id[area]),
            ),
            out_mw=out_mw,
            critical_mw=float(case.feeder_site_mw[feeder]),
            customers=self._supply.out_customers(feeder),
            work_h=work_h,
        )

    def branch_fault(
        self,
        name: str,
        branches: list[int],
        area: int,
        *,
        cause: str,
        repair: Repair,
        because: int = ROOT,
    ) -> Generator[simpy.Event, Any, None]:
        """Follow a fault on a line, transformer or whole substation of the meshed grid.

        A repair that takes a spare part waits for it; a mobile substation stands in for a
        transformer meanwhile.
        """
        env, crews = self._env, self._crews
        failed = self._note("branch_failed", name, area, because, cause)
        self._state("branch", name, area, 0.0, failed)
        self._branch_faults[branches] += 1
        self._supply.change_branches(self._branch_faults == 0, failed)
        yield env.timeout(self._control.detection_h(area))
        wait_h = crews.until_calm(area)
        if wait_h > 0.0:
            yield env.timeout(wait_h)
        work_h = repair.hours
        stand_in = None
        if repair.part:
            part = self._spares.take(repair.part)
            what = "spare_missing" if part.is_new else "spare_sent"
            event = self._note(what, name, area, failed, repair.part)
            stand_in = self._stand_in_for(name, branches, area, repair.rating_mva, event)
            yield from self._bring(part, area)
            work_h = part.install_h
        depot = crews.nearest(repair.skill, area)
        yield from repair_job(
            env,
            crews.pools[depot],
            self.order.priority(self._branch_job(name, branches, area, work_h)),
            lambda: crews.travel(depot, area),
            lambda: crews.slowed(work_h, area),
            on_arrival=lambda: self._arrived(name, area, failed, "repair"),
        )
        event = self._note("branch_repaired", name, area, failed)
        self._state("branch", name, area, 1.0, event)
        if stand_in is not None:
            stand_in.is_over = True
            self._mobile.give_back(stand_in.unit)
            if stand_in.is_connected:
                return
        self._branch_faults[branches] -= 1
        self._supply.change_branches(self._branch_faults == 0, event)

    def _branch_job(self, name: str, branches: list[int], area: int, work_h: float) -> Job:
        """Describe a repair in the meshed grid by what is out now at either end of it."""
        case, supply = self._case, self._supply
        arrays, network = case.arrays, case.network
        ends = np.concatenate([arrays.from_bus[branches], arrays.to_bus[branches]])
        behind = np.flatnonzero(np.isin(network.substation_bus, ends))
        feeders = np.flatnonzero(np.isin(network.feeder_substation, behind)).tolist()
        out = [feeder for feeder in feeders if supply.out_customers(feeder) > 0.0]
        return Job(
            names=(name, self._area_id(area)),
            out_mw=sum(supply.out_mw(feeder) for feeder in out),
            critical_mw=float(case.feeder_site_mw[out].sum()),
            customers=sum(supply.out_customers(feeder) for feeder in out),
            work_h=work_h,
        )

    def _bring(self, part: Part, area: int) -> Generator[simpy.Event, Any, None]:
        """Wait until a part is ready and on the spot."""
        yield self._env.timeout(part.ready_h)
        yield from self._haul(part.from_area, area)

    def _haul(self, start: int, area: int) -> Generator[simpy.Event, Any, None]:
        """Move something heavy along the roads as they are."""
        if area < 0:
            yield self._env.timeout(float(self._case.travel_h[start].max()))
            return
        while self._roads.travel_h(start, area) == float("inf"):
            yield self._roads.until_changed()
        yield self._env.timeout(self._roads.travel_h(start, area))

    def _stand_in_for(
        self, name: str, branches: list[int], area: int, rating_mva: float, because: int
    ) -> _StandIn | None:
        """Send a mobile substation in place of a transformer, if one is large enough."""
        unit = self._mobile.take(rating_mva) if rating_mva > 0.0 else None
        if unit is None:
            return None
        stand_in = _StandIn(unit=unit)
        self._env.process(self._connect(stand_in, name, branches, area, because))
        return stand_in

    def _connect(
        self, stand_in: _StandIn, name: str, branches: list[int], area: int, because: int
    ) -> Generator[simpy.Event, Any, None]:
        prepare_h, connect_h = self._mobile.hours(stand_in.unit)
        yield self._env.timeout(prepare_h)
        yield from self._haul(self._mobile.area(stand_in.unit), area)
        yield self._env.timeout(connect_h)
        if stand_in.is_over:
            return
        stand_in.is_connected = True
        event = self._note("mobile_substation_connected", name, area, because)
        self._state("branch", name, area, 1.0, event)
        self._branch_faults[branches] -= 1
        self._supply.change_branches(self._branch_faults == 0, event)

    def overload_trip(self, names: list[str], because: int) -> None:
        """Leave branches out that tripped on overload, and try them again later."""
        branches = [self._branch_row[name] for name in names]
        self._branch_faults[branches] += 1
        self._env.process(self._reclose(branches, because))

    def _reclose(self, branches: list[int], because: int) -> Generator[simpy.Event, Any, None]:
        """Close tripped branches after a while, twice as long each time they trip (estimate)."""
        self._trips[branches] += 1
        yield self._env.timeout(self._manual_h * float(2 ** int(self._trips[branches].max())))
        self._branch_faults[branches] -= 1
        names = ", ".join(str(self._case.arrays.branch_ids[branch]) for branch in branches)
        event = self._note("overload_reclosed", names, -1, because)
        self._supply.change_branches(self._branch_faults == 0, event)

    def road_fault(
        self, link: int, hours: float, cause: str, because: int = ROOT
    ) -> Generator[simpy.Event, Any, None]:
        """Follow a road from the tree across it until a road crew has cleared it."""
        crews, roads = self._crews, self._roads
        area = int(self._case.road_ends[link][0])
        event = self._log.note(
            self._env.now,
            "road_struck",
            str(self._case.region.roads.road_id[link]),
            str(self._case.region.areas.area_id[area]),
            because=because,
            cause=cause,
        )
        event = roads.close_way(link, event)
        yield self._env.timeout(self._case.region.constants["road_detection_h"])
        wait_h = crews.until_calm(area)
        if wait_h > 0.0:
            yield self._env.timeout(wait_h)
        depot, area = self._reachable_end(link)
        yield from repair_job(
            self._env,
            crews.pools[depot],
            -float(self._case.region.areas.population[area]),
            lambda: crews.travel(depot, area),
            lambda: crews.slowed(hours, area),
        )
        roads.open_way(link, event)

    def _reachable_end(self, link: int) -> tuple[int, int]:
        """Depot that clears a road, and the end it comes from: the one reached soonest."""
        ends = [(self._crews.nearest("road", end), end) for end in self._case.road_ends[link]]
        return min(ends, key=lambda each: (self._crews.way_h(*each), each[1]))

    def _arrived(self, name: str, area: int, because: int, what: str) -> None:
        self._note("crew_arrived", name, area, because, what)

    def _isolate(self, section: int, area: int, because: int, how: str) -> None:
        event = self._note("section_isolated", self._section_id(section), area, because, how)
        self._supply.isolate_section(section, event)

    def _section_id(self, section: int) -> str:
        return str(self._case.region.sections.section_id[section])

    def _state(self, kind: str, name: str, area: int, level: float, event: int) -> None:
        self._states.set(self._env.now, kind, name, self._area_id(area), level=level, event=event)

    def _area_id(self, area: int) -> str:
        return str(self._case.region.areas.area_id[area]) if area >= 0 else ""

    def _note(self, what: str, asset_id: str, area: int, because: int, cause: str = "") -> int:
        return self._log.note(
            self._env.now, what, asset_id, self._area_id(area), because=because, cause=cause
        )
