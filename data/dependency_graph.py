"""The dependencies of a region as one directed graph between named nodes.

A node is one of

* a site (``h1``), the crews of a depot (``crews@oslo_west``), a shared service (``it``),
  a route of the telephone network (``fibre_3228_1``), a function (``F04``);
* a service where it is used: ``water@h1`` at a site, ``road@3228`` in an area,
  ``staff@hospital@030104`` of a kind in an area;
* a service where it comes from: ``backhaul@3228``, ``water_supply@3228``, ``reservoir@w1``,
  ``district_heat@celsio_oslo``.

Rows of ``dependencies.csv`` are expanded to every site or depot they speak of. What
connects sites to the services they give is added from the tables of telecom, water and
heat. An edge is *mediated* when a process stands between its ends (a reservoir, tanks of
filling stations): the process moves the level, the edge only says who hangs on whom.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from data.region import Region
from data.service_tables import NEEDS

CREW = "crew_"
"""Before a skill, the crews of all depots with that skill."""

AT_SITE = frozenset({"electricity", "telecom", "nodnett", "water"})
"""Services a site has or lacks by its own feeder section."""

Rule = Literal["weakest", "any", "k_of_n", "linear"]

LONGEST_LIST = 200
"""Loops found at most."""

SHARE_TOLERANCE = 1e-9
"""Shares that sum to 1 may miss it by this much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One node needs another.

    Attributes
    ----------
    dependent, needs : str
        Nodes.
    group, rule, k
        How the needs of one group combine.
    autonomy_h, level_after, recovery_h : float
        Hours the dependent lasts, what is left of it then, and hours until it is whole
        again. [h], [1], [h]
    row : int
        Row of ``dependencies.csv``, from 0; -1 for what other tables say.
    mediated : bool
        Whether a process moves the level instead.
    """

    dependent: str
    needs: str
    group: str = ""
    rule: Rule = "weakest"
    k: int = 0
    autonomy_h: float = 0.0
    level_after: float = 0.0
    recovery_h: float = 0.0
    row: int = -1
    mediated: bool = False


def expand(region: Region) -> tuple[Edge, ...]:
    """Every edge of a region's graph.

    Parameters
    ----------
    region : Region
        Names nobody knows stand for themselves; `data.check_dependencies` tells them.

    Returns
    -------
    tuple of Edge
        A row of a kind of site once for each site of the kind, a row of crews once for each
        depot with the skill.
    """
    return (
        *_from_table(region),
        *_telecom(region),
        *_water(region),
        *_heat(region),
        *_fuel(region),
    )


def staff_node(works_at: str, area_id: str) -> str:
    """Node of the staff of a kind of place in an area."""
    return f"staff@{works_at}@{area_id}"


def crews_node(depot_id: str) -> str:
    """Node of the crews of a depot."""
    return f"crews@{depot_id}"


def shared_services(region: Region) -> frozenset[str]:
    """Names that some rows need and others say the needs of, and that are nothing else.

    A site, a kind of site, crews, a function or a service of areas is none.
    """
    table = region.dependencies
    known = {
        "",
        *NEEDS,
        *region.sites.site_id.tolist(),
        *region.sites.kind.tolist(),
        *region.functions.function_id.tolist(),
    }
    both = set(table.dependent.tolist()) & set(table.needs.tolist())
    return frozenset(name for name in both - known if not name.startswith(CREW))


def _from_table(region: Region) -> Iterator[Edge]:
    table, sites, depots = region.dependencies, region.sites, region.depots
    by_kind: dict[str, list[tuple[str, str, str]]] = {}
    for site, kind, area in zip(
        sites.site_id.tolist(), sites.kind.tolist(), sites.area_id.tolist(), strict=True
    ):
        by_kind.setdefault(kind, []).append((site, kind, area))
        by_kind[site] = [(site, kind, area)]
    for depot, skill, area in zip(
        depots.depot_id.tolist(), depots.skill.tolist(), depots.area_id.tolist(), strict=True
    ):
        crew = CREW + skill
        by_kind.setdefault(crew, []).append((crews_node(depot), crew, area))
    for row, (dependent, need) in enumerate(
        zip(table.dependent.tolist(), table.needs.tolist(), strict=True)
    ):
        # A function or shared service stands for itself: it is the same in every area.
        for node, kind, area in by_kind.get(dependent, [(dependent, dependent, "")]):
            yield Edge(
                dependent=node,
                needs=_node_of(need, node, kind, area),
                group=str(table.group[row]),
                rule=str(table.rule[row]),  # type: ignore[arg-type]  # checked by the column
                k=int(table.k[row]),
                autonomy_h=float(table.autonomy_h[row]),
                level_after=float(table.level_after[row]),
                recovery_h=float(table.recovery_h[row]),
                row=row,
            )


def _node_of(need: str, node: str, kind: str, area: str) -> str:
    if need not in NEEDS or not area:
        return need
    if need == "staff":
        return staff_node(kind, area)
    if need in AT_SITE and not node.startswith("crews@"):
        return f"{need}@{node}"
    return f"{need}@{area}"


def _users(region: Region, need: str) -> list[tuple[str, str]]:
    """Nodes of a service at sites, each with its area."""
    return [
        (f"{need}@{site}", area)
        for site, area in zip(
            region.sites.site_id.tolist(), region.sites.area_id.tolist(), strict=True
        )
    ]


def _telecom(region: Region) -> Iterator[Edge]:
    routes = region.telecom_routes
    for node, area in _users(region, "telecom"):
        yield Edge(dependent=node, needs=f"backhaul@{area}")
    for area in region.areas.area_id.tolist():
        yield Edge(dependent=f"telecom@{area}", needs=f"backhaul@{area}")
    for route, area, core in zip(
        routes.route_id.tolist(), routes.area_id.tolist(), routes.core_site_id.tolist(), strict=True
    ):
        yield Edge(dependent=f"backhaul@{area}", needs=route, group="routes", rule="any")
        yield Edge(dependent=route, needs=core)


def _water(region: Region) -> Iterator[Edge]:
    works = dict(
        zip(region.water_works.site_id.tolist(), region.water_works.storage_h.tolist(), strict=True)
    )
    for node, area in _users(region, "water"):
        yield Edge(dependent=node, needs=f"water_supply@{area}")
    for area in region.areas.area_id.tolist():
        yield Edge(dependent=f"water@{area}", needs=f"water_supply@{area}")
    for site, storage_h in works.items():
        yield Edge(dependent=f"reservoir@{site}", needs=site, autonomy_h=storage_h, mediated=True)
    for area, shares in water_shares(region).items():
        for site, share in shares.items():
            yield Edge(
                dependent=f"water_supply@{area}",
                needs=f"reservoir@{site}",
                group="works",
                rule="linear",
                level_after=1.0 - share,
            )


def water_shares(region: Region) -> dict[str, dict[str, float]]:
    """Share of each area's water from each water works in service; sums to 1 per area.

    Deliveries of any function from a water works are read as deliveries of water.
    """
    works = set(region.water_works.site_id.tolist())
    table = region.deliveries
    found: dict[str, dict[str, float]] = {}
    for site, area, share in zip(
        table.site_id.tolist(), table.area_id.tolist(), table.share.tolist(), strict=True
    ):
        # An unreadable share is NaN, and taken to be some.
        if site in works and not share <= 0.0:
            found.setdefault(area, {})[site] = share
    return {
        area: {site: share / sum(shares.values()) for site, share in shares.items()}
        for area, shares in found.items()
    }


def _heat(region: Region) -> Iterator[Edge]:
    systems, supply = region.district_heat, region.district_heat_supply
    for system, site, accumulator_h in zip(
        systems.system_id.tolist(),
        systems.site_id.tolist(),
        systems.accumulator_h.tolist(),
        strict=True,
    ):
        node = f"district_heat@{system}"
        yield Edge(dependent=node, needs=site, autonomy_h=accumulator_h, mediated=True)
    for system, area, share in zip(
        supply.system_id.tolist(),
        supply.area_id.tolist(),
        supply.dwelling_share.tolist(),
        strict=True,
    ):
        yield Edge(
            dependent=f"heat@{area}",
            needs=f"district_heat@{system}",
            group="systems",
            rule="linear",
            level_after=1.0 - share,
        )


def _fuel(region: Region) -> Iterator[Edge]:
    stations = region.filling_stations
    stock_d = dict(zip(stations.area_id.tolist(), stations.stock_d.tolist(), strict=True))
    for site in sorted({name for name in region.fuel_depots.site_id.tolist() if name}):
        for area, days in stock_d.items():
            yield Edge(dependent=f"fuel@{area}", needs=site, autonomy_h=24.0 * days, mediated=True)


def instant_loops(
    edges: Sequence[Edge], delay: Literal["autonomy_h", "recovery_h"]
) -> list[list[str]]:
    """Loops along which a change comes round in no time.

    Parameters
    ----------
    edges : sequence of Edge
    delay : {"autonomy_h", "recovery_h"}
        Which delay to look at: of losses or of recoveries.

    Returns
    -------
    list of list of str
        As `loops_among`.
    """
    return loops_among([edge for edge in edges if getattr(edge, delay) == 0.0])


def loops_among(edges: Iterable[Edge]) -> list[list[str]]:
    """Loops of a graph; taking one edge out of each leaves none.

    Parameters
    ----------
    edges : iterable of Edge

    Returns
    -------
    list of list of str
        Nodes of each loop, each needing the next, the first again at the end; at most
        ``LONGEST_LIST`` loops.
    """
    graph: dict[str, set[str]] = {}
    for edge in edges:
        graph.setdefault(edge.dependent, set()).add(edge.needs)
    loops: list[list[str]] = []
    while len(loops) < LONGEST_LIST:
        try:
            TopologicalSorter({node: sorted(needs) for node, needs in graph.items()}).prepare()
        except CycleError as error:
            # Graphlib lists each node before the one that depends on it.
            loop = list(reversed(error.args[1]))
            loops.append(loop)
            graph[loop[0]].discard(loop[1])
        else:
            break
    return loops


def waiting_edges(edges: Iterable[Edge]) -> list[Edge]:
    """Edges along which nodes wait for one another for ever once everything is lost.

    A node begins again when each of its groups leaves it something: what stays without a
    need (``level_after``), or a need that has begun again. What can begin is found from
    the nodes that need nothing; a node left over waits for others that are left over.

    Parameters
    ----------
    edges : iterable of Edge
        Mediated ones are left out: their processes begin by themselves.

    Returns
    -------
    list of Edge
        Those that hold a node back, each to a node that is held back too. Empty if
        everything can begin again.
    """
    groups: dict[str, dict[str, list[Edge]]] = {}
    for at, edge in enumerate(edges):
        if not edge.mediated:
            # No name of a group holds a blank first.
            group = edge.group or f" {at}"
            groups.setdefault(edge.dependent, {}).setdefault(group, []).append(edge)
    waiting, before = set(groups), -1
    while len(waiting) != before:
        before = len(waiting)
        waiting = {
            node
            for node in waiting
            if not all(_leaves_something(group, waiting) for group in groups[node].values())
        }
    return [
        edge
        for node in sorted(waiting)
        for group in groups[node].values()
        if not _leaves_something(group, waiting)
        for edge in group
        if edge.needs in waiting
    ]


def _leaves_something(group: Sequence[Edge], waiting: set[str]) -> bool:
    """Whether a group leaves its node more than nothing while some nodes are still lost."""
    # An unreadable level is NaN, and taken to leave something.
    left = sum(edge.needs not in waiting or edge.level_after != 0.0 for edge in group)
    rule = group[0].rule
    if rule == "any":
        return left > 0
    if rule == "k_of_n":
        return left >= group[0].k
    if rule == "linear":
        lost = sum(1.0 - edge.level_after for edge in group if edge.needs in waiting)
        return not lost >= 1.0 - SHARE_TOLERANCE
    return left == len(group)
