"""Compiled loops of the AC power flow; imported only where a power flow is run.

Arrays of a block of states have the states last and side by side, so that one pass over
the factors or the admittance matrix serves all of them. Every state stops where it has
converged and is not touched again: its result does not depend on its neighbours.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from data.tables import BoolArray, FloatArray, IntArray
from grid.ac_network import ComplexArray

WIDTH = 8
"""States in a block."""

SINGULAR = 1e-10
"""Pivot below which an update is left to the full method. [1]"""


class Grid(NamedTuple):
    """The intact grid in pu; the admittance matrix in compressed rows."""

    indptr: IntArray
    indices: IntArray
    y: ComplexArray
    from_bus: IntArray
    to_bus: IntArray
    yff: ComplexArray
    yft: ComplexArray
    ytf: ComplexArray
    ytt: ComplexArray
    i_load: ComplexArray
    tolerance: FloatArray
    kind: IntArray


class Factors(NamedTuple):
    """Jacobian at a voltage as L U, in compressed columns.

    Unknown ``k`` is row ``row_at[k]`` and column ``column_at[k]`` of L U; those of a
    bus are ``angle_at`` and ``size_at``, -1 where held.
    """

    v: ComplexArray
    angle_at: IntArray
    size_at: IntArray
    lp: IntArray
    li: IntArray
    lx: FloatArray
    up: IntArray
    ui: IntArray
    ux: FloatArray
    row_at: IntArray
    column_at: IntArray


class States(NamedTuple):
    """What differs from state to state; one row of ``s`` or ``in_service`` is for all.

    ``out_branch[out_at[state] : out_at[state + 1]]`` are the branches out of service.
    """

    s: ComplexArray
    in_service: BoolArray
    out_at: IntArray
    out_branch: IntArray
    dark: BoolArray
    formed: BoolArray


class Results(NamedTuple):
    """What is found, filled in place; ``flow`` is (state, 4, branch)."""

    voltage: ComplexArray
    s_bus: ComplexArray
    flow: FloatArray
    loading: FloatArray
    mismatch: FloatArray
    steps: IntArray
    solved: BoolArray


@njit(cache=True, nogil=True)
def mismatch(indptr, indices, y, v, s, i_load, out):
    """Power each bus sends into the grid less what it should, all in pu.

    ``S_i = V_i conj(sum_k Y_ik V_k)``; a load of constant current is taken with the
    voltage's magnitude.
    """
    for i in range(len(v)):
        current = 0.0 + 0.0j
        for at in range(indptr[i], indptr[i + 1]):
            current += y[at] * v[indices[at]]
        out[i] = v[i] * np.conj(current) - s[i] + i_load[i] * abs(v[i])


@njit(cache=True, nogil=True)
def jacobian(indptr, indices, y, v, i_load, angle_at, size_at, columns, rows, values):
    """Derivatives of the mismatch by angles and magnitudes, in compressed columns.

    Unknowns are numbered by ``angle_at`` and ``size_at`` (bus), -1 where held, angle
    before magnitude and buses in order. The pattern of Y must be symmetric.
    """
    count = len(v)
    total = np.zeros(count, dtype=np.complex128)
    for i in range(count):
        for at in range(indptr[i], indptr[i + 1]):
            total[i] += y[at] * v[indices[at]]
        total[i] = v[i] * np.conj(total[i])
    # Y_ik for the rows i of column k: found by walking each row once, in order of k.
    cursor = indptr[:-1].copy()
    fill = 0
    for k in range(count):
        size = abs(v[k])
        for which in range(2):
            column = angle_at[k] if which == 0 else size_at[k]
            if column < 0:
                continue
            columns[column] = fill
            for at in range(indptr[k], indptr[k + 1]):
                i = indices[at]
                entry = v[i] * np.conj(y[cursor[i]] * v[k])
                if which == 0:
                    slope = 1j * (total[i] - entry) if i == k else -1j * entry
                elif i == k:
                    slope = (total[i] + entry) / size + i_load[i]
                else:
                    slope = entry / size
                if angle_at[i] >= 0:
                    rows[fill], values[fill] = angle_at[i], slope.real
                    fill += 1
                if size_at[i] >= 0:
                    rows[fill], values[fill] = size_at[i], slope.imag
                    fill += 1
        for at in range(indptr[k], indptr[k + 1]):
            cursor[indices[at]] += 1
    columns[-1] = fill
    return fill


@njit(cache=True, nogil=True)
def solve_block(factors, x):
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
def islands(from_bus, to_bus, is_in, parent, size):
    """Join the ends of the branches in service; ``parent`` leads to the island's root."""
    for i in range(len(parent)):
        parent[i], size[i] = i, 1
    for k in range(len(from_bus)):
        if not is_in[k]:
            continue
        a, b = from_bus[k], to_bus[k]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a != b:
            if size[a] < size[b]:
                a, b = b, a
            parent[b] = a
            size[a] += size[b]
    for i in range(len(parent)):
        a = parent[i]
        while parent[a] != a:
            a = parent[a]
        parent[i] = a


@njit(cache=True, nogil=True)
def dark_buses(first, last, grid, states, forming):
    """Mark the buses of islands without a reference, and those that form their own.

    ``forming`` (bus) is the rank of a grid-forming bus, -1 for others; the lowest rank
    of an island holds it.
    """
    kind, buses = grid.kind, len(grid.kind)
    parent, size = np.empty(buses, dtype=np.int64), np.empty(buses, dtype=np.int64)
    held, former = np.empty(buses, dtype=np.bool_), np.empty(buses, dtype=np.int64)
    for state in range(first, last):
        if states.out_at[state] == states.out_at[state + 1]:
            for i in range(buses):
                states.dark[state, i] = kind[i] == 0
            continue
        inside = states.in_service[state if states.in_service.shape[0] > 1 else 0]
        islands(grid.from_bus, grid.to_bus, inside, parent, size)
        held[:] = False
        former[:] = -1
        for i in range(buses):
            root = parent[i]
            if kind[i] == 3:
                held[root] = True
            elif (
                forming[i] >= 0
                and kind[i] != 0
                and (former[root] < 0 or forming[i] < forming[former[root]])
            ):
                former[root] = i
        for i in range(buses):
            root = parent[i]
            states.dark[state, i] = kind[i] == 0 or not (held[root] or former[root] >= 0)
            states.formed[state, i] = former[root] == i and not held[root]


@njit(cache=True, nogil=True)
def _local_change(grid, factors, k, dark, at, count, change):
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
def _rank_update(factors, at, count, change, block, lifted, gain):
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
def _currents(grid, states, who, active, e, f, c_re, c_im):
    """Current each bus sends into the grid, for a block."""
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
def _mismatches(grid, factors, states, who, rank, e, f, size, c_re, c_im, s_re, s_im, x, error):
    """Mismatch of a block as right-hand side, and the largest by its tolerance."""
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
        if rank[b] == 0:
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
                error[b] = max(error[b], abs(x[row, b]) / grid.tolerance[i])


@njit(cache=True, nogil=True)
def _move(factors, x, e, f, size):
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
def chord(first, last, order, grid, factors, states, results, limit, rate):
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
    active = np.zeros(WIDTH, dtype=np.bool_)
    own_s = states.s.shape[0] > 1
    for start in range(first, last, WIDTH):
        inside = min(WIDTH, last - start)
        for b in range(WIDTH):
            rank[b] = 0
            active[b] = b < inside
            who[b] = order[min(start + b, last - 1)]
            if not active[b]:
                continue
            state = who[b]
            for i in range(buses):
                power = states.s[state if own_s else 0, i]
                s_re[i, b], s_im[i, b] = power.real, power.imag
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
                grid, factors, states, who, rank, e, f, size, c_re, c_im, s_re, s_im, x, error
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


@njit(cache=True, nogil=True)
def _size(value):
    """Absolute value without the care for overflow that takes most of the time."""
    return np.sqrt(value.real * value.real + value.imag * value.imag)


@njit(cache=True, nogil=True)
def _blank(state, results):
    """A state without a solution has no numbers."""
    nothing = complex(np.nan, np.nan)
    results.voltage[state] = nothing
    results.s_bus[state] = nothing
    results.flow[state] = np.nan
    results.loading[state] = np.nan


@njit(cache=True, nogil=True)
def outcome(first, last, grid, states, results, base_mva, from_per_ka, to_per_ka):
    """Powers that follow from the voltages, and whether they are those asked for.

    A state stays ``solved`` only when the mismatch on the full admittance matrix is
    within twice the tolerance at every bus. ``from_per_ka`` and ``to_per_ka`` (branch)
    make percent of rating of a current in pu.
    """
    buses, branches = len(grid.kind), len(grid.from_bus)
    current, v = np.empty(buses, dtype=np.complex128), np.empty(buses, dtype=np.complex128)
    own_s, own_topology = states.s.shape[0] > 1, states.in_service.shape[0] > 1
    for state in range(first, last):
        if not results.solved[state]:
            results.mismatch[state] = np.nan
            _blank(state, results)
            continue
        dark = states.dark[state]
        inside = states.in_service[state if own_topology else 0]
        s = states.s[state if own_s else 0]
        flow, loading = results.flow[state], results.loading[state]
        for i in range(buses):
            v[i] = 0.0 if dark[i] else results.voltage[state, i]
        for i in range(buses):
            current[i] = 0.0
            for p in range(grid.indptr[i], grid.indptr[i + 1]):
                current[i] += grid.y[p] * v[grid.indices[p]]
        for k in range(branches):
            i, j = grid.from_bus[k], grid.to_bus[k]
            near = grid.yff[k] * v[i] + grid.yft[k] * v[j]
            far = grid.ytf[k] * v[i] + grid.ytt[k] * v[j]
            if not inside[k]:
                current[i] -= near
                current[j] -= far
            if not inside[k] or dark[i] or dark[j]:
                near = far = 0.0 + 0.0j
            s_from, s_to = v[i] * np.conj(near) * base_mva, v[j] * np.conj(far) * base_mva
            flow[0, k], flow[1, k] = s_from.real, s_from.imag
            flow[2, k], flow[3, k] = s_to.real, s_to.imag
            here, there = _size(near) * from_per_ka[k], _size(far) * to_per_ka[k]
            loading[k] = here if there <= here or np.isnan(there) else there
        worst, is_off = 0.0, False
        for i in range(buses):
            power = v[i] * np.conj(current[i])
            results.s_bus[state, i] = power * base_mva
            if dark[i]:
                results.voltage[state, i] = complex(np.nan, np.nan)
                continue
            off = power - s[i] + grid.i_load[i] * _size(v[i])
            held = grid.kind[i] == 3 or states.formed[state, i]
            p_off = 0.0 if held else abs(off.real)
            q_off = abs(off.imag) if grid.kind[i] == 1 and not held else 0.0
            worst = max(worst, p_off, q_off)
            is_off = is_off or not max(p_off, q_off) <= 2.0 * grid.tolerance[i]
        results.mismatch[state] = worst * base_mva
        if is_off:
            results.solved[state] = False
            _blank(state, results)
