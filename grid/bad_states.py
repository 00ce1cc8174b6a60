"""Why a grid state cannot be solved, said so that an engineer finds the element."""

import numpy as np

from data.tables import BoolArray
from grid.arrays import GridArrays
from grid.dc_flow import Topology
from grid.dispatch import P_TOL_MW
from grid.islands import find_islands

MOST_NAMES = 5


def why_singular(arrays: GridArrays, in_service: BoolArray) -> str:
    """Say which island has no unique flows.

    Parameters
    ----------
    arrays : GridArrays
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct.

    Returns
    -------
    str
    """
    islands = find_islands(arrays, in_service, arrays.source_p_max_mw)
    susceptance = np.where(in_service, arrays.susceptance_mw, 0.0)
    remedy = "have no unique solution: reactances of opposite sign cancel each other"
    for number, reference in enumerate(islands.reference_bus):
        buses = np.flatnonzero(islands.label == number)
        here = np.flatnonzero(in_service & (islands.label[arrays.from_bus] == number))
        head = np.searchsorted(buses, arrays.from_bus[here])
        tail = np.searchsorted(buses, arrays.to_bus[here])
        across = np.zeros((len(here), len(buses)))
        across[np.arange(len(here)), head] += 1.0
        across[np.arange(len(here)), tail] -= 1.0
        nodal = across.T @ (susceptance[here, None] * across)
        if np.linalg.matrix_rank(nodal, hermitian=True) < len(buses) - 1:
            name = arrays.bus_ids[reference]
            return f"the flows of the island of {len(buses)} buses with {name} {remedy}"
    return f"the flows {remedy}"


def why_no_shedding(topology: Topology, status: str) -> str:
    """Say what stands in the way of any shedding: limits passed with nothing connected.

    Parameters
    ----------
    topology : Topology
    status : str
        What the solver of the programme says.

    Returns
    -------
    str
    """
    arrays = topology.arrays
    idle = topology.flow_mw(np.zeros((1, len(arrays.bus_ids))))
    over = np.abs(idle) > arrays.rating_mw + P_TOL_MW
    if over.any():
        return (
            f"no load shedding keeps the ratings: {branch_names(arrays, over)} above the rating "
            "by phase shift alone, with no load connected"
        )
    islands = ", ".join(
        f"{len(island.buses)} buses with {arrays.bus_ids[island.buses[0]]}"
        for island in topology.islands.alive
    )
    return f"the load shedding programme found no solution ({status}) in the islands of {islands}"


def branch_names(arrays: GridArrays, which: BoolArray) -> str:
    """Name some of the branches that are marked in any hour.

    Parameters
    ----------
    arrays : GridArrays
    which : ndarray of bool, shape (time, branch)

    Returns
    -------
    str
    """
    names = arrays.branch_ids[which.any(axis=0)].tolist()
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
