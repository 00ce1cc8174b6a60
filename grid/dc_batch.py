"""Many outage states of one grid at one hour: DC flows of each, islands balanced.

For screening: no limit of a branch is acted on, nothing trips and nobody but islands that
lack power is shed. Flows equal those of ``grid.solver`` without limits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays
from grid.dc_flow import DcGrid
from grid.dc_kernels import DONE, Base, outage_states
from grid.dispatch import P_TOL_MW, dispatch
from grid.outage_update import MAGNIFYING_LIMIT
from grid.part_balance import DEMAND, LEFT, add_source, balance_parts, source_power

DENSE_BYTES = 600_000_000
"""Memory the sensitivities may take: 4 000 branches; larger grids go the slower way."""

OUTAGES_AT_ONCE = 12
"""Branches out in one state up to which the compiled way is taken."""

CHUNK_BYTES = 64_000_000
"""Memory for the flows of one chunk of states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DcBatch:
    """What each outage state does, with no regard to branch limits.

    Attributes
    ----------
    flow_mw : ndarray, shape (state, branch)
        0 in dark islands and on branches out; no rows when flows were not asked for. [MW]
    unserved_mw, dark_mw : ndarray, shape (state,)
        Demand without supply: in dark islands, and in all that lack power. [MW]
    parts : ndarray of int, shape (state,)
        Connected parts, dark or not.
    worst_loading : ndarray, shape (state,)
        Highest flow as a multiple of the rating, 0 where no branch has one. [1]
    worst_branch : ndarray of int, shape (state,)
        Where that is; -1 for nowhere.
    """

    flow_mw: FloatArray
    unserved_mw: FloatArray
    dark_mw: FloatArray
    parts: IntArray
    worst_loading: FloatArray
    worst_branch: IntArray


class OutageBatch:
    """One grid at one demand, ready for any number of outage states.

    Parameters
    ----------
    grid : GridArrays or DcGrid
        The intact grid.
    demand_mw : ndarray, shape (bus,)
        Not negative. [MW]
    source_p_max_mw : ndarray, shape (source,), optional
        What each source can give, in place of the arrays' limits. [MW]
    """

    def __init__(
        self,
        grid: GridArrays | DcGrid,
        demand_mw: FloatArray,
        source_p_max_mw: FloatArray | None = None,
    ) -> None:
        self._grid = grid if isinstance(grid, DcGrid) else DcGrid(grid)
        arrays = self._grid.arrays
        if demand_mw.shape != arrays.bus_ids.shape or not demand_mw.min(initial=0.0) >= 0:
            raise ValueError("demand_mw: (bus,), a number and not negative, is needed")
        p_max = arrays.source_p_max_mw if source_p_max_mw is None else source_p_max_mw
        branches = len(arrays.branch_ids)
        self._demand, self._p_max = demand_mw, p_max
        self._per_rating = 1.0 / arrays.rating_mw
        self._base: Base | None = None
        if 8 * branches * (branches + len(demand_mw)) <= DENSE_BYTES:
            self._base = self._compiled()

    def _compiled(self) -> Base:
        """Put the intact grid into the form of the compiled loops."""
        arrays, p_max, demand = self._grid.arrays, self._p_max, self._demand
        label = self._grid.label
        kind = (arrays.source_fixed + 2 * arrays.source_grid_forming).astype(np.int64)
        least = np.maximum(arrays.source_p_min_mw, -p_max)
        limits = np.array(
            [np.minimum(arrays.source_p_set_mw, p_max), least, p_max, arrays.source_share]
        )
        totals = np.zeros((len(self._grid.reference_bus), LEFT + 1))
        totals[:, DEMAND] = np.bincount(label, demand, len(totals))
        for source, bus in enumerate(arrays.source_bus.tolist()):
            add_source(totals[label[bus]], kind[source], limits[:, source], 1.0)
        unserved = np.zeros(2)
        balance_parts(totals, label, arrays.source_bus, kind, limits, unserved)
        source_p = np.array(
            [
                source_power(totals[label[bus]], kind[source], limits[:, source])
                for source, bus in enumerate(arrays.source_bus.tolist())
            ],
            dtype=np.float64,
        )
        ends = np.column_stack([arrays.from_bus, arrays.to_bus]).astype(np.int64)
        at_bus = np.argsort(ends.ravel(), kind="stable")
        fed = np.argsort(arrays.source_bus, kind="stable")
        every = np.arange(len(demand) + 1)
        ptdf = self._grid.sensitivities()
        buses, must_run = len(demand), arrays.source_fixed
        response = np.zeros((len(totals), 3, len(arrays.branch_ids)))
        for part in range(len(totals)):
            here = must_run & (label[arrays.source_bus] == part)
            for at, power in enumerate((limits[0], limits[2] - limits[0])):
                fed_in = np.bincount(arrays.source_bus[here], power[here], buses)
                response[part, at] = fed_in @ ptdf
            response[part, 2] = -np.where(label == part, demand, 0.0) @ ptdf
        return Base(
            ends=ends,
            flow=self._slowly(np.empty(0, dtype=np.int64)).flow.copy(),
            per_rating=self._per_rating,
            transfer=ptdf[arrays.from_bus] - ptdf[arrays.to_bus],
            label=label,
            demand=demand.astype(np.float64),
            ptdf=ptdf,
            near_first=np.searchsorted(ends.ravel()[at_bus], every),
            near=at_bus // 2,
            fed_first=np.searchsorted(arrays.source_bus[fed], every),
            fed=fed,
            source_bus=arrays.source_bus.astype(np.int64),
            kind=kind,
            limits=limits,
            source_p=source_p,
            totals=totals,
            response=response,
            unserved=unserved,
        )

    def solve(
        self, outages: BoolArray | Sequence[Sequence[int]], *, keep_flows: bool = True
    ) -> DcBatch:
        """Solve all states.

        Parameters
        ----------
        outages : ndarray of bool, shape (state, branch), or sequence of sequence of int
            Branches in service in each state, or positions of those out.
        keep_flows : bool
            Whether to return the flows of every branch.

        Returns
        -------
        DcBatch

        Raises
        ------
        ValueError
            If a position is not one of a branch.
        """
        branches = len(self._per_rating)
        first, out = _listed(outages, branches)
        states = len(first) - 1
        flow = np.empty((states if keep_flows else 1, branches))
        counts = np.empty((states, 3), dtype=np.int64)
        sums = np.empty((states, 3))
        hard = np.ones(states, dtype=np.bool_)
        if self._base is not None and np.diff(first).max(initial=0) <= OUTAGES_AT_ONCE:
            outage_states(self._base, first, out, MAGNIFYING_LIMIT, flow, counts, sums)
            hard = counts[:, 0] != DONE
        for state in np.flatnonzero(hard):
            one = self._slowly(out[first[state] : first[state + 1]])
            loading = np.abs(one.flow) * self._per_rating
            worst = int(loading.argmax()) if loading.any() else -1
            counts[state] = DONE, one.parts, worst
            sums[state] = one.unserved_mw, one.dark_mw, loading[worst] if worst >= 0 else 0.0
            if keep_flows:
                flow[state] = one.flow
        return DcBatch(
            flow_mw=flow if keep_flows else flow[:0],
            unserved_mw=sums[:, 0],
            dark_mw=sums[:, 1],
            parts=counts[:, 1],
            worst_loading=sums[:, 2],
            worst_branch=counts[:, 2],
        )

    def chunks(self, outages: Sequence[Sequence[int]]) -> Iterator[tuple[int, DcBatch]]:
        """Solve any number of states, with flows, in bounded memory.

        Parameters
        ----------
        outages : sequence of sequence of int
            Positions of the branches out in each state.

        Yields
        ------
        tuple of int and DcBatch
            Number of the first state of the chunk, and its results.
        """
        size = max(1, CHUNK_BYTES // (8 * max(len(self._per_rating), 1)))
        for first in range(0, len(outages), size):
            yield first, self.solve(outages[first : first + size])

    def _slowly(self, out: IntArray) -> "_State":
        """One state by the way ``GridSolver`` takes."""
        arrays, demand = self._grid.arrays, self._demand
        in_service = np.ones(len(arrays.branch_ids), dtype=np.bool_)
        in_service[out] = False
        topology = self._grid.topology(in_service, self._p_max)
        dark = topology.islands.dark
        served = np.where(dark, 0.0, demand)
        plan = dispatch(topology, served[None])
        for number, island in enumerate(topology.islands.alive):
            lack = plan.deficit_mw[0, number]
            if lack > P_TOL_MW:
                served[island.buses] *= 1.0 - lack / served[island.buses].sum()
        injection = -served
        np.add.at(injection, arrays.source_bus, plan.source_p_mw[0])
        return _State(
            flow=topology.flow_mw(injection[None])[0],
            parts=len(topology.islands.reference_bus),
            unserved_mw=float((demand - served).sum()),
            dark_mw=float(demand[dark].sum()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    flow: FloatArray
    parts: int
    unserved_mw: float
    dark_mw: float


def outage_flows(
    grid: GridArrays | DcGrid,
    outages: BoolArray | Sequence[Sequence[int]],
    demand_mw: FloatArray,
    source_p_max_mw: FloatArray | None = None,
) -> DcBatch:
    """Flows of outage states at one demand; see ``OutageBatch`` for more than one call.

    Parameters
    ----------
    grid : GridArrays or DcGrid
        The intact grid.
    outages : ndarray of bool, shape (state, branch), or sequence of sequence of int
        Branches in service in each state, or positions of those out.
    demand_mw : ndarray, shape (bus,)
        [MW]
    source_p_max_mw : ndarray, shape (source,), optional
        What each source can give, in place of the arrays' limits. [MW]

    Returns
    -------
    DcBatch
    """
    return OutageBatch(grid, demand_mw, source_p_max_mw).solve(outages)


def _listed(
    outages: BoolArray | Sequence[Sequence[int]], branches: int
) -> tuple[IntArray, IntArray]:
    """Where each state's outages begin in one list, and that list."""
    if isinstance(outages, np.ndarray) and outages.dtype == np.bool_:
        if outages.ndim != 2 or outages.shape[1] != branches:  # noqa: PLR2004 -- two dims
            raise ValueError(f"outages: shape {outages.shape}, (state, {branches}) needed")
        state, out = np.nonzero(~outages)
        return np.searchsorted(state, np.arange(len(outages) + 1)), out
    counts = np.fromiter(map(len, outages), dtype=np.int64, count=len(outages))
    first = np.concatenate([[0], np.cumsum(counts)])
    out = np.fromiter((each for state in outages for each in state), np.int64, int(first[-1]))
    if out.size and not 0 <= out.min() <= out.max() < branches:
        raise ValueError(f"outages: positions below {branches} are needed")
    order = np.lexsort([out, np.repeat(np.arange(len(counts)), counts)])
    twice = np.zeros(len(out), dtype=np.bool_)
    twice[1:] = np.diff(out[order]) == 0
    same = np.repeat(np.arange(len(counts)), counts)[order]
    twice[1:] &= np.diff(same) == 0
    if twice.any():
        raise ValueError("outages: a branch is out twice in one state")
    return first, out
