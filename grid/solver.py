"""The one entry to the meshed grid: solve a state, change the demand of one bus."""

from dataclasses import dataclass, replace

import numpy as np

from data.tables import BoolArray, FloatArray
from grid.arrays import GridArrays
from grid.cascade import TRIP_LIMIT, TripStep, cascade
from grid.dc_flow import Topology, factorise, nodal_pattern
from grid.dispatch import P_TOL_MW, Dispatch, dispatch, share_deficit
from grid.islands import find_islands
from grid.shedding import LoadShedder
from grid.state import BusChange, GridState, Solved

ALLOCATOR_BLOCK = 3_900_000
"""Just below 32 MiB of float64, the largest block glibc adapts to (``mallopt(3)``)."""


class GridSolver:
    """Solves grid states one after the other; built once per process.

    A state depends on what is passed in and on nothing solved before.

    Parameters
    ----------
    arrays : GridArrays
        The grid.
    class_cost : ndarray, shape (class,)
        Cost of shedding each class; the cheapest is shed first. [NOK/MW]
    trip_limit : float
        Loading above which a branch trips at once; infinite for never. [1]
    """

    def __init__(
        self, arrays: GridArrays, class_cost: FloatArray, trip_limit: float = TRIP_LIMIT
    ) -> None:
        class_cost = np.asarray(class_cost, dtype=np.float64)
        # Freeing one large block makes glibc keep the memory of later ones; without it the
        # arrays of each state are fetched from the system anew, at half the time of solve().
        np.empty(ALLOCATOR_BLOCK)
        self._arrays = arrays
        self._class_order = tuple(int(each) for each in np.argsort(class_cost, kind="stable"))
        self._trip_limit = trip_limit
        self._pattern = nodal_pattern(arrays)
        self._shedder = LoadShedder(class_cost)
        self._feeds = np.zeros((len(arrays.source_ids), len(arrays.bus_ids)))
        self._feeds[np.arange(len(arrays.source_ids)), arrays.source_bus] = 1.0
        intact = np.ones(len(arrays.branch_ids), dtype=np.bool_)
        self._intact = self._factorised(intact, arrays.source_p_max_mw)

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
        for all hours. Branches above the trip limit in the first hour trip, and it
        begins again. Islands that lack power shed class by class, equally within each;
        hours with a branch still above its rating go to the shedding programme.

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
            If no shedding keeps the limits.
        """
        arrays = self._arrays
        if in_service.shape != arrays.from_bus.shape:
            raise ValueError(
                f"in_service: shape {in_service.shape}, {arrays.from_bus.shape} needed"
            )
        if demand_mw.ndim != 3 or demand_mw.shape[1:] != (  # noqa: PLR2004 -- three dims
            len(arrays.bus_ids),
            len(self._class_order),
        ):
            raise ValueError(f"demand_mw: shape {demand_mw.shape}, (time, bus, class) needed")
        if not demand_mw.min() >= 0:
            raise ValueError("demand_mw: must be a number and not negative")
        p_max = arrays.source_p_max_mw if source_p_max_mw is None else source_p_max_mw
        topology = self._topology(in_service, p_max)
        steps: tuple[TripStep, ...] = ()
        if np.isfinite(self._trip_limit):
            first = demand_mw[:1] if served_before is None else demand_mw[:1] * served_before
            flow = self._unlimited_flow(topology, first)
            if (np.abs(flow) > self._trip_limit * arrays.rating_mw).any():
                conducts, steps = cascade(
                    in_service=in_service,
                    first_flow_mw=flow,
                    flow_after=lambda then: self._unlimited_flow(
                        self._topology(then, p_max), first
                    ),
                    rating_mw=arrays.rating_mw,
                    branch_ids=arrays.branch_ids,
                    trip_limit=self._trip_limit,
                )
                topology = self._topology(conducts, p_max)
        return self._solved(topology, demand_mw, steps)

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
        step = -wish.sum(axis=1)
        wish[first:] = demand_mw
        step += wish.sum(axis=1)
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
        new = self._solved(state.topology, demand[first:], old.tripped).solved
        if first == 0:
            joined = replace(new, demand_mw=demand)
        else:
            values = np.concatenate(
                [state.values_mw(slice(None))[:first].T, new.flow_and_source_mw.T], axis=1
            )
            joined = replace(
                new,
                demand_mw=demand,
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
        return self._factorised(in_service.copy(), source_p_max_mw)

    def _factorised(self, in_service: BoolArray, source_p_max_mw: FloatArray) -> Topology:
        islands = find_islands(self._arrays, in_service, source_p_max_mw)
        return factorise(self._arrays, self._pattern, in_service, source_p_max_mw, islands)

    def _unlimited_flow(self, topology: Topology, demand_mw: FloatArray) -> FloatArray:
        """Flow of the first hour with no branch limit kept, shape (branch,)."""
        return np.asarray(self._balanced(topology, demand_mw).flow_mw[0])

    def _balanced(self, topology: Topology, demand_mw: FloatArray) -> "_Balanced":
        """Balance every island and compute all flows, with no regard to branch limits."""
        dark = topology.islands.dark
        by_bus = demand_mw @ np.ones(demand_mw.shape[2])
        if dark.any():
            by_bus[:, dark] = 0.0
        plan = dispatch(topology, by_bus)
        served = np.broadcast_to((~dark).astype(np.float64)[:, None], demand_mw.shape)
        lacking = np.flatnonzero((plan.deficit_mw > P_TOL_MW).any(axis=0))
        if lacking.size:
            served = served.copy()
            for number in lacking:
                island = topology.islands.alive[number]
                share = share_deficit(
                    demand_mw, self._class_order, island, plan.deficit_mw[:, number]
                )
                served[:, island.buses] = share[:, None]
            by_bus = np.einsum("tbc,tbc->tb", demand_mw, served)
        np.subtract(plan.source_p_mw @ self._feeds, by_bus, out=by_bus)
        flow = topology.flow_mw(by_bus)
        return _Balanced(plan=plan, served_share=served, flow_mw=flow, lacks=lacking.size > 0)

    def _solved(
        self, topology: Topology, demand_mw: FloatArray, steps: tuple[TripStep, ...]
    ) -> GridState:
        """Solve all hours with every limit kept."""
        arrays, rating = self._arrays, self._arrays.rating_mw
        balanced = self._balanced(topology, demand_mw)
        plan, served, flow = balanced.plan, balanced.served_share, balanced.flow_mw
        source_p = plan.source_p_mw
        over = np.flatnonzero((np.abs(flow) > rating + P_TOL_MW).any(axis=1))
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
                linear=plan.linear & ~programmed,
                programmed=programmed,
                is_curtailed=balanced.lacks or over.size > 0,
                upper=np.concatenate([rating, p_max]) + P_TOL_MW,
                lower=np.concatenate([-rating, p_min]) - P_TOL_MW,
            ),
            changes={},
            highest=values.max(axis=1),
            lowest=values.min(axis=1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Balanced:
    """Every island balanced, before any branch limit is looked at."""

    plan: Dispatch
    served_share: FloatArray
    flow_mw: FloatArray
    lacks: bool
