"""How often each part of the grid fails, and how long it is out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from data.region import Region
from data.tables import positions
from grid.security.scan_outages import BUS, SOURCE, Part
from grid.study import GridStudy

if TYPE_CHECKING:
    from pandapower import pandapowerNet

HOURS_PER_YEAR = 8760.0
PER_100 = 100.0

MV_KV = 36.0
"""Up to here a line is medium voltage, and so is a transformer's high side. [kV]"""

DISTRIBUTION_MVA = 2.5
"""Up to here a transformer with a medium-voltage high side is a distribution one. Estimate."""

LINE_COMPONENTS = (
    (MV_KV, "overhead_mv", "cable_mv"),
    (200.0, "overhead_132", "cable_132"),
    (310.0, "overhead_300", "cable_300_420"),
    (np.inf, "overhead_420", "cable_300_420"),
)
"""Up to a voltage [kV], the rows of ``reliability.csv`` for overhead line and cable."""

BUS_REPAIR_H = 12.0
"""Clearing a busbar and moving its branches to another one. Estimate, as ``substation_wind``
of the built-in ``reliability.csv``. [h]"""

SOURCE_REPAIR_H = 24.0
"""Loss of a plant or of a supply from outside. Estimate, as an overhead line. [h]"""

NET_REPAIR_H = {
    "overhead_mv": 3.0,
    "cable_mv": 5.0,
    "distribution_transformer": 4.0,
    "overhead_132": 24.0,
    "overhead_300": 24.0,
    "overhead_420": 24.0,
    "cable_132": 500.0,
    "cable_300_420": 500.0,
    "power_transformer": 2000.0,
}
"""Mean repair in a user's grid that states none, as in the built-in ``reliability.csv``: medium
voltage from the CINELDI MV reference data set (doi 10.5281/zenodo.7703070), above estimates. [h]"""

NET_BRANCH_REPAIR_H = 24.0
"""Of a branch that is neither line nor transformer. Estimate. [h]"""

INDEPENDENT = "independent overlap; no common cause (tower, trench) is in the data"
"""What stands behind the frequency of several parts out together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Permanent failures of one part.

    Attributes
    ----------
    failures_per_yr : float
        NaN when nobody knows. [1/yr]
    repair_h : float
        Mean time until it is back. [h]
    estimated : bool
        Whether the repair time is an estimate by kind and not the user's own.
    """

    failures_per_yr: float
    repair_h: float
    estimated: bool


def part_rates(study: GridStudy, parts: Sequence[Part]) -> dict[Part, Rate]:
    """Failure rate and repair time of each part.

    A region's come from its ``reliability`` table, permanent failures only: the others
    are reclosed within a minute. A user's net states them in columns ``repair_h`` [h]
    and ``failures_per_yr`` [1/yr] of the element's table; otherwise the repair time is
    an estimate by kind and voltage and the rate is unknown.

    Parameters
    ----------
    study : GridStudy
    parts : sequence of Part

    Returns
    -------
    dict of Part to Rate
    """
    if isinstance(study.origin, Region):
        region = study.origin
        return {part: _region_rate(region, part) for part in parts}
    net = study.origin
    return {part: _net_rate(net, part) for part in parts}


def combined(rates: Sequence[Rate]) -> tuple[float, float]:
    """How often independent parts are out together, and for how long.

    First order, as for components in parallel: each of the others fails while the first
    is under repair, in any order.

    Parameters
    ----------
    rates : sequence of Rate
        At least one.

    Returns
    -------
    per_yr : float
        ``prod(lambda) * prod(r) * sum(1 / r) / 8760^(n - 1)``, for two
        ``lambda1 * lambda2 * (r1 + r2) / 8760``. [1/yr]
    duration_h : float
        ``1 / sum(1 / r)``. [h]

    References
    ----------
    .. [1] R. Billinton and R. N. Allan, Reliability Evaluation of Engineering Systems,
       2nd ed., 1992, ch. 11 (parallel systems, approximate equations).
    """
    repair = np.array([each.repair_h for each in rates])
    failures = np.array([each.failures_per_yr for each in rates])
    ends_per_h = float((1.0 / repair).sum())
    year = HOURS_PER_YEAR ** (len(rates) - 1)
    return float(failures.prod() * repair.prod() * ends_per_h / year), 1.0 / ends_per_h


def line_component(vn_kv: float, *, is_overhead: bool) -> str:
    """Row of the reliability table for a line.

    Parameters
    ----------
    vn_kv : float
        [kV]
    is_overhead : bool
        Cables have rows of their own.

    Returns
    -------
    str
    """
    return next(
        overhead if is_overhead else cable
        for limit, overhead, cable in LINE_COMPONENTS
        if vn_kv <= limit
    )


def _region_rate(region: Region, part: Part) -> Rate:
    table = region.reliability
    row = {name: at for at, name in enumerate(table.component.tolist())}
    if part.kind == SOURCE:
        return Rate(failures_per_yr=np.nan, repair_h=SOURCE_REPAIR_H, estimated=True)
    if part.kind == BUS:
        repair_h = float(table.repair_mean_h[row["substation_wind"]])
        return Rate(failures_per_yr=np.nan, repair_h=repair_h, estimated=True)
    if part.kind == "line":
        lines = region.lines
        at_bus = positions(region.buses.bus_id, lines.from_bus_id[[part.row]])[0]
        is_overhead = str(lines.kind[part.row]) == "overhead"
        component = line_component(float(region.buses.vn_kv[at_bus]), is_overhead=is_overhead)
        units = float(lines.length_km[part.row])
    else:
        component, units = "power_transformer", 1.0
    at = row[component]
    return Rate(
        failures_per_yr=float(table.failure_rate_per_100_yr[at]) * units / PER_100,
        repair_h=float(table.repair_mean_h[at]),
        estimated=str(table.quality[at]) == "estimated",
    )


def _net_rate(net: "pandapowerNet", part: Part) -> Rate:
    if part.kind == SOURCE:
        return Rate(failures_per_yr=np.nan, repair_h=SOURCE_REPAIR_H, estimated=True)
    if part.kind == BUS:
        return Rate(failures_per_yr=np.nan, repair_h=BUS_REPAIR_H, estimated=True)
    row = net[part.kind].loc[part.row]
    failures = float(row.get("failures_per_yr", np.nan))
    own = float(row.get("repair_h", np.nan))
    if own > 0:
        return Rate(failures_per_yr=failures, repair_h=own, estimated=False)
    if part.kind == "line":
        vn_kv = float(net.bus.at[row["from_bus"], "vn_kv"])
        repair_h = NET_REPAIR_H[line_component(vn_kv, is_overhead=str(row.get("type")) != "cs")]
    elif part.kind in ("trafo", "trafo3w"):
        size = float(row["sn_mva"] if part.kind == "trafo" else row["sn_hv_mva"])
        small = float(row["vn_hv_kv"]) <= MV_KV and size <= DISTRIBUTION_MVA
        repair_h = NET_REPAIR_H["distribution_transformer" if small else "power_transformer"]
    else:
        repair_h = NET_BRANCH_REPAIR_H
    return Rate(failures_per_yr=failures, repair_h=repair_h, estimated=True)
