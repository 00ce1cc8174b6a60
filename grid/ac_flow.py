"""AC power flow of many states: hours in one topology, or outages, or both."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray, IntArray
from grid.ac_network import DARK, PV, REF, AcModel, ComplexArray
from grid.ac_tuples import Grid, Results, States

CHORD_STEPS = 20
CHORD_RATE = 0.6
"""A state that comes less near than by this in a step is left to Newton's full method. [1]"""

NEWTON_STEPS = 20

MOST_OUT = 6
"""Branches out of service up to which a state is an update of the intact grid."""

LEAST_GROUP = 16
"""States that are worth a linearisation of their own."""

CHUNK = 64
"""States a thread takes at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcBatch:
    """AC power flow of several states; states first, then buses or branches.

    A state that did not converge has NaN everywhere and says why. A dark bus has NaN
    for its voltage in a state that converged.

    Attributes
    ----------
    voltage_pu : ndarray of complex, shape (state, bus)
        [pu]
    s_bus_mva : ndarray of complex, shape (state, bus)
        Power the bus sends into the grid, shunts included; at a reference what it has
        to give. [MVA]
    flow_mva : ndarray, shape (state, 4, branch)
        Active and reactive power into the from end, then into the to end; 0 for a
        branch out of service or dark. [MW, Mvar]
    loading_percent : ndarray, shape (state, branch)
        Current by rated current, of the end that is nearer its rating; NaN for a
        branch without rating. [%]
    dark : ndarray of bool, shape (state, bus)
        Buses without a reference, or out of service.
    converged : ndarray of bool, shape (state,)
        Whether the mismatch is within tolerance at every bus.
    reason : tuple of str
        Why a state did not converge; empty when it did.
    mismatch_mva : ndarray, shape (state,)
        Largest mismatch of a bus. [MVA]
    iterations : ndarray of int, shape (state,)
        Steps taken.
    """

    voltage_pu: ComplexArray
    s_bus_mva: ComplexArray
    flow_mva: FloatArray
    loading_percent: FloatArray
    dark: BoolArray
    converged: BoolArray
    reason: tuple[str, ...]
    mismatch_mva: FloatArray
    iterations: IntArray

    @property
    def vm_pu(self) -> FloatArray:
        """Voltage magnitudes, shape (state, bus). [pu]."""
        return np.asarray(np.abs(self.voltage_pu))

    @property
    def va_degree(self) -> FloatArray:
        """Voltage angles, shape (state, bus). [degree]."""
        return np.asarray(np.degrees(np.angle(self.voltage_pu)))

    @property
    def p_from_mw(self) -> FloatArray:
        """Active power into the from end, shape (state, branch). [MW]."""
        return self.flow_mva[:, 0]

    @property
    def q_from_mvar(self) -> FloatArray:
        """Reactive power into the from end, shape (state, branch). [Mvar]."""
        return self.flow_mva[:, 1]

    @property
    def p_to_mw(self) -> FloatArray:
        """Active power into the to end, shape (state, branch). [MW]."""
        return self.flow_mva[:, 2]

    @property
    def q_to_mvar(self) -> FloatArray:
        """Reactive power into the to end, shape (state, branch). [Mvar]."""
        return self.flow_mva[:, 3]

    @property
    def losses_mw(self) -> FloatArray:
        """Active losses of all branches, shape (state,). [MW]."""
        return np.asarray(self.p_from_mw.sum(axis=1) + self.p_to_mw.sum(axis=1))


def ac_hours(model: AcModel, s_mva: ComplexArray) -> AcBatch:
    """AC power flow of many injections in one topology.

    Parameters
    ----------
    model : AcModel
    s_mva : ndarray of complex, shape (state, bus)
        Generation less load at each bus. [MVA]

    Returns
    -------
    AcBatch
    """
    everything = np.ones((1, len(model.from_bus)), dtype=np.bool_)
    return ac_outages(model, everything, s_mva=s_mva)


def ac_outages(
    model: AcModel,
    in_service: BoolArray,
    *,
    s_mva: ComplexArray | None = None,
    forming_bus: tuple[int, ...] = (),
) -> AcBatch:
    """AC power flow of many topologies.

    Groups of states are solved by Newton's method with one factorisation of the intact
    grid at the group's mean injection, updated for the branches that are out (chord
    method [1]_, Woodbury's formula); what does not converge quickly so is solved by
    the full method, and what does not converge at all is reported. Whether a state
    converged is decided by its mismatch on the full admittance matrix.

    Parameters
    ----------
    model : AcModel
    in_service : ndarray of bool, shape (state, branch) or (1, branch)
        Branches of the model that conduct.
    s_mva : ndarray of complex, shape (state, bus) or (1, bus), optional
        Generation less load; the model's own when not given. [MVA]
    forming_bus : tuple of int
        Positions of buses that can hold an island without reference up, the first one
        preferred; the others lie dark. A bus without a voltage of its own is held at
        1 pu, and its angle is 0.

    Returns
    -------
    AcBatch

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    .. [1] C. T. Kelley, Solving Nonlinear Equations with Newton's Method, SIAM, 2003,
       section 1.4.
    """
    from grid import ac_kernels as kernels
    from grid.ac_newton import grid_of

    injection = model.s_mva[None] if s_mva is None else s_mva
    s = np.ascontiguousarray(injection / model.base_mva, dtype=np.complex128)
    inside = np.ascontiguousarray(in_service, dtype=np.bool_)
    count, buses, branches = max(len(s), len(inside)), len(model.kind), len(model.from_bus)
    if s.shape not in {(1, buses), (count, buses)}:
        raise ValueError(f"s_mva: {count} x {buses} values are needed")
    if inside.shape not in {(1, branches), (count, branches)}:
        raise ValueError(f"in_service: {count} x {branches} values are needed")
    grid = grid_of(model)
    states = _states(s, inside, count, buses)
    results = Results(
        voltage=np.full((count, buses), np.nan + 0j),
        s_bus=np.empty((count, buses), dtype=np.complex128),
        flow=np.empty((count, 4, branches)),
        loading=np.empty((count, branches)),
        mismatch=np.empty(count),
        steps=np.zeros(count, dtype=np.int64),
        solved=np.zeros(count, dtype=np.bool_),
    )
    forming = np.full(buses, -1, dtype=np.int64)
    forming[list(forming_bus)] = np.arange(len(forming_bus))
    _in_threads(lambda a, b: kernels.dark_buses(a, b, grid, states, forming), count)
    can_update = (np.diff(states.out_at) <= MOST_OUT) & ~states.formed.any(axis=1)
    start = np.where(model.kind == DARK, 0.0, model.start_pu)
    _solve_group(np.flatnonzero(can_update), start, grid, states, results)
    reason = _solve_rest(model, grid, states, results)
    from_per_ka, to_per_ka = _percent_of_limit(model)
    _in_threads(
        lambda a, b: kernels.outcome(
            a, b, grid, states, results, model.base_mva, from_per_ka, to_per_ka
        ),
        count,
    )
    for state in np.flatnonzero(~results.solved).tolist():
        if not reason[state]:
            reason[state] = f"mismatch of {results.mismatch[state]:.2g} MVA"
    return AcBatch(
        voltage_pu=results.voltage,
        s_bus_mva=results.s_bus,
        flow_mva=results.flow,
        loading_percent=results.loading,
        dark=states.dark,
        converged=results.solved,
        reason=tuple(reason),
        mismatch_mva=results.mismatch,
        iterations=results.steps,
    )


def _states(s: ComplexArray, inside: BoolArray, count: int, buses: int) -> States:
    out_of, out_branch = np.nonzero(~inside)
    out_at = np.searchsorted(out_of, np.arange(len(inside) + 1))
    if len(inside) < count:
        out_branch = np.tile(out_branch, count)
        out_at = np.arange(count + 1) * out_at[-1]
    return States(
        s=s,
        in_service=inside,
        out_at=out_at.astype(np.int64),
        out_branch=out_branch.astype(np.int64),
        dark=np.zeros((count, buses), dtype=np.bool_),
        formed=np.zeros((count, buses), dtype=np.bool_),
    )


def _solve_group(
    group: IntArray, start: ComplexArray, grid: Grid, states: States, results: Results
) -> None:
    """Solve states about one linearisation at their mean injection, and halves of the rest.

    Those the chord method does not bring home are cut in two across the direction of
    the one farthest from the mean, as long as that helps some of them.
    """
    from grid.ac_chord import chord
    from grid.ac_newton import linearised, newton

    own = len(states.s) > 1
    s = states.s[group] if own else states.s
    base = newton(grid, y=grid.y, s=s.mean(axis=0), kind=grid.kind, start=start, limit=NEWTON_STEPS)
    if base.reason:
        return
    # A dark bus has no unknowns; any voltage but 0 serves the formulas.
    factors = linearised(grid, np.where(grid.kind == DARK, 1.0, base.v))
    _in_threads(
        lambda a, b: chord(a, b, group, grid, factors, states, results, CHORD_STEPS, CHORD_RATE),
        len(group),
    )
    rest = group[~results.solved[group]]
    if not own or len(rest) < LEAST_GROUP or len(rest) == len(group):
        return
    apart = states.s[rest] - s.mean(axis=0)
    farthest = apart[np.argmax((np.abs(apart) ** 2).sum(axis=1))]
    along = (apart @ farthest.conj()).real
    beyond = along > np.median(along)
    for half in (rest[beyond], rest[~beyond]):
        if len(half):
            _solve_group(half, base.v, grid, states, results)


def _solve_rest(model: AcModel, grid: Grid, states: States, results: Results) -> list[str]:
    """Solve by Newton's full method what is left, as pandapower would start.

    Returns why a state did not converge, empty where it did.
    """
    from grid.ac_newton import admittances, newton

    reason = [""] * len(results.solved)

    def solve(state: int) -> None:
        dark, formed = states.dark[state], states.formed[state]
        out = states.out_branch[states.out_at[state] : states.out_at[state + 1]]
        kind = np.where(dark, DARK, np.where(formed, REF, grid.kind))
        start = np.where(dark, 0.0, model.start_pu)
        start[formed] = np.where(grid.kind[formed] >= PV, np.abs(start[formed]), 1.0)
        s = states.s[state if len(states.s) > 1 else 0]
        y = admittances(grid, out)
        found = newton(grid, y=y, s=s, kind=kind, start=start, limit=NEWTON_STEPS)
        reason[state] = found.reason
        results.steps[state] = found.steps
        results.solved[state] = not found.reason
        results.voltage[state] = found.v

    rest = np.flatnonzero(~results.solved).tolist()
    with ThreadPoolExecutor(max_workers=_cores()) as pool:
        list(pool.map(solve, rest))
    return reason


def _percent_of_limit(model: AcModel) -> tuple[FloatArray, FloatArray]:
    """Percent of the rated current for 1 pu of current, at both ends."""
    ampere = model.base_mva / (np.sqrt(3.0) * model.vn_kv)
    return (
        100.0 * ampere[model.from_bus] / model.from_limit_ka,
        100.0 * ampere[model.to_bus] / model.to_limit_ka,
    )


def _in_threads(work: Callable[[int, int], None], count: int) -> None:
    """Do pieces of states side by side; the compiled loops do not hold the interpreter."""
    pieces = [(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    if len(pieces) == 1:
        work(0, count)
        return
    with ThreadPoolExecutor(max_workers=_cores()) as pool:
        list(pool.map(lambda piece: work(*piece), pieces))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
