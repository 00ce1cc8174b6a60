"""Several branches out as an update of the intact grid (line outage distribution factors)."""

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray

MAGNIFYING_LIMIT = 1e4
"""How much an update may magnify errors, the 1-norm of its inverse: sensitivities, which
are near 1, are right to 1e-13 or better, so flows stay right to 1e-9. What exceeds it
splits the grid or nearly does, and is looked at closer or factorised anew."""


def spread_of(columns: FloatArray, removed: IntArray) -> FloatArray | None:
    """Find where the flow of removed branches goes.

    ``L = H (I - H_rr)^-1`` with the transfer factors ``H``. The inverse does not exist
    when taking the branches out splits the grid.

    Parameters
    ----------
    columns : ndarray, shape (branch, removed)
        Flow per MW sent along each removed branch. [MW/MW]
    removed : ndarray of int, shape (removed,)
        Positions of the branches.

    Returns
    -------
    ndarray, shape (branch, removed), or None
        Change of flow per MW that each would carry; None when it is not to be trusted.
        [MW/MW]
    """
    system = np.eye(len(removed)) - columns[removed]
    try:
        inverse = np.linalg.inv(system)
    except np.linalg.LinAlgError:
        return None
    magnifies = np.abs(inverse).sum(axis=0).max()
    return columns @ inverse if magnifies < MAGNIFYING_LIMIT else None


def joining(label: IntArray, head: IntArray, tail: IntArray) -> BoolArray:
    """Choose those of some branches that join parts without closing a loop.

    Parameters
    ----------
    label : ndarray of int, shape (bus,)
        Part of each bus when none of the branches is in service.
    head, tail : ndarray of int, shape (branch,)
        Ends of the branches.

    Returns
    -------
    ndarray of bool, shape (branch,)
    """
    root: dict[int, int] = {}

    def top(part: int) -> int:
        while (up := root.get(part, part)) != part:
            part = up
        return part

    stays = np.zeros(len(head), dtype=np.bool_)
    for at, (one, other) in enumerate(zip(label[head].tolist(), label[tail].tolist(), strict=True)):
        first, second = top(one), top(other)
        if first != second:
            root[second] = first
            stays[at] = True
    return stays
