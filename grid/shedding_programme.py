"""The linear programme of load shedding in one topology, with the columns it needs."""

from dataclasses import dataclass

import numpy as np
from highspy import Highs, HighsModelStatus, HighsSolution, kHighsInf

from data.problems import BeredtError
from data.tables import FloatArray, IntArray
from grid.bad_states import why_no_shedding
from grid.dc_flow import Topology
from grid.dispatch import P_TOL_MW, Dispatch

REDISPATCH_COST = 1e-3
"""Cost of moving a source by 1 MW, relative to the cheapest shedding: power is moved
before anybody goes without. Estimate; any small number gives the same shedding."""

TIE_BREAK = 1e-2
"""Relative step between otherwise equal costs, so that the optimum is one and the same
however it is reached. Estimate; far below the step between two classes."""

TURNS = 4
"""Parts a load is shed in, each a little dearer than the one before, so that equals take
turns: where they help equally, their shares differ by one part at most. Estimate."""

MANY_PARTS = 4
"""Columns for parts per bus from which on a start anew with few is quicker; measured."""


PRICE_TOL = 1e-6
"""Prices below this part of the cheapest shedding are rounding. [1]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shedding:
    """The cheapest way to keep every limit, hour by hour.

    Attributes
    ----------
    served_share : ndarray, shape (time, bus, class)
        1 where there is no demand. [1]
    source_p_mw : ndarray, shape (time, source)
        [MW]
    cost_nok : ndarray, shape (time,)
        What the programme minimised: shedding for an hour, redispatch and tie-breaks.
    nodal_nok_per_mw : ndarray, shape (time, bus)
        What one more megawatt fed in at the bus would save; 0 at dark buses. [NOK/MW]
    limit_hour, limit_branch : ndarray of int, shape (limit,)
        Hour and branch of each limit that costs something.
    limit_nok_per_mw : ndarray, shape (limit,)
        What one more megawatt of rating would save there. [NOK/MW]
    """

    served_share: FloatArray
    source_p_mw: FloatArray
    cost_nok: FloatArray
    nodal_nok_per_mw: FloatArray
    limit_hour: IntArray
    limit_branch: IntArray
    limit_nok_per_mw: FloatArray


class SheddingProgramme:
    """The linear programme of one topology.

    Columns are what is shed at each bus, sources up and down, and the parts the shedding
    of a bus consists of, cheapest first: a convex cost, piecewise linear. Few parts are
    ever in question, so of each bus the cheapest share a column at the cost of the last
    of them, and the dearest share columns at the cost of the first in each: at the start
    one a class, later one for all. Both make shedding look as cheap as it can be. When
    the former is not used up or one of the latter is used, the parts in question get
    columns of their own; when neither is so, the solution is that of the whole programme.
    Rows are the balance of each island, the sum of each bus, and the branches that come
    to their limit.
    """

    def __init__(
        self,
        topology: Topology,
        demand_mw: FloatArray,
        wanted: Dispatch,
        cost: FloatArray,
        highs: Highs,
    ) -> None:
        arrays = topology.arrays
        self._topology, self._demand, self._wanted, self._highs = topology, demand_mw, wanted, highs
        self._bus = np.flatnonzero((demand_mw > 0).any(axis=(0, 2)))
        alive = ~topology.islands.dark[arrays.source_bus]
        self._source = np.flatnonzero(alive & (topology.source_p_max_mw > 0))
        self.rows: IntArray = np.empty(0, dtype=np.int64)
        self._sensitivity = np.empty((0, len(arrays.bus_ids)))
        self.base_injection_mw = -demand_mw.sum(axis=2)
        np.add.at(self.base_injection_mw.T, arrays.source_bus, wanted.source_p_mw.T)
        p = wanted.source_p_mw[:, self._source]
        p_max = topology.source_p_max_mw[self._source]
        p_min = np.maximum(arrays.source_p_min_mw[self._source], -p_max)
        self._room = np.concatenate([np.maximum(p_max - p, 0.0), np.maximum(p - p_min, 0.0)], 1)
        self._moved_cost = REDISPATCH_COST * (
            1.0 + TIE_BREAK * np.concatenate([self._source, self._source])
        )
        self._parts(cost)
        source_bus = arrays.source_bus[self._source]
        self._column_bus = np.concatenate([self._bus, source_bus, source_bus])
        self._sign = np.ones(len(self._column_bus))
        self._sign[len(self._bus) + len(source_bus) :] = -1.0
        self._fed_in = np.zeros((len(demand_mw), len(self._column_bus)))
        self._dual: list[FloatArray] = [np.empty(0)] * len(demand_mw)
        self._bounds: tuple[FloatArray, ...] = ()
        self._most_columns = MANY_PARTS * len(self._bus)
        self._load()

    def _parts(self, cost: FloatArray) -> None:
        """Split the demand of each bus into parts by cost; (bus, part), (time, bus, part)."""
        classes = cost.shape[1]
        wish = self._demand[:, self._bus]
        # The golden ratio spreads numbered places evenly; each keeps its number whatever
        # else is in the programme.
        place = self._bus[:, None] * classes + np.arange(classes)
        spread = np.modf((place + 1) * (np.sqrt(5.0) - 1.0) / 2.0)[0]
        turn = np.arange(TURNS)
        part_cost = cost[self._bus, :, None] * (1.0 + TIE_BREAK * (turn + spread[:, :, None]))
        part_cost[~(wish > 0).any(axis=0)] = kHighsInf
        part_cost = part_cost.reshape(len(self._bus), -1)
        self._order = np.argsort(part_cost, axis=1, kind="stable")
        self._part_cost = np.take_along_axis(part_cost, self._order, axis=1)
        part = np.repeat(wish / TURNS, TURNS, axis=2)
        self._part_mw = np.take_along_axis(part, self._order[None], axis=2)
        self._ahead_mw = np.cumsum(self._part_mw, axis=2)
        self._count = np.isfinite(self._part_cost).sum(axis=1)
        # Parts before the first of these share a column, so do those from the second on,
        # one for each slot.
        self._low = self._high = np.ones(len(self._bus), dtype=np.int64)
        self._slot = np.arange(0, self._part_cost.shape[1], TURNS)
        self._of_bus = self._of_part = np.empty(0, dtype=np.int64)

    def _shared_cost(self, bus: IntArray) -> FloatArray:
        """Cost of the shared columns of some buses: each slot of the dear, then the cheap."""
        first = np.minimum(np.maximum(self._slot[:, None], self._high[bus]), self._count[bus] - 1)
        low = self._part_cost[bus, self._low[bus] - 1]
        return np.concatenate([self._part_cost[bus, first].ravel(), low])

    def _shared(self, bus: IntArray) -> IntArray:
        """Positions of the same columns."""
        step = len(self._bus) * np.arange(len(self._slot) + 1)
        return np.asarray((len(self._sign) + step[:, None] + bus).ravel())

    def _load(self) -> None:
        """Fill the model with its columns, the balances and the sums."""
        highs, buses = self._highs, len(self._bus)
        every = np.arange(buses)
        cost = np.concatenate([np.zeros(buses), self._moved_cost, self._shared_cost(every)])
        highs.clearModel()
        highs.addVars(len(cost), np.zeros(len(cost)), np.full(len(cost), kHighsInf))
        highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        label = self._topology.islands.label[self._column_bus]
        for island in self._topology.islands.alive:
            here = np.flatnonzero(label == self._topology.islands.label[island.buses[0]])
            highs.addRow(0.0, 0.0, len(here), here.astype(np.int32), self._sign[here])
        at = np.vstack([every, self._shared(every).reshape(-1, buses)])
        zero = np.zeros(buses)
        highs.addRows(
            buses,
            zero,
            zero,
            at.size,
            np.arange(0, at.size, len(at), dtype=np.int32),
            at.T.ravel().astype(np.int32),
            np.tile(np.concatenate([[1.0], -np.ones(len(at) - 1)]), buses),
        )

    def _upper(self, hour: int) -> FloatArray:
        """Upper bound of every column but those of what is shed at each bus."""
        every, ahead = np.arange(len(self._bus)), self._ahead_mw[hour]
        before = np.maximum(self._slot[:, None], self._high) - 1
        last = np.append(self._slot[1:], ahead.shape[1]) - 1
        return np.concatenate(
            [
                self._room[hour],
                np.maximum(ahead[:, last].T - ahead[every, before], 0.0).ravel(),
                ahead[every, self._low - 1],
                self._part_mw[hour, self._of_bus, self._of_part],
            ]
        )

    def _widen(self, hour: int, low: IntArray, high: IntArray) -> None:
        """Share no part of a bus from ``low`` up to ``high`` any more."""
        part = np.arange(self._part_cost.shape[1])
        has = (part >= self._low[:, None]) & (part < self._high[:, None])
        gets = (part >= low[:, None]) & (part < high[:, None]) & ~has
        of_bus, of_part = np.nonzero(gets)
        count = len(of_bus)
        self._highs.addCols(
            count,
            self._part_cost[of_bus, of_part],
            np.zeros(count),
            self._part_mw[hour, of_bus, of_part],
            count,
            np.arange(count, dtype=np.int32),
            (len(self._topology.islands.alive) + of_bus).astype(np.int32),
            -np.ones(count),
        )
        self._of_bus = np.concatenate([self._of_bus, of_bus])
        self._of_part = np.concatenate([self._of_part, of_part])
        self._low, self._high = low, high
        used = np.flatnonzero(gets.any(axis=1))
        columns = self._shared(used)
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), self._shared_cost(used))

    def _is_exact(self, hour: int, value: FloatArray) -> bool:
        """Whether the shared columns cost what their parts do; if not, mend it."""
        buses, fed = len(self._bus), len(self._sign)
        shed, shared = value[:buses], value[fed:][: buses * (len(self._slot) + 1)]
        high, low = shared[:-buses].reshape(-1, buses), shared[-buses:]
        ahead, tolerance = self._ahead_mw[hour], P_TOL_MW * 0.1
        above = (high > tolerance).any(axis=0)
        below = (self._low > 1) & (low < ahead[np.arange(buses), self._low - 1] - tolerance)
        if not (above | below).any():
            return True
        full = (ahead < shed[:, None] - P_TOL_MW).sum(axis=1)
        self._widen(
            hour,
            np.where(below, np.maximum(np.minimum(full, self._low - 1), 1), self._low),
            np.where(above, np.minimum(np.maximum(full, self._high) + 1, self._count), self._high),
        )
        return False

    def narrow(self, hour: int) -> None:
        """Start anew around the solution of an hour when there are too many columns."""
        if len(self._of_bus) <= self._most_columns:
            return
        self._most_columns *= 2
        shed = self._fed_in[hour, : len(self._bus), None]
        middle = np.clip((self._ahead_mw[hour] < shed + P_TOL_MW).sum(axis=1), 1, self._count)
        self._low = self._high = middle
        self._of_bus = self._of_part = np.empty(0, dtype=np.int64)
        self._slot = np.zeros(1, dtype=np.int64)
        self._load()
        self._widen(hour, np.maximum(middle - 1, 1), np.minimum(middle + 1, self._count))
        self._limit(self._sensitivity)

    def add_rows(self, branches: IntArray, base_flow_mw: FloatArray) -> None:
        """Limit more branches; ``base_flow_mw`` (time, branch) is the unshed flow."""
        self._base_flow = base_flow_mw
        if not branches.size:
            return
        self.rows = np.concatenate([self.rows, branches])
        sensitivity = self._topology.branch_sensitivity(branches)
        self._sensitivity = np.concatenate([self._sensitivity, sensitivity])
        self._limit(sensitivity)

    def _limit(self, sensitivity: FloatArray) -> None:
        """Add the rows of some limits."""
        for row in sensitivity[:, self._column_bus] * self._sign:
            used = np.flatnonzero(np.abs(row) > P_TOL_MW * 1e-3)
            self._highs.addRow(-kHighsInf, kHighsInf, len(used), used.astype(np.int32), row[used])

    def solve(self, hour: int) -> None:
        """Solve an hour, from where the one before ended."""
        rating = self._topology.arrays.rating_mw[self.rows]
        base, lack = self._base_flow[hour, self.rows], self._wanted.deficit_mw[hour]
        islands, buses = len(lack), len(self._bus)
        lower = np.concatenate([lack, -rating - base])
        upper = np.concatenate([lack, rating - base])
        bound = self._upper(hour)
        if self._bounds and all(map(np.array_equal, (bound, lower, upper), self._bounds)):
            self._fed_in[hour], self._dual[hour] = self._fed_in[hour - 1], self._dual[hour - 1]
            return
        rows = np.arange(len(lower), dtype=np.int32)
        rows[islands:] += buses
        self._highs.changeRowsBounds(  # type: ignore[attr-defined]  # not in highspy's stub
            len(rows), rows, lower, upper
        )
        while True:
            columns = np.arange(buses, buses + len(bound), dtype=np.int32)
            self._highs.changeColsBounds(len(bound), columns, np.zeros(len(bound)), bound)
            solution = self._run()
            value = np.array(solution.col_value)
            if self._is_exact(hour, value):
                break
            bound = self._upper(hour)
        self._bounds = (bound, lower, upper)
        self._fed_in[hour] = value[: len(self._sign)]
        self._dual[hour] = np.delete(solution.row_dual, slice(islands, islands + buses))

    def _run(self) -> HighsSolution:
        self._highs.run()
        if self._highs.getModelStatus() != HighsModelStatus.kOptimal:
            # From the beginning, as a start from the hour before can mislead.
            self._highs.clearSolver()
            self._highs.run()
        status = self._highs.getModelStatus()
        if status != HighsModelStatus.kOptimal:
            raise BeredtError(why_no_shedding(self._topology, status.name))
        return self._highs.getSolution()

    def injection_mw(self, hour: int) -> FloatArray:
        """Injection of each bus after shedding, shape (1, bus). [MW]."""
        fed_in = np.bincount(
            self._column_bus, self._fed_in[hour] * self._sign, self.base_injection_mw.shape[1]
        )
        return np.asarray(self.base_injection_mw[[hour]] + fed_in)

    def shedding(self, scale_nok: float) -> Shedding:
        """Shares served, outputs and prices of all hours, in costs of ``scale_nok``."""
        hours, buses, islands = len(self._fed_in), len(self._bus), self._topology.islands
        shed, up, down = np.split(self._fed_in, buses + len(self._source) * np.arange(2), axis=1)
        before_mw = self._ahead_mw - self._part_mw
        by_cost = np.clip(shed[:, :, None] - before_mw, 0.0, self._part_mw)
        cost = np.where(np.isfinite(self._part_cost), self._part_cost, 0.0)
        cost_nok = np.einsum("tbp,bp->t", by_cost, cost)
        cost_nok += np.concatenate([up, down], axis=1) @ self._moved_cost
        by_part = np.empty_like(by_cost)
        np.put_along_axis(by_part, np.broadcast_to(self._order, by_cost.shape), by_cost, axis=2)
        by_class = by_part.reshape(hours, buses, -1, TURNS).sum(axis=3)
        wish = self._demand[:, self._bus]
        kept = np.divide(wish - by_class, wish, out=np.ones_like(wish), where=wish > 0)
        served = np.ones_like(self._demand)
        # HiGHS keeps bounds within 1e-7.
        served[:, self._bus] = np.clip(kept, 0.0, 1.0)
        source_p = self._wanted.source_p_mw.copy()
        source_p[:, self._source] += up - down
        dual = np.zeros((hours, len(islands.alive) + len(self.rows)))
        for hour, known in enumerate(self._dual):
            # Limits added later were kept in this hour without being asked for.
            dual[hour, : len(known)] = known
        balance, limits = dual[:, : len(islands.alive)], dual[:, len(islands.alive) :]
        # HiGHS gives the change of the cost per unit of the bound that holds: one more
        # megawatt fed in lowers the lack, and each bound by the branch's sensitivity.
        nodal = limits @ self._sensitivity
        for number, island in enumerate(islands.alive):
            nodal[:, island.buses] += balance[:, [number]]
        nodal[:, islands.dark] = 0.0
        price = np.abs(limits)
        limit_hour, row = np.nonzero(price > PRICE_TOL)
        return Shedding(
            served_share=served,
            source_p_mw=source_p,
            cost_nok=cost_nok * scale_nok,
            nodal_nok_per_mw=nodal * scale_nok,
            limit_hour=limit_hour,
            limit_branch=self.rows[row],
            limit_nok_per_mw=price[limit_hour, row] * scale_nok,
        )
