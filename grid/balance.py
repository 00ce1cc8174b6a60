"""Every island balanced and every flow computed, before any branch limit is looked at."""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray
from grid.dc_flow import Topology
from grid.deficit import ShedOrder, share_deficit
from grid.dispatch import P_TOL_MW, Dispatch, dispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced:
    """Hours of one topology with no regard to branch limits.

    Attributes
    ----------
    plan : Dispatch
        What the sources give.
    served_share : ndarray, shape (time, bus, class)
        Below 1 only in islands that lack power, and 0 in dark ones. [1]
    flow_mw : ndarray, shape (time, branch)
        [MW]
    nodal_nok_per_mw : ndarray, shape (time, bus), optional
        What a megawatt is worth in islands that lack power; left out when none does.
        [NOK/MW]
    """

    plan: Dispatch
    served_share: FloatArray
    flow_mw: FloatArray
    nodal_nok_per_mw: FloatArray | None


def balance(
    topology: Topology, demand_mw: FloatArray, order: ShedOrder, feeds: FloatArray
) -> Balanced:
    """Balance every island and compute all flows.

    Parameters
    ----------
    topology : Topology
        The grid as it stands.
    demand_mw : ndarray, shape (time, bus, class)
        [MW]
    order : ShedOrder
        In which customers are shed where an island lacks power.
    feeds : ndarray, shape (source, bus)
        1 at the bus of each source.

    Returns
    -------
    Balanced
    """
    dark = topology.islands.dark
    by_bus = demand_mw @ np.ones(demand_mw.shape[2])
    if dark.any():
        by_bus[:, dark] = 0.0
    plan = dispatch(topology, by_bus)
    served = np.broadcast_to((~dark).astype(np.float64)[:, None], demand_mw.shape)
    price = None
    lacking = np.flatnonzero((plan.deficit_mw > P_TOL_MW).any(axis=0))
    if lacking.size:
        served, price = served.copy(), np.zeros(by_bus.shape)
        for number in lacking:
            buses = topology.islands.alive[number].buses
            served[:, buses], cost = share_deficit(
                demand_mw, order, buses, plan.deficit_mw[:, number]
            )
            price[:, buses] = cost[:, None]
        by_bus = np.einsum("tbc,tbc->tb", demand_mw, served)
    np.subtract(plan.source_p_mw @ feeds, by_bus, out=by_bus)
    flow = topology.flow_mw(by_bus)
    return Balanced(plan=plan, served_share=served, flow_mw=flow, nodal_nok_per_mw=price)
