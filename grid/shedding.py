"""Load shedding by priority where limits are broken: a linear programme solved by HiGHS."""

from dataclasses import dataclass

import numpy as np
from highspy import Highs, HighsModelStatus, kHighsInf

from data.problems import BeredtError
from data.tables import FloatArray, IntArray
from grid.dc_flow import Topology
from grid.dispatch import P_TOL_MW, Dispatch

CLASS_COST_NOK_PER_MW = np.array([500.0, 20_000.0, 60_000.0, 400_000.0])
"""Cost of shedding one hour by ``shed_class`` of the sectors table, cheapest first.

Estimate: only the order decides who is shed. The steps are wide enough for the order to
hold whatever share of a shed megawatt the grid lets through to the overloaded branch.
"""

REDISPATCH_COST = 1e-3
"""Cost of moving a source by 1 MW, relative to the cheapest shedding: power is moved
before anybody goes without. Estimate; any small number gives the same shedding."""

TIE_BREAK = 1e-2
"""Relative step between otherwise equal costs, so that the optimum is one and the same
however it is reached. Estimate; far below the step between two classes."""

TURNS = 4
"""Parts a load is shed in, each a little dearer than the one before, so that equals take
turns: where they help equally, their shares differ by one part at most. Estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shedding:
    """The cheapest way to keep every limit, hour by hour.

    Attributes
    ----------
    served_share : ndarray, shape (time, bus, class)
        1 where there is no demand. [1]
    source_p_mw : ndarray, shape (time, source)
        [MW]
    """

    served_share: FloatArray
    source_p_mw: FloatArray


class LoadShedder:
    """One HiGHS model per process, filled anew for each topology.

    In each hour the programme minimises ``sum(cost * shed) + small * redispatch``
    subject to the balance of every island and ``|flow| <= rating``. The flows are
    written with the topology's sensitivities (PTDF), and only branches that come to
    their limit get a row: those above it in the unshed state, then those the solution
    pushes above it, until there are none. Bounds alone differ from hour to hour.

    Parameters
    ----------
    class_cost : ndarray, shape (class,)
        Cost of shedding, rising with priority; only ratios matter. [NOK/MW]

    References
    ----------
    .. [1] B. Stott, J. Jardim, O. Alsac, DC power flow revisited, IEEE Trans. Power
       Systems 24(3), 2009 (linear network model with sensitivities).
    """

    def __init__(self, class_cost: FloatArray) -> None:
        if class_cost.ndim != 1 or not (class_cost > 0).all():
            raise ValueError("class_cost: a positive cost for each class is needed")
        self._class_cost = class_cost / class_cost.min()
        self._highs = Highs()  # type: ignore[no-untyped-call]  # highspy's stub
        for option, value in (("output_flag", False), ("presolve", "off"), ("threads", 1)):
            self._highs.setOptionValue(option, value)

    def solve(self, topology: Topology, demand_mw: FloatArray, wanted: Dispatch) -> Shedding:
        """Shed as little as possible, the cheapest classes first.

        Parameters
        ----------
        topology : Topology
            The grid as it stands.
        demand_mw : ndarray, shape (time, bus, class)
            Demand of the hours where a limit is broken, 0 at dark buses. [MW]
        wanted : Dispatch
            What the sources would give in these hours if there were no branch limits.

        Returns
        -------
        Shedding

        Raises
        ------
        BeredtError
            If no shedding keeps the limits (phase shifters alone can break them).
        """
        arrays = topology.arrays
        model = _Programme(topology, demand_mw, wanted, self._class_cost, self._highs)
        flow = topology.flow_mw(model.base_injection_mw)
        limit = arrays.rating_mw + P_TOL_MW
        todo = np.arange(len(demand_mw))
        model.add_rows(np.flatnonzero((np.abs(flow) > limit).any(axis=0)), flow)
        while todo.size:
            model.solve(todo)
            result = topology.flow_mw(model.injection_mw(todo))
            over = np.abs(result) > limit
            over[:, model.rows] = False
            model.add_rows(np.flatnonzero(over.any(axis=0)), flow)
            todo = todo[over.any(axis=1)]
        return model.shedding()


class _Programme:
    """The linear programme of one topology: columns shed, up, down; rows balance, flow."""

    def __init__(
        self,
        topology: Topology,
        demand_mw: FloatArray,
        wanted: Dispatch,
        class_cost: FloatArray,
        highs: Highs,
    ) -> None:
        arrays = topology.arrays
        self._topology, self._demand, self._wanted, self._highs = topology, demand_mw, wanted, highs
        self._bus, self._class = np.nonzero((demand_mw > 0).any(axis=0))
        alive = ~topology.islands.dark[arrays.source_bus]
        self._source = np.flatnonzero(alive & (topology.source_p_max_mw > 0))
        self.rows: IntArray = np.empty(0, dtype=np.int64)
        self.base_injection_mw = -demand_mw.sum(axis=2)
        np.add.at(self.base_injection_mw.T, arrays.source_bus, wanted.source_p_mw.T)
        p = wanted.source_p_mw[:, self._source]
        p_max = topology.source_p_max_mw[self._source]
        p_min = np.maximum(arrays.source_p_min_mw[self._source], -p_max)
        self._wish = demand_mw[:, self._bus, self._class]
        part = self._wish / TURNS
        self._upper = np.concatenate(
            [*(part,) * TURNS, np.maximum(p_max - p, 0.0), np.maximum(p - p_min, 0.0)], axis=1
        )
        self._value = np.zeros_like(self._upper)
        source_bus = arrays.source_bus[self._source]
        self._column_bus = np.concatenate([*(self._bus,) * TURNS, source_bus, source_bus])
        self._sign = np.ones(self._upper.shape[1])
        self._sign[TURNS * len(self._bus) + len(source_bus) :] = -1.0
        self._load(class_cost)

    def _load(self, class_cost: FloatArray) -> None:
        """Fill the model with its columns and the balance of each island."""
        highs, columns = self._highs, len(self._sign)
        highs.clearModel()
        highs.addVars(columns, np.zeros(columns), self._upper[0])
        # The golden ratio spreads numbered places evenly; each keeps its number whatever
        # else is in the programme.
        place = self._bus * len(class_cost) + self._class
        spread = np.modf((place + 1) * (np.sqrt(5.0) - 1.0) / 2.0)[0]
        turns = [class_cost[self._class] * (1.0 + TIE_BREAK * (k + spread)) for k in range(TURNS)]
        moved = REDISPATCH_COST * (1.0 + TIE_BREAK * np.concatenate([self._source] * 2))
        every = np.arange(columns, dtype=np.int32)
        highs.changeColsCost(columns, every, np.concatenate([*turns, moved]))
        label = self._topology.islands.label[self._column_bus]
        for number, island in enumerate(self._topology.islands.alive):
            here = np.flatnonzero(label == self._topology.islands.label[island.buses[0]])
            lack = float(self._wanted.deficit_mw[0, number])
            highs.addRow(lack, lack, len(here), here.astype(np.int32), self._sign[here])

    def add_rows(self, branches: IntArray, base_flow_mw: FloatArray) -> None:
        """Limit more branches; ``base_flow_mw`` (time, branch) is the unshed flow."""
        self._base_flow = base_flow_mw
        if not branches.size:
            return
        self.rows = np.concatenate([self.rows, branches])
        effect = self._topology.branch_sensitivity(branches)[:, self._column_bus] * self._sign
        for row in effect:
            used = np.flatnonzero(np.abs(row) > P_TOL_MW * 1e-3)
            self._highs.addRow(-kHighsInf, kHighsInf, len(used), used.astype(np.int32), row[used])

    def solve(self, hours: IntArray) -> None:
        """Solve the given hours, each from where the one before ended."""
        highs, rating = self._highs, self._topology.arrays.rating_mw[self.rows]
        islands = len(self._topology.islands.alive)
        rows = np.arange(islands + len(self.rows), dtype=np.int32)
        columns = np.arange(self._upper.shape[1], dtype=np.int32)
        nothing = np.zeros(len(columns))
        base = self._base_flow[:, self.rows]
        lack = self._wanted.deficit_mw
        lower = np.concatenate([lack, -rating - base], axis=1)
        upper = np.concatenate([lack, rating - base], axis=1)
        before = -1
        for hour in hours:
            if before >= 0 and self._is_same(hour, before, lower, upper):
                self._value[hour] = self._value[before]
                continue
            highs.changeColsBounds(len(columns), columns, nothing, self._upper[hour])
            highs.changeRowsBounds(  # type: ignore[attr-defined]  # not in highspy's stub
                len(rows), rows, lower[hour], upper[hour]
            )
            highs.run()
            status = highs.getModelStatus()
            if status != HighsModelStatus.kOptimal:
                raise BeredtError(f"load shedding has no solution ({status.name})")
            self._value[hour] = highs.getSolution().col_value
            before = hour

    def _is_same(self, hour: int, other: int, lower: FloatArray, upper: FloatArray) -> bool:
        return all(np.array_equal(each[hour], each[other]) for each in (self._upper, lower, upper))

    def injection_mw(self, hours: IntArray) -> FloatArray:
        """Injection of each bus after shedding, shape (hours, bus). [MW]."""
        injection = self.base_injection_mw[hours]
        np.add.at(injection.T, self._column_bus, (self._value[hours] * self._sign).T)
        return np.asarray(injection)

    def shedding(self) -> Shedding:
        """Shares served and outputs of all hours."""
        ends = TURNS * len(self._bus) + np.array([0, len(self._source)])
        turns, up, down = np.split(self._value, ends, axis=1)
        shed = turns.reshape(len(turns), TURNS, len(self._bus)).sum(axis=1)
        served = np.ones_like(self._demand)
        kept = np.divide(
            self._wish - shed, self._wish, out=np.ones_like(shed), where=self._wish > 0
        )
        # HiGHS keeps bounds within 1e-7.
        served[:, self._bus, self._class] = np.clip(kept, 0.0, 1.0)
        source_p = self._wanted.source_p_mw.copy()
        source_p[:, self._source] += up - down
        return Shedding(served_share=served, source_p_mw=source_p)
