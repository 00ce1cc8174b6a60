"""What the grid stands at the winter peak with chosen branches out, in DC and in AC."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.problems import InputError, Problem
from data.region import Region
from grid.ac_check import AcCheck, check_ac
from grid.arrays import GridArrays
from grid.net import winter_peak_mw
from grid.shedding import CLASS_COST_NOK_PER_MW
from grid.solver import GridSolver


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageCheck:
    """The winter peak's worst hour after an outage.

    Attributes
    ----------
    demand_mw : float
        Demand with everything in service. [MW]
    unserved_mw : float
        Demand dark or shed. [MW]
    dark_bus_ids : tuple of str
        Buses in islands without a grid-forming source.
    tripped : tuple of (tuple of str)
        Branches that tripped on overload, step by step.
    loading_percent : float
        Highest loading in DC after shedding, at ``loaded_branch_id``. [%]
    ac : AcCheck
        AC power flow of the same state, as it was served.
    """

    demand_mw: float
    unserved_mw: float
    dark_bus_ids: tuple[str, ...]
    tripped: tuple[tuple[str, ...], ...]
    loading_percent: float
    loaded_branch_id: str
    ac: AcCheck


def check_outage(region: Region, arrays: GridArrays, out: Sequence[str]) -> OutageCheck:
    """Solve the winter peak with branches out, and check it with AC power flow.

    Parameters
    ----------
    region : Region
    arrays : GridArrays
        Of the same region.
    out : sequence of str
        Lines and transformers out of service; none for the intact grid.

    Raises
    ------
    InputError
        Naming every identifier that is no line or transformer.
    """
    known = arrays.branch_ids.tolist()
    problems = [
        Problem("unknown_branch", "--out", name, "an id of lines.csv or trafos.csv")
        for name in out
        if name not in known
    ]
    if problems:
        raise InputError(problems)
    demand = winter_peak_mw(region)[None]
    solver = GridSolver(arrays, CLASS_COST_NOK_PER_MW, trip_limit=region.constants["trip_loading"])
    state = solver.solve(~np.isin(arrays.branch_ids, list(out)), demand)
    loading = np.abs(state.flow_mw[0]) / arrays.rating_mw
    return OutageCheck(
        demand_mw=float(demand.sum()),
        unserved_mw=float((demand * (1.0 - state.served_share)).sum()),
        dark_bus_ids=tuple(arrays.bus_ids[state.dark].tolist()),
        tripped=tuple(tuple(step.branch_ids) for step in state.tripped),
        loading_percent=float(loading.max() * 100.0),
        loaded_branch_id=str(arrays.branch_ids[np.argmax(loading)]),
        ac=check_ac(region, state, 0),
    )
