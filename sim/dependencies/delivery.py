"""Which sites and needs stand behind the services and functions of each area."""

from dataclasses import dataclass

import numpy as np

from data.region import Region
from data.tables import FloatArray, positions

WATER_FUNCTION = "F09"
"""DSB's function «Vann og avløp»; its water works supply the areas' water."""

WATER_KINDS = ("water_works", "water_works_local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Shares by position.

    Attributes
    ----------
    function_share : tuple of ndarray, each of shape (site, area)
        Share of each function's site delivery that comes from a site.
    water_share : ndarray, shape (site, area)
        Share of an area's water from a water works; sums to 1 per area.
    district_heat_share : ndarray, shape (site, area)
        Share of an area's dwellings heated from a plant.
    dependencies : tuple of tuple of (needs, autonomy_h, level_after)
        Of each function.
    pumped_share, local_tank_h : ndarray, shape (area,)
        Share of people on pumped zones; hours in local tanks. [1], [h]
    """

    function_share: tuple[FloatArray, ...]
    water_share: FloatArray
    district_heat_share: FloatArray
    dependencies: tuple[tuple[tuple[str, float, float], ...], ...]
    pumped_share: FloatArray
    local_tank_h: FloatArray


def delivery(region: Region) -> Delivery:
    """Arrange deliveries, dependencies, water and district heating by position."""
    area_ids, site_ids = region.areas.area_id, region.sites.site_id
    shape = (len(site_ids), len(area_ids))
    table = region.deliveries
    site = positions(site_ids, table.site_id)
    area = positions(area_ids, table.area_id)

    def shares(chosen: FloatArray) -> FloatArray:
        share = np.zeros(shape)
        np.add.at(share, (site, area), table.share * chosen)
        return share

    is_works = np.isin(region.sites.kind[site], WATER_KINDS)
    water = shares((table.function_id == WATER_FUNCTION) * is_works.astype(float))
    per_area = water.sum(axis=0)
    heat = np.zeros(shape)
    supply = region.district_heat_supply
    system = positions(region.district_heat.system_id, supply.system_id)
    plant = positions(site_ids, region.district_heat.site_id)[system]
    np.add.at(heat, (plant, positions(area_ids, supply.area_id)), supply.dwelling_share)
    networks = region.water_networks
    order = np.argsort(positions(area_ids, networks.area_id))
    needs = region.dependencies
    return Delivery(
        function_share=tuple(
            shares((table.function_id == name).astype(float))
            for name in region.functions.function_id.tolist()
        ),
        water_share=np.divide(water, per_area, out=np.zeros(shape), where=per_area > 0.0),
        district_heat_share=heat,
        dependencies=tuple(
            tuple(
                (str(need), float(autonomy), float(after))
                for function, need, autonomy, after in zip(
                    needs.function_id,
                    needs.needs,
                    needs.autonomy_h,
                    needs.level_after,
                    strict=True,
                )
                if function == name
            )
            for name in region.functions.function_id.tolist()
        ),
        pumped_share=networks.pumped_share[order],
        local_tank_h=networks.local_tank_h[order],
    )
