"""The kinds of store that stand in feeder sections, from the region's tables."""

import numpy as np

from data.region import Region
from data.tables import FloatArray, positions
from sim.services.section_stores import StoreKind

TELECOM, REINFORCED, NODNETT, NODNETT_LONG, LOCAL_TANK, SEWAGE = range(6)
"""Positions in `store_kinds`."""

AT_ONCE_H = 0.0


def store_kinds(region: Region) -> tuple[StoreKind, ...]:
    """List base stations, Nødnett, water tanks, sewage pumps, pumps of filling stations.

    A base station stands in the feeder section of the people it serves (estimate: no
    overlap between stations is counted); so do water tanks, sewage pumps and filling
    stations.

    Returns
    -------
    tuple of StoreKind
        In the order of the positions above.
    """
    areas = region.areas.area_id

    def by_area(table_areas: np.ndarray, *columns: FloatArray) -> list[FloatArray]:
        order = np.argsort(positions(areas, table_areas))
        return [np.asarray(column, dtype=np.float64)[order] for column in columns]

    telecom, water = region.telecom, region.water_networks
    battery, reinforced, reinforced_h, recharge, restart, tetra, long_share, long_h = by_area(
        telecom.area_id,
        telecom.battery_h,
        telecom.reinforced_share,
        telecom.reinforced_h,
        telecom.recharge_h,
        telecom.restart_h,
        telecom.nodnett_h,
        telecom.nodnett_long_share,
        telecom.nodnett_long_h,
    )
    pumped, tank, refill, sewage, sump = by_area(
        water.area_id,
        water.pumped_share,
        water.local_tank_h,
        water.tank_refill_h,
        water.sewage_pumped_share,
        water.sewage_sump_h,
    )
    none = np.zeros(len(areas))
    at_once = np.full(len(areas), 1.0)
    return (
        StoreKind(
            name="telecom",
            stock="base_station_battery",
            empty="base_stations_down",
            share=1.0 - reinforced,
            lasts_h=battery,
            refill_h=recharge,
            restart_h=restart,
        ),
        StoreKind(
            name="telecom_reinforced",
            stock="reinforced_station_battery",
            empty="base_stations_down",
            share=reinforced,
            lasts_h=reinforced_h,
            refill_h=recharge,
            restart_h=restart,
        ),
        StoreKind(
            name="nodnett",
            stock="nodnett_battery",
            empty="nodnett_down",
            share=1.0 - long_share,
            lasts_h=tetra,
            refill_h=recharge,
            restart_h=restart,
        ),
        StoreKind(
            name="nodnett_long",
            stock="nodnett_long_battery",
            empty="nodnett_down",
            share=long_share,
            lasts_h=long_h,
            refill_h=recharge,
            restart_h=restart,
        ),
        StoreKind(
            name="local_tank",
            stock="local_tank",
            empty="local_tank_empty",
            share=pumped,
            lasts_h=tank,
            refill_h=refill,
            restart_h=none,
        ),
        StoreKind(
            name="sewage",
            stock="sewage_sump",
            empty="sewage_overflow",
            share=sewage,
            lasts_h=sump,
            refill_h=at_once,
            restart_h=none,
        ),
    )
