"""Everything replications of one scenario under one portfolio share, prepared once."""

import gc
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.calendars import HourCalendar, calendar_hours
from data.demand import demand_mw, mean_mw
from data.kile_costs import (
    Corrections,
    CostFunctions,
    corrections,
    reference_over_mean,
    region_cost_functions,
)
from data.problems import InputError
from data.region import KILE_GROUPS, SECTORS, Region
from data.response_tables import SKILLS
from data.tables import FloatArray, IntArray, StrArray, positions
from grid.arrays import GridArrays, region_arrays
from grid.cold_load import HeatedPlaces, heating_by_class, region_heating
from grid.feeders import FeederArrays, feeder_arrays
from grid.net import SHED_CLASSES, bus_demand_mw
from grid.protection import region_protection
from grid.shed_value import region_shed_cost
from grid.solver import GridSolver
from grid.state import GridState
from scenarios.hazards import start_of, temperature_degc
from scenarios.measures import Applied
from scenarios.read import check_scenario
from scenarios.schema import Restoration, Scenario
from sim.dependencies.delivery import Delivery, delivery
from sim.hazards.damage import Exposure, exposures
from sim.power.network import Network, build_network, demand_by_class
from sim.services.heat import Homes, homes_in_weather
from sim.services.people_map import PeopleMap, people_map
from sim.services.roads import link_ends, travel_between
from sim.services.service_map import ServiceMap, service_map

FUEL = "fuel"
"""Skill of tank trucks."""

DWELLING_CLASSES = ("detached_old", "detached_new", "apartment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One scenario under one portfolio, ready to be replicated.

    Attributes
    ----------
    scenario : Scenario
    portfolio_id : str
    region : Region
        With the portfolio applied.
    hours : int
        Length of the scenario. [h]
    demand_mw : ndarray, shape (time, area, sector)
        Demand without the crisis. [MW]
    spread, bulk : ndarray, shape (area, time, class)
        The same by shedding class, along feeders and on busbars. [MW]
    spread_mw : ndarray, shape (time, area)
        Demand along feeders. [MW]
    temperature_degc : ndarray, shape (time, area)
    calendar : HourCalendar
        Oslo time of each hour.
    arrays, feeders, network
        The grid by position.
    intact_demand : ndarray, shape (time, bus, class); intact_bus_mw, shape (time, bus)
        Demand with everything in service. [MW]
    cell_sections : tuple of ndarray
        Sections of each cell.
    batteries : tuple of (section, p_mw, e_mwh, efficiency)
    travel_h : ndarray, shape (area, area)
        Between areas by road, with the way inside the last. [h]
    area_depot : dict
        Nearest depot of each skill for each area, rows of the depot table.
    depot_area : tuple of int
        Area each depot stands in.
    road_ends : tuple of (int, int)
        Areas at the ends of each road link.
    restoration : Restoration
        In which order faults are repaired.
    services : ServiceMap
        Services, sites and the graph of dependencies by position.
    people : PeopleMap
    delivery : Delivery
    reheat_gap_h : float
        Outages of a home closer than this count as one. [h]
    section_sites : dict
        Sites fed by each section, normally or in reserve.
    site_sections : tuple
        Feeds of each site, the normal one first.
    feeder_site_mw : ndarray, shape (feeder,)
        Load of the sites each feeder feeds normally. [MW]
    site_area, site_backup : ndarray of int, shape (site,)
        Area, and row of the backup table or -1.
    population, customers : ndarray, shape (area,)
    homes : dict of Homes
        By limit: ``heat_18``, ``heat``, ``heat_10``.
    dwelling_share, stove_share : ndarray, shape (area, class)
    heated : HeatedPlaces
        Electrically heated buildings of the areas.
    heating_mw_per_degc : ndarray, shape (area, class)
        Temperature response of spread-out demand. [MW/degC]
    rise_degc : ndarray, shape (time, area)
        What normal heating holds up. [degC]
    kile_reference_kw : ndarray, shape (area, group)
        Reference load of an area's spread-out demand by cost group. [kW]
    sector_group : ndarray of int, shape (sector,)
        Cost group of each sector.
    kile_costs, kile_corrections
        Cost functions in prices of 2024, and their corrections.
    """

    scenario: Scenario
    portfolio_id: str
    region: Region
    hours: int
    demand_mw: FloatArray
    spread: FloatArray
    bulk: FloatArray
    spread_mw: FloatArray
    temperature_degc: FloatArray
    calendar: HourCalendar
    arrays: GridArrays
    feeders: FeederArrays
    network: Network
    intact_demand: FloatArray
    intact_bus_mw: FloatArray
    cell_sections: tuple[IntArray, ...]
    batteries: tuple[tuple[int, float, float, float], ...]
    exposures: tuple[Exposure, ...]
    travel_h: FloatArray
    area_depot: dict[str, IntArray]
    depot_area: tuple[int, ...]
    road_ends: tuple[tuple[int, int], ...]
    restoration: Restoration
    services: ServiceMap
    people: PeopleMap
    delivery: Delivery
    reheat_gap_h: float
    section_sites: dict[int, tuple[int, ...]]
    site_sections: tuple[tuple[int, ...], ...]
    feeder_site_mw: FloatArray
    site_area: IntArray
    site_backup: IntArray
    population: FloatArray
    customers: FloatArray
    homes: dict[str, Homes]
    dwelling_share: FloatArray
    stove_share: FloatArray
    heated: HeatedPlaces
    heating_mw_per_degc: FloatArray
    rise_degc: FloatArray
    kile_reference_kw: FloatArray
    sector_group: IntArray
    kile_costs: CostFunctions
    kile_corrections: Corrections

    @property
    def demand_mwh(self) -> float:
        """Energy demanded over the scenario [MWh]."""
        return float(self.demand_mw.sum())


def prepare(
    applied: Applied, scenario: Scenario, portfolio_id: str, cache: Path | None = None
) -> Case:
    """Prepare a scenario under a portfolio.

    Parameters
    ----------
    applied : Applied
        The region with the portfolio's measures.
    scenario : Scenario
    portfolio_id : str
    cache : Path, optional
        Folder where the grid's arrays are kept between runs.

    Raises
    ------
    InputError
        If the scenario names assets the region has not.
    """
    region = applied.region
    problems = check_scenario(scenario, region)
    if problems:
        raise InputError(problems)
    hours = scenario.duration_h
    start = start_of(scenario)
    temperature = temperature_degc(scenario, region)
    demand = demand_mw(region, start, hours, temperature)
    arrays = region_arrays(region, cache)
    radial = feeder_arrays(region.feeders.feeder_id, region.sections)
    network = build_network(region, arrays, radial)
    spread, bulk = demand_by_class(demand, network)
    intact = bus_demand_mw(region, demand)
    areas, constants = region.areas, region.constants
    dwelling_share, stove_share, tau_h = _dwellings(region)
    storage = region.storage
    section_of_storage = positions(region.sections.section_id, storage.section_id)
    batteries = tuple(
        (int(section), float(p), float(e), float(efficiency))
        for section, p, e, efficiency, islandable in zip(
            section_of_storage,
            storage.p_mw,
            storage.e_mwh,
            storage.efficiency,
            storage.islandable,
            strict=True,
        )
        if islandable
    )
    homes = homes_in_weather(
        np.ascontiguousarray(temperature.T),
        tau_h,
        start_degc=constants["indoor_start_degc"],
        limit_degc=constants["indoor_limit_degc"],
        heating_margin_degc=constants["heating_margin_degc"],
    )
    travel = travel_between(region, region.roads.travel_h)
    area_depot = _nearest_depots(region, travel)
    calendar = calendar_hours(start, hours)
    sector_group, reference_kw = _kile_reference_kw(region)
    of_group = np.eye(len(KILE_GROUPS))[sector_group] * ~network.bulk[:, None]
    feeds = _site_sections(region)
    heated = region_heating(region)
    section_sites: dict[int, tuple[int, ...]] = {}
    for site, rows in enumerate(feeds):
        for row in rows:
            section_sites[row] = (*section_sites.get(row, ()), site)
    return Case(
        scenario=scenario,
        portfolio_id=portfolio_id,
        region=region,
        hours=hours,
        demand_mw=demand,
        spread=spread,
        bulk=bulk,
        spread_mw=np.ascontiguousarray(spread.sum(axis=2).T),
        temperature_degc=temperature,
        calendar=calendar,
        arrays=arrays,
        feeders=radial,
        network=network,
        intact_demand=intact,
        intact_bus_mw=intact.sum(axis=2),
        cell_sections=tuple(
            np.flatnonzero(network.section_cell == cell) for cell in range(len(network.cell_share))
        ),
        batteries=batteries,
        exposures=exposures(region),
        travel_h=travel,
        area_depot=area_depot,
        depot_area=tuple(positions(areas.area_id, region.depots.area_id).tolist()),
        road_ends=tuple(zip(*(end.tolist() for end in link_ends(region)), strict=True)),
        restoration=applied.restoration,
        services=service_map(region, calendar, area_depot),
        people=people_map(region),
        delivery=delivery(region),
        reheat_gap_h=constants["reheat_gap_h"],
        section_sites=section_sites,
        site_sections=feeds,
        feeder_site_mw=_feeder_site_mw(region, network, feeds),
        site_area=positions(areas.area_id, region.sites.area_id),
        site_backup=_row_or_none(region.backups.site_id, region.sites.site_id),
        population=areas.population.astype(float),
        customers=areas.customers.astype(float),
        homes={
            name: replace(homes, limit_degc=constants[key])
            for name, key in (
                ("heat_18", "indoor_cool_degc"),
                ("heat", "indoor_limit_degc"),
                ("heat_10", "indoor_freeze_degc"),
            )
        },
        dwelling_share=dwelling_share,
        stove_share=stove_share,
        heated=heated,
        heating_mw_per_degc=heating_by_class(region, SHED_CLASSES),
        rise_degc=heated.rise_degc(temperature - areas.temperature_offset_degc),
        kile_reference_kw=reference_kw @ of_group,
        sector_group=sector_group,
        kile_costs=region_cost_functions(region),
        kile_corrections=corrections(region.kile_corrections),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntactGrid:
    """Solver of a case's grid, and its solution with everything in service.

    Made in each process that replicates; a state does not depend on what the solver
    solved before.
    """

    solver: GridSolver
    state: GridState


def intact_grid(case: Case) -> IntactGrid:
    """Solve a case's grid before anything happens."""
    region = case.region
    solver = GridSolver(case.arrays, region_shed_cost(region), region_protection(region.constants))
    everything = np.ones(len(case.arrays.branch_ids), dtype=bool)
    grid = IntactGrid(solver=solver, state=solver.solve(everything, case.intact_demand))
    # What stays for all replications need not be searched for garbage in each of them.
    gc.collect()
    gc.freeze()
    return grid


def _nearest_depots(region: Region, travel: FloatArray) -> dict[str, IntArray]:
    """Row of the nearest depot of each skill for each area; equals go to the first row."""
    depots = region.depots
    depot_area = positions(region.areas.area_id, depots.area_id)
    nearest = {}
    for skill in SKILLS:
        rows = np.flatnonzero(depots.skill == skill)
        if skill == FUEL:
            # Only depots with a terminal have anything to bring.
            rows = rows[np.isin(depots.depot_id[rows], region.fuel_depots.depot_id)]
        nearest[skill] = rows[np.argmin(travel[depot_area[rows]], axis=0)]
    return nearest


def _dwellings(region: Region) -> tuple[FloatArray, FloatArray, FloatArray]:
    shape = (len(region.areas), len(DWELLING_CLASSES))
    share, stove, tau = np.zeros(shape), np.zeros(shape), np.ones(shape)
    table = region.dwellings
    at = (
        positions(region.areas.area_id, table.area_id),
        positions(np.array(DWELLING_CLASSES), table.dwelling_class),
    )
    share[at], stove[at], tau[at] = table.share, table.stove_share, table.time_constant_h
    return share, stove, tau


def _kile_reference_kw(region: Region) -> tuple[IntArray, FloatArray]:
    """Cost group of each sector, and reference load by area and sector [kW].

    Reference load is the mean load times the group's ratio of reference to mean load
    (CINELDI MV reference system; the constants ``kile_reference_over_mean_<group>``).
    """
    row = positions(region.sectors.sector, np.array(SECTORS))
    group = positions(np.array(KILE_GROUPS), region.sectors.kile_group[row])
    return group, mean_mw(region) * 1e3 * reference_over_mean(region)[group]


def _site_sections(region: Region) -> tuple[tuple[int, ...], ...]:
    normal = positions(region.sections.section_id, region.sites.section_id)
    reserve = positions(region.sections.section_id, region.sites.reserve_section_id)
    return tuple(
        (first,) if second < 0 else (first, second)
        for first, second in zip(normal.tolist(), reserve.tolist(), strict=True)
    )


def _feeder_site_mw(
    region: Region, network: Network, feeds: tuple[tuple[int, ...], ...]
) -> FloatArray:
    total = np.zeros(len(region.feeders))
    np.add.at(total, network.section_feeder[[rows[0] for rows in feeds]], region.sites.load_mw)
    return total


def _row_or_none(keys: StrArray, wanted: StrArray) -> IntArray:
    row = {name: at for at, name in enumerate(keys.tolist())}
    return np.array([row.get(name, -1) for name in wanted.tolist()], dtype=np.int64)
