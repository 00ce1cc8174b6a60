"""The one entry to the meshed grid: solve a state, change the demand of one bus."""

from dataclasses import replace

import numpy as np

from data.problems import BeredtError
from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays
from grid.bad_states import why_singular
from grid.balance import Balanced, balance
from grid.cascade import TripStep, cascade
from grid.dc_flow import DcGrid, Topology
from grid.deficit import shed_order
from grid.dispatch import P_TOL_MW, Dispatch
from grid.prices import Prices, join_prices, no_prices
from grid.protection import Protection
from grid.shedding import LoadShedder
from grid.shedding_programme import Shedding
from grid.state import (
    BeforeAction,
    BusChange,
    GridState,
    Solved,
)

USUAL = Protection()

FLEXIBLE_CLASS = 0
"""Class that answers a call instead of being disconnected (``shed_class`` 0, flexible)."""

RELIEF_TOL_MW = 1e-3
"""What is moved or shed by less than this is not an action of its own. Estimate. [MW]"""

ALLOCATOR_BLOCK = 3_900_000
"""Just below 32 MiB of float64, the largest block glibc adapts to (``mallopt(3)``)."""


class GridSolver:
    """Solves grid states one after the other; built once per process.

    A state depends on what is passed in and on nothing solved before.

    Parameters
    ----------
    arrays : GridArrays
        The grid.
    shed_cost : ndarray, shape (bus, class) or (class,)
        Cost of shedding for an hour; the cheapest are shed first, equals share. [NOK/MW]
    protection : Protection
        When overloads trip and when the operator acts; ``NO_TRIPS`` for studies without.
    """

    def __init__(
        self, arrays: GridArrays, shed_cost: FloatArray, protection: Protection = USUAL
    ) -> None:
        shed_cost = np.asarray(shed_cost, dtype=np.float64)
        buses = len(arrays.bus_ids)
        if shed_cost.shape[:-1] not in ((), (buses,)):
            raise ValueError(f"shed_cost: shape {shed_cost.shape}, ({buses}, class) needed")
        shed_cost = np.broadcast_to(shed_cost, (buses, shed_cost.shape[-1]))
        # Freeing one large block makes glibc keep the memory of later ones; without it the
        # arrays of each state are fetched from the system anew, at half the time of solve().
        np.empty(ALLOCATOR_BLOCK)
        self._arrays = arrays
        self._shed_cost = shed_cost
        self._all_classes = np.ones(shed_cost.shape[1])
        self._order = shed_order(shed_cost)
        self._protection = protection
        intact = np.ones(len(arrays.branch_ids), dtype=np.bool_)
        try:
            self._grid = DcGrid(arrays)
        except RuntimeError as error:  # SuperLU: the factor is exactly singular
            raise BeredtError(why_singular(arrays, intact)) from error
        self._shedder = LoadShedder(shed_cost)
        self._feeds = np.zeros((len(arrays.source_ids), len(arrays.bus_ids)))
        self._feeds[np.arange(len(arrays.source_ids)), arrays.source_bus] = 1.0
        self._intact = self._grid.topology(intact)

    def solve(
        self,
        in_service: BoolArray,
        demand_mw: FloatArray,
        *,
        served_before: FloatArray | None = None,
        source_p_max_mw: FloatArray | None = None,
    ) -> GridState:
        """Solve all hours of one topology.

        Islands first; those without a grid-forming source are dark. Then DC power flow
        for all hours. Overloads of the first hour trip unless the operator relieves them
        in time. Islands that lack power shed the cheapest, equals by equal parts; hours
        with a branch still above its rating go to the shedding programme.

        Parameters
        ----------
        in_service : ndarray of bool, shape (branch,)
            Branches that conduct from the first hour on.
        demand_mw : ndarray, shape (time, bus, class)
            Demand, not negative; it is kept, not copied, and must not change after. [MW]
        served_before : ndarray, shape (bus, class), optional
            Share of the first hour's demand that was connected when the topology
            changed; trips are judged with it. Everything when left out. [1]
        source_p_max_mw : ndarray, shape (source,), optional
            What each source can give, in place of the arrays' limits; 0 for one that
            is out. [MW]

        Returns
        -------
        GridState

        Raises
        ------
        ValueError
            If a shape does not fit or a demand is negative or NaN.
        BeredtError
            If no shedding keeps the limits, or the flows of an island have no solution.
        """
        arrays = self._arrays
        if in_service.shape != arrays.from_bus.shape:
            raise ValueError(
                f"in_service: shape {in_service.shape}, {arrays.from_bus.shape} needed"
            )
        if demand_mw.ndim != 3 or demand_mw.shape[1:] != (  # noqa: PLR2004 -- three dims
            len(arrays.bus_ids),
            self._shed_cost.shape[1],
        ):
            raise ValueError(f"demand_mw: shape {demand_mw.shape}, (time, bus, class) needed")
        if not demand_mw.min() >= 0:
            raise ValueError("demand_mw: must be a number and not negative")
        p_max = arrays.source_p_max_mw if source_p_max_mw is None else source_p_max_mw
        if not self._protection.trips:
            return self._solved(self._topology(in_service, p_max), demand_mw)
        first = demand_mw[:1] if served_before is None else demand_mw[:1] * served_before
        known: dict[bytes, tuple[Topology, Balanced]] = {}

        def balanced(then: BoolArray) -> tuple[Topology, Balanced]:
            """Balance the first hour with some branches, once."""
            key = then.tobytes()
            if key not in known:
                topology = self._topology(then, p_max)
                known[key] = topology, self._balanced(topology, first)
            return known[key]

        end = cascade(
            arrays=arrays,
            protection=self._protection,
            in_service=in_service,
            flow_mw=balanced(in_service)[1].flow_mw[0],
            flow_after=lambda then: balanced(then)[1].flow_mw[0],
            action_h=lambda then: self._action_h(*balanced(then), first),
        )
        topology, unrelieved = balanced(end.in_service)
        before = None
        if end.relief_h:
            served = unrelieved.served_share[0]
            before = BeforeAction(
                flow_mw=unrelieved.flow_mw[0],
                served_share=served if served_before is None else served * served_before,
                relief_h=end.relief_h,
            )
        is_whole = served_before is None and len(demand_mw) == 1
        return self._solved(
            topology, demand_mw, end.steps, before, unrelieved if is_whole else None
        )

    def change_demand(
        self, state: GridState, bus: int, demand_mw: FloatArray, first: int
    ) -> GridState:
        """Give one bus a new demand from one hour on, the topology being the same.

        Flows move along the bus' sensitivities; the state is solved again, with the
        factor it has, only when a limit comes into play. Nothing trips: connecting is
        the operator's own act, who sheds instead.

        Parameters
        ----------
        state : GridState
            From this solver.
        bus : int
            Position of the bus.
        demand_mw : ndarray, shape (time - first, class)
            Its demand from hour ``first`` of the state on, not negative. [MW]
        first : int
            Position of the first hour that changes.

        Returns
        -------
        GridState
        """
        if not demand_mw.min(initial=0.0) >= 0:
            raise ValueError("demand_mw: must be a number and not negative")
        topology, solved = state.topology, state.solved
        before = state.changes.get(bus)
        wish = (solved.demand_mw[:, bus] if before is None else before.demand_mw).copy()
        step = np.zeros(len(wish))
        np.matmul(demand_mw - wish[first:], self._all_classes, out=step[first:])
        wish[first:] = demand_mw
        effect = topology.demand_effect(bus)
        most, least = effect * step.max(), effect * step.min()
        changed = GridState(
            topology=topology,
            solved=solved,
            changes={
                **state.changes,
                bus: BusChange(
                    demand_mw=wish,
                    added_mw=step if before is None else before.added_mw + step,
                    effect=effect,
                ),
            },
            highest=state.highest + np.maximum(most, least),
            lowest=state.lowest + np.minimum(most, least),
        )
        if solved.dark[bus]:
            return changed
        if not solved.linear[first:].all():
            return self._solved_from(changed, first)
        return self._within_limits(changed, first)

    def _within_limits(self, state: GridState, first: int) -> GridState:
        """Look closer at what may have passed its limit; solve again if it has."""
        solved = state.solved
        near = np.flatnonzero((state.highest > solved.upper) | (state.lowest < solved.lower))
        if not near.size:
            return state
        exact = state.values_mw(near)
        highest, lowest = state.highest.copy(), state.lowest.copy()
        highest[near], lowest[near] = exact.max(axis=0), exact.min(axis=0)
        if (highest > solved.upper).any() or (lowest < solved.lower).any():
            return self._solved_from(state, first)
        return replace(state, highest=highest, lowest=lowest)

    def _solved_from(self, state: GridState, first: int) -> GridState:
        """Solve the hours from ``first`` on again; those before stay as they are."""
        old, demand = state.solved, state.demand_mw
        new = self._solved(state.topology, demand[first:], old.tripped, old.before_action).solved
        if first == 0:
            joined = replace(new, demand_mw=demand)
        else:
            values = np.concatenate(
                [state.values_mw(slice(None))[:first].T, new.flow_and_source_mw.T], axis=1
            )
            joined = replace(
                new,
                demand_mw=demand,
                deficit_mw=np.concatenate([old.deficit_mw[:first], new.deficit_mw]),
                prices=join_prices(old.prices, new.prices, first),
                flow_and_source_mw=values.T,
                served_share=np.concatenate([old.served_share[:first], new.served_share]),
                linear=np.concatenate([old.linear[:first], new.linear]),
                programmed=np.concatenate([old.programmed[:first], new.programmed]),
                is_curtailed=old.is_curtailed or new.is_curtailed,
            )
        return GridState(
            topology=state.topology,
            solved=joined,
            changes={},
            highest=joined.flow_and_source_mw.max(axis=0),
            lowest=joined.flow_and_source_mw.min(axis=0),
        )

    def _topology(self, in_service: BoolArray, source_p_max_mw: FloatArray) -> Topology:
        """Topology of these branches; the intact one is kept."""
        if in_service.all() and source_p_max_mw is self._arrays.source_p_max_mw:
            return self._intact
        try:
            return self._grid.topology(in_service.copy(), source_p_max_mw)
        except RuntimeError as error:  # SuperLU: the factor is exactly singular
            raise BeredtError(why_singular(self._arrays, in_service)) from error

    def _action_h(self, topology: Topology, balanced: Balanced, demand_mw: FloatArray) -> float:
        """Time the operator needs to relieve the overloads of one hour [h]."""
        wish = np.where(topology.islands.dark[:, None], 0.0, demand_mw)
        relief = self._shedder.solve(topology, wish, balanced.plan)
        shed = (wish * (1.0 - relief.served_share)).sum(axis=(0, 1))
        shed -= (wish * (1.0 - balanced.served_share)).sum(axis=(0, 1))
        is_shed = shed > RELIEF_TOL_MW
        # Sources follow by themselves when load goes; only what has to rise is an order.
        moved = relief.source_p_mw - balanced.plan.source_p_mw > RELIEF_TOL_MW
        return self._protection.action_h(
            redispatch=bool(moved.any()),
            flexibility=bool(is_shed[FLEXIBLE_CLASS]),
            shedding=bool(np.delete(is_shed, FLEXIBLE_CLASS).any()),
        )

    def _balanced(self, topology: Topology, demand_mw: FloatArray) -> Balanced:
        return balance(topology, demand_mw, self._order, self._feeds)

    def _solved(
        self,
        topology: Topology,
        demand_mw: FloatArray,
        steps: tuple[TripStep, ...] = (),
        before_action: BeforeAction | None = None,
        balanced: Balanced | None = None,
    ) -> GridState:
        """Solve all hours with every limit kept; they may be balanced already."""
        arrays, rating = self._arrays, self._arrays.rating_mw
        if balanced is None:
            balanced = self._balanced(topology, demand_mw)
        plan, served, flow = balanced.plan, balanced.served_share, balanced.flow_mw
        source_p = plan.source_p_mw
        # Written so that a flow that is no number counts as above its rating.
        over = np.flatnonzero(~(np.abs(flow) <= rating + P_TOL_MW).all(axis=1))
        cheapest = None
        if over.size:
            wish = np.where(topology.islands.dark[:, None], 0.0, demand_mw[over])
            wanted = Dispatch(
                source_p_mw=source_p[over],
                deficit_mw=plan.deficit_mw[over],
                linear=plan.linear[over],
            )
            cheapest = self._shedder.solve(topology, wish, wanted)
            served, flow = served.copy(), flow.copy()
            served[over] = np.where(topology.islands.dark[:, None], 0.0, cheapest.served_share)
            source_p[over] = cheapest.source_p_mw
            by_bus = np.einsum("tbc,tbc->tb", wish, cheapest.served_share)
            flow[over] = topology.flow_mw(cheapest.source_p_mw @ self._feeds - by_bus)
        programmed = np.zeros(len(demand_mw), dtype=np.bool_)
        programmed[over] = True
        values = np.concatenate([flow.T, source_p.T])
        p_max = topology.source_p_max_mw
        p_min = np.maximum(arrays.source_p_min_mw, -p_max)
        return GridState(
            topology=topology,
            solved=Solved(
                demand_mw=demand_mw,
                flow_and_source_mw=values.T,
                served_share=served,
                dark=topology.islands.dark,
                tripped=steps,
                before_action=before_action,
                deficit_mw=plan.deficit_mw,
                prices=self._prices(balanced, demand_mw, over, cheapest),
                linear=plan.linear & ~programmed,
                programmed=programmed,
                is_curtailed=balanced.nodal_nok_per_mw is not None or over.size > 0,
                upper=np.concatenate([rating, p_max]) + P_TOL_MW,
                lower=np.concatenate([-rating, p_min]) - P_TOL_MW,
            ),
            changes={},
            highest=values.max(axis=1),
            lowest=values.min(axis=1),
        )

    def _prices(
        self,
        balanced: Balanced,
        demand_mw: FloatArray,
        over: IntArray,
        cheapest: Shedding | None,
    ) -> Prices | None:
        """Prices of all hours, nothing when nobody is shed."""
        nodal = balanced.nodal_nok_per_mw
        if cheapest is None and nodal is None:
            return None
        prices = no_prices(*demand_mw.shape[:2])
        if nodal is not None:
            unserved = demand_mw * (1.0 - balanced.served_share)
            unserved[:, ~nodal.any(axis=0)] = 0.0
            cost = np.einsum("tbc,bc->t", unserved, self._shed_cost)
            prices = replace(prices, nodal_nok_per_mw=nodal, cost_nok=cost)
        if cheapest is None:
            return prices
        prices.nodal_nok_per_mw[over] = cheapest.nodal_nok_per_mw
        prices.cost_nok[over] = cheapest.cost_nok
        return replace(
            prices,
            limit_hour=over[cheapest.limit_hour],
            limit_branch=cheapest.limit_branch,
            limit_nok_per_mw=cheapest.limit_nok_per_mw,
        )
