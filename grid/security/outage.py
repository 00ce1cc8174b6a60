"""What a grid stands with chosen elements out, in DC and in AC."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.problems import InputError
from data.region import Region
from grid.ac_check import AcCheck, check_ac
from grid.dispatch import P_TOL_MW
from grid.net_study import DEFAULT_SHED_CLASS
from grid.rotation import BLOCK_H, Groups, region_groups
from grid.solver import GridSolver
from grid.state import GridState
from grid.study import GridStudy

CRITICAL_CLASS = 3
"""Shedding class of critical sites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageCheck:
    """A study after an outage; its hours are those of the study.

    Attributes
    ----------
    state : GridState
        The solved state.
    demand_mw, unserved_mw : ndarray, shape (time,)
        Demand with everything in service, and what of it is dark or shed. [MW]
    loading_percent : float
        Highest loading in DC once the operator has acted, in any hour, at
        ``loaded_branch_id``; 0 where no branch has a rating. [%]
    loading_before_percent : float
        Highest loading before the operator acted, at ``loaded_before_branch_id``. [%]
    ac : tuple of AcCheck
        AC power flow of the same state, as it was served, hour by hour.
    """

    state: GridState
    demand_mw: np.ndarray
    unserved_mw: np.ndarray
    loading_percent: float
    loaded_branch_id: str
    loading_before_percent: float
    loaded_before_branch_id: str
    ac: tuple[AcCheck, ...]

    @property
    def dark_bus_ids(self) -> tuple[str, ...]:
        """Buses in islands without a grid-forming source."""
        return tuple(self.state.topology.arrays.bus_ids[self.state.dark].tolist())


def solve_outage(study: GridStudy, out: Sequence[str]) -> GridState:
    """Solve a study with elements out.

    Parameters
    ----------
    study : GridStudy
    out : sequence of str
        Elements out of service; none for the intact grid.

    Returns
    -------
    GridState

    Raises
    ------
    InputError
        Naming every identifier the grid has not.
    """
    solver = GridSolver(study.arrays, study.shed_cost, study.protection)
    return solver.solve(study.in_service_without(out), study.demand_mw)


def check_outage(study: GridStudy, out: Sequence[str]) -> OutageCheck:
    """Solve a study with elements out, and check it with AC power flow.

    Parameters
    ----------
    study : GridStudy
    out : sequence of str
        Elements out of service; none for the intact grid.

    Returns
    -------
    OutageCheck

    Raises
    ------
    InputError
        Naming every identifier the grid has not.
    """
    arrays = study.arrays
    state = solve_outage(study, out)
    loading = np.abs(state.flow_mw) / arrays.rating_mw
    hour, branch = np.unravel_index(np.argmax(loading), loading.shape)
    before = loading[0]
    if state.before_action is not None:
        before = np.abs(state.before_action.flow_mw) / arrays.rating_mw
    return OutageCheck(
        state=state,
        demand_mw=study.demand_mw.sum(axis=(1, 2)),
        unserved_mw=(study.demand_mw * (1.0 - state.served_share)).sum(axis=(1, 2)),
        loading_percent=float(loading[hour, branch] * 100.0),
        loaded_branch_id=str(arrays.branch_ids[branch]),
        loading_before_percent=float(before.max() * 100.0),
        loaded_before_branch_id=str(arrays.branch_ids[np.argmax(before)]),
        ac=_ac(study, state),
    )


def _ac(study: GridStudy, state: GridState) -> tuple[AcCheck, ...]:
    """Check a state by AC power flow; where the net has none, every hour says why."""
    try:
        return check_ac(study, state)
    except InputError as error:
        # Such as two set points at one bus: DC knows nothing of voltages and goes on.
        reason = "; ".join(str(problem.found) for problem in error.problems)
        hours = range(len(state.served_mw))
        return tuple(AcCheck(hour=hour, converged=False, reason=reason) for hour in hours)


def disconnection_groups(study: GridStudy) -> Groups:
    """Say who can be disconnected by turns: a region's feeders, a user's loads.

    Parameters
    ----------
    study : GridStudy

    Returns
    -------
    Groups
        A user's loads of class ``CRITICAL_CLASS`` count as critical sites. What hangs on
        a bus without being a load (motors, wards) is a group of its own.
    """
    if isinstance(study.origin, Region):
        return region_groups(study.origin, study.area_demand_mw)
    loads = study.origin.load
    bus = study.bus_of[loads["bus"].to_numpy(dtype=np.int64)]
    mw = (loads["p_mw"] * loads["scaling"] * loads["in_service"]).to_numpy(dtype=float)
    used = (bus >= 0) & (mw > 0)
    rest = study.demand_mw[0].sum(axis=1) - np.bincount(bus[used], mw[used], len(study.customers))
    others = np.flatnonzero(rest > P_TOL_MW)
    names = [f"load {row}" for row in loads.index[used]]
    other_names = [f"other demand at {name}" for name in study.arrays.bus_ids[others]]
    shed_class = np.concatenate(
        [study.load_class[used], np.full(len(others), DEFAULT_SHED_CLASS, dtype=np.int64)]
    )
    return Groups(
        group_id=np.array([*names, *other_names], dtype=np.str_),
        bus=np.concatenate([bus[used], others]),
        mw=np.concatenate([mw[used], rest[others]])[None],
        shed_class=shed_class,
        is_critical=shed_class == CRITICAL_CLASS,
    )


def block_length_h(study: GridStudy) -> float:
    """Length of a turn of disconnection: the region's constant, or the default. [h]."""
    if isinstance(study.origin, Region):
        return study.origin.constants["forced_disconnection_h"]
    return BLOCK_H
