"""Newton's method for one state, and the factorisation that serves many."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import SuperLU, splu

from data.tables import FloatArray, IntArray
from grid.ac_kernels import jacobian, mismatch
from grid.ac_network import PQ, PV, AcModel, ComplexArray
from grid.ac_tuples import Factors, Grid

TOLERANCE_MVA = 1e-8
"""Largest mismatch at a bus, as in pandapower. 0.01 W moves the voltage of a low-voltage bus
with a short-circuit power of 0.5 MVA by 2e-8 pu. [MVA]"""

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Mismatch that rounding leaves, by the sum of the sizes of a bus's admittances. [pu]"""

DIVERGED_PU = 1e8
"""Mismatch from which no solution is looked for any more. [pu]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What Newton's method found for one state.

    Attributes
    ----------
    v : ndarray of complex, shape (bus,)
        The last voltages. [pu]
    steps : int
    reason : str
        Why it did not converge; empty when it did.
    """

    v: ComplexArray
    steps: int
    reason: str


def grid_of(model: AcModel) -> Grid:
    """Take the intact grid in pu, with the mismatch allowed at each bus."""
    y = model.ybus()
    size = np.asarray(abs(y).sum(axis=1)).ravel()
    return Grid(
        indptr=y.indptr.astype(np.int64),
        indices=y.indices.astype(np.int64),
        y=np.ascontiguousarray(y.data),
        from_bus=model.from_bus,
        to_bus=model.to_bus,
        yff=model.yff,
        yft=model.yft,
        ytf=model.ytf,
        ytt=model.ytt,
        i_load=model.i_mva / model.base_mva,
        tolerance=np.maximum(TOLERANCE_MVA / model.base_mva, ROUNDING * size),
        kind=model.kind,
    )


def admittances(grid: Grid, out: IntArray) -> ComplexArray:
    """Values of the admittance matrix with some branches out of service."""
    y = grid.y.copy()
    for k in out.tolist():
        i, j = int(grid.from_bus[k]), int(grid.to_bus[k])
        for row, column, value in (
            (i, i, grid.yff[k]),
            (i, j, grid.yft[k]),
            (j, i, grid.ytf[k]),
            (j, j, grid.ytt[k]),
        ):
            first, last = grid.indptr[row], grid.indptr[row + 1]
            y[first + int(np.searchsorted(grid.indices[first:last], column))] -= value
    return y


def newton(
    grid: Grid,
    *,
    y: ComplexArray,
    s: ComplexArray,
    kind: IntArray,
    start: ComplexArray,
    limit: int,
) -> Solution:
    """Solve one state by Newton's method in polar coordinates.

    Parameters
    ----------
    grid : Grid
    y : ndarray of complex
        Values of the admittance matrix, in the grid's pattern. [pu]
    s : ndarray of complex, shape (bus,)
        Power fed in. [pu]
    kind : ndarray of int, shape (bus,)
        Kinds of bus in this state.
    start : ndarray of complex, shape (bus,)
        Voltages to start from, 0 at dark buses. [pu]
    limit : int
        Most steps.

    Returns
    -------
    Solution
    """
    numbers = angle_at, size_at, unknowns = _numbered(kind)
    off = np.empty(len(kind), dtype=np.complex128)
    v = start.copy()
    for step in range(limit + 1):
        mismatch(grid.indptr, grid.indices, y, v, s, grid.i_load, off)
        short = np.where(angle_at >= 0, np.abs(off.real), 0.0)
        short = np.maximum(short, np.where(size_at >= 0, np.abs(off.imag), 0.0))
        if (short <= grid.tolerance).all():
            return Solution(v=v, steps=step, reason="")
        if not short.max() < DIVERGED_PU:
            return Solution(v=v, steps=step, reason=f"diverged after {step} iterations")
        if step == limit:
            break
        try:
            lu = _factorised(grid, y, v, numbers)
        except RuntimeError:
            return Solution(v=v, steps=step, reason="singular Jacobian")
        change = lu.solve(_by_unknown(off, angle_at, size_at, unknowns))
        angle, size = np.angle(v), np.abs(v)
        angle[angle_at >= 0] -= change[angle_at[angle_at >= 0]]
        size[size_at >= 0] -= change[size_at[size_at >= 0]]
        v = size * np.exp(1j * angle)
    return Solution(v=v, steps=limit, reason=f"no convergence after {limit} iterations")


def linearised(grid: Grid, v: ComplexArray) -> Factors:
    """Factors of the intact grid's Jacobian at a voltage.

    Raises
    ------
    RuntimeError
        If it is singular.
    """
    numbers = angle_at, size_at, _ = _numbered(grid.kind)
    lu = _factorised(grid, grid.y, v, numbers)
    lower, upper = lu.L.tocsc(), lu.U.tocsc()
    lower.sort_indices()
    upper.sort_indices()
    return Factors(
        v=v,
        angle_at=angle_at,
        size_at=size_at,
        lp=lower.indptr.astype(np.int64),
        li=lower.indices.astype(np.int64),
        lx=lower.data,
        up=upper.indptr.astype(np.int64),
        ui=upper.indices.astype(np.int64),
        ux=upper.data,
        row_at=lu.perm_r.astype(np.int64),
        column_at=lu.perm_c.astype(np.int64),
    )


def _numbered(kind: IntArray) -> tuple[IntArray, IntArray, int]:
    """Give each bus's unknown angle and magnitude a number, -1 where held; and count."""
    has = np.stack([(kind == PQ) | (kind == PV), kind == PQ], axis=1)
    number = np.where(has, np.cumsum(has.ravel()).reshape(has.shape) - 1, -1)
    return np.ascontiguousarray(number[:, 0]), np.ascontiguousarray(number[:, 1]), int(has.sum())


def _by_unknown(off: ComplexArray, angle_at: IntArray, size_at: IntArray, count: int) -> FloatArray:
    right = np.empty(count)
    right[angle_at[angle_at >= 0]] = off.real[angle_at >= 0]
    right[size_at[size_at >= 0]] = off.imag[size_at >= 0]
    return right


def _factorised(
    grid: Grid,
    y: ComplexArray,
    v: ComplexArray,
    numbers: tuple[IntArray, IntArray, int],
) -> SuperLU:
    angle_at, size_at, unknowns = numbers
    columns = np.zeros(unknowns + 1, dtype=np.int64)
    rows = np.empty(4 * len(y), dtype=np.int64)
    values = np.empty(4 * len(y))
    fill = jacobian(
        grid.indptr, grid.indices, y, v, grid.i_load, angle_at, size_at, columns, rows, values
    )
    matrix = csc_array(
        (values[:fill], rows[:fill].astype(np.int32), columns.astype(np.int32)),
        shape=(unknowns, unknowns),
    )
    # Pivots near the diagonal keep the fill of the symmetric ordering.
    return splu(
        matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.01, options={"SymmetricMode": True}
    )
