"""The nodal matrix of DC power flow, sparse, in an order found once for all topologies."""

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from data.tables import FloatArray, IntArray
from grid.arrays import GridArrays

Triangle = tuple[IntArray, IntArray, FloatArray]
"""Where the columns of a triangular matrix begin, the rows of its entries, and these."""

COMPILED_BUSES, COMPILED_COLUMNS = 400, 16
"""From here on compiled substitution of many columns is quicker than SuperLU's; measured."""


class NodalFactor:
    """Factor of a nodal matrix whose rows and columns were put in order beforehand.

    Raises
    ------
    RuntimeError
        If the matrix is singular: reactances of opposite sign cancel each other.
    """

    def __init__(self, matrix: csc_array, order: IntArray) -> None:
        self._order = order
        self._place = np.argsort(order)
        self._factor = splu(
            matrix,
            permc_spec="NATURAL",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        self._triangles: tuple[Triangle, Triangle] | None = None

    def solve(self, injection_mw: FloatArray) -> FloatArray:
        """Angles, shape (bus,) or (bus, column), of injections of that shape. [rad]."""
        columns = injection_mw.shape[1] if injection_mw.ndim > 1 else 1
        if columns >= COMPILED_COLUMNS and len(self._order) > COMPILED_BUSES:
            return self._solve_many(injection_mw)
        return np.asarray(self._factor.solve(injection_mw[self._order])[self._place])

    def _solve_many(self, injection_mw: FloatArray) -> FloatArray:
        """As ``solve``, all columns of a row side by side."""
        # Compiling takes long, and small grids never come here.
        from grid.nodal_kernels import substitute

        if self._triangles is None:
            self._triangles = _triangle(self._factor.L), _triangle(self._factor.U)
        angle = np.ascontiguousarray(injection_mw[self._order])
        substitute(self._triangles[0], self._triangles[1], angle)
        return np.asarray(angle[self._place])


def _triangle(factor: csc_array) -> Triangle:
    by_column = factor.tocsc()
    by_column.sort_indices()
    first, row = by_column.indptr.astype(np.int64), by_column.indices.astype(np.int64)
    return first, row, np.asarray(by_column.data)


class NodalPattern:
    """Where the branches stand in the nodal matrix, in an order that keeps it sparse.

    The angle of each part is held by a connection to ground at its reference bus.
    Injections that sum to zero leave that connection without flow.
    """

    def __init__(self, arrays: GridArrays) -> None:
        buses = len(arrays.bus_ids)
        susceptance = arrays.susceptance_mw
        self._stiff = float(np.abs(susceptance).mean()) if len(susceptance) else 1.0
        self._order = np.arange(buses)
        self._lay_out(arrays)
        # Any held bus gives the same pattern.
        matrix = self._matrix(np.abs(susceptance), np.arange(buses))
        chosen = splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        self._order = np.argsort(chosen.perm_c)
        self._lay_out(arrays)

    def factorise(self, conducts_mw: FloatArray, reference_bus: IntArray) -> NodalFactor:
        """Factorise with these branch susceptances, 0 where out of service. [MW/rad]."""
        return NodalFactor(self._matrix(conducts_mw, reference_bus), self._order)

    def _lay_out(self, arrays: GridArrays) -> None:
        buses = len(self._order)
        place = np.argsort(self._order)
        own = np.arange(buses)
        head, tail = place[arrays.from_bus], place[arrays.to_bus]
        rows = np.concatenate([head, tail, head, tail, own])
        cols = np.concatenate([head, tail, tail, head, own])
        entries, at = np.unique(cols * buses + rows, return_inverse=True)
        self._indices = (entries % buses).astype(np.int32)
        self._starts = np.searchsorted(entries, np.arange(buses + 1) * buses).astype(np.int32)
        self._branch_at = at[: 4 * len(head)]
        self._diagonal = at[4 * len(head) :][place]

    def _matrix(self, conducts_mw: FloatArray, reference_bus: IntArray) -> csc_array:
        values = np.concatenate([conducts_mw, conducts_mw, -conducts_mw, -conducts_mw])
        entries = np.bincount(self._branch_at, values, len(self._indices)).astype(np.float64)
        np.add.at(entries, self._diagonal[reference_bus], self._stiff)
        buses = len(self._order)
        return csc_array((entries, self._indices, self._starts), shape=(buses, buses))
