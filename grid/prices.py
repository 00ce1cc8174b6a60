"""What limits and lacking power cost: shadow prices of a solved state."""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What limits and lacking power cost, in the solver's costs of shedding.

    Attributes
    ----------
    cost_nok : ndarray, shape (time,)
        Cost of what is shed in the hour. [NOK]
    nodal_nok_per_mw : ndarray, shape (time, bus)
        What one more megawatt fed in at a bus would save. [NOK/MW]
    limit_hour, limit_branch : ndarray of int, shape (limit,)
        Where a branch's rating binds.
    limit_nok_per_mw : ndarray, shape (limit,)
        What one more megawatt of rating would save. [NOK/MW]
    """

    cost_nok: FloatArray
    nodal_nok_per_mw: FloatArray
    limit_hour: IntArray
    limit_branch: IntArray
    limit_nok_per_mw: FloatArray


def join_prices(before: Prices | None, after: Prices | None, first: int) -> Prices | None:
    """Put the prices of the hours from ``first`` on in the place of those before.

    Parameters
    ----------
    before, after : Prices, optional
        Of all hours, and of those from ``first`` on; left out where nobody is shed.
    first : int
        Position of the first hour that is new.

    Returns
    -------
    Prices or None
    """
    if before is None and after is None:
        return None
    if after is None:
        hours, buses = before.nodal_nok_per_mw.shape if before else (0, 0)
        after = no_prices(hours - first, buses)
    if before is None:
        before = no_prices(first, after.nodal_nok_per_mw.shape[1])
    kept = before.limit_hour < first
    return Prices(
        cost_nok=np.concatenate([before.cost_nok[:first], after.cost_nok]),
        nodal_nok_per_mw=np.concatenate([before.nodal_nok_per_mw[:first], after.nodal_nok_per_mw]),
        limit_hour=np.concatenate([before.limit_hour[kept], after.limit_hour + first]),
        limit_branch=np.concatenate([before.limit_branch[kept], after.limit_branch]),
        limit_nok_per_mw=np.concatenate([before.limit_nok_per_mw[kept], after.limit_nok_per_mw]),
    )


def no_prices(hours: int, buses: int) -> Prices:
    """Nothing is shed and no limit binds."""
    return Prices(
        cost_nok=np.zeros(hours),
        nodal_nok_per_mw=np.zeros((hours, buses)),
        limit_hour=np.empty(0, dtype=np.int64),
        limit_branch=np.empty(0, dtype=np.int64),
        limit_nok_per_mw=np.empty(0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingLimit:
    """A rating that somebody is shed, or a source is moved, to keep.

    Attributes
    ----------
    hour : int
        Position in the state's hours.
    branch_id : str
    loading : float
        1 up to rounding. [1]
    nok_per_mw : float
        Shadow price: what one more megawatt of rating would save in this hour. [NOK/MW]
    """

    hour: int
    branch_id: str
    loading: float
    nok_per_mw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """An island whose sources cannot cover its demand.

    Attributes
    ----------
    hour : int
        Position in the state's hours.
    bus_ids : tuple of str
        The island.
    deficit_mw : float
        [MW]
    nok_per_mw : float
        What one more megawatt from its sources, each in proportion to its capacity,
        would save in this hour. [NOK/MW]
    """

    hour: int
    bus_ids: tuple[str, ...]
    deficit_mw: float
    nok_per_mw: float
