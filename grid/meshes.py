"""What lies in meshes and what hangs on one branch, so that many hours cost less."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from data.tables import FloatArray, IntArray
from grid.arrays import GridArrays
from grid.islands import adjacency, part_labels

BRIDGE_TOL = 1e-9
"""How near to 1 the sensitivity of a bridge to its own ends is; rounding. [MW/MW]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meshes:
    """Dense sensitivities of what lies in meshes, plain sums for what hangs on one branch.

    Buses joined by a bridge, a branch without another way round, act alike on all other
    branches: each such group is one column. ``meshed`` and ``bridges`` are the positions
    of the branches, ``group`` (group, bus) and ``beyond`` (bridge, bus) say what is added.
    """

    meshed: IntArray
    bridges: IntArray
    group: csr_array
    ptdf: FloatArray
    beyond: csr_array

    def fill(self, injection_mw: FloatArray, flow_mw: FloatArray) -> None:
        """Fill in the flow (branch, time) of injections (time, bus). [MW]."""
        injection = np.ascontiguousarray(injection_mw.T)
        flow_mw[self.meshed] = self.ptdf @ (self.group @ injection)
        flow_mw[self.bridges] = self.beyond @ injection

    def without(self, removed: IntArray, spread: FloatArray) -> "Meshes":
        """Take out branches that are no bridges.

        Parameters
        ----------
        removed : ndarray of int, shape (removed,)
            Positions of the branches.
        spread : ndarray, shape (branch, removed)
            Where their flow goes, as ``grid.outage_update.spread_of``. [MW/MW]

        Returns
        -------
        Meshes
        """
        rows = self.ptdf[np.searchsorted(self.meshed, removed)]
        return replace(self, ptdf=self.ptdf + spread[self.meshed] @ rows)


def find_meshes(arrays: GridArrays, ptdf: FloatArray) -> Meshes:
    """Sort the branches of a grid into meshed ones and bridges.

    Parameters
    ----------
    arrays : GridArrays
        The grid.
    ptdf : ndarray, shape (bus, branch)
        Flow per injection. [MW/MW]

    Returns
    -------
    Meshes
    """
    every = np.arange(len(arrays.branch_ids))
    own = ptdf[arrays.from_bus, every] - ptdf[arrays.to_bus, every]
    # A bridge takes all that is sent from one of its ends to the other.
    is_bridge = np.abs(own - 1.0) < BRIDGE_TOL
    label = part_labels(adjacency(arrays), is_bridge)
    first = np.unique(label, return_index=True)[1]
    buses = len(label)
    return Meshes(
        meshed=np.flatnonzero(~is_bridge),
        bridges=np.flatnonzero(is_bridge),
        group=csr_array((np.ones(buses), (label, np.arange(buses))), shape=(len(first), buses)),
        ptdf=np.ascontiguousarray(ptdf[first][:, ~is_bridge].T),
        beyond=csr_array(np.round(ptdf[:, is_bridge].T)),
    )
