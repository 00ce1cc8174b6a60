"""The load-point method: failures and outage hours of each section in a normal year."""

from dataclasses import dataclass

import numpy as np

from data.region import Region
from data.tables import FloatArray, IntArray, positions
from grid.feeders import FeederArrays, feeder_arrays, supplied_sections

HOURS_PER_YEAR = 8760.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoints:
    """Indices of each section seen as a load point.

    Attributes
    ----------
    failure_rate_per_yr : ndarray, shape (section,)
        Interruptions (lambda). [1/yr]
    outage_h_per_yr : ndarray, shape (section,)
        Hours without supply (U); the mean duration is ``U / lambda``. [h/yr]
    """

    failure_rate_per_yr: FloatArray
    outage_h_per_yr: FloatArray


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


def load_point_indices(
    arrays: FeederArrays,
    *,
    failure_rate_per_yr: FloatArray,
    repair_h: FloatArray,
    switching_h: FloatArray,
    own_failure_rate_per_yr: FloatArray | None = None,
    own_repair_h: FloatArray | None = None,
) -> LoadPoints:
    """Failure rate and yearly outage of every section, one fault at a time.

    A fault interrupts all behind the breaker that trips. Those who can be supplied
    once it is isolated wait ``switching_h`` of the faulted section, the others
    ``repair_h``: ``lambda_i = sum_j lambda_j``, ``U_i = sum_j lambda_j t_ij`` over the
    faults ``j`` that interrupt ``i``.

    Parameters
    ----------
    arrays : FeederArrays
        The feeders; reserve connections are taken to have supply and room.
    failure_rate_per_yr : ndarray, shape (section,)
        Permanent faults of each section. [1/yr]
    repair_h : ndarray, shape (section,)
        From fault to restored by repair. [h]
    switching_h : ndarray, shape (section,)
        From fault to restored by switching. [h]
    own_failure_rate_per_yr, own_repair_h : ndarray, shape (section,), optional
        Faults that interrupt the section's own customers and nobody else. [1/yr], [h]

    Returns
    -------
    LoadPoints

    References
    ----------
    .. [1] R. Billinton and R. N. Allan, Reliability Evaluation of Power Systems,
       2nd ed., 1996, chapter 7.
    """
    rate = np.zeros(len(arrays.place))
    hours = np.zeros(len(arrays.place))
    if own_failure_rate_per_yr is not None and own_repair_h is not None:
        rate += own_failure_rate_per_yr
        hours += own_failure_rate_per_yr * own_repair_h
    for number, feeder in enumerate(arrays.feeders):
        rows = np.array(feeder.sections, dtype=np.int64)
        for row in feeder.sections:
            tripped = ~supplied_sections(arrays, number, (row,), (), reserve_alive=True)
            waiting = ~supplied_sections(arrays, number, (), (row,), reserve_alive=True)
            here = failure_rate_per_yr[row]
            rate[rows] += here * tripped
            hours[rows] += here * tripped * np.where(waiting, repair_h[row], switching_h[row])
    return LoadPoints(failure_rate_per_yr=rate, outage_h_per_yr=hours)


def normal_year(region: Region) -> NormalYear:
    """Reliability indices of the region's feeders by the load-point method.

    Failure rates and repair times are those of ``region.reliability``; switching takes
    detection and remote operation, or detection, dispatch and manual operation.
    Temporary faults (cleared by reclosing), planned work and faults in the meshed grid
    (which stands the loss of any one part) are left out.

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
    arrays = feeder_arrays(region.feeders.feeder_id, region.sections)
    points = _region_load_points(region, arrays)
    sections, areas = region.sections, len(region.areas)
    area = positions(region.areas.area_id, region.feeders.area_id)[arrays.feeder_of]
    customers = sections.customers.astype(np.float64)
    by_area = _per_area(area, customers, areas)
    interruptions = _per_area(area, customers * points.failure_rate_per_yr, areas)
    customer_hours = _per_area(area, customers * points.outage_h_per_yr, areas)
    ens = _per_area(area, _mean_load_mw(region, arrays) * points.outage_h_per_yr, areas)
    return NormalYear(
        saidi_h=_ratio(customer_hours, by_area),
        saifi=_ratio(interruptions, by_area),
        caidi_h=_ratio(customer_hours, interruptions),
        ens_mwh=ens,
        total_saidi_h=float(customer_hours.sum() / by_area.sum()),
        total_saifi=float(interruptions.sum() / by_area.sum()),
        total_caidi_h=float(customer_hours.sum() / interruptions.sum()),
        total_ens_mwh=float(ens.sum()),
    )


def _per_area(area: IntArray, values: FloatArray, areas: int) -> FloatArray:
    return np.asarray(np.bincount(area, values, areas), dtype=np.float64)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _mean_load_mw(region: Region, arrays: FeederArrays) -> FloatArray:
    """Mean load of each section in a normal year, shape (section,). [MW]."""
    demand, feeders = region.demand, region.feeders
    bulk = region.sectors.bulk[positions(region.sectors.sector, demand.sector)]
    area = positions(region.areas.area_id, demand.area_id)
    annual_gwh = np.bincount(area, np.where(bulk, 0.0, demand.annual_gwh), len(region.areas))
    feeder_area = positions(region.areas.area_id, feeders.area_id)
    feeder_mw = annual_gwh[feeder_area] * 1e3 / HOURS_PER_YEAR * feeders.demand_share
    return np.asarray(feeder_mw[arrays.feeder_of] * region.sections.feeder_share)


def _region_load_points(region: Region, arrays: FeederArrays) -> LoadPoints:
    """Apply the region's own rates and times to its sections."""
    sections, known, constants = region.sections, region.reliability, region.constants
    rows = positions(
        known.component, np.array(["overhead_mv", "cable_mv", "distribution_transformer"])
    )
    overhead, cable, transformer = (known.failure_rate_per_100_yr[rows] / 100.0).tolist()
    overhead_h, cable_h, transformer_h = known.repair_mean_h[rows].tolist()
    overhead_faults = overhead * sections.overhead_km
    cable_faults = cable * sections.cable_km
    switch_faults, switch_h = _switch_faults(region)
    faults = overhead_faults + cable_faults + switch_faults
    weighted_h = overhead_faults * overhead_h + cable_faults * cable_h + switch_faults * switch_h
    detection_h = constants["detection_h"]
    manual_h = constants["dispatch_h"] + constants["manual_switching_h"]
    repair_h = np.divide(weighted_h, faults, out=np.zeros_like(faults), where=faults > 0)
    units = sections.transformers.astype(np.float64)
    # One transformer of a section feeds its part of the section's customers.
    return load_point_indices(
        arrays,
        failure_rate_per_yr=faults,
        repair_h=detection_h + constants["dispatch_h"] + repair_h,
        switching_h=detection_h
        + np.where(arrays.is_remote, constants["remote_switching_h"], manual_h),
        own_failure_rate_per_yr=np.where(units > 0, transformer, 0.0),
        own_repair_h=np.full(len(sections), detection_h + constants["dispatch_h"] + transformer_h),
    )


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
