"""Which assets a storm breaks, and when: the same uniform numbers under every portfolio."""

from dataclasses import dataclass

import numpy as np

from data.grid_tables import Fragility
from data.region import Region
from data.tables import FloatArray, IntArray, positions
from sim.rng import stream

SUBSTATION = "substation"
ROAD = "road"
OVERHEAD_MV = "overhead_mv"
OVERHEAD_REGIONAL = "overhead_regional"
OVERHEAD_TRANSMISSION = "overhead_transmission"
TRANSMISSION_KV = 200.0
"""Lines above are transmission (300, 420 kV), the others regional (33-132 kV)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Assets of one kind under wind, in the region's order.

    Attributes
    ----------
    kind : str
        Row of the fragility table; also the name of the random stream.
    units : ndarray, shape (asset,)
        Overhead length in hundreds of kilometres weighted for open land, or
        hundreds of units for substations.
    area : ndarray of int, shape (asset,)
        Area whose gust it meets; -1 for none.
    """

    kind: str
    units: FloatArray
    area: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Permanent failures of one kind of asset: indices and times, in order of asset."""

    kind: str
    asset: IntArray
    t_h: FloatArray


def row_of(fragility: Fragility, kind: str) -> int:
    """Row of an asset kind in the fragility table; KeyError if it is missing."""
    hit = np.flatnonzero(fragility.asset_kind == kind)
    if len(hit) != 1:
        raise KeyError(kind)
    return int(hit[0])


def failure_rate_per_h(
    fragility: Fragility, kind: str, units: FloatArray, gust_ms: FloatArray
) -> FloatArray:
    """Rate of permanent failures of each asset for a gust.

    ``rate * units * (gust / reference) ** exponent * (1 - temporary_share)`` above the
    reference gust, else 0. The form for overhead line in forest, faults per 100 km and
    hour = 0.002 (gust / 15)^6, is an estimate tuned to about one fault per 100 km in
    six hours at 30 m/s (fragility table); faults cleared by automatic reclosing are left out.

    Parameters
    ----------
    units, gust_ms : ndarray, broadcastable
        Hundreds of km or units; [m/s].

    Returns
    -------
    ndarray
        [1/h]
    """
    at = row_of(fragility, kind)
    reference = fragility.reference_ms[at]
    relative = np.where(gust_ms > reference, gust_ms / reference, 0.0)
    rate = fragility.rate_per_100km_h[at] * (1.0 - fragility.temporary_share[at])
    return np.asarray(rate * units * relative ** fragility.exponent[at])


def sample_failures(
    exposure: Exposure,
    fragility: Fragility,
    gust_ms: FloatArray,
    *,
    seed: int,
    replication: int,
    hazard: str,
) -> Failures:
    """Draw the permanent failures of one kind of asset in one storm.

    Two uniform numbers an asset, drawn in the region's order from a stream that does
    not know the portfolio: the first decides whether it fails, with probability
    1 - exp(-H) where H is the rate summed over the storm; the second when, from the
    course of the rate. A lower rate can therefore only take a failure away, and a
    failure that stays comes at the same time.

    Parameters
    ----------
    gust_ms : ndarray, shape (time, area)
        [m/s]
    """
    numbers = stream(seed, replication, "damage", hazard, exposure.kind).random(
        (len(exposure.units), 2)
    )
    per_unit = failure_rate_per_h(fragility, exposure.kind, np.ones(1), gust_ms)
    course = np.vstack([np.zeros(gust_ms.shape[1]), np.cumsum(per_unit, axis=0)])
    exposed = exposure.area >= 0
    total = np.where(exposed, course[-1][exposure.area], 0.0) * exposure.units
    asset = np.flatnonzero(numbers[:, 0] < -np.expm1(-total))
    hours = np.arange(len(course), dtype=float)
    t_h = np.array(
        [
            np.interp(
                numbers[i, 1] * course[-1, exposure.area[i]], course[:, exposure.area[i]], hours
            )
            for i in asset
        ]
    )
    return Failures(kind=exposure.kind, asset=asset, t_h=t_h)


def exposures(region: Region) -> tuple[Exposure, ...]:
    """Exposed assets of a region: sections, lines of two voltage classes, substations, roads.

    Every independent way of a road link is an asset of its own (`way_links`).
    """
    area_ids = region.areas.area_id
    fragility = region.fragility
    sections, lines, roads, ways = region.sections, region.lines, region.roads, way_links(region)
    feeder = positions(region.feeders.feeder_id, sections.feeder_id)
    section_area = positions(area_ids, region.feeders.area_id)[feeder]
    overhead = lines.kind == "overhead"
    vn_kv = region.buses.vn_kv[positions(region.buses.bus_id, lines.from_bus_id)]
    line_area = positions(area_ids, lines.exposure_area_id)
    line_units = np.where(overhead, lines.length_km, 0.0) / 100.0

    def weighted(kind: str, forest: FloatArray) -> FloatArray:
        open_factor = fragility.open_factor[row_of(fragility, kind)]
        return np.asarray(forest + (1.0 - forest) * open_factor)

    transmission = vn_kv > TRANSMISSION_KV
    return (
        Exposure(
            kind=OVERHEAD_MV,
            units=sections.overhead_km / 100.0 * weighted(OVERHEAD_MV, sections.forest_share),
            area=section_area,
        ),
        Exposure(
            kind=OVERHEAD_REGIONAL,
            units=np.where(transmission, 0.0, line_units)
            * weighted(OVERHEAD_REGIONAL, lines.forest_share),
            area=line_area,
        ),
        Exposure(
            kind=OVERHEAD_TRANSMISSION,
            units=np.where(transmission, line_units, 0.0)
            * weighted(OVERHEAD_TRANSMISSION, lines.forest_share),
            area=line_area,
        ),
        Exposure(
            kind=SUBSTATION,
            units=np.full(len(region.substations), 0.01),
            area=positions(area_ids, region.substations.area_id),
        ),
        Exposure(
            kind=ROAD,
            units=(roads.length_km / 100.0 * weighted(ROAD, roads.forest_share))[ways],
            area=positions(area_ids, roads.from_area_id)[ways],
        ),
    )


def way_links(region: Region) -> IntArray:
    """Road link of each way, shape (way,)."""
    return np.repeat(np.arange(len(region.roads)), region.roads.ways)
