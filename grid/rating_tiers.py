"""Short-term rating and trip limit of each branch, from columns of a user's net."""

from typing import TYPE_CHECKING

import numpy as np

from data.problems import InputError, Problem
from data.tables import FloatArray
from grid.arrays import SHORT_TERM_LOADING, TRIP_LOADING
from grid.exchange.labels import label, numbers
from grid.net_rows import BranchRows

if TYPE_CHECKING:
    from pandapower import pandapowerNet

SHORT_TERM, TRIP = "short_term_percent", "trip_percent"
"""Columns of the tables line, trafo and trafo3w, in percent of the rating; empty for the
defaults."""


def rating_tiers(net: "pandapowerNet", branches: BranchRows) -> tuple[FloatArray, FloatArray]:
    """Read what branches may carry for a short time, and where they trip.

    Where only one of the two is given, the other is its default, moved as far as the
    order needs.

    Parameters
    ----------
    net : pandapowerNet
    branches : BranchRows
        The branches asked for.

    Returns
    -------
    short_term, trip : ndarray, shape (branch,)
        Times the rating; at least 1, and the trip limit at least the short-term one. [1]

    Raises
    ------
    InputError
        Naming every branch with a short-term rating below 100 % or a trip limit below
        the short-term rating.
    """
    short = _column(net, branches, SHORT_TERM)
    trip = _column(net, branches, TRIP)
    problems = [
        Problem(
            "not_allowed", f"{_where(net, branches, at)} {SHORT_TERM}", short[at] * 100, ">= 100"
        )
        for at in np.flatnonzero(short < 1.0)
    ]
    floor = np.fmax(short, 1.0)
    problems += [
        Problem(
            "not_allowed",
            f"{_where(net, branches, at)} {TRIP}",
            trip[at] * 100,
            f">= {100 * floor[at]:g}, the short-term rating",
        )
        for at in np.flatnonzero(trip < floor)
    ]
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    no_short, no_trip = np.isnan(short), np.isnan(trip)
    short = np.where(no_short, np.fmin(SHORT_TERM_LOADING, trip), short)
    return short, np.where(no_trip, np.maximum(TRIP_LOADING, short), trip)


def _column(net: "pandapowerNet", branches: BranchRows, column: str) -> FloatArray:
    """Value of a column for each branch, NaN where there is none. [1]."""
    found = np.full(len(branches.table), np.nan)
    for table in ("line", "trafo", "trafo3w"):
        if column not in net[table]:
            continue
        here = np.flatnonzero(branches.table == table)
        place = net[table].index.get_indexer(branches.row[here])
        found[here] = numbers(net, table, column)[place] / 100.0
    return found


def _where(net: "pandapowerNet", branches: BranchRows, at: np.intp) -> str:
    return label(net, str(branches.table[at]), int(branches.row[at]))
