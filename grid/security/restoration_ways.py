"""Where a restoration can go next: electrically shortest ways, and room for more load."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays
from grid.dc_flow import DcGrid

NO_LIMIT = -1
"""Stands for the branch that limits a load, when it is not a branch."""

SMALLEST_EFFECT = 1e-9
"""Change of flow per MW below which a branch does not notice. [MW/MW]"""


class Ways:
    """Electrically shortest ways over the branches that can be closed.

    Parameters
    ----------
    arrays : GridArrays
    available : ndarray of bool, shape (branch,)
        Branches that can be closed.
    """

    def __init__(self, arrays: GridArrays, available: BoolArray) -> None:
        buses = len(arrays.bus_ids)
        length = 1.0 / np.abs(arrays.susceptance_pu)
        shortest = np.lexsort((np.arange(len(length)), length))
        self._branches: dict[tuple[int, int], list[int]] = {}
        for branch in shortest[available[shortest]].tolist():
            one, other = int(arrays.from_bus[branch]), int(arrays.to_bus[branch])
            self._branches.setdefault((min(one, other), max(one, other)), []).append(branch)
        first = [branches[0] for branches in self._branches.values()]
        ends = (arrays.from_bus[first], arrays.to_bus[first])
        self._graph = csr_array((length[first], ends), shape=(buses, buses))

    def distance(self, buses: IntArray) -> FloatArray:
        """Electrical distance of every bus from the nearest of some, shape (bus,) [pu]."""
        return np.asarray(dijkstra(self._graph, directed=False, indices=buses, min_only=True))

    def best(
        self, buses: IntArray, closed: BoolArray, value: FloatArray
    ) -> tuple[float, list[int], int]:
        """Way to the bus that is worth most per switching.

        Parameters
        ----------
        buses : ndarray of int
            Where it may begin.
        closed : ndarray of bool, shape (branch,)
            Branches that need no switching.
        value : ndarray, shape (bus,)
            What reaching each bus is worth; 0 for no target.

        Returns
        -------
        worth : float
            Value per switching; 0 when no target can be reached.
        way : list of int
            Branches to close, in order.
        target : int
            Bus it leads to, -1 for none; equals go to the nearest, then the first.
        """
        far, before, _ = dijkstra(
            self._graph, directed=False, indices=buses, min_only=True, return_predecessors=True
        )
        is_closed, last = closed.tolist(), before.tolist()
        switchings = [0.0] * len(last)
        entry = [NO_LIMIT] * len(last)
        for bus in np.argsort(far, kind="stable").tolist():
            via = last[bus]
            if via >= 0:
                between = self._branches[min(via, bus), max(via, bus)]
                if not any(is_closed[each] for each in between):
                    entry[bus] = between[0]
                switchings[bus] = switchings[via] + (entry[bus] >= 0)
        worth = np.where(np.isfinite(far), value, 0.0) / np.maximum(switchings, 1.0)
        if not worth.any():
            return 0.0, [], -1
        target = int(np.lexsort((far, -worth))[0])
        way, bus = [], target
        while last[bus] >= 0:
            if entry[bus] >= 0:
                way.append(entry[bus])
            bus = last[bus]
        return float(worth[target]), way[::-1], target


class Room:
    """How much more load an island takes, bus by bus, within sources and branches.

    Parameters
    ----------
    dc : DcGrid
    closed : ndarray of bool, shape (branch,)
    injection_mw : ndarray, shape (bus,)
        As things are. [MW]
    sources : ndarray of int
        Sources of the island that are online.
    left_mw : ndarray, shape (source of the island,)
        What each can still give; taken from as load is added. [MW]
    buses : ndarray of int
        Where load may be added.
    """

    def __init__(
        self,
        dc: DcGrid,
        closed: BoolArray,
        injection_mw: FloatArray,
        *,
        sources: IntArray,
        left_mw: FloatArray,
        buses: IntArray,
    ) -> None:
        arrays = dc.arrays
        feeding = np.unique(arrays.source_bus[sources])
        places = np.unique(np.concatenate([feeding, buses]))
        unit = np.zeros((len(places) + 2, len(arrays.bus_ids)))
        unit[np.arange(len(places)), places] = 1.0
        unit[-2] = injection_mw
        flow = dc.topology(closed).flow_mw(unit)
        self._per_mw = flow[: len(places)] - flow[-1]
        self._row = {int(bus): at for at, bus in enumerate(places)}
        self._fed = self._per_mw[[self._row[int(bus)] for bus in arrays.source_bus[sources]]]
        self._flow_mw, self._rating_mw = flow[-2], arrays.rating_mw
        self.left_mw = left_mw

    def take(self, bus: int, want_mw: float) -> tuple[float, int]:
        """Add load at a bus, at most what sources and branches have room for.

        The sources share it by the room they have; where the branches then do not carry
        it, the one source that brings most.

        Parameters
        ----------
        bus : int
        want_mw : float
            [MW]

        Returns
        -------
        took_mw : float
            [MW]
        branch : int
            The branch that limits it, or ``NO_LIMIT``.
        """
        total = float(self.left_mw.sum())
        if total <= 0:
            return 0.0, NO_LIMIT
        split = self.left_mw / total
        here = self._per_mw[self._row[bus]]
        effect = split @ self._fed - here
        room, full = self._headroom(effect[None])
        took, branch = min(want_mw, total, float(room[0])), int(full[0])
        if took < min(want_mw, total):
            alone = self._fed - here
            rooms, branches = self._headroom(alone)
            brings = np.minimum(np.minimum(rooms, self.left_mw), want_mw)
            best = int(np.argmax(brings))
            if brings[best] > took:
                took, effect, branch = float(brings[best]), alone[best], int(branches[best])
                split = np.eye(len(self.left_mw))[best]
        self._flow_mw = self._flow_mw + took * effect
        self.left_mw = np.maximum(self.left_mw - took * split, 0.0)
        return took, branch

    def _headroom(self, effect: FloatArray) -> tuple[FloatArray, IntArray]:
        """Largest load until a branch is full, and that branch, for each row of effects."""
        size = np.abs(effect)
        free = np.maximum(self._rating_mw - np.sign(effect) * self._flow_mw, 0.0)
        room = np.where(size > SMALLEST_EFFECT, free, np.inf) / np.maximum(size, SMALLEST_EFFECT)
        branch = np.argmin(room, axis=1)
        return room[np.arange(len(room)), branch], branch
