"""AC power flow on a solved state, on request: voltages, and how far DC is off."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.region import Region
from grid.net import SUPPLY_VM_PU, build_net
from grid.state import GridState

if TYPE_CHECKING:
    from pandapower import pandapowerNet


@dataclass(frozen=True, slots=True, kw_only=True)
class AcCheck:
    """What the AC power flow says about one hour of a state.

    The figures are None when it did not converge, which ``reason`` explains: such a
    state is likely to have no acceptable voltages.

    Attributes
    ----------
    converged : bool
        Whether there is an AC solution.
    reason : str
        Why not; empty when it converged.
    vm_min_pu, vm_max_pu : float or None
        Lowest and highest voltage of a live bus. [pu]
    losses_mw : float or None
        Active losses, which DC leaves out. [MW]
    deviation_mw : float or None
        Largest difference of a branch flow between AC and DC. [MW]
    deviating_branch_id : str
        The branch it is on.
    loading_percent : float or None
        Highest AC loading of a branch. [%]
    loaded_branch_id : str
        The branch it is on.
    """

    converged: bool
    reason: str = ""
    vm_min_pu: float | None = None
    vm_max_pu: float | None = None
    losses_mw: float | None = None
    deviation_mw: float | None = None
    deviating_branch_id: str = ""
    loading_percent: float | None = None
    loaded_branch_id: str = ""


def check_ac(region: Region, state: GridState, hour: int) -> AcCheck:
    """Run AC power flow on one hour of a state as it was served.

    Each island is balanced, losses included, by its largest grid-forming source; the
    other sources give what the state says. Flows are compared at the middle of each
    branch.

    Parameters
    ----------
    region : Region
        The region the state's arrays were derived from.
    state : GridState
        A solved state.
    hour : int
        Position of the hour.

    Returns
    -------
    AcCheck
    """
    import pandapower as pp

    net = net_of_state(region, state, hour)
    try:
        pp.runpp(net, numba=False, init="dc")
    except pp.LoadflowNotConverged as error:
        return AcCheck(converged=False, reason=str(error))
    arrays = state.topology.arrays
    # Branches of a dark island conduct nothing, and pandapower gives them no loading.
    is_live = state.in_service & ~state.dark[arrays.from_bus]
    names = arrays.branch_ids
    middle = np.concatenate(
        [
            (net.res_line["p_from_mw"] - net.res_line["p_to_mw"]) / 2.0,
            (net.res_trafo["p_hv_mw"] - net.res_trafo["p_lv_mw"]) / 2.0,
        ]
    )
    loading = np.concatenate(
        [net.res_line["loading_percent"].to_numpy(), net.res_trafo["loading_percent"].to_numpy()]
    )
    deviation = np.where(is_live, np.abs(middle - state.flow_mw[hour]), 0.0)
    loading = np.where(is_live, loading, 0.0)
    voltage = net.res_bus["vm_pu"].to_numpy()[~state.dark]
    losses = float(net.res_line["pl_mw"].sum() + net.res_trafo["pl_mw"].sum())
    return AcCheck(
        converged=True,
        vm_min_pu=float(voltage.min()),
        vm_max_pu=float(voltage.max()),
        losses_mw=losses,
        deviation_mw=float(deviation.max()),
        deviating_branch_id=str(names[np.argmax(deviation)]),
        loading_percent=float(loading.max()),
        loaded_branch_id=str(names[np.argmax(loading)]),
    )


def net_of_state(region: Region, state: GridState, hour: int) -> "pandapowerNet":
    """Build the pandapower net of one hour of a state, as it was served.

    Parameters
    ----------
    region : Region
        The region the state's arrays were derived from.
    state : GridState
        A solved state.
    hour : int
        Position of the hour.

    Returns
    -------
    pandapowerNet
        With an ext_grid in each live island, at its largest grid-forming source.
    """
    import pandapower as pp

    net = build_net(region, state.served_mw[hour])
    lines, supplies = len(net.line), len(region.supplies)
    net.line["in_service"] = state.in_service[:lines]
    net.trafo["in_service"] = state.in_service[lines:]
    net.bus["in_service"] = ~state.dark
    net.ext_grid.drop(net.ext_grid.index, inplace=True)
    net.gen.drop(net.gen.index, inplace=True)
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
