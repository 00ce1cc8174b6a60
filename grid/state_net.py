"""A solved state back as a pandapower net: what is in service, served and fed in."""

import copy
from typing import TYPE_CHECKING

import numpy as np

from data.region import Region
from grid.net import SUPPLY_VM_PU, build_net
from grid.state import GridState
from grid.study import GridStudy

if TYPE_CHECKING:
    from pandapower import pandapowerNet

EXTERNAL = 0
"""Position of the external grid among the sources of a user's net."""


def net_of_state(study: GridStudy, state: GridState, hour: int = 0) -> "pandapowerNet":
    """Build the pandapower net of one hour of a state, as it was served.

    Parameters
    ----------
    study : GridStudy
        The grid the state was solved on.
    state : GridState
        A solved state.
    hour : int
        Position of the hour.

    Returns
    -------
    pandapowerNet
        Branches out and dark buses are out of service, loads are what was served,
        generation is what the state says. A live island without a reference of its own
        has one at its largest grid-forming source.
    """
    net: pandapowerNet
    if isinstance(study.origin, Region):
        net = _region_net(study.origin, state, hour)
    else:
        net = copy.deepcopy(study.origin)
        _serve_own(net, study, state, hour)
    for element in study.elements:
        if not state.in_service[list(element.branches)].all():
            net[element.table].at[element.row, _switch(element.table)] = False
    index = net.bus.index.to_numpy(dtype=np.int64)
    place = study.bus_of[index]
    net.bus.loc[index[(place >= 0) & state.dark[place]], "in_service"] = False
    return net


def _switch(table: str) -> str:
    return "closed" if table == "switch" else "in_service"


def _region_net(region: Region, state: GridState, hour: int) -> "pandapowerNet":
    """Region's grid with its sources as the state has them."""
    import pandapower as pp

    net = build_net(region, state.served_mw[hour])
    net.ext_grid.drop(net.ext_grid.index, inplace=True)
    net.gen.drop(net.gen.index, inplace=True)
    supplies = len(region.supplies)
    source_p = state.source_p_mw[hour]
    balancing = _balancing(state)
    names = state.topology.arrays.source_ids
    for source, bus in enumerate(state.topology.arrays.source_bus.tolist()):
        if source in balancing:
            pp.create_ext_grid(net, bus, vm_pu=SUPPLY_VM_PU, name=str(names[source]))
        elif source < supplies and not state.dark[bus]:
            p_mw = float(source_p[source])
            pp.create_gen(net, bus, p_mw=p_mw, vm_pu=SUPPLY_VM_PU, name=str(names[source]))
    plants = np.arange(supplies, len(source_p))
    net.sgen["p_mw"] = source_p[plants]
    net.sgen["in_service"] = ~np.isin(plants, balancing)
    return net


def _serve_own(net: "pandapowerNet", study: GridStudy, state: GridState, hour: int) -> None:
    """Write what a state serves and feeds in into a copy of a user's net."""
    place = study.bus_of[net.load["bus"].to_numpy(dtype=np.int64)]
    consumes = (place >= 0) & (net.load["p_mw"].to_numpy(dtype=float) > 0)
    served = np.ones(len(net.load))
    served[consumes] = state.served_share[hour, place[consumes], study.load_class[consumes]]
    net.load["scaling"] = net.load["scaling"].to_numpy(dtype=float) * served
    source_p = state.source_p_mw[hour]
    tables, rows = study.source_table.tolist(), study.source_row.tolist()
    for source, (table, row) in enumerate(zip(tables, rows, strict=True)):
        if source == EXTERNAL or table not in {"gen", "sgen", "storage"}:
            continue
        sign = -1.0 if table == "storage" else 1.0
        scaling = float(net[table].at[row, "scaling"])
        if scaling:
            net[table].at[row, "p_mw"] = sign * float(source_p[source]) / scaling
    external_part = state.topology.islands.label[study.arrays.source_bus[EXTERNAL]]
    for source in _balancing(state):
        part = state.topology.islands.label[study.arrays.source_bus[source]]
        if part != external_part and tables[source] == "gen":
            net.gen.at[rows[source], "slack"] = True


def _balancing(state: GridState) -> list[int]:
    """Largest grid-forming source of each live island."""
    arrays, islands = state.topology.arrays, state.topology.islands
    p_max = np.where(arrays.source_grid_forming, state.topology.source_p_max_mw, -1.0)
    label = islands.label[arrays.source_bus]
    found = []
    for island in islands.alive:
        here = np.flatnonzero(label == islands.label[island.buses[0]])
        found.append(int(here[np.argmax(p_max[here])]))
    return found
