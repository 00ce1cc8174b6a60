"""Trips before anybody can act: branches far above their rating take themselves out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.tables import BoolArray, FloatArray, StrArray

# Estimate: distance protection and thermal relays are commonly set so that about 1.5
# times the continuous rating is carried for the minutes an operator needs, not more.
TRIP_LIMIT = 1.5
"""Loading, as a multiple of the rating, above which a branch trips at once. [1]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TripStep:
    """Branches that trip together, the most loaded first.

    Attributes
    ----------
    branch_ids : tuple of str
        What trips.
    loading : tuple of float
        Of each, as a multiple of its rating. [1]
    """

    branch_ids: tuple[str, ...]
    loading: tuple[float, ...]


def cascade(
    *,
    in_service: BoolArray,
    first_flow_mw: FloatArray,
    flow_after: Callable[[BoolArray], FloatArray],
    rating_mw: FloatArray,
    branch_ids: StrArray,
    trip_limit: float,
) -> tuple[BoolArray, tuple[TripStep, ...]]:
    """Take out what is above its trip limit until nothing more is.

    Parameters
    ----------
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct when it begins.
    first_flow_mw : ndarray, shape (branch,)
        Flow at that moment, before anybody can act. [MW]
    flow_after : callable
        Flow of every branch at the same moment for another set of branches.
    rating_mw : ndarray, shape (branch,)
        [MW]
    branch_ids : ndarray of str, shape (branch,)
        Names for the record.
    trip_limit : float
        Loading above which a branch trips. [1]

    Returns
    -------
    in_service : ndarray of bool, shape (branch,)
        Branches that conduct when it has ended.
    steps : tuple of TripStep
        What tripped together, the most loaded first; empty if nothing did.
    """
    steps: list[TripStep] = []
    loading = np.abs(first_flow_mw) / rating_mw
    while True:
        over = np.flatnonzero(in_service & (loading > trip_limit))
        if not over.size:
            return in_service, tuple(steps)
        over = over[np.argsort(-loading[over], kind="stable")]
        steps.append(
            TripStep(
                branch_ids=tuple(branch_ids[over].tolist()), loading=tuple(loading[over].tolist())
            )
        )
        in_service = in_service.copy()
        in_service[over] = False
        loading = np.abs(flow_after(in_service)) / rating_mw
