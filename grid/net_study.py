"""A user's own grid as a study: what its tables say, and the defaults for what they do not."""

from typing import TYPE_CHECKING

import numpy as np

from data.kile_costs import region_cost_functions
from data.problems import InputError, Problem
from data.read import load_region
from data.region import KILE_GROUPS
from data.tables import BoolArray, FloatArray, IntArray, StrArray
from grid.net import SHED_CLASSES
from grid.net_arrays import net_arrays
from grid.net_places import places_m
from grid.protection import Protection
from grid.shed_value import loads_kile_value
from grid.study import GridStudy

if TYPE_CHECKING:
    from pandapower import pandapowerNet

DEFAULT_SHED_CLASS = 1
"""Class of a load that states none: neither first nor last. Estimate."""


def net_study(net: "pandapowerNet", name: str) -> GridStudy:
    """Take a user's grid at the demand it states.

    Loads may say more than pandapower asks for, in columns of their own: ``customers``,
    ``shed_class`` (0 is shed first, 3 last) and ``kile_group``. What has no class
    counts as class ``DEFAULT_SHED_CLASS``; KILE costs are the built-in region's.

    Parameters
    ----------
    net : pandapowerNet
        It is not changed.
    name : str
        What people call it.

    Returns
    -------
    GridStudy
        For the one hour the net describes.

    Raises
    ------
    InputError
        Naming every element that cannot be honoured, and every class or group that does
        not exist.
    """
    read = net_arrays(net)
    buses = len(read.arrays.bus_ids)
    loads = net.load
    used = read.loads >= 0
    load_mw = (loads["p_mw"] * loads["scaling"]).to_numpy(dtype=float)
    shed_class, kile_group, customers = _load_columns(net, load_mw > 0)
    used &= load_mw > 0
    at, mw, of_class = read.loads[used], load_mw[used], shed_class[used]
    demand = np.zeros((buses, SHED_CLASSES))
    np.add.at(demand, (at, of_class), mw)
    # What is no load in the table, such as motors, wards and losses of shunts; where
    # generation among the loads hides some of it, the loads give way.
    rest = read.demand_mw - demand.sum(axis=1)
    demand[:, DEFAULT_SHED_CLASS] += np.maximum(rest, 0.0)
    total = demand.sum(axis=1)
    demand *= np.divide(read.demand_mw, total, out=np.zeros(buses), where=total > 0)[:, None]
    at_bus = np.full(buses, np.nan)
    known = used & ~np.isnan(customers)
    at_bus[read.loads[known]] = 0.0
    np.add.at(at_bus, read.loads[known], customers[known])
    x_m, y_m = _places(net, read.bus_of, buses)
    costs = region_cost_functions(load_region())
    return GridStudy(
        name=name,
        arrays=read.arrays,
        demand_mw=demand[None],
        area_demand_mw=np.zeros((1, 0, 0)),
        kile_nok_per_mw=loads_kile_value(
            costs,
            buses=buses,
            load_bus=at,
            load_mw=mw,
            shed_class=of_class,
            kile_group=kile_group[used],
        ),
        customers=at_bus,
        x_m=x_m,
        y_m=y_m,
        protection=Protection(),
        branch_table=read.branch_table,
        branch_row=read.branch_row,
        branch_side=read.branch_side,
        source_table=read.source_table,
        source_row=read.source_row,
        bus_of=read.bus_of,
        load_class=shed_class,
        origin=net,
    )


def _load_columns(net: "pandapowerNet", used: BoolArray) -> tuple[IntArray, StrArray, FloatArray]:
    """Shedding class, KILE group and customers of each load; wrong ones all at once."""
    loads, count = net.load, len(net.load)
    shed_class = np.full(count, DEFAULT_SHED_CLASS, dtype=np.int64)
    kile_group = np.full(count, "", dtype=object)
    customers = np.full(count, np.nan)
    problems = []
    for at, row in enumerate(loads.index):
        if not used[at]:
            continue
        where = f"load {row} ({loads.at[row, 'name']})"
        given = loads.at[row, "shed_class"] if "shed_class" in loads else None
        if given is not None and given == given:  # noqa: PLR0124 -- NaN
            if given in range(SHED_CLASSES):
                shed_class[at] = int(given)
            else:
                allowed = f"0 to {SHED_CLASSES - 1}, 0 is shed first"
                problems.append(Problem("not_a_class", f"{where}: shed_class", given, allowed))
        group = loads.at[row, "kile_group"] if "kile_group" in loads else None
        if isinstance(group, str) and group:
            kile_group[at] = group
            if group not in KILE_GROUPS:
                allowed = " | ".join(KILE_GROUPS)
                problems.append(Problem("not_a_group", f"{where}: kile_group", group, allowed))
        if "customers" in loads:
            customers[at] = float(loads.at[row, "customers"])
            if customers[at] < 0:
                problems.append(
                    Problem("negative", f"{where}: customers", customers[at], "0 or more, or empty")
                )
    if problems:
        raise InputError(problems)
    return shed_class, kile_group.astype(np.str_), customers


def _places(net: "pandapowerNet", bus_of: IntArray, buses: int) -> tuple[FloatArray, FloatArray]:
    """Place of each bus, of the first net bus in it; NaN where the net states none."""
    found = np.full((buses, 2), np.nan)
    if "geo" in net.bus:
        given = places_m(net.bus["geo"].tolist())
        at = bus_of[net.bus.index.to_numpy(dtype=np.int64)]
        rows = np.flatnonzero((at >= 0) & ~np.isnan(given[:, 0]))[::-1]
        found[at[rows]] = given[rows]
    return found[:, 0], found[:, 1]
