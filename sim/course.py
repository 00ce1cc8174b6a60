"""One course of a scenario: every part set up and connected, ready to run."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import simpy

from data.tables import FloatArray
from sim.case import Case, IntactGrid
from sim.dependencies.levels import Levels
from sim.event_log import EventLog
from sim.hazards.strikes import Storm, Strikes, Struck, storm_failures, storms_of
from sim.power.mesh import Mesh
from sim.power.supply import Supply
from sim.response.best_order import best_order, depot_jobs
from sim.response.control import Control
from sim.response.crew_pools import CrewPools
from sim.response.faults import Response
from sim.response.mobile import MobileGensets
from sim.response.order import RestorationOrder
from sim.response.telecom_repair import TelecomRepair
from sim.services.area_levels import AreaLevels
from sim.services.district_heat import DistrictHeat
from sim.services.fuel import Fuel
from sim.services.roads import Roads
from sim.services.section_stores import SectionStores
from sim.services.sites import Sites
from sim.services.staff import Staff, shift_hours
from sim.services.stores import NODNETT, NODNETT_LONG, REINFORCED, TELECOM
from sim.services.telecom import Telecom
from sim.services.water import Water
from sim.state_log import StateLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A replication under way: its parts, and how many assets of the grid hazards damage."""

    log: EventLog
    states: StateLog
    mesh: Mesh
    supply: Supply
    stores: SectionStores
    areas: AreaLevels
    levels: Levels
    telecom: Telecom
    roads: Roads
    staff: Staff
    water: Water
    heat: DistrictHeat
    fuel: Fuel
    sites: Sites
    crews: CrewPools
    control: Control
    response: Response
    strikes: Strikes

    def finish(self, end_h: float) -> None:
        """Close everything that is still open at the scenario's end."""
        self.mesh.finish()
        self.stores.finish(end_h)
        self.areas.finish(end_h)
        self.water.finish()
        self.heat.finish()
        self.fuel.finish()


def start_course(
    env: simpy.Environment,
    case: Case,
    grid: IntactGrid,
    *,
    seed: int,
    replication: int,
) -> Course:
    """Set up a replication, ready for ``env.run``.

    Parameters
    ----------
    env : simpy.Environment
        New.
    case : Case
    grid : IntactGrid
        Of the case.
    seed, replication : int

    Returns
    -------
    Course
    """
    storms = storms_of(case, seed, replication)
    failures = storm_failures(case, storms, seed, replication)
    course = assemble(env, case, grid, storms, seed=seed, replication=replication)
    if case.restoration.policy == "best_known":
        course.response.order = RestorationOrder(
            case.restoration,
            case.region.constants["critical_weight"],
            best_order(
                depot_jobs(case, failures, course.response.repairs, gust_of(case, storms)), case
            ),
        )
    course.strikes.start(failures)
    return course


def gust_of(case: Case, storms: tuple[Storm, ...]) -> FloatArray:
    """Strongest gust of any storm, shape (time, area). [m/s]."""
    gust = np.zeros((case.hours, len(case.population)))
    for storm in storms:
        np.maximum(gust, storm.gust_ms, out=gust)
    return gust


def assemble(
    env: simpy.Environment,
    case: Case,
    grid: IntactGrid,
    storms: tuple[Storm, ...] = (),
    *,
    seed: int,
    replication: int,
) -> Course:
    """Make every part of a course and connect them, with nothing happening yet."""
    region, services = case.region, case.services
    log, states, areas = EventLog(), StateLog(), AreaLevels()
    mesh = Mesh(case, grid)
    supply = Supply(env, case, mesh, log)
    router = _Router(services.keepers)
    levels = Levels(env, services.graph, router.changed)
    area_ids = region.areas.area_id.tolist()
    stores = SectionStores(
        env,
        services.store_kinds,
        section_area=case.network.section_area,
        section_feeder=case.network.section_feeder,
        section_persons=case.network.section_persons,
        area_ids=area_ids,
        feeder_ids=region.feeders.feeder_id.tolist(),
        section_ids=region.sections.section_id,
        log=log,
        states=states,
        watched=services.home_sites,
    )
    telecom = Telecom(env, case, levels=levels, stores=stores, areas=areas, log=log)
    roads = Roads(
        env,
        region,
        case.travel_h,
        levels=levels,
        nodes=services.area_nodes["road"],
        log=log,
        states=states,
    )
    staff = Staff(
        env,
        services.staff,
        case.calendar.hour,
        changes=shift_hours(region.constants),
        roads=roads,
        levels=levels,
        areas=areas,
        area_ids=area_ids,
        log=log,
    )
    water = Water(
        env,
        region,
        services.water,
        levels=levels,
        log=log,
        states=states,
        nodes=services.reservoir_nodes,
    )
    heat = DistrictHeat(
        env,
        region,
        levels=levels,
        missing=areas,
        log=log,
        states=states,
        nodes=services.system_nodes,
    )
    crews = CrewPools(env, case, gust_of(case, storms), log=log, states=states)
    fuel = Fuel(
        env,
        case,
        roads=roads,
        levels=levels,
        stores=stores,
        areas=areas,
        log=log,
        states=states,
        pools=[crews.pools[row] for row in services.fuel_depot],
    )
    sites = Sites(
        env,
        case,
        supply=supply,
        levels=levels,
        stores=stores,
        fuel=fuel,
        log=log,
        states=states,
        seed=seed,
        replication=replication,
    )
    control = Control(region, telecom, log, seed=seed, replication=replication)
    crews.connect(roads, control)
    response = Response(
        env,
        case,
        supply=supply,
        crews=crews,
        control=control,
        roads=roads,
        order=RestorationOrder(case.restoration, region.constants["critical_weight"]),
        log=log,
        states=states,
        seed=seed,
        replication=replication,
    )
    mobile = MobileGensets(env, case, sites=sites, roads=roads, fuel=fuel, log=log)
    repair = TelecomRepair(env, case, levels=levels, crews=crews, log=log, states=states)
    course = Course(
        log=log,
        states=states,
        mesh=mesh,
        supply=supply,
        stores=stores,
        areas=areas,
        levels=levels,
        telecom=telecom,
        roads=roads,
        staff=staff,
        water=water,
        heat=heat,
        fuel=fuel,
        sites=sites,
        crews=crews,
        control=control,
        response=response,
        strikes=Strikes(
            Struck(
                env=env,
                case=case,
                log=log,
                levels=levels,
                response=response,
                control=control,
                roads=roads,
                staff=staff,
                telecom=telecom,
                telecom_repair=repair,
                fuel=fuel,
            )
        ),
    )
    _connect(course, case, mobile, router)
    return course


class _Router:
    """Passes changes in the graph to the part that keeps the node."""

    def __init__(self, keepers: tuple[tuple[str, int] | None, ...]) -> None:
        self._keepers = keepers
        self.handlers: dict[str, Callable[[int, float, float, int, str], int]] = {}

    def changed(self, node: int, before: float, level: float, because: int, through: str) -> int:
        """Tell the keeper of a node; nodes without one pass their cause on."""
        keeper = self._keepers[node]
        if keeper is None:
            return because
        return self.handlers[keeper[0]](keeper[1], before, level, because, through)


def _connect(course: Course, case: Case, mobile: MobileGensets, router: _Router) -> None:
    """Let each part tell the others what changes."""
    supply, sites, stores, services = course.supply, course.sites, course.stores, case.services
    supply.on_change = sites.section_changed
    supply.on_mesh = sites.look_at_all
    supply.on_trip = course.response.overload_trip
    supply.on_dark = stores.dark
    supply.on_light = stores.light
    supply.on_settled = stores.settle

    def store_changed(kind: int, area: int, sections: list[int], because: int) -> None:
        if kind in (TELECOM, REINFORCED, NODNETT, NODNETT_LONG):
            course.telecom.stations_changed(kind, area, sections, because)
        else:
            course.sites.store_changed(kind, sections, because)

    stores.on_change = store_changed
    stores.on_people = course.fuel.pumps_changed
    sites.on_unserved = mobile.unserved_changed

    def access_changed(area: int, level: float, because: int) -> None:
        course.areas.set(course.levels.env.now, "road", area, level, because)
        course.fuel.access_changed(area, because)
        course.staff.access_changed(because)

    course.roads.on_access = access_changed

    def site_changed(site: int, level: float, because: int) -> None:
        if site in services.works_row:
            course.water.works_changed(site, services.works_row[site], level, because)
        if site in services.terminal_row:
            course.fuel.terminal_changed(services.terminal_row[site], level, because)
        if site in services.system_row:
            fed = sites.is_fed(site)
            course.heat.plant_changed(services.system_row[site], level, because, is_fed=fed)

    def feed_changed(site: int, because: int) -> None:
        if site in services.system_row:
            level = course.levels.level(services.site_node[site])
            fed = sites.is_fed(site)
            course.heat.plant_changed(services.system_row[site], level, because, is_fed=fed)

    sites.on_level = site_changed
    sites.on_feed = feed_changed
    _route(course, case, router)


def _route(course: Course, case: Case, router: _Router) -> None:
    """Name the keeper of every kind of node that has one."""
    areas = case.region.areas.area_id.tolist()
    shared = case.services.shared_names

    def keeper(
        named: Callable[[int], tuple[str, int]],
    ) -> Callable[[int, float, float, int, str], int]:
        """Keep services of areas, or one that is the same everywhere (-1), by number."""

        def changed(number: int, before: float, level: float, because: int, through: str) -> int:
            now = course.levels.env.now
            service, area = named(number)
            place = areas[area] if area >= 0 else ""
            name = f"{service}@{place}" if place else service
            what = service_event(before, level)
            event = course.log.note(
                now, what, name, place, because=because, cause=through, level=level
            )
            course.states.set(now, "service", name, place, level=level, event=event)
            course.areas.set(now, service, max(area, 0), level, event)
            return event

        return changed

    router.handlers = {
        "site": course.sites.level_changed,
        "crews": course.crews.crews_changed,
        "backhaul": keeper(lambda area: ("backhaul", area)),
        "water_supply": keeper(lambda area: ("water_supply", area)),
        "shared": keeper(lambda number: (shared[number], -1)),
    }


def service_event(before: float, level: float) -> str:
    """Name the event of a service whose level changes."""
    if level > before:
        return "service_back"
    return "service_lost" if level <= 0.0 else "service_weakened"
