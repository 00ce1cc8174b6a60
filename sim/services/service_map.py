"""Services, sites, depots and the graph of a region by position, prepared once."""

from dataclasses import dataclass

import numpy as np

from data.calendars import HourCalendar
from data.dependency_graph import AT_SITE, crews_node, expand, staff_node
from data.region import Region
from data.service_tables import NEEDS
from data.tables import FloatArray, IntArray, positions
from sim.dependencies.graph import Graph, build_graph
from sim.services.section_stores import StoreKind
from sim.services.staff import StaffGroup
from sim.services.stores import store_kinds
from sim.services.water import WaterDay, water_day


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMap:
    """Positions that do not change during a replication; -1 stands for none.

    Attributes
    ----------
    graph : Graph
    store_kinds : tuple of StoreKind
    site_node : tuple of int
        Graph node of each site.
    site_nodes : dict of tuple of int
        Graph node of each service at each site: ``electricity``, ``telecom``, ...
    area_nodes : dict of tuple of int
        Graph node of each service in each area: ``fuel``, ``road``, ``backhaul``, ...
    home_sites : dict
        Sites whose normal feed is a section.
    area_sites : tuple of tuple of int
        Sites of each area.
    works_row, system_row, terminal_row : dict
        Rows of the water works, district heating systems and fuel depots of a site.
    reservoir_nodes : dict
        Graph node of the reservoir behind a works, by row of the sites.
    system_nodes, crews_nodes, route_nodes : tuple of int
        Graph nodes of district heating systems, depots and telephone routes.
    shared_names : tuple of str
        Services that are the same everywhere.
    keepers : tuple of (str, int) or None
        What keeps each graph node during a course, and its number there: ``site``,
        ``crews``, ``backhaul``, ``water_supply`` or ``shared``.
    staff : tuple of StaffGroup
    water : WaterDay
    fuel_terminal : tuple of int
        Fuel depot that serves each area.
    fuel_areas : tuple of tuple of int
        Areas of each fuel depot.
    fuel_depot : tuple of int
        Row of each fuel depot among the depots.
    fuel_home : tuple of int
        Area each fuel depot stands in.
    usual_trucks : tuple of int
        Trucks of each fuel depot.
    station_stock_d : ndarray, shape (area,)
        [d]
    pumps_on_grid : list of float
        Share of each area's filling stations that cannot pump without the grid. [1]
    crews_on_nodnett : float
        Share of crews with a terminal. [1]
    """

    graph: Graph
    store_kinds: tuple[StoreKind, ...]
    site_node: tuple[int, ...]
    site_nodes: dict[str, tuple[int, ...]]
    area_nodes: dict[str, tuple[int, ...]]
    home_sites: dict[int, tuple[int, ...]]
    area_sites: tuple[tuple[int, ...], ...]
    works_row: dict[int, int]
    system_row: dict[int, int]
    terminal_row: dict[int, int]
    reservoir_nodes: dict[int, int]
    system_nodes: tuple[int, ...]
    crews_nodes: tuple[int, ...]
    route_nodes: tuple[int, ...]
    shared_names: tuple[str, ...]
    keepers: tuple[tuple[str, int] | None, ...]
    staff: tuple[StaffGroup, ...]
    water: WaterDay
    fuel_terminal: tuple[int, ...]
    fuel_areas: tuple[tuple[int, ...], ...]
    fuel_depot: tuple[int, ...]
    fuel_home: tuple[int, ...]
    usual_trucks: tuple[int, ...]
    station_stock_d: FloatArray
    pumps_on_grid: list[float]
    crews_on_nodnett: float


def service_map(
    region: Region, calendar: HourCalendar, area_depot: dict[str, IntArray]
) -> ServiceMap:
    """Arrange the services of a region by position.

    Parameters
    ----------
    region : Region
    calendar : HourCalendar
        Of the scenario's hours.
    area_depot : dict
        Depot of each skill that serves each area, rows of the depots.
    """
    areas, sites, depots = region.areas.area_id.tolist(), region.sites, region.depots
    site_ids = sites.site_id.tolist()
    at_sites = {name: [f"{name}@{site}" for site in site_ids] for name in sorted(AT_SITE)}
    in_areas = {
        name: [f"{name}@{area}" for area in areas]
        for name in (*(need for need in NEEDS if need not in AT_SITE), "backhaul", "water_supply")
    }
    functions = set(region.functions.function_id.tolist())
    graph = build_graph(
        # Functions are computed over hours and areas afterwards (`sim.dependencies.functions`).
        [edge for edge in expand(region) if edge.dependent not in functions],
        [*site_ids, *(node for nodes in at_sites.values() for node in nodes)],
    )
    index = graph.index

    def found(names: list[str]) -> tuple[int, ...]:
        return tuple(index.get(name, -1) for name in names)

    row_of = {site: row for row, site in enumerate(site_ids)}
    section = positions(region.sections.section_id, sites.section_id).tolist()
    home: dict[int, tuple[int, ...]] = {}
    for site, at in enumerate(section):
        home[at] = (*home.get(at, ()), site)
    site_area = positions(region.areas.area_id, sites.area_id)
    fuel = region.fuel_depots
    depot_row = positions(depots.depot_id, fuel.depot_id)
    terminal_of = {int(row): at for at, row in enumerate(depot_row.tolist())}
    serves = tuple(terminal_of[int(row)] for row in area_depot["fuel"].tolist())
    depot_area = positions(region.areas.area_id, depots.area_id)
    stations = region.filling_stations
    order = np.argsort(positions(region.areas.area_id, stations.area_id))
    known = functions | set(site_ids)
    routes = set(region.telecom_routes.route_id.tolist())
    shared = tuple(
        name for name in index if "@" not in name and name not in known and name not in routes
    )
    site_node = found(site_ids)
    area_nodes = {name: found(nodes) for name, nodes in in_areas.items()}
    crews_nodes = found([crews_node(name) for name in depots.depot_id.tolist()])
    keepers: list[tuple[str, int] | None] = [None] * len(graph.nodes)
    for kind, nodes in (
        ("site", site_node),
        ("crews", crews_nodes),
        ("backhaul", area_nodes["backhaul"]),
        ("water_supply", area_nodes["water_supply"]),
        ("shared", tuple(index[name] for name in shared)),
    ):
        for number, node in enumerate(nodes):
            if node >= 0:
                keepers[node] = (kind, number)
    return ServiceMap(
        graph=graph,
        store_kinds=store_kinds(region),
        site_node=site_node,
        site_nodes={name: found(nodes) for name, nodes in at_sites.items()},
        area_nodes=area_nodes,
        home_sites=home,
        area_sites=tuple(
            tuple(np.flatnonzero(site_area == at).tolist()) for at in range(len(areas))
        ),
        works_row={row_of[site]: at for at, site in enumerate(region.water_works.site_id.tolist())},
        system_row={
            row_of[site]: at for at, site in enumerate(region.district_heat.site_id.tolist())
        },
        terminal_row={row_of[site]: at for at, site in enumerate(fuel.site_id.tolist()) if site},
        reservoir_nodes={
            row_of[site]: index[f"reservoir@{site}"]
            for site in region.water_works.site_id.tolist()
            if f"reservoir@{site}" in index
        },
        system_nodes=found(
            [f"district_heat@{name}" for name in region.district_heat.system_id.tolist()]
        ),
        crews_nodes=crews_nodes,
        route_nodes=found(region.telecom_routes.route_id.tolist()),
        shared_names=shared,
        keepers=tuple(keepers),
        staff=_staff(region, index),
        water=water_day(region, calendar),
        fuel_terminal=serves,
        fuel_areas=tuple(
            tuple(area for area, at in enumerate(serves) if at == terminal)
            for terminal in range(len(fuel))
        ),
        fuel_depot=tuple(int(row) for row in depot_row.tolist()),
        fuel_home=tuple(int(depot_area[row]) for row in depot_row.tolist()),
        usual_trucks=tuple(int(depots.crews[row]) for row in depot_row.tolist()),
        station_stock_d=stations.stock_d[order],
        pumps_on_grid=(1.0 - stations.backup_share[order]).tolist(),
        crews_on_nodnett=region.constants["crews_on_nodnett"],
    )


def _staff(region: Region, index: dict[str, int]) -> tuple[StaffGroup, ...]:
    """Staff of every kind of place in every area where somebody works there."""
    table, areas = region.staff, region.areas.area_id.tolist()
    functions = set(region.functions.function_id.tolist())
    groups: list[StaffGroup] = []
    for row, works_at in enumerate(table.works_at.tolist()):
        for at, area in enumerate(areas):
            node = index.get(staff_node(works_at, area), -1)
            if node < 0 and works_at not in functions:
                continue
            groups.append(
                StaffGroup(
                    works_at=works_at,
                    area=at,
                    needed_share=float(table.needed_share[row]),
                    parents_share=float(table.parents_share[row]),
                    home_office_share=float(table.home_office_share[row]),
                    node=node,
                )
            )
    return tuple(groups)
