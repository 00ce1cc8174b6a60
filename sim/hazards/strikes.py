"""Hazards of a scenario, started in a course: each becomes what it does to the region."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import simpy

from data.tables import FloatArray
from scenarios.hazard_kinds import (
    AssetOutage,
    ControlLoss,
    Evacuation,
    FuelStop,
    RoadDisruption,
    SiteOutage,
    StaffAbsence,
    TelecomOutage,
    WindStorm,
)
from scenarios.hazards import gust_ms
from sim.case import Case
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.hazards.damage import OVERHEAD_MV, ROAD, SUBSTATION, Failures, sample_failures, way_links
from sim.response.control import Control
from sim.response.faults import Response
from sim.response.repair_times import Repair
from sim.response.telecom_repair import TelecomRepair
from sim.rng import stream
from sim.services.fuel import Fuel
from sim.services.roads import Roads
from sim.services.staff import Absence, Staff
from sim.services.telecom import Telecom


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A storm of the scenario as it is in this replication.

    Attributes
    ----------
    number : int
        Of the hazard in the scenario.
    gust_ms : ndarray, shape (time, area)
        [m/s]
    """

    number: int
    gust_ms: FloatArray


def storms_of(case: Case, seed: int, replication: int) -> tuple[Storm, ...]:
    """Draw the storms: severity lognormal, arrival normal, whatever the portfolio."""
    found = []
    for number, hazard in enumerate(case.scenario.hazards):
        if isinstance(hazard, WindStorm):
            normal = stream(seed, replication, "storm", str(number)).standard_normal(2)
            gust = gust_ms(
                hazard,
                case.region.areas,
                case.hours,
                severity=float(np.exp(hazard.severity_spread * normal[0])),
                shift_h=float(hazard.timing_spread_h * normal[1]),
            )
            found.append(Storm(number=number, gust_ms=gust))
    return tuple(found)


def storm_failures(
    case: Case, storms: Sequence[Storm], seed: int, replication: int
) -> list[Failures]:
    """Draw what the storms break, kind by kind."""
    return [
        sample_failures(
            exposure,
            case.region.fragility,
            storm.gust_ms,
            seed=seed,
            replication=replication,
            hazard=f"storm {storm.number}",
        )
        for storm in storms
        for exposure in case.exposures
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """The parts of a course that hazards act on."""

    env: simpy.Environment
    case: Case
    log: EventLog
    levels: Levels
    response: Response
    control: Control
    roads: Roads
    staff: Staff
    telecom: Telecom
    telecom_repair: TelecomRepair
    fuel: Fuel


class Strikes:
    """Starts every hazard of the scenario.

    Parameters
    ----------
    parts : Struck

    Attributes
    ----------
    failures : int
        Assets of the grid that fail.
    """

    def __init__(self, parts: Struck) -> None:
        self._parts = parts
        self._env = parts.env
        self._case = parts.case
        self._sites_struck: dict[int, dict[int, float]] = {}
        self._imports_stopped: dict[int, dict[int, float]] = {}
        self.failures = 0

    def start(self, failures: Sequence[Failures]) -> None:
        """Start a process for each asset that fails, and each other hazard."""
        for failed in failures:
            self._start_failures(failed)
        for number, hazard in enumerate(self._case.scenario.hazards):
            match hazard:
                case AssetOutage():
                    self._asset_outage(hazard)
                case SiteOutage():
                    self._site_outage(number, hazard)
                case RoadDisruption():
                    self._road_disruption(number, hazard)
                case TelecomOutage():
                    self._telecom_outage(number, hazard)
                case StaffAbsence():
                    self._staff_absence(number, hazard)
                case ControlLoss():
                    self._control_loss(number, hazard)
                case FuelStop():
                    self._fuel_stop(number, hazard)
                case Evacuation():
                    self._evacuation(hazard)
                case _:
                    pass  # storms: drawn before the course begins

    def _at(self, t_h: float, course: Generator[simpy.Event, Any, None]) -> None:
        def begin(_: simpy.Event) -> None:
            self._env.process(course)

        self._env.timeout(t_h).callbacks.append(begin)

    def _call(self, t_h: float, act: Callable[[], object]) -> None:
        def happen(_: simpy.Event) -> None:
            act()

        if t_h < self._case.hours:
            self._env.timeout(t_h).callbacks.append(happen)

    # Damage to the grid and to roads

    def _start_failures(self, failures: Failures) -> None:
        case, response = self._case, self._parts.response
        links = way_links(case.region) if failures.kind == ROAD else None
        if links is None:
            self.failures += len(failures.asset)
        for asset, t_h in zip(failures.asset.tolist(), failures.t_h.tolist(), strict=True):
            if failures.kind == OVERHEAD_MV:
                course = response.section_fault(asset, "wind: tree or break on overhead line")
            elif failures.kind == SUBSTATION:
                course = self._substation_fault(
                    asset, "wind: damage in substation", response.repairs.substation(asset)
                )
            elif links is not None:
                hours = response.repairs.road(asset, len(links))
                course = response.road_fault(int(links[asset]), hours, "wind: tree across the road")
            else:
                course = self._branch_fault(
                    str(case.region.lines.line_id[asset]),
                    "wind: overhead line down",
                    response.repairs.line(asset),
                )
            self._at(t_h, course)

    def _substation_fault(
        self, substation: int, cause: str, repair: Repair
    ) -> Generator[simpy.Event, Any, None]:
        case = self._case
        return self._parts.response.branch_fault(
            str(case.region.substations.substation_id[substation]),
            case.network.substation_branches[substation].tolist(),
            int(case.network.substation_area[substation]),
            cause=cause,
            repair=repair,
        )

    def _branch_fault(
        self, name: str, cause: str, repair: Repair
    ) -> Generator[simpy.Event, Any, None]:
        case = self._case
        branch = int(np.flatnonzero(case.arrays.branch_ids == name)[0])
        area = int(case.network.branch_area[branch])
        return self._parts.response.branch_fault(name, [branch], area, cause=cause, repair=repair)

    def _asset_outage(self, hazard: AssetOutage) -> None:
        region, response = self._case.region, self._parts.response
        self.failures += len(hazard.asset_ids)
        for name in hazard.asset_ids:
            section = np.flatnonzero(region.sections.section_id == name)
            substation = np.flatnonzero(region.substations.substation_id == name)
            if len(section):
                course = response.section_fault(int(section[0]), "scenario", work_h=hazard.repair_h)
            elif len(substation):
                repair = response.repairs.substation(int(substation[0]))
                repair = _as_told(repair, hazard.repair_h)
                course = self._substation_fault(int(substation[0]), "scenario", repair)
            else:
                line = np.flatnonzero(region.lines.line_id == name)
                trafo = np.flatnonzero(region.trafos.trafo_id == name)
                repair = (
                    response.repairs.line(int(line[0]))
                    if len(line)
                    else response.repairs.trafo(int(trafo[0]))
                )
                course = self._branch_fault(name, "scenario", _as_told(repair, hazard.repair_h))
            self._at(hazard.start_h, course)

    # Other hazards

    def _areas(self, named: Sequence[str]) -> list[int]:
        """Positions of areas; all of them when none is named."""
        ids = self._case.region.areas.area_id.tolist()
        return [ids.index(name) for name in named] if named else list(range(len(ids)))

    def _site_outage(self, number: int, hazard: SiteOutage) -> None:
        ids = self._case.region.sites.site_id.tolist()
        end_h = hazard.start_h + hazard.duration_h
        for name in hazard.site_ids:
            strike = partial(self._strike_site, ids.index(name), number)
            self._call(hazard.start_h, partial(strike, hazard.level))
            self._call(end_h, partial(strike, 1.0))

    def _strike_site(self, site: int, number: int, level: float) -> None:
        sites, services = self._case.region.sites, self._case.services
        level = _worst(self._sites_struck.setdefault(site, {}), number, level)
        what = "site_struck" if level < 1.0 else "site_restored"
        event = self._root(what, str(sites.site_id[site]), str(sites.area_id[site]), level)
        self._parts.levels.set_own(services.site_node[site], level, event)

    def _road_disruption(self, number: int, hazard: RoadDisruption) -> None:
        roads, case = self._parts.roads, self._case
        ids = case.region.roads.road_id.tolist()
        named = {ids.index(name) for name in hazard.road_ids}
        for at in self._areas(hazard.area_ids) if hazard.area_ids else []:
            area = case.region.areas.area_id[at]
            table = case.region.roads
            touches = (table.from_area_id == area) | (table.to_area_id == area)
            named |= set(np.flatnonzero(touches).tolist())
        links = sorted(named)

        def change(speed: float) -> None:
            event = self._root("road_struck", "", "", speed)
            roads.strike(links, number, speed, event)

        self._call(hazard.start_h, lambda: change(hazard.speed))
        self._call(hazard.start_h + hazard.duration_h, lambda: change(1.0))

    def _telecom_outage(self, number: int, hazard: TelecomOutage) -> None:
        parts, case = self._parts, self._case
        routes = case.region.telecom_routes.route_id.tolist()
        for name in hazard.route_ids:
            self._at(
                hazard.start_h,
                parts.telecom_repair.cut(routes.index(name), hazard.duration_h, "scenario"),
            )
        if hazard.route_ids and not hazard.area_ids:
            return
        areas = self._areas(hazard.area_ids)

        def change(level: float, what: str) -> None:
            for network in hazard.networks:
                event = self._root(what, network, "", level)
                for area in areas:
                    parts.telecom.strike(network, area, number, level, event)

        self._call(hazard.start_h, lambda: change(hazard.level, "telecom_lost"))
        end_h = hazard.start_h + hazard.duration_h
        self._call(end_h, lambda: change(1.0, "telecom_back"))

    def _staff_absence(self, number: int, hazard: StaffAbsence) -> None:
        absence = Absence(
            ill=hazard.share,
            schools_closed=hazard.schools_closed,
            works_at=frozenset(hazard.works_at),
            areas=frozenset(self._areas(hazard.area_ids)),
        )

        def change(now: Absence | None) -> None:
            level = 1.0 if now is None else 1.0 - hazard.share
            what = "staff_back" if now is None else "staff_short"
            self._parts.staff.strike(number, now, self._root(what, "", "", level))

        self._call(hazard.start_h, lambda: change(absence))
        self._call(hazard.start_h + hazard.duration_h, lambda: change(None))

    def _control_loss(self, number: int, hazard: ControlLoss) -> None:
        control, env = self._parts.control, self._env

        def change(remote: float, sight: float) -> None:
            control.strike(env.now, number, remote, sight)

        self._call(hazard.start_h, lambda: change(hazard.remote_share, hazard.sight_share))
        self._call(hazard.start_h + hazard.duration_h, lambda: change(0.0, 0.0))

    def _fuel_stop(self, number: int, hazard: FuelStop) -> None:
        ids = self._case.region.fuel_depots.depot_id.tolist()
        named = [ids.index(name) for name in hazard.depot_ids] or list(range(len(ids)))

        def change(level: float) -> None:
            for terminal in named:
                left = _worst(self._imports_stopped.setdefault(terminal, {}), number, level)
                what = "fuel_import_stopped" if left < 1.0 else "fuel_import_back"
                event = self._root(what, ids[terminal], "", left)
                self._parts.fuel.stop_import(terminal, left, event)

        self._call(hazard.start_h, lambda: change(hazard.level))
        self._call(hazard.start_h + hazard.duration_h, lambda: change(1.0))

    def _evacuation(self, hazard: Evacuation) -> None:
        end_h = hazard.start_h + hazard.duration_h
        ids = self._case.region.areas.area_id.tolist()
        for area in self._areas(hazard.area_ids):
            name = ids[area]
            leave = partial(self._root, "evacuated", name, name, hazard.share)
            self._call(hazard.start_h, leave)
            self._call(end_h, partial(self._root, "evacuation_over", name, name, 0.0))

    def _root(self, what: str, asset_id: str, area_id: str, level: float) -> int:
        return self._parts.log.note(
            self._env.now, what, asset_id, area_id, cause="scenario", level=level
        )


def _worst(struck: dict[int, float], hazard: int, level: float) -> float:
    """Let a hazard leave so much of something, 1 to end it; return what all of them leave."""
    struck[hazard] = level
    return min(struck.values())


def _as_told(repair: Repair, hours: float | None) -> Repair:
    """Let the scenario's hours of work stand, without a wait for parts."""
    return repair if hours is None else Repair(hours=hours, skill=repair.skill)
