"""Which bus each branch leaves and reaches, and what flows from the angles there."""

import numpy as np
from scipy.sparse import csr_array

from data.tables import BoolArray, FloatArray
from grid.arrays import GridArrays
from grid.nodal import NodalFactor


class Incidence:
    """Incidence matrix of a grid, +1 where a branch leaves a bus, -1 where it arrives."""

    def __init__(self, arrays: GridArrays) -> None:
        self._arrays = arrays
        buses, branches = len(arrays.bus_ids), len(arrays.branch_ids)
        ends = np.column_stack([arrays.from_bus, arrays.to_bus]).ravel().astype(np.int32)
        sign = np.tile([1.0, -1.0], branches)
        starts = np.arange(0, 2 * branches + 1, 2, dtype=np.int32)
        self._across = csr_array((sign, ends, starts), shape=(branches, buses))
        self._at_bus = self._across.T.tocsr()

    def flow_of_angle(self, in_service: BoolArray) -> csr_array:
        """Flow of each branch per radian at each bus, shape (branch, bus). [MW/rad]."""
        conducts = np.where(in_service, self._arrays.susceptance_mw, 0.0)
        across = self._across
        values = across.data * np.repeat(conducts, 2)
        return csr_array((values, across.indices, across.indptr), shape=across.shape)

    def leaving(self, flow_mw: FloatArray) -> FloatArray:
        """Flow that leaves each bus less what arrives; (time, branch) to (bus, time). [MW]."""
        return np.asarray(self._at_bus @ np.ascontiguousarray(flow_mw.T))

    def circulating(self, in_service: BoolArray, factor: NodalFactor) -> FloatArray:
        """Flow from phase shifts alone, shape (branch,). [MW].

        ``f = D (A theta - phi)`` with ``A^T D A theta = A^T D phi``: MATPOWER User's
        Manual, section 3.7.

        Parameters
        ----------
        in_service : ndarray of bool, shape (branch,)
            Branches that conduct.
        factor : NodalFactor
            Of their nodal matrix.
        """
        arrays = self._arrays
        blocked = np.where(in_service, arrays.susceptance_mw * arrays.shift_rad, 0.0)
        angle = factor.solve(np.asarray(self._at_bus @ blocked))
        return np.asarray(self.flow_of_angle(in_service) @ angle - blocked)
