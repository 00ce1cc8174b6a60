"""From an overload to what trips, when and why, and to when the operator has relieved it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray
from grid.arrays import GridArrays
from grid.dispatch import P_TOL_MW
from grid.protection import TIERS, Protection

TIME_TOL_H = 1e-9
"""Trips closer than this are one step. [h]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TripStep:
    """Branches that trip together, the most loaded first.

    Attributes
    ----------
    t_h : float
        Since the outage. [h]
    branch_ids : tuple of str
        What trips.
    loading : tuple of float
        Of each just before, as a multiple of its rating. [1]
    tier : tuple of str
        Of each, the limit whose time has run out, one of ``TIERS``.
    cause : tuple of (tuple of str)
        Of each, the branches whose tripping brought it above that limit; empty when
        the outage itself did.
    after_h : tuple of float
        Of each, how long it has been above that limit. [h]
    """

    t_h: float
    branch_ids: tuple[str, ...]
    loading: tuple[float, ...]
    tier: tuple[str, ...]
    cause: tuple[tuple[str, ...], ...]
    after_h: tuple[float, ...]

    def sentences(self, outage: str = "the outage") -> tuple[str, ...]:
        """Say of each branch why it tripped.

        Parameters
        ----------
        outage : str
            What began it, in words.

        Returns
        -------
        tuple of str
            Such as ``l12 at 163 % of its rating, 0.003 h after l07 tripped``.
        """
        said = []
        for name, loading, cause, after_h in zip(
            self.branch_ids, self.loading, self.cause, self.after_h, strict=True
        ):
            before = f"{' and '.join(cause)} tripped" if cause else outage
            said.append(f"{name} at {loading:.0%} of its rating, {after_h:.3g} h after {before}")
        return tuple(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """How an overload ended.

    Attributes
    ----------
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct when it has ended.
    steps : tuple of TripStep
        In order of time; empty if nothing tripped.
    relief_h : float
        When the operator had relieved what was left, since the outage; 0 when nothing
        was. [h]
    """

    in_service: BoolArray
    steps: tuple[TripStep, ...]
    relief_h: float


def cascade(
    *,
    arrays: GridArrays,
    protection: Protection,
    in_service: BoolArray,
    flow_mw: FloatArray,
    flow_after: Callable[[BoolArray], FloatArray],
    action_h: Callable[[BoolArray], float],
) -> Cascade:
    """Follow overloads in time until all have tripped or been relieved.

    Each limit of a branch has a clock that runs while the flow is above it. The branch
    whose clock runs out first trips, with all that trip at the same moment; the flows are
    computed anew, and the operator begins anew with what is now overloaded (estimate:
    nothing half done before counts).

    Parameters
    ----------
    arrays : GridArrays
        Ratings and names.
    protection : Protection
        The times.
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct when it begins.
    flow_mw : ndarray, shape (branch,)
        Flow at that moment, before anybody has acted. [MW]
    flow_after : callable
        Flow of every branch, nobody having acted, for another set of branches.
    action_h : callable
        How long the operator needs to relieve all overloads of a set of branches; asked
        only when it decides something. [h]

    Returns
    -------
    Cascade
    """
    limit = np.stack([arrays.rating_mw, arrays.short_term_mw, arrays.trip_mw]) + P_TOL_MW
    delay = np.array(
        [[protection.short_term_h], [protection.overload_trip_h], [protection.trip_delay_h]]
    )
    above_since = np.full(limit.shape, np.inf)
    cause_step = np.full(limit.shape, -1)
    steps: list[TripStep] = []
    t_h = 0.0
    while True:
        size = np.abs(flow_mw)
        above = (size > limit) & in_service
        if not above[0].any():
            return Cascade(in_service=in_service, steps=tuple(steps), relief_h=0.0)
        fresh = above & np.isinf(above_since)
        above_since[fresh] = t_h
        cause_step[fresh] = len(steps) - 1
        above_since[~above] = np.inf
        due = above_since + delay
        tier = due.argmin(axis=0)
        next_h = float(due.min())
        if t_h + protection.quickest_h <= next_h:
            relief_h = t_h + action_h(in_service)
            if relief_h <= next_h:
                return Cascade(in_service=in_service, steps=tuple(steps), relief_h=relief_h)
        t_h = next_h
        trips = np.flatnonzero(due.min(axis=0) <= t_h + TIME_TOL_H)
        loading = size[trips] / arrays.rating_mw[trips]
        order = np.argsort(-loading, kind="stable")
        trips, loading = trips[order], loading[order]
        causes = [int(cause_step[tier[at], at]) for at in trips]
        steps.append(
            TripStep(
                t_h=t_h,
                branch_ids=tuple(arrays.branch_ids[trips].tolist()),
                loading=tuple(loading.tolist()),
                tier=tuple(TIERS[tier[at]] for at in trips),
                cause=tuple(steps[step].branch_ids if step >= 0 else () for step in causes),
                after_h=tuple(t_h - float(above_since[tier[at], at]) for at in trips),
            )
        )
        in_service = in_service.copy()
        in_service[trips] = False
        flow_mw = flow_after(in_service)
