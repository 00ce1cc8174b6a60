"""One grid at one hour, to take things out of and see what that does."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.problems import BeredtError
from data.tables import BoolArray, FloatArray, IntArray
from grid.arrays import GridArrays
from grid.cascade import TripStep
from grid.dc_batch import OutageBatch
from grid.dispatch import P_TOL_MW
from grid.prices import BindingLimit
from grid.protection import NO_TRIPS
from grid.security.scan_outages import Outage, Part
from grid.security.scan_rates import Rate, combined
from grid.security.scan_result import (
    CASCADE,
    DARK,
    FAILED,
    RELIEVED,
    SECURE,
    SHED,
    Contingency,
)
from grid.solver import GridSolver
from grid.state import GridState
from grid.study import GridStudy

LOG = logging.getLogger(__name__)

REL_TOL = 1e-6
"""Losses that differ by less, relatively, are equal."""

LOADING_TOL = 1e-9
"""Rounding of a loading. [1]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmful:
    """What is left of many outages when the harmless are counted and put away.

    Attributes
    ----------
    worse : tuple of Contingency
        Those that do more harm than their parts one by one.
    secure : int
        How many are secure.
    """

    worse: tuple[Contingency, ...]
    secure: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quick:
    """What a first look says of each outage, nobody acting; all shapes (outage,).

    ``loading`` is the highest and ``branch`` where it is, -1 for nowhere. Outages that were
    not looked at are neither secure nor anything but overloaded.
    """

    is_secure: BoolArray
    is_overloaded: BoolArray
    unserved_mw: FloatArray
    loading: FloatArray
    branch: IntArray


class ScanBench:
    """Solvers of one grid at one hour, to take things out of.

    Parameters
    ----------
    study : GridStudy
    hour : int
        Position of the hour in ``study.demand_mw``.
    """

    def __init__(self, study: GridStudy, hour: int = 0) -> None:
        self._study = study
        self._demand = np.ascontiguousarray(study.demand_mw[[hour]])
        self._by_bus: FloatArray = self._demand[0].sum(axis=1)
        arrays = study.arrays
        self._solver = GridSolver(arrays, study.shed_cost, study.protection)
        self._free = GridSolver(without_limits(arrays), study.shed_cost, NO_TRIPS)
        self._batch = OutageBatch(arrays, self._by_bus)

    @property
    def intact_loading(self) -> FloatArray:
        """Loading of each branch with everything in service and nobody acting. [1]."""
        flow = self._batch.solve([[]]).flow_mw[0]
        return np.asarray(np.abs(flow) / self._study.arrays.rating_mw)

    def examine(
        self, outage: Outage, rates: dict[Part, Rate]
    ) -> tuple[Contingency, GridState | None]:
        """Solve one outage in full.

        Parameters
        ----------
        outage : Outage
            Nothing for the intact grid.
        rates : dict of Part to Rate
            Of its parts at least.

        Returns
        -------
        Contingency
        GridState or None
            When all is done; None when there is no solution.
        """
        arrays = self._study.arrays
        conducts = np.ones(len(arrays.branch_ids), dtype=np.bool_)
        p_max = arrays.source_p_max_mw
        for part in outage:
            conducts[list(part.branches)] = False
            if part.sources:
                p_max = p_max.copy()
                p_max[list(part.sources)] = 0.0
        try:
            before = self._free.solve(conducts, self._demand, source_p_max_mw=p_max)
            # Within all ratings the limits change nothing.
            state = before
            if (np.abs(before.flow_mw[0]) > arrays.rating_mw + P_TOL_MW).any():
                state = self._solver.solve(conducts, self._demand, source_p_max_mw=p_max)
        except BeredtError as error:
            return self._contingency(outage, rates, verdict=FAILED, failure=str(error)), None
        unserved = (self._demand * (1.0 - state.served_share))[0]
        dark = state.dark & (self._by_bus > 0)
        found = self._contingency(
            outage,
            rates,
            verdict=_verdict(state, unserved, dark, is_relieved=state is not before),
            unserved_mw=unserved,
            dark=dark,
            steps=state.tripped,
            relief_h=0.0 if state.before_action is None else state.before_action.relief_h,
            binding=state.binding,
            before=self._highest(before),
            after=self._highest(state),
        )
        return found, state

    def _contingency(
        self,
        outage: Outage,
        rates: dict[Part, Rate],
        *,
        verdict: str = SECURE,
        unserved_mw: FloatArray | None = None,
        dark: BoolArray | None = None,
        steps: tuple[TripStep, ...] = (),
        relief_h: float = 0.0,
        binding: tuple[BindingLimit, ...] = (),
        before: tuple[float, str] = (0.0, ""),
        after: tuple[float, str] = (0.0, ""),
        failure: str = "",
    ) -> Contingency:
        """Put the result of one outage together with how often and for how long it is."""
        arrays, cost = self._study.arrays, self._study.kile_nok_per_mw
        lost = np.zeros_like(cost) if unserved_mw is None else unserved_mw
        none = np.zeros(len(cost), dtype=np.bool_) if dark is None else dark
        behind = [rates[part] for part in outage]
        per_yr, duration_h = combined(behind) if behind else (float("nan"), 0.0)
        customers = self._customers(lost, none)
        total = float(np.nansum(self._study.customers))
        cost_nok = float((lost * cost).sum() * duration_h)
        return Contingency(
            part_ids=tuple(part.part_id for part in outage),
            kinds=tuple(part.kind for part in outage),
            verdict=verdict,
            unserved_mw=tuple(lost.sum(axis=0).tolist()),
            customers=customers,
            customer_share=customers / total if total > 0 else float("nan"),
            dark_bus_ids=tuple(arrays.bus_ids[none].tolist()),
            steps=steps,
            relief_h=relief_h,
            binding=binding,
            loading_before=before[0],
            loaded_before=before[1],
            loading=after[0],
            loaded=after[1],
            duration_h=duration_h,
            duration_estimated=any(rate.estimated for rate in behind),
            ens_mwh=float(lost.sum() * duration_h),
            cost_nok=cost_nok,
            per_yr=per_yr,
            cost_nok_per_yr=per_yr * cost_nok,
            failure=failure,
        )

    def contingencies(
        self,
        outages: Sequence[Outage],
        rates: dict[Part, Rate],
        on_solved: Callable[[int], None],
    ) -> list[Contingency]:
        """Find what each outage does; in full only where the quick look does not suffice.

        Parameters
        ----------
        outages : sequence of Outage
        rates : dict of Part to Rate
            Of all their parts.
        on_solved : callable
            Called with the number of outages done since the last call.

        Returns
        -------
        list of Contingency
        """
        quick = self._look(outages)
        names = self._study.arrays.branch_ids
        found = []
        for at, outage in enumerate(outages):
            if quick.is_secure[at]:
                branch = int(quick.branch[at])
                worst = (float(quick.loading[at]), str(names[branch]) if branch >= 0 else "")
                found.append(self._contingency(outage, rates, before=worst, after=worst))
            else:
                found.append(self.examine(outage, rates)[0])
            on_solved(1)
        return found

    def harmful(
        self,
        outages: Sequence[Outage],
        rates: dict[Part, Rate],
        lost_alone_mw: dict[Part, float],
        on_solved: Callable[[int], None],
    ) -> Harmful:
        """Find the outages that do more harm than their parts one by one.

        Parameters
        ----------
        outages : sequence of Outage
            Of lines and transformers.
        rates : dict of Part to Rate
            Of all their parts.
        lost_alone_mw : dict of Part to float
            What goes unserved when each part is out alone. [MW]
        on_solved : callable
            Called with the number of outages done since the last call.

        Returns
        -------
        Harmful
        """
        quick = self._look(outages)
        lost = np.array([sum(lost_alone_mw[part] for part in outage) for outage in outages])
        margin = lost * (1.0 + REL_TOL) + P_TOL_MW
        is_worse = quick.is_overloaded | (quick.unserved_mw > margin)
        todo = np.flatnonzero(is_worse & ~quick.is_secure)
        on_solved(len(outages) - len(todo))
        secure, worse = int(quick.is_secure.sum()), []
        for at in todo.tolist():
            each = self.examine(outages[at], rates)[0]
            if each.verdict == SECURE:
                secure += 1
            elif lost[at] == 0 or each.total_unserved_mw > margin[at] or each.failure:
                worse.append(each)
            on_solved(1)
        return Harmful(worse=tuple(worse), secure=secure)

    def _look(self, outages: Sequence[Outage]) -> _Quick:
        """Flows and losses of all outages of branches, nobody acting."""
        count = len(outages)
        quick = _Quick(
            is_secure=np.zeros(count, dtype=np.bool_),
            is_overloaded=np.ones(count, dtype=np.bool_),
            unserved_mw=np.full(count, np.inf),
            loading=np.zeros(count),
            branch=np.full(count, -1),
        )
        at = [k for k, outage in enumerate(outages) if all(part.is_branch for part in outage)]
        positions = [[b for part in outages[k] for b in part.branches] for k in at]
        try:
            batch = self._batch.solve(positions, keep_flows=False)
        except BeredtError as error:
            # Each is solved on its own, so that the one without a solution is found.
            LOG.info("outages are solved one by one: %s", error)
            return quick
        quick.is_overloaded[at] = batch.worst_loading > 1.0 + LOADING_TOL
        quick.is_secure[at] = ~quick.is_overloaded[at] & (batch.unserved_mw <= P_TOL_MW)
        quick.unserved_mw[at] = batch.unserved_mw
        quick.loading[at] = batch.worst_loading
        quick.branch[at] = batch.worst_branch
        return quick

    def _highest(self, state: GridState) -> tuple[float, str]:
        loading = np.abs(state.flow_mw[0]) / self._study.arrays.rating_mw
        if not loading.size:
            return 0.0, ""
        at = int(loading.argmax())
        return float(loading[at]), str(self._study.arrays.branch_ids[at])

    def _customers(self, unserved_mw: FloatArray, dark: BoolArray) -> float:
        """Count customers without supply, as the share of each bus' demand that is."""
        known = self._study.customers
        if np.isnan(known).all():
            return float("nan")
        total, lost = self._by_bus, unserved_mw.sum(axis=1)
        share = np.divide(lost, total, out=np.zeros_like(total), where=total > 0)
        return float(np.nansum(known * np.where(dark, 1.0, share)))


def without_limits(arrays: GridArrays) -> GridArrays:
    """Return the same grid with no branch limit: it shows the flows nobody has acted upon."""
    unlimited = np.full_like(arrays.rating_mw, np.inf)
    return replace(arrays, rating_mw=unlimited, short_term_mw=unlimited, trip_mw=unlimited)


def _verdict(
    state: GridState, unserved_mw: FloatArray, dark: BoolArray, *, is_relieved: bool
) -> str:
    if state.tripped:
        return CASCADE
    if dark.any():
        return DARK
    if unserved_mw.sum() > P_TOL_MW:
        return SHED
    return RELIEVED if is_relieved else SECURE
