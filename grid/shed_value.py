"""What it costs to disconnect customers: by priority first, by KILE among equals."""

import numpy as np

from data.demand import mean_mw, substation_shares
from data.kile_costs import (
    CostFunctions,
    cost_nok_per_kw,
    reference_over_mean,
    region_cost_functions,
)
from data.region import KILE_GROUPS, SECTORS, Region
from data.tables import FloatArray, IntArray, StrArray, positions
from grid.net import SHED_CLASSES

VALUE_STEP = 1.1
"""Customers whose values differ by less than about this factor are equals and take turns.
Estimate; above the tie-breaks of the shedding programme, so that those never decide
against the value."""

PRIORITY_STEP = 3.0
"""The cheapest customers of a class cost at least this much more than the dearest of the
class before, wherever they are. Estimate: the order of the classes then holds as long as
one class relieves an overload at most three times as well per megawatt as another."""

KILE_GROUP_OF_CLASS = ("electric_process_industry", "industry", "household", "public")
"""KILE group of a load that states none, by shedding class. Estimate, after the sectors
that make up the classes of the built-in region."""


def region_kile_value(region: Region) -> FloatArray:
    """KILE of disconnecting customers at each bus of a region's grid for an hour.

    The customers of a class at a bus are valued by their mix of KILE groups at the
    reference time; where a class has nobody, by the class's mean in the region.

    Parameters
    ----------
    region : Region

    Returns
    -------
    ndarray, shape (bus, class)
        At the reference time. [NOK/MW]
    """
    row = positions(region.sectors.sector, np.array(SECTORS))
    group = positions(np.array(KILE_GROUPS), region.sectors.kile_group[row])
    of_class = np.eye(SHED_CLASSES)[region.sectors.shed_class[row]]
    reference_mw = mean_mw(region) * reference_over_mean(region)[group]
    at_substation = substation_shares(region).T @ reference_mw
    load_mw = np.zeros((len(region.buses), len(SECTORS)))
    bus = positions(region.buses.bus_id, region.substations.mv_bus_id)
    np.add.at(load_mw, bus, at_substation)
    value = hour_value_nok_per_mw(region_cost_functions(region))[group]
    by_class, worth = load_mw @ of_class, (load_mw * value) @ of_class
    total = by_class.sum(axis=0)
    mean = np.divide(
        worth.sum(axis=0), total, out=np.full(len(total), value.mean()), where=total > 0
    )
    mix = np.divide(worth, by_class, out=np.tile(mean, (len(by_class), 1)), where=by_class > 0)
    return np.asarray(mix)


def region_shed_cost(region: Region) -> FloatArray:
    """Cost of shedding that decides who goes without in a region.

    Parameters
    ----------
    region : Region

    Returns
    -------
    ndarray, shape (bus, class)
        ``by_priority`` of ``region_kile_value``. [NOK/MW]
    """
    return by_priority(region_kile_value(region))


def loads_kile_value(
    costs: CostFunctions,
    *,
    buses: int,
    load_bus: IntArray,
    load_mw: FloatArray,
    shed_class: IntArray,
    kile_group: StrArray,
) -> FloatArray:
    """KILE of disconnecting customers at each bus of a user's grid for an hour.

    Parameters
    ----------
    costs : CostFunctions
        KILE costs, in the prices wanted.
    buses : int
        Number of buses.
    load_bus, shed_class : ndarray of int, shape (load,)
        Where each load hangs, and its class.
    load_mw : ndarray, shape (load,)
        Its demand; only the mix at a bus counts. [MW]
    kile_group : ndarray of str, shape (load,)
        One of ``KILE_GROUPS``, or empty for ``KILE_GROUP_OF_CLASS``.

    Returns
    -------
    ndarray, shape (bus, class)
        At the reference time; ``by_priority`` makes it the cost of shedding. [NOK/MW]

    Raises
    ------
    ValueError
        If a class or a group does not exist.
    """
    if len(shed_class) and not (0 <= shed_class.min() <= shed_class.max() < SHED_CLASSES):
        raise ValueError(f"shed_class: 0 to {SHED_CLASSES - 1} are needed")
    default = np.array(KILE_GROUP_OF_CLASS)
    named = np.where(kile_group == "", default[shed_class], kile_group)
    unknown = sorted(set(named.tolist()) - set(KILE_GROUPS))
    if unknown:
        raise ValueError(f"kile_group: {', '.join(unknown)} not among {', '.join(KILE_GROUPS)}")
    value = hour_value_nok_per_mw(costs)
    by_class, worth = np.zeros((2, buses, SHED_CLASSES))
    np.add.at(by_class, (load_bus, shed_class), load_mw)
    of_load = value[positions(np.array(KILE_GROUPS), named)]
    np.add.at(worth, (load_bus, shed_class), load_mw * of_load)
    usual = value[positions(np.array(KILE_GROUPS), default)]
    mix = np.divide(worth, by_class, out=np.tile(usual, (buses, 1)), where=by_class > 0)
    return np.asarray(mix)


def hour_value_nok_per_mw(costs: CostFunctions) -> FloatArray:
    """KILE of an interruption of one hour at the reference time, by customer group.

    Parameters
    ----------
    costs : CostFunctions

    Returns
    -------
    ndarray, shape (group,)
        In the order of ``KILE_GROUPS``. [NOK/MW]
    """
    group = np.arange(len(KILE_GROUPS))
    return cost_nok_per_kw(costs, group, np.ones(len(group))) * 1e3


def by_priority(value_nok_per_mw: FloatArray) -> FloatArray:
    """Raise the values of each class above those of the class shed before it.

    A class keeps its ratios and is multiplied by one weight, 1 where its values are high
    enough already. The result decides who is shed and is the unit of shadow prices: KILE
    times the weight of those who are shed. What shedding costs is its KILE.

    Parameters
    ----------
    value_nok_per_mw : ndarray, shape (bus, class)
        Above 0, first shed in front. [NOK/MW]

    Returns
    -------
    ndarray, shape (bus, class)
        [NOK/MW]
    """
    if not (value_nok_per_mw > 0).all():
        raise ValueError("value_nok_per_mw: must be above 0")
    step = np.log(VALUE_STEP)
    cost = np.exp(step * np.round(np.log(value_nok_per_mw) / step))
    for later in range(1, cost.shape[1]):
        floor = PRIORITY_STEP * cost[:, later - 1].max()
        cost[:, later] *= max(1.0, floor / cost[:, later].min())
    return np.asarray(cost)
