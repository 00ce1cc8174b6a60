"""One solved grid state: what flows, who is served, what tripped, what limits it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray
from grid.cascade import TripStep
from grid.dc_flow import Topology
from grid.dispatch import P_TOL_MW
from grid.prices import BindingLimit, Prices, Shortage, no_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class BusChange:
    """New demand of one bus on top of a solved state.

    Attributes
    ----------
    demand_mw : ndarray, shape (time, class)
        The whole new demand of the bus. [MW]
    added_mw : ndarray, shape (time,)
        New total less the total the state was solved with. [MW]
    effect : ndarray, shape (branch + source,)
        Change of each flow and each source's output per MW of added demand. [1]
    """

    demand_mw: FloatArray
    added_mw: FloatArray
    effect: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeAction:
    """What held after the outage and its trips, until the operator had acted.

    Attributes
    ----------
    flow_mw : ndarray, shape (branch,)
        Some of them above their rating. [MW]
    served_share : ndarray, shape (bus, class)
        Nobody is shed but in islands that lack power, where frequency relays act. [1]
    relief_h : float
        Until when, counted from the outage. [h]
    """

    flow_mw: FloatArray
    served_share: FloatArray
    relief_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a full solution found; states that differ only by bus changes share it.

    ``flow_and_source_mw`` has shape (time, branch + source), its limits ``upper`` and
    ``lower`` (branch + source,), ``deficit_mw`` (time, live island); the other shapes are
    those of ``GridState``. In ``linear`` hours a change of demand moves everything in
    proportion; ``programmed`` hours went through the shedding programme (both (time,)).
    ``prices`` is left out where nobody is shed.
    """

    demand_mw: FloatArray
    flow_and_source_mw: FloatArray
    served_share: FloatArray
    dark: BoolArray
    tripped: tuple[TripStep, ...]
    before_action: BeforeAction | None
    deficit_mw: FloatArray
    prices: Prices | None
    linear: BoolArray
    programmed: BoolArray
    is_curtailed: bool
    upper: FloatArray
    lower: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class GridState:
    """One topology of the grid over the hours of a segment, immutable.

    The arrays over time are put together when asked for (up to about a millisecond),
    as most states are only passed through; keep what is used more than once.

    Attributes
    ----------
    topology : Topology
        Branches in service, islands and factor.
    solved : Solved
        The full solution this state stands on.
    changes : mapping of int to BusChange
        Buses whose demand has changed since.
    highest, lowest : ndarray, shape (branch + source,)
        Bounds on flows and outputs over all hours. [MW]
    """

    topology: Topology
    solved: Solved
    changes: Mapping[int, BusChange]
    highest: FloatArray
    lowest: FloatArray

    @property
    def in_service(self) -> BoolArray:
        """Branches that conduct after any trips, shape (branch,)."""
        return self.topology.in_service

    @property
    def dark(self) -> BoolArray:
        """Buses in islands without a grid-forming source, shape (bus,)."""
        return self.solved.dark

    @property
    def tripped(self) -> tuple[TripStep, ...]:
        """Steps of the cascade; each is the branches that tripped together."""
        return self.solved.tripped

    @property
    def before_action(self) -> BeforeAction | None:
        """What held until the operator had relieved the overloads, if there were any."""
        return self.solved.before_action

    @property
    def prices(self) -> Prices:
        """Prices of every hour, 0 where nobody is shed and no limit binds."""
        if self.solved.prices is None:
            return no_prices(*self.solved.demand_mw.shape[:2])
        return self.solved.prices

    @property
    def binding(self) -> tuple[BindingLimit, ...]:
        """Ratings that bind, by hour, the dearest first."""
        prices, arrays = self.prices, self.topology.arrays
        flow = self.flow_mw
        order = np.lexsort((prices.limit_branch, -prices.limit_nok_per_mw, prices.limit_hour))
        return tuple(
            BindingLimit(
                hour=int(prices.limit_hour[at]),
                branch_id=str(arrays.branch_ids[prices.limit_branch[at]]),
                loading=float(
                    abs(flow[prices.limit_hour[at], prices.limit_branch[at]])
                    / arrays.rating_mw[prices.limit_branch[at]]
                ),
                nok_per_mw=float(prices.limit_nok_per_mw[at]),
            )
            for at in order
        )

    @property
    def shortages(self) -> tuple[Shortage, ...]:
        """Live islands that lack power, hour by hour."""
        arrays, islands = self.topology.arrays, self.topology.islands.alive
        nodal, deficit = self.prices.nodal_nok_per_mw, self.solved.deficit_mw
        found = []
        for hour, number in np.argwhere(deficit > P_TOL_MW).tolist():
            island = islands[number]
            sources = np.concatenate([island.must_run, island.sharing])
            weight = self.topology.source_p_max_mw[sources]
            price = weight @ nodal[hour, arrays.source_bus[sources]] / weight.sum()
            found.append(
                Shortage(
                    hour=hour,
                    bus_ids=tuple(arrays.bus_ids[island.buses].tolist()),
                    deficit_mw=float(deficit[hour, number]),
                    nok_per_mw=float(price),
                )
            )
        return tuple(found)

    @property
    def lp_hours(self) -> int:
        """Hours that needed the shedding programme."""
        return int(self.solved.programmed.sum())

    @property
    def is_curtailed(self) -> bool:
        """Whether demand may be shed on live buses; if not, they are served in full."""
        return self.solved.is_curtailed

    @property
    def served_share(self) -> FloatArray:
        """Share of demand that is served, shape (time, bus, class); read only. [1].

        Where there is no demand it is 1 on live buses and 0 on dark ones.
        """
        return self.solved.served_share

    @property
    def demand_mw(self) -> FloatArray:
        """Demand, shape (time, bus, class). [MW]."""
        if not self.changes:
            return self.solved.demand_mw
        demand = self.solved.demand_mw.copy()
        for bus, change in self.changes.items():
            demand[:, bus] = change.demand_mw
        return demand

    @property
    def served_mw(self) -> FloatArray:
        """Demand that is served at each bus, shape (time, bus). [MW]."""
        if self.is_curtailed:
            return np.asarray(np.einsum("tbc,tbc->tb", self.demand_mw, self.served_share))
        served = self.solved.demand_mw @ np.ones(self.solved.demand_mw.shape[2])
        for bus, change in self.changes.items():
            served[:, bus] = change.demand_mw.sum(axis=1)
        served[:, self.dark] = 0.0
        return served

    @property
    def flow_mw(self) -> FloatArray:
        """Flow of each branch, shape (time, branch). [MW]."""
        return self.values_mw(slice(len(self.topology.in_service)))

    @property
    def source_p_mw(self) -> FloatArray:
        """Output of each source, shape (time, source). [MW]."""
        return self.values_mw(slice(len(self.topology.in_service), None))

    @property
    def residual_mw(self) -> FloatArray:
        """Largest imbalance of any bus in each hour, shape (time,). [MW].

        Outputs less served demand less the flows that leave; a check of the solution
        that uses nothing but its results.
        """
        values, branches = self.values_mw(slice(None)).T, len(self.topology.in_service)
        balance = self.topology.leaving(values[:branches].T)
        balance += self.served_mw.T
        for source, bus in enumerate(self.topology.arrays.source_bus.tolist()):
            balance[bus] -= values[branches + source]
        return np.asarray(np.maximum(balance.max(axis=0), -balance.min(axis=0)))

    def values_mw(self, which: slice | np.ndarray) -> FloatArray:
        """Flows and outputs at some positions of (branch + source), every hour. [MW]."""
        values = self.solved.flow_and_source_mw[:, which]
        if not self.changes:
            return values
        changes = self.changes.values()
        added = np.array([change.added_mw for change in changes])
        effect = np.array([change.effect[which] for change in changes])
        # Hours last in memory, as in the solution itself.
        return np.asarray((values.T + effect.T @ added).T)
