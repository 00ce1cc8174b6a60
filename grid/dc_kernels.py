"""Compiled loops over outage states: islands, balance and flow of each, one by one.

A state costs what it changes: only the smaller sides of a split are searched, and only
the buses whose injection changes are summed.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from data.tables import BoolArray, FloatArray, IntArray
from grid.outage_kernels import loops, spread
from grid.part_balance import (
    BALANCE_TOL_MW,
    DEMAND,
    FORMING,
    KEPT,
    RISEN,
    SERVED,
    add_source,
    balance_parts,
    source_power,
)

DONE, HARD = 0, 1
"""How a state ended: solved, or left to the slower way."""


class Base(NamedTuple):
    """The intact grid, balanced.

    Per branch: ``ends`` (branch, 2), ``flow`` [MW], ``per_rating`` [1/MW], and
    ``transfer`` (branch, branch), row k the flows per MW sent along branch k. Per bus:
    ``label`` of its part, ``demand`` [MW], ``ptdf`` (bus, branch), flows per MW fed in,
    and its branches and sources as ranges ``near_first`` of ``near`` and ``fed_first``
    of ``fed``. Per source: ``source_bus``, ``kind`` (1 for must-run, plus 2 for one
    that can hold an island up), ``limits`` (4, source): set power, lowest and highest
    output [MW], share; ``source_p`` [MW]. Per part: ``totals`` (part, 13), ``response``
    (part, 3, branch), the flows of all its set power, room and demand [MW]. For the
    whole, ``unserved`` (2,): demand unserved and dark [MW].
    """

    ends: IntArray
    flow: FloatArray
    per_rating: FloatArray
    transfer: FloatArray
    label: IntArray
    demand: FloatArray
    ptdf: FloatArray
    near_first: IntArray
    near: IntArray
    fed_first: IntArray
    fed: IntArray
    source_bus: IntArray
    kind: IntArray
    limits: FloatArray
    source_p: FloatArray
    totals: FloatArray
    response: FloatArray
    unserved: FloatArray


@njit(cache=True, nogil=True)
def outage_states(
    base: Base,
    first: IntArray,
    out: IntArray,
    magnifying_limit: float,
    flow: FloatArray,
    counts: IntArray,
    sums: FloatArray,
) -> None:
    """Solve outage states one after the other.

    Parameters
    ----------
    base : Base
    first : ndarray of int, shape (state + 1,)
        Where each state's outages begin in ``out``.
    out : ndarray of int
        Branches out, none twice in a state.
    magnifying_limit : float
        As ``grid.outage_update.MAGNIFYING_LIMIT``.
    flow : ndarray, shape (state, branch) or (1, branch)
        Filled with the flows; only the last state's when it has one row. [MW]
    counts : ndarray of int, shape (state, 3)
        Filled with how it ended, the number of parts, the most loaded branch.
    sums : ndarray, shape (state, 3)
        Filled with unserved and dark demand [MW] and the highest loading [1].
    """
    buses, branches, parts = len(base.demand), len(base.flow), len(base.totals)
    most = 1
    for state in range(len(first) - 1):
        most = max(most, first[state + 1] - first[state])
    system = np.empty((most, 2 * most))
    label = base.label.copy()
    owner = np.full(buses, -1)
    follow = np.empty(buses, dtype=np.int64)
    touched = np.empty(buses, dtype=np.int64)
    change = np.zeros(buses)
    # A bus may be listed again when its changes cancel on the way.
    changed = np.empty(2 * buses + len(base.source_bus), dtype=np.int64)
    part = np.empty((parts + 2 * most, base.totals.shape[1]))
    is_out = np.zeros(branches, dtype=np.bool_)
    removed = np.empty(most, dtype=np.int64)
    carried = np.empty(most)
    for state in range(len(first) - 1):
        gone = out[first[state] : first[state + 1]]
        row = flow[state if len(flow) > 1 else 0]
        row[:] = base.flow
        counts[state, 0], counts[state, 1] = DONE, parts
        sums[state, :2] = base.unserved
        count, reached = len(gone), 0
        removed[:count] = gone
        if count and not spread(
            system, base.transfer, removed[:count], row, carried, magnifying_limit
        ):
            for branch in gone:
                is_out[branch] = True
            now, reached = _split(base, gone, is_out, label, owner, follow, touched)
            for branch in gone:
                is_out[branch] = False
            counts[state, 1] = now
            count = loops(base.ends, gone, label, removed)
            if now > parts:
                _balance(base, label, touched[:reached], part[:now], sums[state])
                for whole in range(parts):
                    for at, column in enumerate((KEPT, RISEN, SERVED)):
                        step = part[whole, column] - base.totals[whole, column]
                        if step != 0.0:
                            row += step * base.response[whole, at]
                moved = _changes(base, label, touched[:reached], part[:now], change, changed)
                for bus in changed[:moved]:
                    if abs(change[bus]) > BALANCE_TOL_MW:
                        row += change[bus] * base.ptdf[bus]
                    change[bus] = 0.0
            if count and not spread(
                system, base.transfer, removed[:count], row, carried, magnifying_limit
            ):
                counts[state, 0] = HARD
                count = 0
        for at in range(count):
            row += carried[at] * base.transfer[removed[at]]
        for branch in gone:
            row[branch] = 0.0
        if counts[state, 1] > parts:
            _darken(base, label, touched[:reached], part, row)
        for bus in touched[:reached]:
            label[bus], owner[bus] = base.label[bus], -1
        worst, at_worst = 0.0, -1
        for branch in range(branches):
            loading = abs(row[branch]) * base.per_rating[branch]
            if loading > worst:
                worst, at_worst = loading, branch
        counts[state, 2], sums[state, 2] = at_worst, worst


@njit(cache=True, nogil=True)
def _root(parents: IntArray, at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at


@njit(cache=True, nogil=True)
def _split(
    base: Base,
    gone: IntArray,
    is_out: BoolArray,
    label: IntArray,
    owner: IntArray,
    follow: IntArray,
    touched: IntArray,
) -> tuple[int, int]:
    """Label the parts that came off; return the number of parts and of buses touched.

    From every end of a branch out a search spreads, bus by bus in turns; searches that
    meet become one; one that finds nothing more has found a whole part. It ends when
    one search is left in each part of the intact grid: that is the rest, and keeps its
    label. So the work is about the size of the smaller sides.
    """
    most = 2 * len(gone)
    head, tail = np.full(most, -1), np.full(most, -1)
    group, waiting = np.arange(most), np.zeros(most, dtype=np.int64)
    searching = np.zeros(len(base.totals), dtype=np.int64)
    seeds, reached = 0, 0
    for branch in gone:
        for side in range(2):
            bus = base.ends[branch, side]
            if owner[bus] < 0:
                owner[bus], follow[bus] = seeds, -1
                head[seeds] = tail[seeds] = bus
                waiting[seeds] = 1
                searching[base.label[bus]] += 1
                touched[reached] = bus
                seeds += 1
                reached += 1
    active = True
    while active:
        active = False
        for seed in range(seeds):
            bus = head[seed]
            if bus < 0 or searching[base.label[bus]] == 1:
                continue
            active = True
            whole = base.label[bus]
            head[seed] = follow[bus]
            for branch in base.near[base.near_first[bus] : base.near_first[bus + 1]]:
                if is_out[branch]:
                    continue
                other = base.ends[branch, 0] + base.ends[branch, 1] - bus
                if owner[other] < 0:
                    owner[other], follow[other] = seed, -1
                    if head[seed] < 0:
                        head[seed] = other
                    else:
                        follow[tail[seed]] = other
                    tail[seed] = other
                    touched[reached] = other
                    reached += 1
                else:
                    mine, theirs = _root(group, seed), _root(group, owner[other])
                    if mine != theirs:
                        group[theirs] = mine
                        waiting[mine] += waiting[theirs]
                        searching[whole] -= 1
            if head[seed] < 0:
                mine = _root(group, seed)
                waiting[mine] -= 1
                if waiting[mine] == 0:
                    searching[whole] -= 1
    now = len(base.totals)
    name = np.full(most, -1)
    for seed in range(seeds):
        mine = _root(group, seed)
        if waiting[mine] == 0 and name[mine] < 0:
            name[mine] = now
            now += 1
    for bus in touched[:reached]:
        mine = _root(group, owner[bus])
        if waiting[mine] == 0:
            label[bus] = name[mine]
    return now, reached


@njit(cache=True, nogil=True)
def _balance(
    base: Base, label: IntArray, touched: IntArray, part: FloatArray, sums: FloatArray
) -> None:
    """Balance each part as ``grid.dispatch`` does."""
    parts = len(base.totals)
    part[:parts] = base.totals
    part[parts:] = 0.0
    for bus in touched:
        old, new = base.label[bus], label[bus]
        if old == new:
            continue
        part[old, DEMAND] -= base.demand[bus]
        part[new, DEMAND] += base.demand[bus]
        for source in base.fed[base.fed_first[bus] : base.fed_first[bus + 1]]:
            add_source(part[old], base.kind[source], base.limits[:, source], -1.0)
            add_source(part[new], base.kind[source], base.limits[:, source], 1.0)
    balance_parts(part, label, base.source_bus, base.kind, base.limits, sums)


@njit(cache=True, nogil=True)
def _changes(
    base: Base,
    label: IntArray,
    touched: IntArray,
    part: FloatArray,
    change: FloatArray,
    changed: IntArray,
) -> int:
    """Change of injections beyond what whole parts do; return how many are listed."""
    moved = 0
    for source in range(len(base.source_bus)):
        bus = base.source_bus[source]
        old, new = base.label[bus], label[bus]
        if old == new and base.kind[source] & 1:
            continue
        limits = base.limits[:, source]
        p_mw = source_power(part[new], base.kind[source], limits)
        step = p_mw - base.source_p[source]
        if base.kind[source] & 1:
            step -= (part[old, KEPT] - base.totals[old, KEPT]) * limits[0]
            step -= (part[old, RISEN] - base.totals[old, RISEN]) * (limits[2] - limits[0])
        moved = _add(change, changed, moved, bus, step)
    for bus in touched:
        if label[bus] != base.label[bus]:
            step = part[base.label[bus], SERVED] - part[label[bus], SERVED]
            moved = _add(change, changed, moved, bus, step * base.demand[bus])
    return moved


@njit(cache=True, nogil=True)
def _add(change: FloatArray, changed: IntArray, moved: int, bus: int, step: float) -> int:
    """Add to the change of a bus, and list it the first time."""
    if change[bus] == 0.0 and step != 0.0:
        changed[moved] = bus
        moved += 1
    change[bus] += step
    return moved


@njit(cache=True, nogil=True)
def _darken(
    base: Base, label: IntArray, touched: IntArray, part: FloatArray, row: FloatArray
) -> None:
    """Set the flows of dark parts to exactly 0."""
    for bus in touched:
        if part[label[bus], FORMING] < 1:
            for branch in base.near[base.near_first[bus] : base.near_first[bus + 1]]:
                row[branch] = 0.0
    for whole in range(len(base.totals)):
        if part[whole, FORMING] < 1:
            for branch in range(len(row)):
                if label[base.ends[branch, 0]] == whole:
                    row[branch] = 0.0
