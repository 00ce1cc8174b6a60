"""Compiled chord method: many AC states with one factorisation.

Arrays of a block of states have the states last and side by side, so that one pass over
the factors or the admittance matrix serves all of them. Every state stops where it has
converged and is not touched again: its result does not depend on its neighbours.
Imported only where a power flow is run.
"""

import numpy as np
from numba import njit

from data.tables import BoolArray, FloatArray, IntArray
from grid.ac_network import DARK
from grid.ac_tuples import Factors, Grid, Results, States

WIDTH = 8
"""States in a block."""

SINGULAR = 1e-10
"""Pivot below which an update is left to the full method. [1]"""


@njit(cache=True, nogil=True)
def solve_block(factors: Factors, x: FloatArray) -> None:
    """Solve L U x = x in place for a block, x of shape (unknown, WIDTH).

    L has a unit diagonal first in each column, U its diagonal last.
    """
    lp, li, lx = factors.lp, factors.li, factors.lx
    up, ui, ux = factors.up, factors.ui, factors.ux
    for j in range(x.shape[0]):
        for at in range(lp[j] + 1, lp[j + 1]):
            i, factor = li[at], lx[at]
            for b in range(WIDTH):
                x[i, b] -= factor * x[j, b]
    for j in range(x.shape[0] - 1, -1, -1):
        last = up[j + 1] - 1
        scale = 1.0 / ux[last]
        for b in range(WIDTH):
            x[j, b] *= scale
        for at in range(up[j], last):
            i, factor = ui[at], ux[at]
            for b in range(WIDTH):
                x[i, b] -= factor * x[j, b]


@njit(cache=True, nogil=True)
def _local_change(
    grid: Grid,
    factors: Factors,
    k: int,
    dark: BoolArray,
    at: IntArray,
    count: int,
    change: FloatArray,
) -> int:
    """Add minus one branch's part of the Jacobian to ``change``, on the unknowns ``at``.

    Towards a dark end only the coupling is cut: the dark part keeps its own slope, so
    that the matrix stays regular, and its mismatch is zero.
    """
    ends = (grid.from_bus[k], grid.to_bus[k])
    if dark[ends[0]] and dark[ends[1]]:
        return count
    place = np.full((2, 2), -1, dtype=np.int64)
    for side in range(2):
        for which in range(2):
            unknown = (factors.angle_at if which == 0 else factors.size_at)[ends[side]]
            if unknown < 0:
                continue
            for known in range(count):
                if at[known] == unknown:
                    place[side, which] = known
            if place[side, which] < 0:
                at[count] = unknown
                place[side, which] = count
                count += 1
    for side in range(2):
        near, far = factors.v[ends[side]], factors.v[ends[1 - side]]
        own = near * np.conj((grid.yff[k] if side == 0 else grid.ytt[k]) * near)
        across = near * np.conj((grid.yft[k] if side == 0 else grid.ytf[k]) * far)
        for which in range(2):
            to_own = 1j * across if which == 0 else (2.0 * own + across) / abs(near)
            to_far = -1j * across if which == 0 else across / abs(far)
            for part in range(2):
                row = place[side, part]
                if row < 0:
                    continue
                if place[side, which] >= 0 and not dark[ends[side]]:
                    value = to_own.real if part == 0 else to_own.imag
                    change[row, place[side, which]] -= value
                if place[1 - side, which] >= 0:
                    value = to_far.real if part == 0 else to_far.imag
                    change[row, place[1 - side, which]] -= value
    return count


@njit(cache=True, nogil=True)
def _rank_update(
    factors: Factors,
    at: IntArray,
    count: int,
    change: FloatArray,
    block: FloatArray,
    lifted: FloatArray,
    gain: FloatArray,
) -> bool:
    """Columns of J0^-1 at the changed unknowns, and the small matrix that uses them.

    ``(J0 + E D E')^-1 r = y - W (1 + D E' W)^-1 D E' y`` with ``y = J0^-1 r`` and
    ``W = J0^-1 E`` (Woodbury). False when the update is singular.
    """
    for first in range(0, count, WIDTH):
        block[:] = 0.0
        for b in range(min(WIDTH, count - first)):
            block[factors.row_at[at[first + b]], b] = 1.0
        solve_block(factors, block)
        for i in range(block.shape[0]):
            for b in range(min(WIDTH, count - first)):
                lifted[i, first + b] = block[i, b]
    small = np.eye(count)
    for i in range(count):
        for j in range(count):
            for k in range(count):
                small[i, j] += change[i, k] * lifted[factors.column_at[at[k]], j]
    right = change[:count, :count].copy()
    # Gauss-Jordan with partial pivoting; the matrix has a few rows.
    for j in range(count):
        pivot = j
        for i in range(j + 1, count):
            if abs(small[i, j]) > abs(small[pivot, j]):
                pivot = i
        if abs(small[pivot, j]) < SINGULAR:
            return False
        for k in range(count):
            small[j, k], small[pivot, k] = small[pivot, k], small[j, k]
            right[j, k], right[pivot, k] = right[pivot, k], right[j, k]
        for i in range(count):
            factor = small[i, j] / small[j, j]
            if i == j or factor == 0.0:
                continue
            for k in range(count):
                small[i, k] -= factor * small[j, k]
                right[i, k] -= factor * right[j, k]
    for i in range(count):
        for k in range(count):
            gain[i, k] = right[i, k] / small[i, i]
    return True


@njit(cache=True, nogil=True)
def _currents(
    grid: Grid,
    states: States,
    who: IntArray,
    active: BoolArray,
    e: FloatArray,
    f: FloatArray,
    c_re: FloatArray,
    c_im: FloatArray,
) -> None:
    """Sum up the current each bus sends into the grid, for a block."""
    for i in range(len(grid.kind)):
        for b in range(WIDTH):
            c_re[i, b] = 0.0
            c_im[i, b] = 0.0
        for p in range(grid.indptr[i], grid.indptr[i + 1]):
            k, g, h = grid.indices[p], grid.y[p].real, grid.y[p].imag
            for b in range(WIDTH):
                c_re[i, b] += g * e[k, b] - h * f[k, b]
                c_im[i, b] += g * f[k, b] + h * e[k, b]
    for b in range(WIDTH):
        if not active[b]:
            continue
        for o in range(states.out_at[who[b]], states.out_at[who[b] + 1]):
            k = states.out_branch[o]
            i, j = grid.from_bus[k], grid.to_bus[k]
            near, far = complex(e[i, b], f[i, b]), complex(e[j, b], f[j, b])
            gone = grid.yff[k] * near + grid.yft[k] * far
            c_re[i, b] -= gone.real
            c_im[i, b] -= gone.imag
            gone = grid.ytf[k] * near + grid.ytt[k] * far
            c_re[j, b] -= gone.real
            c_im[j, b] -= gone.imag


@njit(cache=True, nogil=True)
def _mismatches(
    grid: Grid,
    factors: Factors,
    states: States,
    who: IntArray,
    has_dark: BoolArray,
    e: FloatArray,
    f: FloatArray,
    size: FloatArray,
    c_re: FloatArray,
    c_im: FloatArray,
    s_re: FloatArray,
    s_im: FloatArray,
    x: FloatArray,
    error: FloatArray,
) -> None:
    """Take the mismatch of a block as right-hand side, and the largest by its tolerance."""
    for b in range(WIDTH):
        error[b] = 0.0
    for i in range(len(grid.kind)):
        per = 1.0 / grid.tolerance[i]
        if factors.angle_at[i] >= 0:
            row, part = factors.row_at[factors.angle_at[i]], grid.i_load[i].real
            for b in range(WIDTH):
                x[row, b] = e[i, b] * c_re[i, b] + f[i, b] * c_im[i, b] - s_re[i, b]
                x[row, b] += part * size[i, b]
                error[b] = max(error[b], abs(x[row, b]) * per)
        if factors.size_at[i] >= 0:
            row, part = factors.row_at[factors.size_at[i]], grid.i_load[i].imag
            for b in range(WIDTH):
                x[row, b] = f[i, b] * c_re[i, b] - e[i, b] * c_im[i, b] - s_im[i, b]
                x[row, b] += part * size[i, b]
                error[b] = max(error[b], abs(x[row, b]) * per)
    for b in range(WIDTH):
        if not has_dark[b]:
            continue
        # What a dark bus lacks is not an error.
        error[b] = 0.0
        for i in range(len(grid.kind)):
            for unknown in (factors.angle_at[i], factors.size_at[i]):
                if unknown < 0:
                    continue
                row = factors.row_at[unknown]
                if states.dark[who[b], i]:
                    x[row, b] = 0.0
                else:
                    error[b] = max(error[b], abs(x[row, b]) / grid.tolerance[i])


@njit(cache=True, nogil=True)
def _move(factors: Factors, x: FloatArray, e: FloatArray, f: FloatArray, size: FloatArray) -> None:
    """Take a Newton step of a block."""
    for i in range(len(factors.v)):
        if factors.angle_at[i] >= 0:
            row = factors.column_at[factors.angle_at[i]]
            for b in range(WIDTH):
                # A turn by twice atan(half) instead of the angle itself: Newton's method
                # mends the difference, and no sine is needed.
                half = -0.5 * x[row, b]
                per = 1.0 / (1.0 + half * half)
                cosine, sine = (1.0 - half * half) * per, 2.0 * half * per
                turned = e[i, b] * cosine - f[i, b] * sine
                f[i, b] = e[i, b] * sine + f[i, b] * cosine
                e[i, b] = turned
        if factors.size_at[i] >= 0:
            row = factors.column_at[factors.size_at[i]]
            for b in range(WIDTH):
                longer = 1.0 - x[row, b] / size[i, b]
                size[i, b] -= x[row, b]
                e[i, b] *= longer
                f[i, b] *= longer


@njit(cache=True, nogil=True)
def chord(
    first: int,
    last: int,
    order: IntArray,
    grid: Grid,
    factors: Factors,
    states: States,
    results: Results,
    limit: int,
    rate: float,
) -> None:
    """Newton's method with one factorisation for the states ``order[first:last]``.

    The Jacobian is that of the intact grid, updated exactly for the branches a state
    has out of service. A state that does not come ``rate`` times nearer in each step,
    or not there within ``limit`` steps, is left unsolved.
    """
    buses, unknowns = len(factors.v), len(factors.row_at)
    widest = 1
    for state in order[first:last]:
        widest = max(widest, 4 * (states.out_at[state + 1] - states.out_at[state]))
    e, f = np.empty((buses, WIDTH)), np.empty((buses, WIDTH))
    size = np.empty((buses, WIDTH))
    c_re, c_im = np.empty((buses, WIDTH)), np.empty((buses, WIDTH))
    s_re, s_im = np.zeros((buses, WIDTH)), np.zeros((buses, WIDTH))
    x, block = np.zeros((unknowns, WIDTH)), np.zeros((unknowns, WIDTH))
    lifted = np.zeros((WIDTH, unknowns, widest))
    gain = np.zeros((WIDTH, widest, widest))
    at = np.zeros((WIDTH, widest), dtype=np.int64)
    change, picked = np.zeros((widest, widest)), np.zeros(widest)
    rank, who = np.zeros(WIDTH, dtype=np.int64), np.zeros(WIDTH, dtype=np.int64)
    error, before = np.zeros(WIDTH), np.zeros(WIDTH)
    active, has_dark = np.zeros(WIDTH, dtype=np.bool_), np.zeros(WIDTH, dtype=np.bool_)
    own_s = states.s.shape[0] > 1
    for start in range(first, last, WIDTH):
        inside = min(WIDTH, last - start)
        for b in range(WIDTH):
            rank[b], has_dark[b] = 0, False
            active[b] = b < inside
            who[b] = order[min(start + b, last - 1)]
            if not active[b]:
                continue
            state = who[b]
            for i in range(buses):
                power = states.s[state if own_s else 0, i]
                s_re[i, b], s_im[i, b] = power.real, power.imag
                has_dark[b] = has_dark[b] or (states.dark[state, i] and grid.kind[i] != DARK)
            change[:] = 0.0
            for o in range(states.out_at[state], states.out_at[state + 1]):
                rank[b] = _local_change(
                    grid, factors, states.out_branch[o], states.dark[state], at[b], rank[b], change
                )
            if rank[b] > 0:
                active[b] = _rank_update(factors, at[b], rank[b], change, block, lifted[b], gain[b])
        for i in range(buses):
            for b in range(WIDTH):
                e[i, b], f[i, b] = factors.v[i].real, factors.v[i].imag
                size[i, b] = abs(factors.v[i])
        for step in range(limit + 1):
            _currents(grid, states, who, active, e, f, c_re, c_im)
            _mismatches(
                grid, factors, states, who, has_dark, e, f, size, c_re, c_im, s_re, s_im, x, error
            )
            going = False
            for b in range(WIDTH):
                if active[b]:
                    results.steps[who[b]] = step
                    if error[b] <= 1.0:
                        results.solved[who[b]] = True
                    is_nearer = step == 0 or error[b] < rate * before[b]
                    active[b] = error[b] > 1.0 and is_nearer and step < limit
                    before[b] = error[b]
                    going = going or active[b]
                if not active[b]:
                    x[:, b] = 0.0
            if not going:
                break
            solve_block(factors, x)
            for b in range(WIDTH):
                if not active[b] or rank[b] == 0:
                    continue
                for i in range(rank[b]):
                    picked[i] = 0.0
                    for k in range(rank[b]):
                        picked[i] += gain[b, i, k] * x[factors.column_at[at[b, k]], b]
                for i in range(unknowns):
                    off = 0.0
                    for k in range(rank[b]):
                        off += lifted[b, i, k] * picked[k]
                    x[i, b] -= off
            _move(factors, x, e, f, size)
        for b in range(inside):
            if results.solved[who[b]]:
                for i in range(buses):
                    results.voltage[who[b], i] = complex(e[i, b], f[i, b])
