"""Return of the substations after a large outage: in turn, by a plan for black start."""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy

from data.tables import FloatArray, IntArray
from grid.security.black_start import black_start_plan, region_rules, region_start_up_h
from grid.security.restoration_plan import BlackStartPlan
from grid.shed_value import region_shed_cost
from sim.case import Case
from sim.power.mesh import Mesh


class GridRestoration:
    """Releases the substations the mesh holds, planned anew with every new topology.

    A substation returns as a whole, at the mean hour at which the plan picks up its load.
    What the plan finds no room for is released after all others: the grid then sheds
    what it has to.

    Parameters
    ----------
    env : simpy.Environment
    case : Case
    mesh : Mesh
    release : callable
        Takes the substations whose turn it is, and the number of the step.
    """

    def __init__(
        self,
        env: simpy.Environment,
        case: Case,
        mesh: Mesh,
        release: Callable[[list[int], int], None],
    ) -> None:
        self._env = env
        self._case = case
        self._mesh = mesh
        self._release = release
        self._plans = 0
        self._step = 0
        self._from_h = 0.0
        self._energised_h: FloatArray | None = None

    def plan(self) -> None:
        """Plan the return of what is held; does nothing when nothing is."""
        mesh, now = self._mesh, self._env.now
        self._plans += 1
        if not mesh.held.any():
            self._step, self._energised_h = 0, None
            return
        if self._energised_h is not None:
            mesh.lit |= (self._energised_h <= now - self._from_h) & ~mesh.state.dark
        plan = self._plan(now)
        self._from_h, self._energised_h = now, plan.energised_h
        held = np.flatnonzero(mesh.held)
        wait_h = plan.return_h[self._case.network.substation_bus[held]]
        last_h = float(wait_h[np.isfinite(wait_h)].max(initial=0.0))
        wait_h = np.where(
            np.isfinite(wait_h), wait_h, last_h + region_rules(self._case.region).block_h
        )
        self._env.process(self._course(self._plans, now + wait_h, held))

    def _course(
        self, number: int, at_h: FloatArray, held: IntArray
    ) -> Generator[simpy.Event, Any, None]:
        for t_h in np.unique(at_h).tolist():
            yield self._env.timeout(max(t_h - self._env.now, 0.0))
            if number != self._plans:
                return
            self._step += 1
            self._release(held[at_h == t_h].tolist(), self._step)

    def _plan(self, t_h: float) -> BlackStartPlan:
        """Plan over the grid as it is: what was live stays, what is held comes back."""
        case, mesh = self._case, self._mesh
        state, row = mesh.state, mesh.state_row(t_h)
        served = np.where(mesh.lit[:, None], state.demand_mw[row] * state.served_share[row], 0.0)
        demand = served.copy()
        for substation in np.flatnonzero(mesh.held).tolist():
            bus = case.network.substation_bus[substation]
            demand[bus] += mesh.returning_mw(t_h, substation)
        arrays = case.arrays
        start_up_h = region_start_up_h(case.region)
        return black_start_plan(
            arrays,
            demand,
            shed_cost=region_shed_cost(case.region),
            start_h=np.where(arrays.source_grid_forming, 0.0, np.inf),
            start_up_h=start_up_h,
            available=state.in_service,
            alive=mesh.lit,
            served_mw=served,
            source_p_mw=state.source_p_mw[row],
            rules=region_rules(case.region),
        )
