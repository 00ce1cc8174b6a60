"""Reliability of the region's feeders in a year without crises."""

from dataclasses import dataclass

import numpy as np

from data.region import KILE_GROUPS, Region
from data.tables import BoolArray, FloatArray, IntArray, positions
from grid.reliability.analytical import analytical_indices
from grid.reliability.indices import HOURS_PER_YEAR, ratio
from grid.reliability.radial import EXTERNAL, Branches, Loads, RadialSystem, Ties, radial_system


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalYear:
    """Reliability of the feeders in a year without crises, by area and in total.

    ``saidi_h`` [h/yr], ``saifi`` [1/yr] and ``ens_mwh`` [MWh/yr] have shape (area,);
    areas without customers have NaN. The ``total_...`` figures are for all customers.
    """

    saidi_h: FloatArray
    saifi: FloatArray
    caidi_h: FloatArray
    ens_mwh: FloatArray
    total_saidi_h: float
    total_saifi: float
    total_caidi_h: float
    total_ens_mwh: float


def normal_year(region: Region) -> NormalYear:
    """Reliability indices of the region's feeders by the load-point method.

    Failure rates and repair times are those of ``region.reliability``; switching takes
    detection and remote operation, or detection, dispatch and manual operation, each
    device in its own time: who can be supplied by remote control alone does not wait for
    those who cannot. Repair times stand at their mean. Temporary faults (cleared by
    reclosing), planned work and faults in the meshed grid (which stands the loss of any
    one part) are left out.

    Parameters
    ----------
    region : Region

    Returns
    -------
    NormalYear

    References
    ----------
    .. [1] IEEE Std 1366-2022, section 3 (SAIDI, SAIFI, CAIDI).
    """
    system = region_system(region)
    points = analytical_indices(system).load_points
    sections, areas = region.sections, len(region.areas)
    feeder = positions(region.feeders.feeder_id, sections.feeder_id)
    area = positions(region.areas.area_id, region.feeders.area_id)[feeder]
    customers = sections.customers.astype(np.float64)
    by_area = _per_area(area, customers, areas)
    interruptions = _per_area(area, customers * points.failure_rate_per_yr, areas)
    customer_hours = _per_area(area, customers * points.outage_h_per_yr, areas)
    ens = _per_area(area, points.ens_mwh_per_yr, areas)
    return NormalYear(
        saidi_h=ratio(customer_hours, by_area),
        saifi=ratio(interruptions, by_area),
        caidi_h=ratio(customer_hours, interruptions),
        ens_mwh=ens,
        total_saidi_h=float(customer_hours.sum() / by_area.sum()),
        total_saifi=float(interruptions.sum() / by_area.sum()),
        total_caidi_h=float(customer_hours.sum() / interruptions.sum()),
        total_ens_mwh=float(ens.sum()),
    )


def region_system(region: Region) -> RadialSystem:
    """Lay out the region's feeders as a radial system, one load point a section.

    Parameters
    ----------
    region : Region

    Returns
    -------
    RadialSystem
        Loads in the order of ``region.sections``. Reserve connections have supply and
        room. A transformer's fault interrupts its own customers only.
    """
    sections, known, constants = region.sections, region.reliability, region.constants
    count = len(sections)
    wanted = np.array(["overhead_mv", "cable_mv", "distribution_transformer"])
    rows = positions(known.component, wanted)
    overhead, cable, transformer = (known.failure_rate_per_100_yr[rows] / 100.0).tolist()
    overhead_h, cable_h, transformer_h = known.repair_mean_h[rows].tolist()
    overhead_faults = overhead * sections.overhead_km
    cable_faults = cable * sections.cable_km
    switch_faults, switch_h = _switch_faults(region)
    faults = overhead_faults + cable_faults + switch_faults
    weighted_h = overhead_faults * overhead_h + cable_faults * cable_h + switch_faults * switch_h
    repair_h = np.divide(weighted_h, faults, out=np.zeros_like(faults), where=faults > 0)
    to_site_h = constants["detection_h"] + constants["dispatch_h"]
    remote_h = constants["detection_h"] + constants["remote_switching_h"]
    manual_h = to_site_h + constants["manual_switching_h"]
    parent = positions(sections.section_id, sections.parent_section_id)
    kind = sections.switch_kind
    is_remote: BoolArray = (parent < 0) | np.isin(kind, ("remote", "breaker"))
    # One transformer of a section feeds its part of the section's customers.
    owner = np.flatnonzero(sections.transformers > 0)
    units = len(owner)
    hangs_on = np.arange(count)
    hangs_on[owner] = count + np.arange(units)
    branches = Branches(
        name=np.concatenate([sections.section_id, np.char.add("T ", sections.section_id[owner])]),
        parent=np.concatenate([parent, owner]),
        has_device=np.concatenate([kind != "none", np.ones(units, dtype=np.bool_)]),
        is_protective=np.concatenate([kind == "breaker", np.ones(units, dtype=np.bool_)]),
        p_stuck=np.zeros(count + units),
        switching_h=np.concatenate(
            [np.where(is_remote, remote_h, manual_h), np.full(units, manual_h)]
        ),
        failure_rate_per_yr=np.concatenate([faults, np.full(units, transformer)]),
        repair_h=np.concatenate([to_site_h + repair_h, np.full(units, to_site_h + transformer_h)]),
    )
    mean_mw = _mean_load_mw(region)
    loads = Loads(
        name=sections.section_id,
        branch=hangs_on,
        customers=sections.customers.astype(np.float64),
        mean_mw=mean_mw,
        peak_mw=mean_mw,
        priority=np.ones(count, dtype=np.int64),
        distance_km=np.zeros(count),
        kile_group=np.full(count, KILE_GROUPS.index("household")),
        kile_reference_kw=np.zeros(count),
    )
    tied = np.flatnonzero(sections.reserve != "none")
    ties = Ties(
        name=sections.section_id[tied],
        branch=tied,
        other=np.full(len(tied), EXTERNAL),
        capacity_mw=np.full(len(tied), np.inf),
        p_available=np.ones(len(tied)),
        switching_h=np.where(sections.reserve[tied] == "remote", remote_h, manual_h),
    )
    return radial_system(branches, loads, ties)


def _per_area(area: IntArray, values: FloatArray, areas: int) -> FloatArray:
    return np.asarray(np.bincount(area, values, areas), dtype=np.float64)


def _mean_load_mw(region: Region) -> FloatArray:
    """Mean load of each section in a normal year, shape (section,). [MW]."""
    demand, feeders = region.demand, region.feeders
    bulk = region.sectors.bulk[positions(region.sectors.sector, demand.sector)]
    area = positions(region.areas.area_id, demand.area_id)
    annual_gwh = np.bincount(area, np.where(bulk, 0.0, demand.annual_gwh), len(region.areas))
    feeder_area = positions(region.areas.area_id, feeders.area_id)
    feeder_mw = annual_gwh[feeder_area] * 1e3 / HOURS_PER_YEAR * feeders.demand_share
    feeder = positions(feeders.feeder_id, region.sections.feeder_id)
    return np.asarray(feeder_mw[feeder] * region.sections.feeder_share)


def _switch_faults(region: Region) -> tuple[FloatArray, FloatArray]:
    """Failure rate [1/yr] and repair time [h] of the switch at each section's upstream end."""
    known, kind = region.reliability, region.sections.switch_kind
    breaker, disconnector = positions(
        known.component, np.array(["circuit_breaker", "disconnector"])
    ).tolist()
    rate = known.failure_rate_per_100_yr / 100.0
    is_breaker = kind == "breaker"
    own = np.where(is_breaker, rate[breaker], rate[disconnector])
    hours = np.where(is_breaker, known.repair_mean_h[breaker], known.repair_mean_h[disconnector])
    return np.where(kind == "none", 0.0, own), hours
