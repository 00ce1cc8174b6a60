"""Who goes without when an island lacks power: the cheapest first, equals by equal parts."""

from dataclasses import dataclass

import numpy as np

from data.tables import FloatArray, IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedOrder:
    """Customers of a class at a bus in the order they are shed.

    Attributes
    ----------
    level : ndarray of int, shape (bus, class)
        Place in the order; equals have the same.
    cost : ndarray, shape (level,)
        Rising. [NOK/MW]
    """

    level: IntArray
    cost: FloatArray


def shed_order(shed_cost: FloatArray) -> ShedOrder:
    """Order customers by the cost of shedding them, shape (bus, class) [NOK/MW]."""
    cost, level = np.unique(shed_cost, return_inverse=True)
    return ShedOrder(level=level.reshape(shed_cost.shape).astype(np.int64), cost=cost)


def share_deficit(
    demand_mw: FloatArray, order: ShedOrder, buses: IntArray, deficit_mw: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Shed a deficit level by level, everyone of a level by the same fraction.

    The same fraction in an hour stands for equal turns of rotating disconnection within
    it. Frequency relays act before any operator, so that this takes no time; that they
    take out the same customers as an operator would is an estimate.

    Parameters
    ----------
    demand_mw : ndarray, shape (time, bus, class)
        Demand of the whole grid. [MW]
    order : ShedOrder
        Of the whole grid.
    buses : ndarray of int, shape (n,)
        Positions of the island's buses.
    deficit_mw : ndarray, shape (time,)
        At most the demand of the island. [MW]

    Returns
    -------
    served_share : ndarray, shape (time, n, class)
        [1]
    price : ndarray, shape (time,)
        Cost of the dearest who are shed: what one more megawatt of generation is worth.
        [NOK/MW]
    """
    here = order.level[buses].ravel()
    levels, at = np.unique(here, return_inverse=True)
    by_place = np.argsort(at, kind="stable")
    wish = demand_mw[:, buses].reshape(len(demand_mw), -1)
    by_level = np.add.reduceat(
        wish[:, by_place], np.searchsorted(at[by_place], np.arange(len(levels))), axis=1
    )
    served = np.ones_like(by_level)
    price = np.zeros(len(demand_mw))
    left = deficit_mw.copy()
    for each, level in enumerate(levels):
        shed = np.minimum(left, by_level[:, each])
        is_shed = shed > 0
        np.divide(by_level[:, each] - shed, by_level[:, each], out=served[:, each], where=is_shed)
        price[is_shed] = order.cost[level]
        left -= shed
    share = served[:, at].reshape(len(demand_mw), len(buses), order.level.shape[1])
    return np.asarray(share), price
