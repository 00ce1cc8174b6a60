"""AC power flow on a solved state, on request: voltages, and how far DC is off."""

from dataclasses import dataclass

import numpy as np

from data.region import Region
from data.tables import FloatArray, IntArray
from grid.ac_flow import AcBatch, ac_hours
from grid.ac_network import AcModel, ComplexArray, ac_model
from grid.state import GridState
from grid.state_net import net_of_state
from grid.study import GridStudy


@dataclass(frozen=True, slots=True, kw_only=True)
class AcCheck:
    """What the AC power flow says about one hour of a state.

    The figures are None when it did not converge, which ``reason`` explains: such a
    state is likely to have no acceptable voltages.

    Attributes
    ----------
    hour : int
        Position of the hour in the state.
    converged : bool
        Whether there is an AC solution.
    reason : str
        Why not; empty when it converged.
    vm_min_pu, vm_max_pu : float or None
        Lowest and highest voltage of a live bus. [pu]
    vm_min_bus_id, vm_max_bus_id : str
        Where they are.
    losses_mw : float or None
        Active losses, which DC leaves out. [MW]
    deviation_mw : float or None
        Largest difference of a branch flow between AC and DC. [MW]
    deviating_branch_id : str
        The branch it is on.
    loading_percent : float or None
        Highest AC loading of a branch; None also where no branch has a rating. [%]
    loaded_branch_id : str
        The branch it is on.
    """

    hour: int
    converged: bool
    reason: str = ""
    vm_min_pu: float | None = None
    vm_min_bus_id: str = ""
    vm_max_pu: float | None = None
    vm_max_bus_id: str = ""
    losses_mw: float | None = None
    deviation_mw: float | None = None
    deviating_branch_id: str = ""
    loading_percent: float | None = None
    loaded_branch_id: str = ""


def check_ac(study: GridStudy, state: GridState) -> tuple[AcCheck, ...]:
    """Run AC power flow on every hour of a state as it was served.

    Each island is balanced, losses included, by its reference or its largest
    grid-forming source; the other sources give what the state says. Flows are compared
    at the middle of each branch.

    Parameters
    ----------
    study : GridStudy
        The grid the state was solved on.
    state : GridState
        A solved state.

    Returns
    -------
    tuple of AcCheck
        One for each hour; an hour that did not converge says so and has no figures.
    """
    model = ac_model(net_of_state(study, state))
    hours = len(state.served_mw)
    power = model.s_mva[None] if hours == 1 else _region_power(study, state, model)
    batch = ac_hours(model, power)
    branch = _branch_positions(study, model)
    return tuple(
        _check(study, state, model, batch, branch=branch, hour=hour) for hour in range(hours)
    )


def _region_power(study: GridStudy, state: GridState, model: AcModel) -> ComplexArray:
    """Return generation less load of each hour; only a region's state has several. [MVA]."""
    if not isinstance(study.origin, Region):
        raise TypeError("a user's net describes one hour")
    arrays = study.arrays
    tan_phi = float(np.tan(np.arccos(study.origin.constants["cos_phi"])))
    by_bus = -state.served_mw * (1.0 + 1j * tan_phi)
    np.add.at(by_bus.T, arrays.source_bus, state.source_p_mw.T)
    power = np.zeros((len(by_bus), len(model.kind)), dtype=np.complex128)
    at = np.array([model.bus_of[bus] for bus in range(len(study.bus_of))])
    np.add.at(power.T, at, np.where(state.dark, 0.0, by_bus).T)
    return power


def _branch_positions(study: GridStudy, model: AcModel) -> IntArray:
    """Position of each branch in the AC model; -1 where it is out of service there."""

    def places(table: np.ndarray, row: np.ndarray, side: np.ndarray) -> list[tuple[str, int, str]]:
        return list(zip(table.tolist(), row.tolist(), side.tolist(), strict=True))

    known = {
        place: at
        for at, place in enumerate(places(model.branch_table, model.branch_row, model.branch_side))
    }
    own = places(study.branch_table, study.branch_row, study.branch_side)
    return np.array([known.get(place, -1) for place in own], dtype=np.int64)


def _check(
    study: GridStudy,
    state: GridState,
    model: AcModel,
    batch: AcBatch,
    *,
    branch: IntArray,
    hour: int,
) -> AcCheck:
    if not batch.converged[hour]:
        return AcCheck(hour=hour, converged=False, reason=batch.reason[hour])
    voltage = batch.vm_pu[hour]
    live = ~np.isnan(voltage)
    lowest = int(np.argmin(np.where(live, voltage, np.inf)))
    highest = int(np.argmax(np.where(live, voltage, -np.inf)))
    # Branches of a dark island conduct nothing.
    here = state.in_service & ~state.dark[study.arrays.from_bus] & (branch >= 0)
    middle = (batch.p_from_mw[hour] - batch.p_to_mw[hour]) / 2.0
    deviation = np.where(here, np.abs(middle[branch] - state.flow_mw[hour]), 0.0)
    loading: FloatArray = np.where(here, batch.loading_percent[hour][branch], np.nan)
    has_rating = not np.isnan(loading).all()
    names = study.arrays.branch_ids
    return AcCheck(
        hour=hour,
        converged=True,
        vm_min_pu=float(voltage[lowest]),
        vm_min_bus_id=str(model.bus_ids[lowest]),
        vm_max_pu=float(voltage[highest]),
        vm_max_bus_id=str(model.bus_ids[highest]),
        losses_mw=float(batch.losses_mw[hour]),
        deviation_mw=float(deviation.max()),
        deviating_branch_id=str(names[np.argmax(deviation)]),
        loading_percent=float(np.nanmax(loading)) if has_rating else None,
        loaded_branch_id=str(names[np.nanargmax(loading)]) if has_rating else "",
    )
