"""Compiled loops over single AC states: mismatch, Jacobian, islands, and the outcome.

Imported only where a power flow is run.
"""

import math

import numpy as np
from numba import njit

from data.tables import BoolArray, FloatArray, IntArray
from grid.ac_network import DARK, PQ, REF, ComplexArray
from grid.ac_tuples import Grid, Results, States


@njit(cache=True, nogil=True)
def mismatch(
    indptr: IntArray,
    indices: IntArray,
    y: ComplexArray,
    v: ComplexArray,
    s: ComplexArray,
    i_load: ComplexArray,
    out: ComplexArray,
) -> None:
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
def jacobian(
    indptr: IntArray,
    indices: IntArray,
    y: ComplexArray,
    v: ComplexArray,
    i_load: ComplexArray,
    angle_at: IntArray,
    size_at: IntArray,
    columns: IntArray,
    rows: IntArray,
    values: FloatArray,
) -> int:
    """Differentiate the mismatch by angles and magnitudes, in compressed columns.

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
def islands(
    from_bus: IntArray, to_bus: IntArray, is_in: BoolArray, parent: IntArray, size: IntArray
) -> None:
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
def dark_buses(first: int, last: int, grid: Grid, states: States, forming: IntArray) -> None:
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
                states.dark[state, i] = kind[i] == DARK
            continue
        inside = states.in_service[state if states.in_service.shape[0] > 1 else 0]
        islands(grid.from_bus, grid.to_bus, inside, parent, size)
        held[:] = False
        former[:] = -1
        for i in range(buses):
            root = parent[i]
            if kind[i] == REF:
                held[root] = True
            elif (
                forming[i] >= 0
                and kind[i] != DARK
                and (former[root] < 0 or forming[i] < forming[former[root]])
            ):
                former[root] = i
        for i in range(buses):
            root = parent[i]
            states.dark[state, i] = kind[i] == DARK or not (held[root] or former[root] >= 0)
            states.formed[state, i] = former[root] == i and not held[root]


@njit(cache=True, nogil=True)
def _size(value: complex) -> float:
    """Take the absolute value without the care for overflow that takes most of the time."""
    return math.sqrt(value.real * value.real + value.imag * value.imag)


@njit(cache=True, nogil=True)
def _blank(state: int, results: Results) -> None:
    """Leave no numbers in a state without a solution."""
    nothing = complex(np.nan, np.nan)
    results.voltage[state] = nothing
    results.s_bus[state] = nothing
    results.flow[state] = np.nan
    results.loading[state] = np.nan


@njit(cache=True, nogil=True)
def outcome(
    first: int,
    last: int,
    grid: Grid,
    states: States,
    results: Results,
    base_mva: float,
    from_per_ka: FloatArray,
    to_per_ka: FloatArray,
) -> None:
    """Work out the powers at the voltages, and whether they are those asked for.

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
            held = grid.kind[i] == REF or states.formed[state, i]
            p_off = 0.0 if held else abs(off.real)
            q_off = abs(off.imag) if grid.kind[i] == PQ and not held else 0.0
            worst = max(worst, p_off, q_off)
            is_off = is_off or not max(p_off, q_off) <= 2.0 * grid.tolerance[i]
        results.mismatch[state] = worst * base_mva
        if is_off:
            results.solved[state] = False
            _blank(state, results)
