"""Response to damage: detect, wait for calmer wind, travel, switch, repair."""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy

from data.tables import FloatArray, positions
from grid.feeders import isolation_is_remote
from grid.security.scan_rates import line_component
from sim.case import Case
from sim.outcome import Event
from sim.power.supply import Supply
from sim.response.crews import CrewPool, repair_job
from sim.rng import stream
from sim.services.telecom import base_stations_up

CRITICAL_WEIGHT = 5.0
"""How many times a megawatt of a critical site counts in the restoration order. Estimate."""

SWITCHING_FIRST = -1e6
"""Priority of switching jobs: before any repair, among themselves by megawatts."""


class Response:
    """Crews and their work in one replication.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    supply : Supply
    gust_ms : ndarray, shape (time, area)
        Gust in this replication; crews wait above the working limit. [m/s]
    seed, replication : int
        Keys of the repair times' random streams.
    log : callable
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        supply: Supply,
        gust_ms: FloatArray,
        *,
        seed: int,
        replication: int,
        log: Callable[[Event], None],
    ) -> None:
        self._env = env
        self._case = case
        self._supply = supply
        self._log = log
        self._branch_faults = np.zeros(len(case.arrays.branch_ids), dtype=np.int64)
        self._trips = np.zeros(len(case.arrays.branch_ids), dtype=np.int64)
        self._branch_row = {name: at for at, name in enumerate(case.arrays.branch_ids.tolist())}
        constants = case.region.constants
        self._calm = gust_ms <= constants["work_gust_limit_ms"]
        self._detection_h = constants["detection_h"]
        self._dispatch_h = constants["dispatch_h"]
        self._remote_h = constants["remote_switching_h"]
        self._manual_h = constants["manual_switching_h"]
        self._slowdown = constants["telecom_slowdown"]
        self._pools = self._make_pools()
        self._repair = _RepairTimes(case, seed, replication)

    @property
    def busy_crew_h(self) -> float:
        """Hours all crews have been on a job [crew h]."""
        return sum(pool.busy_crew_h for pool in self._pools.values())

    def pool(self, kind: str, area: int) -> tuple[CrewPool, int]:
        """Return the crews that serve an area, and the area of their depot.

        Outside the areas (-1) the first depot of the kind serves.
        """
        rows = self._case.area_depot[kind]
        row = int(rows[area]) if area >= 0 else int(rows.min())
        depots = self._case.region.depots
        home = np.flatnonzero(self._case.region.areas.area_id == depots.area_id[row])[0]
        return self._pools[row], int(home)

    def slowed(self, hours: float, area: int) -> float:
        """Lengthen work where telephones are dead: up to ``telecom_slowdown`` more [h]."""
        if area < 0:
            return hours
        up = base_stations_up(self._case, self._supply, area, self._env.now)
        return hours * (1.0 + self._slowdown * (1.0 - up))

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

    def section_fault(
        self, section: int, cause: str, work_h: float | None = None
    ) -> Generator[simpy.Event, Any, None]:
        """Follow a fault on a feeder section from the trip to the repair.

        The control room first cuts out what it can from afar. Where somebody must go to
        switch, that comes before all repairs; a crew stays and repairs at once unless
        others still wait to be switched, in which case the repair takes its turn.
        """
        env, case, supply = self._env, self._case, self._supply
        area = int(case.network.section_area[section])
        feeder = int(case.network.section_feeder[section])
        name = self._section_id(section)
        self._note("section_failed", name, area, cause)
        supply.fail_section(section, f"{name} failed: {cause}")
        yield env.timeout(self._detection_h + self._remote_h)
        if isolation_is_remote(case.feeders, section):
            self._isolate(section, area, "remote switching")
        else:
            supply.cut_out_section(section)
        wait_h = self.until_calm(area)
        if wait_h > 0.0:
            yield env.timeout(wait_h)
        base_h = self._repair.section(section) if work_h is None else work_h
        pool, home = self.pool("distribution", area)

        def value_mw() -> float:
            return supply.out_mw(feeder) + CRITICAL_WEIGHT * float(case.feeder_site_mw[feeder])

        def travel_h() -> float:
            return self._travel_h(home, area)

        stays = False

        def work_after_switching_h() -> float:
            nonlocal stays
            stays = pool.next_priority > 0.5 * SWITCHING_FIRST
            return self.slowed(base_h, area) if stays else 0.0

        if not supply.is_isolated(section):
            yield from repair_job(
                env,
                pool,
                SWITCHING_FIRST - value_mw(),
                travel_h,
                work_after_switching_h,
                switching_h=lambda: self.slowed(self._manual_h, area),
                on_arrival=lambda: self._note("crew_arrived", name, area, "switching"),
                on_switched=lambda: self._isolate(section, area, "manual switching"),
            )
        if not stays:
            yield from repair_job(
                env,
                pool,
                -value_mw() / base_h,
                travel_h,
                lambda: self.slowed(base_h, area),
                on_arrival=lambda: self._note("crew_arrived", name, area, "repair"),
            )
        supply.repair_section(section)
        self._note("section_repaired", name, area, cause)

    def branch_fault(
        self,
        name: str,
        branches: list[int],
        area: int,
        *,
        cause: str,
        work_h: float,
        lost_mw: float = 0.0,
    ) -> Generator[simpy.Event, Any, None]:
        """Follow a fault on a line, transformer or whole substation of the meshed grid.

        ``lost_mw`` is what goes dark with it [MW]; it sets the order of repairs.
        """
        env = self._env
        self._note("branch_failed", name, area, cause)
        self._branch_faults[branches] += 1
        self._supply.change_branches(self._branch_faults == 0, f"{name} failed: {cause}")
        yield env.timeout(self._detection_h)
        wait_h = self.until_calm(area)
        if wait_h > 0.0:
            yield env.timeout(wait_h)
        pool, home = self.pool("transmission", area)
        yield from repair_job(
            env,
            pool,
            -lost_mw / work_h,
            lambda: self._travel_h(home, area),
            lambda: self.slowed(work_h, area),
        )
        self._branch_faults[branches] -= 1
        self._note("branch_repaired", name, area, cause)
        self._supply.change_branches(self._branch_faults == 0, f"repair of {name}")

    def overload_trip(self, names: list[str]) -> None:
        """Leave branches out that tripped on overload, and try them again later."""
        branches = [self._branch_row[name] for name in names]
        self._branch_faults[branches] += 1
        self._env.process(self._reclose(branches))

    def _reclose(self, branches: list[int]) -> Generator[simpy.Event, Any, None]:
        """Close tripped branches after a while, twice as long each time they trip (estimate)."""
        self._trips[branches] += 1
        yield self._env.timeout(self._manual_h * float(2 ** int(self._trips[branches].max())))
        self._branch_faults[branches] -= 1
        names = ", ".join(str(self._case.arrays.branch_ids[branch]) for branch in branches)
        self._note("overload_reclosed", names, -1, "tried again after overload")
        self._supply.change_branches(self._branch_faults == 0, f"reclosing of {names}")

    def _travel_h(self, home: int, area: int) -> float:
        """Time until a crew is there: the wind must let it, then the way."""
        # Outside the areas: as far as the farthest of them (estimate).
        travel_h = self._case.travel_h[home]
        way_h = self._dispatch_h + float(travel_h[area] if area >= 0 else travel_h.max())
        return self.until_calm(area) + self.slowed(way_h, area)

    def branch_repair_h(self, kind: str, asset: int) -> float:
        """Return the sampled repair time of an asset of the meshed grid [h]."""
        return self._repair.branch(kind, asset)

    def _isolate(self, section: int, area: int, how: str) -> None:
        self._supply.isolate_section(section)
        self._note("section_isolated", self._section_id(section), area, how)

    def _section_id(self, section: int) -> str:
        return str(self._case.region.sections.section_id[section])

    def _note(self, what: str, asset_id: str, area: int, cause: str) -> None:
        area_id = str(self._case.region.areas.area_id[area]) if area >= 0 else ""
        self._log(
            Event(t_h=self._env.now, what=what, asset_id=asset_id, area_id=area_id, cause=cause)
        )

    def _make_pools(self) -> dict[int, CrewPool]:
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
        return {
            row: CrewPool(self._env, crews, aid.get(depot, ()))
            for row, (depot, crews) in enumerate(
                zip(region.depots.depot_id.tolist(), region.depots.crews.tolist(), strict=True)
            )
        }


class _RepairTimes:
    """Repair times: lognormal by component, one number per asset whatever the portfolio."""

    def __init__(self, case: Case, seed: int, replication: int) -> None:
        self._case = case
        region = case.region
        counts = {
            "sections": len(region.sections),
            "lines": len(region.lines),
            "substations": len(region.substations),
        }
        self._normal = {
            kind: stream(seed, replication, "repair", kind).standard_normal(count)
            for kind, count in counts.items()
        }
        from_bus = positions(region.buses.bus_id, region.lines.from_bus_id)
        self._line_kv = region.buses.vn_kv[from_bus]
        self._row = {name: at for at, name in enumerate(region.reliability.component.tolist())}

    def section(self, section: int) -> float:
        overhead = self._case.region.sections.overhead_km[section] > 0.0
        component = "overhead_mv" if overhead else "cable_mv"
        return self._draw(component, self._normal["sections"][section])

    def branch(self, kind: str, asset: int) -> float:
        if kind == "substations":
            return self._draw("substation_wind", self._normal[kind][asset])
        component = line_component(float(self._line_kv[asset]), is_overhead=True)
        return self._draw(component, self._normal[kind][asset])

    def _draw(self, component: str, normal: float) -> float:
        """Lognormal with the component's mean and coefficient of variation [h]."""
        table = self._case.region.reliability
        at = self._row[component]
        variance = float(np.log1p(table.repair_cv[at] ** 2))
        return float(table.repair_mean_h[at] * np.exp(np.sqrt(variance) * normal - 0.5 * variance))
