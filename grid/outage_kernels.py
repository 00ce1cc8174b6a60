"""The update of ``grid.outage_update`` in compiled form, for one outage state at a time."""

import numpy as np
from numba import njit

from data.tables import FloatArray, IntArray


@njit(cache=True, nogil=True)
def spread(
    system: FloatArray,
    transfer: FloatArray,
    removed: IntArray,
    flow: FloatArray,
    carried: FloatArray,
    limit: float,
) -> bool:
    """Solve ``(I - H_rr) c = f_r`` for what to send along the removed branches.

    Parameters
    ----------
    system : ndarray, shape (n, 2 n)
        Room to work in, n the number removed or more.
    transfer : ndarray, shape (branch, branch)
        Row k the flows per MW sent along branch k. [MW/MW]
    removed : ndarray of int, shape (removed,)
        Positions of the branches.
    flow : ndarray, shape (branch,)
        With all of them in service. [MW]
    carried : ndarray
        Filled with what to send along each. [MW]
    limit : float
        As ``grid.outage_update.MAGNIFYING_LIMIT``.

    Returns
    -------
    bool
        False when the inverse magnifies too much to be trusted, or does not exist.
    """
    count = len(removed)
    if count == 1:
        left = 1.0 - transfer[removed[0], removed[0]]
        if abs(left) * limit <= 1.0:
            return False
        carried[0] = flow[removed[0]] / left
        return True
    for i in range(count):
        for j in range(count):
            # Row k of the transfer factors is column k of H.
            system[i, j] = (1.0 if i == j else 0.0) - transfer[removed[j], removed[i]]
            system[i, count + j] = 1.0 if i == j else 0.0
    for i in range(count):
        pivot = i
        for j in range(i + 1, count):
            if abs(system[j, i]) > abs(system[pivot, i]):
                pivot = j
        if abs(system[pivot, i]) * limit <= 1.0:
            return False
        if pivot != i:
            for j in range(2 * count):
                system[i, j], system[pivot, j] = system[pivot, j], system[i, j]
        scale = 1.0 / system[i, i]
        for j in range(i, 2 * count):
            system[i, j] *= scale
        for other in range(count):
            if other != i:
                factor = system[other, i]
                for j in range(i, 2 * count):
                    system[other, j] -= factor * system[i, j]
    for j in range(count):
        size = 0.0
        for i in range(count):
            size += abs(system[i, count + j])
        if size >= limit:
            return False
    for i in range(count):
        carried[i] = 0.0
        for j in range(count):
            carried[i] += system[i, count + j] * flow[removed[j]]
    return True


@njit(cache=True, nogil=True)
def loops(ends: IntArray, gone: IntArray, label: IntArray, removed: IntArray) -> int:
    """Branches out whose flow has to be spread; the others only joined islands.

    The same choice as ``grid.outage_update``: a branch stays in the sum when it joins two
    parts that no branch before it joined.

    Parameters
    ----------
    ends : ndarray of int, shape (branch, 2)
    gone : ndarray of int, shape (n,)
        Branches out.
    label : ndarray of int, shape (bus,)
        Part of each bus without them.
    removed : ndarray of int, shape (n,)
        Filled with the branches whose flow has to be spread.

    Returns
    -------
    int
        How many they are.
    """
    parents = np.empty(2 * len(gone), dtype=np.int64)
    names = np.empty(2 * len(gone), dtype=np.int64)
    known, count = 0, 0
    for branch in gone:
        root = np.empty(2, dtype=np.int64)
        for side in range(2):
            part = label[ends[branch, side]]
            at = -1
            for i in range(known):
                if names[i] == part:
                    at = i
            if at < 0:
                names[known], parents[known], at = part, known, known
                known += 1
            while parents[at] != at:
                at = parents[at]
            root[side] = at
        if root[0] == root[1]:
            removed[count] = branch
            count += 1
        else:
            parents[root[1]] = root[0]
    return count
